"""Sold lines in one shape, whatever the source calls and types its columns.

One line of the result is one line of the source. `reason` is empty for lines that are used; every other line is set
aside under exactly one reason, the first that applies in the order of `REJECT_REASONS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation.sales import text_parsing
from segmentation.sales.format_inference import TextFormat

REJECT_REASONS = {
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
MONEY = text_parsing.MONEY
"""Money is summed exactly and cast once, so that the order of rows and threads changes no bit."""
EPOCH = date(1970, 1, 1)
DEFAULT_FORMAT = TextFormat()
_AMOUNTS = ("net_sales_amount", "total_amount", "gross_sales_amount", "discount_amount")
_MAX_AMOUNT = 1e18  # keeps every sum of lines within the 32 digits before the point that MONEY has


def standardize_lines(
    table: ibis.Table,
    columns: Mapping[str, str],
    *,
    load_day: date,
    start: date | None = None,
    as_of: date | None = None,
    drop_duplicates: bool = False,
    excluded_periods: Sequence[tuple[date, date]] = (),
    excluded_categories: Sequence[str] = (),
    keep_source_columns: bool = False,
    text_format: TextFormat = DEFAULT_FORMAT,
    materialize: Callable[[ibis.Table], ibis.Table] | None = None,
) -> ibis.Table:
    """The lines of `table` with the columns the rest of the project knows.

    Columns: customer_id (text or the source's integer type), transaction_id (any type; null where there is none),
    day (days since 1970-01-01), is_purchase, net, gross, discount (money, below 0 for returns), coupon_used,
    category, reason. `gross`, `discount`, `coupon_used` and `category` are null throughout where the source has no
    column for them. keep_source adds the source's own columns as text: source_0, source_1 and so on.
    `materialize` is given what was read of the text, and may give back a table that holds it.
    """
    own = list(table.columns)
    ways: dict[str, Callable[[ir.Value], ir.Value]] = {
        "transaction_date": lambda value: _to_date(value, text_format.dates),
        "quantity": lambda value: _to_number(value, text_format.decimal),
        **{name: lambda value: _to_money(value, text_format.decimal) for name in _AMOUNTS},
    }
    if materialize is not None:
        table, ways = _parse_distinct_values(table, columns, ways, materialize)
    named = {canonical: table[name] for canonical, name in columns.items()}
    amounts = {name: ways[name](named[name]) for name in _AMOUNTS if name in named}
    read = table.select(  # a step of its own: what is costly to read is read once
        customer_id=_to_identifier(named["customer_id"]),
        transaction_id=_column_or_null(named, "transaction_id", _blank_to_null),
        day=ways["transaction_date"](named["transaction_date"]),
        quantity=_column_or_null(named, "quantity", ways["quantity"], "float64"),
        no_discount=_column_or_null(named, "discount_amount", lambda value: _blank_to_null(value).isnull(), "boolean"),
        coupon_used=_column_or_null(named, "coupon_status", _is_coupon_used, "boolean"),
        category=_column_or_null(
            named, "product_category", lambda value: _blank_to_null(value.cast("string")), "string"
        ),
        broken=ibis.and_(*(value.isnull() for value in named.values())),
        copy=ibis.row_number().over(group_by=own, order_by=table[own[0]])
        if drop_duplicates
        else ibis.literal(0, "int64"),
        **{f"source_{place}": table[name].cast("string") for place, name in enumerate(own) if keep_source_columns},
        **amounts,
    )
    if materialize is not None:
        read = materialize(read)
    net, gross, discount = _derive_amounts({name: read[name] for name in amounts}, read.no_discount)
    goes_back = ibis.coalesce(read.quantity < 0, False)
    lines = read.select(
        "customer_id",
        "transaction_id",
        "day",
        "coupon_used",
        "category",
        "broken",
        "copy",
        *(name for name in read.columns if name.startswith("source_")),
        net=goes_back.ifelse(-net.abs(), net),
        gross=goes_back.ifelse(-gross.abs(), gross),
        discount=goes_back.ifelse(-discount.abs(), discount),
        goes_back=goes_back,
    )
    last_day = _days_since_epoch(load_day)
    reason = ibis.cases(
        (lines.broken, "broken"),
        (lines.customer_id.isnull(), "no_customer"),
        # a missing date is often written as the first day of computers' time
        (lines.day.isnull() | (lines.day <= 0), "no_date"),
        (lines.day > last_day, "after_load_day"),
        (lines.net.isnull(), "no_amount"),
        (lines.day < (_days_since_epoch(start) if start else 0), "before_start"),
        (lines.day >= (_days_since_epoch(as_of) if as_of else last_day + 1), "on_or_after_as_of"),
        *(
            (lines.day.between(_days_since_epoch(first), _days_since_epoch(last)), "left_out")
            for first, last in excluded_periods
        ),
        *([(lines.category.isin(list(excluded_categories)), "category_left_out")] if excluded_categories else []),
        (lines.copy > 0, "duplicate"),
        else_="",
    )
    is_purchase = ~(lines.goes_back | (lines.net < 0))
    return lines.mutate(reason=reason, is_purchase=is_purchase).drop("goes_back", "copy", "broken")


def _parse_distinct_values(
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
        text, value = (_find_unused_name(f"{what}_{canonical}", table.columns) for what in ("text", "read"))
        different = table.select(table[columns[canonical]].name(text)).distinct()
        known = keep(different.mutate(way(different[text]).name(value)))
        table = table.left_join(known, table[columns[canonical]] == known[text]).drop(text)
        read[canonical] = value

    def looked_up(canonical: str) -> Callable[[ir.Value], ir.Value]:
        return lambda _: table[read[canonical]]

    return table, {name: looked_up(name) if name in read else way for name, way in ways.items()}


def _find_unused_name(name: str, names: Sequence[str]) -> str:
    """A name that no column has, whatever the case."""
    while name.lower() in {known.lower() for known in names}:
        name += "_"
    return name


def select_rejected_lines(lines: ibis.Table, max_rows: int) -> ibis.Table:
    """The lines set aside as the source has them: reason and its columns; at most so many, ordered by themselves.

    lines: as `standardize_lines` makes them with keep_source.
    """
    aside = lines.filter(lines.reason != "")
    columns = ["reason", *(name for name in aside.columns if name.startswith("source_"))]
    return aside.select(columns).order_by(columns).limit(max_rows)


def _days_since_epoch(day: date) -> int:
    return (day - EPOCH).days


def _column_or_null(
    named: Mapping[str, ir.Value], name: str, convert: Callable[[ir.Value], ir.Value], kind: str = "string"
) -> ir.Value:
    return convert(named[name]) if name in named else ibis.null(kind)


def _blank_to_null(value: ir.Value) -> ir.Value:
    if value.type().is_string():  # nearly every text begins with a sign above the blanks: no need to trim it
        return ibis.cases((value >= "!", value), (value.strip() == "", ibis.null("string")), else_=value)
    if value.type().is_floating():
        return value.isnan().ifelse(ibis.null("float64"), value)
    return value


def _to_identifier(value: ir.Value) -> ir.Value:
    """Ids as text, to the last sign; integers stay integers until the end because they group faster."""
    kind = value.type()
    if kind.is_integer():
        return value
    if kind.is_floating():  # an integer column with gaps, as pandas writes it
        small = _null_if_exceeds(value, 2**53)
        text = (small == small.floor()).ifelse(small.cast("int64").cast("string"), value.cast("string"))
        return value.isnan().ifelse(ibis.null("string"), text)
    return _blank_to_null(value.cast("string"))


def _to_date(value: ir.Value, way: str) -> ir.Value:
    kind = value.type()
    if kind.is_timestamp():
        value = value.date()
    elif not kind.is_date():
        text = (_null_if_exceeds(value, _MAX_AMOUNT).cast("int64") if kind.is_floating() else value).cast("string")
        value = text_parsing.parse_date(text, way if kind.is_string() else text_parsing.ISO)
    return value.delta(ibis.date(EPOCH.isoformat()), unit="day")


def _is_number(value: ir.Value) -> bool:
    kind = value.type()
    return bool(kind.is_numeric() and not kind.is_boolean())


def _to_number(value: ir.Value, way: str) -> ir.Value:
    if _is_number(value):
        return value.cast("float64")
    if way == text_parsing.PLAIN or not value.type().is_string():
        return value.cast("string").strip().try_cast("float64")
    return text_parsing.parse_amount(value, way).cast("float64")


def _to_money(value: ir.Value, way: str) -> ir.Value:
    if _is_number(value):
        return _null_if_exceeds(value, _MAX_AMOUNT).cast(MONEY)
    return text_parsing.parse_amount(value.cast("string"), way if value.type().is_string() else text_parsing.PLAIN)


def _null_if_exceeds(value: ir.Value, limit: float) -> ir.Value:
    """`value` where it is nearer to 0 than `limit`, else null: so are NaN and infinity, which no cast takes."""
    return (value.abs() < limit).ifelse(value, ibis.null(value.type()))


def _derive_amounts(given: Mapping[str, ir.Value], no_discount: ir.BooleanValue) -> tuple[ir.Value, ir.Value, ir.Value]:
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


def _is_coupon_used(value: ir.Value) -> ir.Value:
    """'Used' as fct_sales says it, or a yes; 'Not Used' and 'Clicked' are not."""
    if value.type().is_boolean():
        return ibis.coalesce(value, False)
    if value.type().is_numeric():
        return ibis.coalesce(value > 0, False)
    return ibis.coalesce(value.cast("string").strip().lower().isin(["used", "yes", "true", "1", "redeemed"]), False)
