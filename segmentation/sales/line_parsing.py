"""Typed values from the columns of a raw table: the first step toward standard sales lines."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import ibis
import ibis.expr.types as ir

from segmentation.runtime.boolean_texts import NO_TEXTS, YES_TEXTS
from segmentation.runtime.epoch_days import EPOCH
from segmentation.sales import currencies, text_parsing
from segmentation.sales.format_inference import TextFormat
from segmentation.sales.malformed_lines import RAW_TEXT

MONEY = text_parsing.MONEY
"""Money is summed as a decimal and cast once, so that the order of rows and threads does not change a total."""
MONEY_ROLES = (
    "net_sales_amount",
    "total_amount",
    "gross_sales_amount",
    "discount_amount",
    "unit_price",
    "subtotal_amount",
    "line_discount_amount",
    "refund_amount",
    "tax_amount",
    "shipping_amount",
)
TEXT_ROLES = ("order_status", "payment_status", "item_status", "line_type", "is_returned", "is_test")
MAX_AMOUNT = 1e18  # keeps every sum of lines within the 32 digits before the point that MONEY has
_BLANK_WORDS = ("", "null", "none", "nan", "na", "n/a", "nat", "-", "0000-00-00 00:00:00")


def parse_columns(
    table: ibis.Table,
    columns: Mapping[str, str],
    text_format: TextFormat,
    *,
    with_copies: bool = False,
    keep_source_columns: bool = False,
    materialize: Callable[[ibis.Table], ibis.Table] | None = None,
) -> ibis.Table:
    """Parse the mapped columns of a raw table.

    Args:
        table: the raw table, unbound.
        columns: name in fct_sales -> name in the table.
        text_format: how text is parsed.
        with_copies: number exact copies of a line, which are equal in all columns of the table.
        keep_source_columns: add the table's own columns as text: source_0, source_1 and so on.
        materialize: stores the result of a query and returns the table that holds it; None: parse in every query.

    Returns:
        one row per line: customer_id (text or the source's integer type), transaction_id (any type), day (days since
        1970-01-01), quantity, coupon_used, category, broken (no cell has a value, or the line is malformed), copy (0:
        the first or only one), no_discount (the cell is blank), percent_sign (the discount has one); if the table
        has such columns also currency, is_cancelled, product (text), and those of MONEY_ROLES and TEXT_ROLES. What
        cannot be parsed is null.
    """
    source_columns = list(table.columns)
    parsers: dict[str, Callable[[ir.Value], ir.Value]] = {
        "transaction_date": lambda value: _to_date(value, text_format.dates),
        "quantity": lambda value: _to_number(value, text_format.decimal),
        **{name: lambda value: _to_money(value, text_format.decimal) for name in MONEY_ROLES},
        "discount_amount": lambda value: _to_money(
            text_parsing.strip_percent_sign(value) if isinstance(value, ir.StringValue) else value, text_format.decimal
        ),
    }
    if materialize is not None:
        table, parsers = _parse_distinct_values(table, columns, parsers, materialize)
    named = {canonical: table[name] for canonical, name in columns.items()}
    discount = named.get("discount_amount")
    parsed = table.select(  # a subquery of its own, so that each value is parsed once
        customer_id=_to_identifier(named["customer_id"]),
        transaction_id=_convert_or_null(named, "transaction_id", _blank_to_null),
        day=parsers["transaction_date"](named["transaction_date"]),
        quantity=_convert_or_null(named, "quantity", parsers["quantity"], "float64"),
        no_discount=_convert_or_null(named, "discount_amount", lambda value: _blank_to_null(value).isnull(), "boolean"),
        percent_sign=ibis.coalesce(discount.strip().endswith("%"), False)
        if isinstance(discount, ir.StringValue)
        else ibis.literal(False),
        coupon_used=_convert_or_null(named, "coupon_status", _is_coupon_used, "boolean"),
        category=_convert_or_null(
            named, "product_category", lambda value: _blank_to_null(value.cast("string")), "string"
        ),
        broken=_is_broken(table, named),
        copy=ibis.row_number().over(group_by=source_columns, order_by=table[source_columns[0]])
        if with_copies
        else ibis.literal(0, "int64"),
        **{f"source_{i}": table[name].cast("string") for i, name in enumerate(source_columns) if keep_source_columns},
        **_find_currency(named, text_format),
        **({"is_cancelled": _is_cancelled(named["cancelled_at"])} if "cancelled_at" in named else {}),
        **{name: parsers[name](named[name]) for name in MONEY_ROLES if name in named},
        **{name: _blank_to_null(named[name].cast("string").strip()) for name in TEXT_ROLES if name in named},
        **({"product": _to_product(named["product"])} if "product" in named else {}),
    )
    return parsed if materialize is None else materialize(parsed)


def _parse_distinct_values(
    table: ibis.Table,
    columns: Mapping[str, str],
    parsers: Mapping[str, Callable[[ir.Value], ir.Value]],
    materialize: Callable[[ibis.Table], ibis.Table],
) -> tuple[ibis.Table, dict[str, Callable[[ir.Value], ir.Value]]]:
    """Parse each distinct text once and join the values to the lines: a year has few days, and a shop few prices.

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


