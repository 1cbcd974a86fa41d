"""Standard sales lines from a raw table, whatever its column names and types.

Each line of the source becomes one line. `reason` is empty for accepted lines; every other line is rejected for exactly
one reason, the first that applies in the order of `REJECT_REASONS`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation.runtime.epoch_days import count_epoch_days, to_day_literal
from segmentation.sales import order_status
from segmentation.sales.customer_ids import clean_ids, unify_spellings
from segmentation.sales.format_inference import TextFormat
from segmentation.sales.line_amounts import derive_amounts, to_money
from segmentation.sales.line_parsing import fill_blank_cells
from segmentation.sales.line_semantics import LineSemantics
from segmentation.sales.sum_lines import is_sum_line
from segmentation.settings import SalesSettings

REJECT_REASONS = {
    "broken": "Empty or malformed line",
    "not_item": "Payment, shipping, tax or total",
    "no_customer": "Missing customer",
    "customer_excluded": "Excluded customer ID",
    "no_date": "Missing or invalid date",
    "after_load_day": "Dated after the day it was loaded",
    "no_amount": "Missing or unreadable amount",
    "other_currency": "In another currency",
    "cancelled": "Cancelled order",
    "unpaid": "Unpaid order",
    "test_order": "Test order",
    "refunded": "Refunded order",
    "status_excluded": "Excluded order status",
    "unknown_status": "Unknown order status",
    "zero_quantity": "Quantity of 0",
    "before_start": "Before the start date",
    "on_or_after_as_of": "On or after the as-of date",
    "left_out": "In an excluded period",
    "category_left_out": "In an excluded category",
    "duplicate": "Exact duplicate of another line",
}
DEFAULT_FORMAT = TextFormat()
_OPTIONAL = {"meaning", "currency", "is_cancelled", "is_refunded", "refund"}


def derive_lines(parsed: ibis.Table, semantics: LineSemantics, settings: SalesSettings, load_day: date) -> ibis.Table:
    """Derive standard sales lines from typed columns.

    Args:
        parsed: as `parse_columns` gives them.
        semantics: what the lines mean.
        settings: date range, exclusions and duplicates.
        load_day: lines dated after this day are rejected.

    Returns:
        one row per line: customer_id (text or the source's integer type), transaction_id (any type; null if missing),
        day (days since 1970-01-01), is_purchase, net, gross, discount (money, below 0 for returns), coupon_used,
        category, reason; and source_0, source_1 and so on where `parsed` has them. `gross`, `discount`, `coupon_used`
        and `category` are null if the source has no column for them.
    """
    lines = clean_ids(parsed, sorted(semantics.cleaned_ids)) if semantics.cleaned_ids else parsed
    lines = fill_blank_cells(lines, semantics.filled) if semantics.filled else lines
    meaning = {"meaning": _look_up_statuses(lines, semantics)} if semantics.statuses else {}
    lines = lines.mutate(customer_id=unify_spellings(lines, semantics), **meaning)
    is_item = ~is_sum_line(lines, semantics)
    if meaning:
        is_item = is_item & (lines.meaning != order_status.NOT_ITEM)
    lines = lines.mutate(transaction_id=_identify_order(lines, semantics.order_grain), is_item=is_item)
    lines = derive_amounts(lines, semantics, ["customer_id", "transaction_id"])
    rate = _get_rate(lines, semantics)
    if rate is not None:
        lines = lines.mutate(
            **{name: to_money(lines[name].cast("float64") * rate) for name in ("net", "gross", "discount")}
        )
    is_return = ibis.coalesce(lines.quantity < 0, False)
    if meaning:
        is_paid_back = (lines.meaning == order_status.REFUND) & ibis.coalesce(lines.net < 0, False)
        is_return = is_return | (lines.meaning == order_status.RETURN) | is_paid_back
    lines = lines.select(
        "customer_id",
        "transaction_id",
        "day",
        "coupon_used",
        "category",
        "broken",
        "copy",
        "quantity",
        "is_item",
        *(name for name in lines.columns if name.startswith("source_") or name in _OPTIONAL),
        net=is_return.ifelse(-lines.net.abs(), lines.net),
        gross=is_return.ifelse(-lines.gross.abs(), lines.gross),
        discount=is_return.ifelse(-lines.discount.abs(), lines.discount),
        is_return=is_return,
    )
    reason = ibis.cases(*_list_reasons(lines, semantics, settings, load_day), else_="")
    is_purchase = ~(lines.is_return | (lines.net < 0))
    kept = ["customer_id", "transaction_id", "day", "coupon_used", "category", "net", "gross", "discount"]
    kept += [name for name in lines.columns if name.startswith("source_")]
    return lines.mutate(reason=reason, is_purchase=is_purchase).select(*kept, "reason", "is_purchase")


def _list_reasons(
    lines: ibis.Table, semantics: LineSemantics, settings: SalesSettings, load_day: date
) -> list[tuple[ir.BooleanValue, str | ir.StringValue]]:
    """Conditions and reasons, in the order of REJECT_REASONS."""
    last_day = count_epoch_days(load_day)
    excluded = [name.lower() for name in semantics.excluded_customers]
    return [
        (lines.broken, "broken"),
        (~lines.is_item, "not_item"),
        (lines.customer_id.isnull(), "no_customer"),
        *([(lines.customer_id.cast("string").lower().isin(excluded), "customer_excluded")] if excluded else []),
        # missing dates are often exported as 1970-01-01
        (lines.day.isnull() | (lines.day <= 0), "no_date"),
        (lines.day > to_day_literal(last_day), "after_load_day"),
        (lines.net.isnull(), "no_amount"),
        *([(_is_other_currency(lines, semantics), "other_currency")] if semantics.has_other_currencies else []),
        *_list_status_reasons(lines),
        (ibis.coalesce(lines.quantity == 0, False), "zero_quantity"),
        (lines.day < to_day_literal(count_epoch_days(settings.start) if settings.start else 0), "before_start"),
        (
            lines.day >= to_day_literal(count_epoch_days(settings.as_of) if settings.as_of else last_day + 1),
            "on_or_after_as_of",
        ),
        *(
            (lines.day.between(*(to_day_literal(count_epoch_days(day)) for day in period)), "left_out")
            for period in settings.excluded_periods
        ),
        *(
            [(lines.category.isin(list(settings.excluded_categories)), "category_left_out")]
            if settings.excluded_categories
            else []
        ),
        (lines.copy > 0, "duplicate"),
    ]


def _list_status_reasons(lines: ibis.Table) -> Iterator[tuple[ir.BooleanValue, str | ir.StringValue]]:
    """Reasons for cancelled, unpaid and refunded orders, if the table has such columns."""
    if "is_cancelled" in lines.columns:
        yield ibis.coalesce(lines.is_cancelled > 0, False), "cancelled"
    if "is_refunded" in lines.columns:
        yield lines.is_refunded, "refunded"
    if "meaning" in lines.columns:
        is_refunded = (lines.meaning == order_status.REFUND) & ~lines.is_return
        if "refund" in lines.columns:  # a part of the order was kept
            is_refunded = is_refunded & ~ibis.coalesce(lines.refund > 0, False)
        yield is_refunded, "refunded"
        counted = [order_status.COUNT, order_status.RETURN, order_status.REFUND]
        yield ~lines.meaning.isin(counted), lines.meaning


def _look_up_statuses(lines: ibis.Table, semantics: LineSemantics) -> ir.StringValue:
    """What the status and the line type of a line mean: the first meaning other than COUNT."""
    looked_up, unknown = [], []
    for role, meanings in semantics.statuses.items():
        for meaning in sorted(set(meanings.values()) - {order_status.COUNT}):
            texts = sorted(text for text, known in meanings.items() if known == meaning and text)
            condition = lines[role].isin(texts) if texts else ibis.literal(False)
            if meanings.get("") == meaning:
                condition = condition | lines[role].isnull()
            looked_up.append((condition, meaning))
        unknown.append((~lines[role].isin(sorted(text for text in meanings if text)), order_status.UNKNOWN))
    return ibis.cases(*looked_up, *unknown, else_=order_status.COUNT)


def _identify_order(lines: ibis.Table, grain: str) -> ir.Value:
    """The order id of a line, by the grain of orders."""
    if grain == "day":
        return lines.day
    if grain == "line":
        return ibis.null("string")
    if grain == "id-and-day":
        return lines.day.cast("string") + "/" + lines.transaction_id.cast("string")
    return lines.transaction_id


def _is_other_currency(lines: ibis.Table, semantics: LineSemantics) -> ir.BooleanValue:
    known = [semantics.currency, *semantics.rates]
    return ~ibis.coalesce(lines.currency, "").isin(known)


def _get_rate(lines: ibis.Table, semantics: LineSemantics) -> ir.Value | None:
    """The exchange rate from the currency of a line to that of all money; None if nothing is converted."""
    rates = [(code, rate) for code, rate in semantics.rates.items() if code != semantics.currency]
    if not rates:
        return None
    return ibis.cases(*((lines.currency == code, float(rate)) for code, rate in rates), else_=1.0)


def select_rejected_lines(lines: ibis.Table, max_rows: int) -> ibis.Table:
    """Rejected lines with the source's own columns, at most `max_rows`, in a deterministic order.

    Args:
        lines: from `derive_lines`, parsed with `keep_source_columns`.
        max_rows: limit.

    Returns:
        one row per rejected line: reason, source_0, source_1 and so on.
    """
    rejected = lines.filter(lines.reason != "")
    columns = ["reason", *(name for name in rejected.columns if name.startswith("source_"))]
    return rejected.select(columns).order_by(columns).limit(max_rows)
