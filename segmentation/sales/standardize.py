"""Sold lines in one shape, whatever the source calls and types its columns.

One line of the result is one line of the source. `reason` is empty for lines that are used; every other line is set
aside under exactly one reason, the first that applies in the order of `REASONS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation.sales import text_parsing as texts
from segmentation.sales.format_inference import Reading

REASONS = {
    "broken": "Empty or broken line",
    "no_customer": "No customer",
    "no_date": "No date, or an impossible one",
    "after_load_day": "Dated after the day it was loaded",
    "no_amount": "No amount, or one that cannot be read",
    "before_start": "Before the chosen period",
    "on_or_after_as_of": "On or after the as-of date",
    "left_out": "In a period that was left out",
    "category_left_out": "In a category that was left out",
    "duplicate": "Exact duplicate of another line",
}
MONEY = texts.MONEY
"""Money is summed exactly and cast once, so that the order of rows and threads changes no bit."""
EPOCH = date(1970, 1, 1)
AS_THEY_ARE = Reading()
_AMOUNTS = ("net_sales_amount", "total_amount", "gross_sales_amount", "discount_amount")
_LARGEST = 1e18  # keeps every sum of lines within the 32 digits before the point that MONEY has


def sales_lines(
    table: ibis.Table,
    columns: Mapping[str, str],
    *,
    load_day: date,
    start: date | None = None,
    as_of: date | None = None,
    drop_duplicates: bool = False,
    left_out: Sequence[tuple[date, date]] = (),
    categories_left_out: Sequence[str] = (),
    keep_source: bool = False,
    reading: Reading = AS_THEY_ARE,
    keep: Callable[[ibis.Table], ibis.Table] | None = None,
) -> ibis.Table:
    """The lines of `table` with the columns the rest of the project knows.

    Columns: customer_id (text or the source's integer type), transaction_id (any type; null where there is none),
    day (days since 1970-01-01), is_purchase, net, gross, discount (money, below 0 for returns), coupon_used,
    category, reason. `gross`, `discount`, `coupon_used` and `category` are null throughout where the source has no
    column for them. keep_source adds the source's own columns as text: source_0, source_1 and so on.
    `keep` is given what was read of the text, and may give back a table that holds it.
    """
    own = list(table.columns)
    ways: dict[str, Callable[[ir.Value], ir.Value]] = {
        "transaction_date": lambda value: _day(value, reading.dates),
        "quantity": lambda value: _number(value, reading.decimal),
        **{name: lambda value: _money(value, reading.decimal) for name in _AMOUNTS},
    }
    if keep is not None:
        table, ways = _read_once(table, columns, ways, keep)
    named = {canonical: table[name] for canonical, name in columns.items()}
    amounts = {name: ways[name](named[name]) for name in _AMOUNTS if name in named}
    read = table.select(  # a step of its own: what is costly to read is read once
        customer_id=_identifier(named["customer_id"]),
        transaction_id=_or_null(named, "transaction_id", _blank_to_null),
        day=ways["transaction_date"](named["transaction_date"]),
        quantity=_or_null(named, "quantity", ways["quantity"], "float64"),
        no_discount=_or_null(named, "discount_amount", lambda value: _blank_to_null(value).isnull(), "boolean"),
        coupon_used=_or_null(named, "coupon_status", _coupon_used, "boolean"),
        category=_or_null(named, "product_category", lambda value: _blank_to_null(value.cast("string")), "string"),
        broken=ibis.and_(*(value.isnull() for value in named.values())),
        copy=ibis.row_number().over(group_by=own, order_by=table[own[0]])
        if drop_duplicates
        else ibis.literal(0, "int64"),
        **{f"source_{place}": table[name].cast("string") for place, name in enumerate(own) if keep_source},
        **amounts,
    )
    if keep is not None:
        read = keep(read)
    net, gross, discount = _amounts({name: read[name] for name in amounts}, read.no_discount)
    goes_back = ibis.coalesce(read.quantity < 0, False)
    lines = read.select(
        "customer_id", "transaction_id", "day", "coupon_used", "category", "broken", "copy",
        *(name for name in read.columns if name.startswith("source_")),
        net=goes_back.ifelse(-net.abs(), net),
        gross=goes_back.ifelse(-gross.abs(), gross),
        discount=goes_back.ifelse(-discount.abs(), discount),
        goes_back=goes_back,
    )  # fmt: skip
    last_day = _number_of(load_day)
    reason = ibis.cases(
        (lines.broken, "broken"),
        (lines.customer_id.isnull(), "no_customer"),
        # a missing date is often written as the first day of computers' time
        (lines.day.isnull() | (lines.day <= 0), "no_date"),
        (lines.day > last_day, "after_load_day"),
        (lines.net.isnull(), "no_amount"),
        (lines.day < (_number_of(start) if start else 0), "before_start"),
        (lines.day >= (_number_of(as_of) if as_of else last_day + 1), "on_or_after_as_of"),
        *((lines.day.between(_number_of(first), _number_of(last)), "left_out") for first, last in left_out),
        *([(lines.category.isin(list(categories_left_out)), "category_left_out")] if categories_left_out else []),
        (lines.copy > 0, "duplicate"),
        else_="",
    )
    is_purchase = ~(lines.goes_back | (lines.net < 0))
    return lines.mutate(reason=reason, is_purchase=is_purchase).drop("goes_back", "copy", "broken")


def _read_once(
    table: ibis.Table,
    columns: Mapping[str, str],
    ways: Mapping[str, Callable[[ir.Value], ir.Value]],
    keep: Callable[[ibis.Table], ibis.Table],
) -> tuple[ibis.Table, dict[str, Callable[[ir.Value], ir.Value]]]:
    """Each different text is read once, and lines look up what it means: a year has few days, a shop few prices.

    Gives the table with what was read beside its own columns, and the ways to find it there.
    """
    read: dict[str, str] = {}
    for canonical, way in ways.items():
        if canonical not in columns or not table[columns[canonical]].type().is_string():
            continue
        text, value = (_unused(f"{what}_{canonical}", table.columns) for what in ("text", "read"))
        different = table.select(table[columns[canonical]].name(text)).distinct()
        known = keep(different.mutate(way(different[text]).name(value)))
        table = table.left_join(known, table[columns[canonical]] == known[text]).drop(text)
        read[canonical] = value

    def looked_up(canonical: str) -> Callable[[ir.Value], ir.Value]:
        return lambda _: table[read[canonical]]

    return table, {name: looked_up(name) if name in read else way for name, way in ways.items()}


def _unused(name: str, names: Sequence[str]) -> str:
    """A name that no column has, whatever the case."""
    while name.lower() in {known.lower() for known in names}:
        name += "_"
    return name


def lines_set_aside(lines: ibis.Table, most: int) -> ibis.Table:
    """The lines set aside as the source has them: reason and its columns; at most so many, ordered by themselves.

    lines: as `sales_lines` makes them with keep_source.
    """
    aside = lines.filter(lines.reason != "")
    columns = ["reason", *(name for name in aside.columns if name.startswith("source_"))]
    return aside.select(columns).order_by(columns).limit(most)


def _number_of(day: date) -> int:
    return (day - EPOCH).days


def _or_null(
    named: Mapping[str, ir.Value], name: str, convert: Callable[[ir.Value], ir.Value], kind: str = "string"
) -> ir.Value:
    return convert(named[name]) if name in named else ibis.null(kind)


def _blank_to_null(value: ir.Value) -> ir.Value:
    if value.type().is_string():  # nearly every text begins with a sign above the blanks: no need to trim it
        return ibis.cases((value >= "!", value), (value.strip() == "", ibis.null("string")), else_=value)
    if value.type().is_floating():
        return value.isnan().ifelse(ibis.null("float64"), value)
    return value


def _identifier(value: ir.Value) -> ir.Value:
    """Ids as text, to the last sign; integers stay integers until the end because they group faster."""
    kind = value.type()
    if kind.is_integer():
        return value
    if kind.is_floating():  # an integer column with gaps, as pandas writes it
        small = _below(value, 2**53)
        text = (small == small.floor()).ifelse(small.cast("int64").cast("string"), value.cast("string"))
        return value.isnan().ifelse(ibis.null("string"), text)
    return _blank_to_null(value.cast("string"))


def _day(value: ir.Value, way: str) -> ir.Value:
    kind = value.type()
    if kind.is_timestamp():
        value = value.date()
    elif not kind.is_date():
        text = (_below(value, _LARGEST).cast("int64") if kind.is_floating() else value).cast("string")
        value = texts.day_of(text, way if kind.is_string() else texts.ISO)
    return value.delta(ibis.date(EPOCH.isoformat()), unit="day")


def _is_number(value: ir.Value) -> bool:
    kind = value.type()
    return bool(kind.is_numeric() and not kind.is_boolean())


def _number(value: ir.Value, way: str) -> ir.Value:
    if _is_number(value):
        return value.cast("float64")
    if way == texts.PLAIN or not value.type().is_string():
        return value.cast("string").strip().try_cast("float64")
    return texts.number_of(value, way).cast("float64")


def _money(value: ir.Value, way: str) -> ir.Value:
    if _is_number(value):
        return _below(value, _LARGEST).cast(MONEY)
    return texts.number_of(value.cast("string"), way if value.type().is_string() else texts.PLAIN)


def _below(value: ir.Value, limit: float) -> ir.Value:
    """`value` where it is nearer to 0 than `limit`, else null: so are NaN and infinity, which no cast takes."""
    return (value.abs() < limit).ifelse(value, ibis.null(value.type()))


def _amounts(given: Mapping[str, ir.Value], no_discount: ir.BooleanValue) -> tuple[ir.Value, ir.Value, ir.Value]:
    """Net, gross and discount; each may be worked out from the two others."""
    missing = ibis.null(MONEY)
    gross, discount = given.get("gross_sales_amount"), given.get("discount_amount")
    if "net_sales_amount" in given:
        net = given["net_sales_amount"]
    elif "total_amount" in given:
        net = given["total_amount"]
    elif discount is None:
        net = gross
    else:  # no discount is none; one that cannot be read is not
        net = gross - no_discount.ifelse(ibis.literal(0).cast(MONEY), discount)
    if gross is None and discount is not None:
        gross = net + discount
    elif discount is None and gross is not None and "net_sales_amount" in given:
        discount = gross - net
    return net, missing if gross is None else gross, missing if discount is None else discount


def _coupon_used(value: ir.Value) -> ir.Value:
    """'Used' as fct_sales says it, or a yes; 'Not Used' and 'Clicked' are not."""
    if value.type().is_boolean():
        return ibis.coalesce(value, False)
    if value.type().is_numeric():
        return ibis.coalesce(value > 0, False)
    return ibis.coalesce(value.cast("string").strip().lower().isin(["used", "yes", "true", "1", "redeemed"]), False)