def _convert_or_null(
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


def _to_date(value: ir.Value, date_format: str) -> ir.Value:
    kind = value.type()
    if kind.is_timestamp() and kind.timezone is not None:
        return to_utc_day(value)
    if kind.is_timestamp():
        value = value.date()
    elif not kind.is_date():
        whole = _null_if_exceeds(value, MAX_AMOUNT).floor().cast("int64") if kind.is_floating() else value
        is_parsed_as_requested = kind.is_string() or date_format in text_parsing.NUMBER_PATTERNS
        value = text_parsing.parse_date(
            whole.cast("string"), date_format if is_parsed_as_requested else text_parsing.ISO
        )
    return value.delta(ibis.date(EPOCH.isoformat()), unit="day")


def to_utc_day(instant: ir.Value) -> ir.IntegerValue:
    """The day in UTC, in days since 1970-01-01, of a timestamp with time zone, whatever zone the session is in."""
    return instant.epoch_seconds() // 86_400


def _is_broken(table: ibis.Table, named: Mapping[str, ir.Value]) -> ir.BooleanValue:
    """Whether no cell has a value, or the line is malformed; its cells are then a guess."""
    is_empty = ibis.and_(*(value.isnull() for value in named.values()))
    return is_empty | table[RAW_TEXT].notnull() if RAW_TEXT in table.columns else is_empty


def _is_number(value: ir.Value) -> bool:
    kind = value.type()
    return bool(kind.is_numeric() and not kind.is_boolean())


def _to_number(value: ir.Value, amount_format: str) -> ir.Value:
    if _is_number(value):
        return value.cast("float64")
    if amount_format == text_parsing.PLAIN or not value.type().is_string():
        return value.cast("string").strip().try_cast("float64")
    return text_parsing.parse_amount(value, amount_format).cast("float64")


def _to_money(value: ir.Value, amount_format: str) -> ir.Value:
    if _is_number(value):
        return _null_if_exceeds(value, MAX_AMOUNT).cast(MONEY)
    return text_parsing.parse_amount(
        value.cast("string"), amount_format if value.type().is_string() else text_parsing.PLAIN
    )


def _null_if_exceeds(value: ir.Value, limit: float) -> ir.Value:
    """`value` if its absolute value is below `limit`, else null; also for NaN and infinity, which casts reject."""
    return (value.abs() < limit).ifelse(value, ibis.null(value.type()))


def _is_coupon_used(value: ir.Value) -> ir.Value:
    """True for 'Used' (as in fct_sales) or a yes; False for 'Not Used' and 'Clicked'."""
    if value.type().is_boolean():
        return ibis.coalesce(value, False)
    if value.type().is_numeric():
        return ibis.coalesce(value > 0, False)
    return ibis.coalesce(value.cast("string").strip().lower().isin(sorted({"used", "redeemed"} | YES_TEXTS)), False)


def _to_product(value: ir.Value) -> ir.StringValue:
    text = _blank_to_null(value.cast("string"))
    return text.lower().isin(_BLANK_WORDS).ifelse(ibis.null("string"), text)


def _is_cancelled(value: ir.Value) -> ir.Value:
    """1 for a date of cancellation, or a yes; 0 for a no; null for a blank cell."""
    if value.type().is_boolean():
        return value.ifelse(1, 0)
    if value.type().is_numeric():
        return (value > 0).ifelse(1, 0)
    text = ibis.coalesce(value.cast("string").strip().lower(), "")
    return ibis.cases((text.isin(_BLANK_WORDS), ibis.null("int8")), (text.isin(sorted(NO_TEXTS)), 0), else_=1)


def _find_currency(named: Mapping[str, ir.Value], text_format: TextFormat) -> dict[str, ir.StringValue]:
    """The column currency: that of the table, or else the sign in the amount; empty if there is neither."""
    if "currency" in named:
        return {"currency": currencies.to_currency_code(named["currency"].cast("string"))}
    amount = next((named[name] for name in MONEY_ROLES if name in named and name != "discount_amount"), None)
    if isinstance(amount, ir.StringValue) and text_format.decimal != text_parsing.PLAIN:
        return {"currency": currencies.to_currency_code(amount)}
    return {}


def fill_blank_cells(lines: ibis.Table, roles: Collection[str]) -> ibis.Table:
    """Fill blank cells from the first line of the order, if only that line has the values."""
    has_id = lines.transaction_id.notnull()
    return lines.mutate(
        **{
            role: lines[role].fill_null(
                has_id.ifelse(lines[role].max().over(group_by=lines.transaction_id), ibis.null(lines[role].type()))
            )
            for role in sorted(roles)
        }
    )
