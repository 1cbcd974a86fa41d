"""Standard sales lines from a raw table, whatever its column names and types.

Each line of the source gives one line. `reason` is empty for accepted lines; every other line is rejected for exactly
one reason, the first that applies in the order of `REJECT_REASONS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation.runtime.day_literals import to_day_literal
from segmentation.sales import text_parsing
from segmentation.sales.format_inference import TextFormat

REJECT_REASONS = {
    "broken": "Empty or malformed line",
    "no_customer": "Missing customer",
    "no_date": "Missing or invalid date",
    "after_load_day": "Dated after the day it was loaded",
    "no_amount": "Missing or unreadable amount",
    "before_start": "Before the start date",
    "on_or_after_as_of": "On or after the as-of date",
    "left_out": "In an excluded period",
    "category_left_out": "In an excluded category",
    "duplicate": "Exact duplicate of another line",
}
MONEY = text_parsing.MONEY
"""Money is summed as a decimal and cast once, so that the order of rows and threads does not change a total."""
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
    """Convert a raw table to standard sales lines.

    Args:
        table: the raw table, unbound.
        columns: name in fct_sales -> name in the table.
        load_day: lines dated after this day are rejected.
        start: lines before this day are rejected.
        as_of: lines on or after this day are rejected; None: no limit but `load_day`.
        drop_duplicates: reject exact copies of a line, compared by all columns of the table.
        excluded_periods: first and last day of periods whose lines are rejected.
        excluded_categories: categories whose lines are rejected.
        keep_source_columns: add the table's own columns as text: source_0, source_1 and so on.
        text_format: how text is parsed.
        materialize: stores the result of a query and returns the table that holds it; None: parse in every query.

    Returns:
        one row per line: customer_id (text or the source's integer type), transaction_id (any type; null if missing),
        day (days since 1970-01-01), is_purchase, net, gross, discount (money, below 0 for returns), coupon_used,
        category, reason. `gross`, `discount`, `coupon_used` and `category` are null where the source has no column
        for them.
    """
    source_columns = list(table.columns)
    parsers: dict[str, Callable[[ir.Value], ir.Value]] = {
        "transaction_date": lambda value: _to_date(value, text_format.dates),
        "quantity": lambda value: _to_number(value, text_format.decimal),
        **{name: lambda value: _to_money(value, text_format.decimal) for name in _AMOUNTS},
    }
    if materialize is not None:
        table, parsers = _parse_distinct_values(table, columns, parsers, materialize)
    named = {canonical: table[name] for canonical, name in columns.items()}
    amounts = {name: parsers[name](named[name]) for name in _AMOUNTS if name in named}
    parsed = table.select(  # a subquery of its own, so that each value is parsed once
        customer_id=_to_identifier(named["customer_id"]),
        transaction_id=_column_or_null(named, "transaction_id", _blank_to_null),
        day=parsers["transaction_date"](named["transaction_date"]),
        quantity=_column_or_null(named, "quantity", parsers["quantity"], "float64"),
        no_discount=_column_or_null(named, "discount_amount", lambda value: _blank_to_null(value).isnull(), "boolean"),
        coupon_used=_column_or_null(named, "coupon_status", _is_coupon_used, "boolean"),
        category=_column_or_null(
            named, "product_category", lambda value: _blank_to_null(value.cast("string")), "string"
        ),
        broken=ibis.and_(*(value.isnull() for value in named.values())),
        copy=ibis.row_number().over(group_by=source_columns, order_by=table[source_columns[0]])
        if drop_duplicates
        else ibis.literal(0, "int64"),
        **{f"source_{i}": table[name].cast("string") for i, name in enumerate(source_columns) if keep_source_columns},
        **amounts,
    )
    if materialize is not None:
        parsed = materialize(parsed)
    net, gross, discount = _derive_amounts({name: parsed[name] for name in amounts}, parsed.no_discount)
    is_return = ibis.coalesce(parsed.quantity < 0, False)
    lines = parsed.select(
        "customer_id",
        "transaction_id",
        "day",
        "coupon_used",
        "category",
        "broken",
        "copy",
        *(name for name in parsed.columns if name.startswith("source_")),
        net=is_return.ifelse(-net.abs(), net),
        gross=is_return.ifelse(-gross.abs(), gross),
        discount=is_return.ifelse(-discount.abs(), discount),
        is_return=is_return,
    )
    last_day = (load_day - EPOCH).days
    reason = ibis.cases(
        (lines.broken, "broken"),
        (lines.customer_id.isnull(), "no_customer"),
        # missing dates are often exported as 1970-01-01
        (lines.day.isnull() | (lines.day <= 0), "no_date"),
        (lines.day > to_day_literal(last_day), "after_load_day"),
        (lines.net.isnull(), "no_amount"),
        (lines.day < to_day_literal((start - EPOCH).days if start else 0), "before_start"),
        (lines.day >= to_day_literal((as_of - EPOCH).days if as_of else last_day + 1), "on_or_after_as_of"),
        *(
            (lines.day.between(*(to_day_literal((day - EPOCH).days) for day in period)), "left_out")
            for period in excluded_periods
        ),
        *([(lines.category.isin(list(excluded_categories)), "category_left_out")] if excluded_categories else []),
        (lines.copy > 0, "duplicate"),
        else_="",
    )
    is_purchase = ~(lines.is_return | (lines.net < 0))
    return lines.mutate(reason=reason, is_purchase=is_purchase).drop("is_return", "copy", "broken")


def _parse_distinct_values(
    table: ibis.Table,
    columns: Mapping[str, str],
    parsers: Mapping[str, Callable[[ir.Value], ir.Value]],
    materialize: Callable[[ibis.Table], ibis.Table],
) -> tuple[ibis.Table, dict[str, Callable[[ir.Value], ir.Value]]]:
    """Parse each distinct text once and join the values to the lines: a year has few days, a shop few prices.

    Returns the table with the parsed values as further columns, and parsers that select these.
    """
    parsed: dict[str, str] = {}
    for canonical, parse in parsers.items():
        if canonical not in columns or not table[columns[canonical]].type().is_string():
            continue
        text, value = (_find_unused_name(f"{prefix}_{canonical}", table.columns) for prefix in ("text", "read"))
        distinct = table.select(table[columns[canonical]].name(text)).distinct()
        lookup = materialize(distinct.mutate(parse(distinct[text]).name(value)))
        table = table.left_join(lookup, table[columns[canonical]] == lookup[text]).drop(text)
        parsed[canonical] = value

    def select_parsed(canonical: str) -> Callable[[ir.Value], ir.Value]:
        return lambda _: table[parsed[canonical]]

    return table, {name: select_parsed(name) if name in parsed else parse for name, parse in parsers.items()}


def _find_unused_name(name: str, names: Sequence[str]) -> str:
    """A name that no column has, regardless of case."""
    while name.lower() in {known.lower() for known in names}:
        name += "_"
    return name


def select_rejected_lines(lines: ibis.Table, max_rows: int) -> ibis.Table:
    """Rejected lines with the source's own columns, at most `max_rows`, in a deterministic order.

    Args:
        lines: from `standardize_lines` with `keep_source_columns`.
        max_rows: limit.

    Returns:
        one row per rejected line: reason, source_0, source_1 and so on.
    """
    rejected = lines.filter(lines.reason != "")
    columns = ["reason", *(name for name in rejected.columns if name.startswith("source_"))]
    return rejected.select(columns).order_by(columns).limit(max_rows)


def _column_or_null(
    named: Mapping[str, ir.Value], name: str, convert: Callable[[ir.Value], ir.Value], kind: str = "string"
) -> ir.Value:
    return convert(named[name]) if name in named else ibis.null(kind)


def _blank_to_null(value: ir.Value) -> ir.Value:
    if value.type().is_string():  # fast path: text that begins above the blanks needs no trimming
        return ibis.cases((value >= "!", value), (value.strip() == "", ibis.null("string")), else_=value)
    if value.type().is_floating():
        return value.isnan().ifelse(ibis.null("float64"), value)
    return value


def _to_identifier(value: ir.Value) -> ir.Value:
    """Ids as text, unchanged; integers stay integers until the end because they group faster."""
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
    """`value` if its absolute value is below `limit`, else null; also for NaN and infinity, which casts reject."""
    return (value.abs() < limit).ifelse(value, ibis.null(value.type()))


def _derive_amounts(
    amounts: Mapping[str, ir.Value], no_discount: ir.BooleanValue
) -> tuple[ir.Value, ir.Value, ir.Value]:
    """Net, gross and discount; each may be derived from the two others."""
    missing = ibis.null(MONEY)
    gross, discount = amounts.get("gross_sales_amount"), amounts.get("discount_amount")
    if "net_sales_amount" in amounts:
        net = amounts["net_sales_amount"]
    elif "total_amount" in amounts:
        net = amounts["total_amount"]
    elif discount is None:
        net = gross
    else:  # a missing discount counts as 0; an unreadable one makes net null
        net = gross - no_discount.ifelse(ibis.literal(0).cast(MONEY), discount)
    if gross is None and discount is not None:
        gross = net + discount
    elif discount is None and gross is not None and "net_sales_amount" in amounts:
        discount = gross - net
    return net, missing if gross is None else gross, missing if discount is None else discount


def _is_coupon_used(value: ir.Value) -> ir.Value:
    """True for 'Used' (as in fct_sales) or a yes; False for 'Not Used' and 'Clicked'."""
    if value.type().is_boolean():
        return ibis.coalesce(value, False)
    if value.type().is_numeric():
        return ibis.coalesce(value > 0, False)
    return ibis.coalesce(value.cast("string").strip().lower().isin(["used", "yes", "true", "1", "redeemed"]), False)
