"""Sold lines in one shape, whatever the source calls and types its columns.

One line of the result is one line of the source. `reason` is empty for lines that are used; every other line is set
aside under exactly one reason, the first that applies in the order of `REASONS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

REASONS = {
    "no_customer": "No customer",
    "no_date": "No date, or an impossible one",
    "after_load_day": "Dated after the day it was loaded",
    "no_amount": "No amount",
    "before_start": "Before the chosen period",
    "on_or_after_as_of": "On or after the as-of date",
    "left_out": "In a period that was left out",
    "category_left_out": "In a category that was left out",
    "duplicate": "Exact duplicate of another line",
}
MONEY = "decimal(38, 6)"
"""Money is summed exactly and cast once, so that the order of rows and threads changes no bit."""
EPOCH = date(1970, 1, 1)
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
) -> ibis.Table:
    """The lines of `table` with the columns the rest of the project knows.

    Columns: customer_id (text or the source's integer type), transaction_id (any type; null where there is none),
    day (days since 1970-01-01), is_purchase, net, gross, discount (money, below 0 for returns), coupon_used,
    category, reason. `gross`, `discount`, `coupon_used` and `category` are null throughout where the source has no
    column for them. keep_source adds the source's own columns as text: source_0, source_1 and so on.
    """
    named = {canonical: table[name] for canonical, name in columns.items()}
    quantity = _number(named["quantity"]) if "quantity" in named else ibis.null("float64")
    net, gross, discount = _amounts(named)
    goes_back = ibis.coalesce(quantity < 0, False)
    lines = table.select(
        customer_id=_identifier(named["customer_id"]),
        transaction_id=_or_null(named, "transaction_id", _blank_to_null),
        day=_day(named["transaction_date"]),
        net=goes_back.ifelse(-net.abs(), net),
        gross=goes_back.ifelse(-gross.abs(), gross),
        discount=goes_back.ifelse(-discount.abs(), discount),
        coupon_used=_or_null(named, "coupon_status", _coupon_used, "boolean"),
        category=_or_null(named, "product_category", lambda value: _blank_to_null(value.cast("string")), "string"),
        goes_back=goes_back,
        copy=ibis.row_number().over(group_by=list(table.columns), order_by=table[table.columns[0]])
        if drop_duplicates
        else ibis.literal(0, "int64"),
        **{f"source_{place}": table[name].cast("string") for place, name in enumerate(table.columns) if keep_source},
    )
    last_day = _number_of(load_day)
    reason = ibis.cases(
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
    return lines.mutate(reason=reason, is_purchase=is_purchase).drop("goes_back", "copy")


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
    if value.type().is_string():
        return (value.strip() == "").ifelse(ibis.null("string"), value)
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


def _day(value: ir.Value) -> ir.Value:
    kind = value.type()
    if kind.is_timestamp():
        value = value.date()
    elif not kind.is_date():
        text = (_below(value, _LARGEST).cast("int64") if kind.is_floating() else value).cast("string").strip()
        iso = text.substr(0, 4) + "-" + text.substr(4, 2) + "-" + text.substr(6, 2)
        text = text.re_search(r"^\d{8}$").ifelse(iso, text.substr(0, 10).replace("/", "-"))
        # only what begins with a year: Snowflake guesses at other ways of writing a day, and at bare numbers
        value = text.re_search(r"^\d{4}-\d{1,2}-\d{1,2}").ifelse(text, ibis.null("string")).try_cast("date")
    return value.delta(ibis.date(EPOCH.isoformat()), unit="day")


def _is_number(value: ir.Value) -> bool:
    kind = value.type()
    return bool(kind.is_numeric() and not kind.is_boolean())


def _number(value: ir.Value) -> ir.Value:
    return value.cast("float64") if _is_number(value) else value.cast("string").strip().try_cast("float64")


def _money(value: ir.Value) -> ir.Value:
    if not _is_number(value):
        return value.cast("string").strip().try_cast(MONEY)
    return _below(value, _LARGEST).cast(MONEY)


def _below(value: ir.Value, limit: float) -> ir.Value:
    """`value` where it is nearer to 0 than `limit`, else null: so are NaN and infinity, which no cast takes."""
    return (value.abs() < limit).ifelse(value, ibis.null(value.type()))


def _amounts(named: Mapping[str, ir.Value]) -> tuple[ir.Value, ir.Value, ir.Value]:
    """Net, gross and discount; each may be worked out from the two others."""
    missing = ibis.null(MONEY)
    gross = _money(named["gross_sales_amount"]) if "gross_sales_amount" in named else None
    discount = _money(named["discount_amount"]) if "discount_amount" in named else None
    if "net_sales_amount" in named:
        net = _money(named["net_sales_amount"])
    elif "total_amount" in named:
        net = _money(named["total_amount"])
    else:
        net = gross if discount is None else gross - ibis.coalesce(discount, ibis.literal(0).cast(MONEY))
    if gross is None and discount is not None:
        gross = net + discount
    elif discount is None and gross is not None and "net_sales_amount" in named:
        discount = gross - net
    return net, missing if gross is None else gross, missing if discount is None else discount


def _coupon_used(value: ir.Value) -> ir.Value:
    """'Used' as fct_sales says it, or a yes; 'Not Used' and 'Clicked' are not."""
    if value.type().is_boolean():
        return ibis.coalesce(value, False)
    if value.type().is_numeric():
        return ibis.coalesce(value > 0, False)
    return ibis.coalesce(value.cast("string").strip().lower().isin(["used", "yes", "true", "1", "redeemed"]), False)
