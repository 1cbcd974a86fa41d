"""Infer what the lines of a table mean from their values; ask where two readings differ.

Only checks whose columns are present are run. One query covers ids and the amounts of a sample of orders; statuses,
currencies and doubtful ids have queries of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import ibis

from segmentation.errors import DataError
from segmentation.messages import ColumnName, Message
from segmentation.sales import order_status
from segmentation.sales.amount_inference import infer_amounts
from segmentation.sales.column_mapping import normalize_name
from segmentation.sales.currency_inference import infer_currency
from segmentation.sales.customer_ids import clean_ids, is_doubtful
from segmentation.sales.customer_inference import check_order_ids, describe_text_ids, infer_customers
from segmentation.sales.line_amounts import get_provisional_amount
from segmentation.sales.line_parsing import TEXT_ROLES, fill_blank_cells
from segmentation.sales.line_semantics import LineSemantics
from segmentation.sales.order_evidence import (
    SAMPLE_LINES,
    OrderEvidence,
    collect_order_evidence,
    describe_orders,
)
from segmentation.sales.source import SalesSource, fetch_row
from segmentation.sales.sum_lines import TOTAL_SPELLINGS, find_labeled_totals, has_summary_lines, is_sum_line
from segmentation.sales.value_counts import MAX_VALUES, build_values_question, count_values
from segmentation.settings import SalesSettings

_SPECIFIC_NAMES = {
    *("orderstatus", "orderstate", "paymentstatus", "financialstatus", "paymentstate"),
    *("linetype", "lineitemtype", "orderitemtype"),
}
"""Columns with these names have the role whatever their values; others only if one of their values is known."""
_STATUS_OPTIONS = {
    "count": "The lines count as sales.",
    "exclude": "The lines do not count.",
    "refund": "The refunded amount is subtracted, or the order does not count.",
    "return": "The lines are returns.",
}
_SHARED_IDS = 0.2
"""Above this share of order ids with several customers, order numbers restart."""


@dataclass(frozen=True)
class _InferenceInput:
    """The input of the inference."""

    source: SalesSource
    parsed: ibis.Table
    columns: Mapping[str, str]
    settings: SalesSettings


def infer_semantics(
    source: SalesSource, table: ibis.Table, parsed: ibis.Table, columns: Mapping[str, str], settings: SalesSettings
) -> LineSemantics:
    """Infer what the lines of a table mean.

    Args:
        source: the source of the lines.
        table: the raw table, unbound.
        parsed: as `parse_columns` gives them.
        columns: name in fct_sales -> name in the table.
        settings: answers; what they set is not inferred.

    Raises:
        DataQuestionError: only the owner of the data knows what is meant.
        DataError: ids were damaged by a spreadsheet.
    """
    counts = fetch_row(source, *_describe_lines(table, parsed, columns))
    lines = int(counts["lines"])
    evidence = collect_order_evidence(source, parsed, columns, lines, counts)
    totals = {
        "customer_id": counts.get("totals"),
        "transaction_id": counts.get("total_orders"),
        "category": evidence["total_categories"],
        "product": evidence["total_products"],
    }
    unclean_ids = {"customer_id": counts.get("unclean"), "transaction_id": evidence["unclean_ids"]}
    unclean = sorted(name for name, ids in unclean_ids.items() if ids)
    semantics = LineSemantics(
        cleaned_ids=frozenset(unclean),
        total_columns=frozenset(name for name, number in totals.items() if number),
        max_customers=counts.get("ids"),
        line_count=lines,
    )
    if unclean:
        parsed = clean_ids(parsed, unclean)
        if "customer_id" in unclean:
            counts = fetch_row(source, describe_text_ids(parsed))
        evidence = collect_order_evidence(source, parsed, columns, lines)
    inputs = _InferenceInput(source, parsed, columns, settings)
    firsts = {"customer_id": "first_customer", "day": "first_day"}
    filled = {name for name, count in firsts.items() if evidence.holds(count, "several_lines", 0.95, 5)}
    if filled:  # only the first line of an order has them
        evidence = collect_order_evidence(source, fill_blank_cells(parsed, filled), columns, lines)
    semantics = replace(semantics, filled=frozenset(filled))
    semantics, evidence = _find_sum_lines(inputs, semantics, evidence)
    semantics = _infer_orders(inputs, semantics, evidence)
    semantics = infer_amounts(columns, settings, evidence, semantics)
    semantics = _infer_statuses(inputs, semantics)
    semantics = infer_currency(source, parsed, columns, settings, semantics)
    if {"cancelled_at", "transaction_id"} <= columns.keys() and (semantics.filled or semantics.order_level):
        # If other values are written on the first line of an order only, so is the day it was cancelled.
        semantics = replace(semantics, filled=semantics.filled | {"is_cancelled"})
    if evidence["rounded_ids"]:
        check_order_ids(source, parsed, columns["transaction_id"])
    return infer_customers(source, parsed, columns, settings, semantics, counts)


def _find_sum_lines(
    inputs: _InferenceInput, semantics: LineSemantics, evidence: OrderEvidence
) -> tuple[LineSemantics, OrderEvidence]:
    """Which lines repeat the sum of others, and the evidence without them.

    Raises:
        DataQuestionError: lines may be the totals of their orders.
    """
    source, columns = inputs.source, inputs.columns
    lines = fill_blank_cells(inputs.parsed, semantics.filled) if semantics.filled else inputs.parsed
    labeled = find_labeled_totals(source, lines, evidence.list_counted("labels_"))
    may_ask = inputs.settings.amount_grain is None
    has_summaries = "product" in columns and has_summary_lines(evidence, columns["product"], may_ask=may_ask)
    if not (labeled or has_summaries):
        return semantics, evidence
    semantics = replace(semantics, labeled_columns=labeled, has_summary_lines=has_summaries)
    items = lines.filter(~is_sum_line(lines, semantics))
    return semantics, collect_order_evidence(source, items, columns, semantics.line_count)


def _describe_lines(table: ibis.Table, parsed: ibis.Table, columns: Mapping[str, str]) -> Iterator[ibis.Table]:
    """Queries of one row each: lines, what ids look like, and the evidence on orders.

    Rare values are counted behind a filter on a stored column: an engine skips the blocks whose minimum and maximum
    exclude them, and reads almost nothing.
    """
    yield table.aggregate(lines=table.count())  # known from the metadata of most tables
    if parsed.customer_id.type().is_string():
        yield describe_text_ids(parsed)
    else:
        doubtful = parsed.filter(is_doubtful(parsed.customer_id))
        yield doubtful.aggregate(doubtful=doubtful.count())
    if "transaction_id" in columns and table[columns["transaction_id"]].type().is_string():
        totals = table.filter(table[columns["transaction_id"]].isin(TOTAL_SPELLINGS))
        yield totals.aggregate(total_orders=totals.count())
    yield from describe_orders(parsed.limit(SAMPLE_LINES), columns)


def _infer_orders(inputs: _InferenceInput, semantics: LineSemantics, evidence: OrderEvidence) -> LineSemantics:
    """Infer what identifies an order."""
    has_ids, grain = "transaction_id" in inputs.columns, inputs.settings.orders
    notice = ""
    if grain is None and not has_ids:
        grain = "day"
        notice = Message(
            "The table has no {id}: a customer's purchases on one day count as one order.",
            {"id": ColumnName("transaction_id")},
        )
    elif grain is None and evidence["pairs_on_days"] and evidence["shared_ids"] > _SHARED_IDS * evidence["ids"]:
        grain = "id-and-day"
        notice = (
            f"The numbers in {inputs.columns['transaction_id']!r} restart: the same number has several customers and "
            "days. An order is identified by customer, day and number."
        )
    grain = grain or "id"
    if not has_ids and grain.startswith("id"):
        raise DataError(
            "The table has no transaction_id.", hint="Map the column, or use --orders day or --orders line."
        )
    return replace(semantics, order_grain=grain, notices=(*semantics.notices, *filter(None, [notice])))


def _infer_statuses(inputs: _InferenceInput, semantics: LineSemantics) -> LineSemantics:
    """Infer what the values of statuses and line types mean.

    Raises:
        DataQuestionError: some are unknown.
    """
    roles = [role for role in TEXT_ROLES if role in inputs.columns]
    lines, money = inputs.parsed, get_provisional_amount(inputs.parsed, semantics.amount)
    counted = count_values(inputs.source, lines, roles, money)
    if "transaction_id" in inputs.columns:
        may_be_blank = [role for role in counted if role not in order_status.FLAGS]
        blank = [
            role for role in may_be_blank if len(counted[role]) > 1 and any(not total.value for total in counted[role])
        ]
        if blank:
            semantics = replace(semantics, filled=semantics.filled | set(blank))
            counted |= count_values(inputs.source, fill_blank_cells(lines, blank), blank, money)
    answers = dict(inputs.settings.statuses)
    statuses: dict[str, dict[str, str]] = {}
    ignored = dict(semantics.ignored)
    for role, values in counted.items():
        column, texts = inputs.columns[role], [total.value for total in values]
        meanings = order_status.classify_values(role, texts, answers)
        known = [text for text, meaning in meanings.items() if meaning != order_status.UNKNOWN]
        has_specific_name = normalize_name(column) in _SPECIFIC_NAMES or role in dict(inputs.settings.columns)
        has_specific_name = has_specific_name or (role == "order_status" and order_status.mentions_exclusion(texts))
        if role == "line_type" and not has_specific_name:  # a type may describe the product or the customer
            lines_known = sum(total.lines for total in values if total.value in known)
            known = known if lines_known >= 0.5 * sum(total.lines for total in values) else []
        if role in order_status.FLAGS and len(known) < len(texts):  # a column called returned may hold numbers
            known = []
        if not any(texts) or len(texts) >= MAX_VALUES or not (known or has_specific_name):
            ignored[role] = f"{column!r} was not used as {role}: its values are unknown." if any(texts) else ""
            continue
        unknown = [total for total in values if meanings[total.value] == order_status.UNKNOWN]
        if unknown:
            raise build_values_question(
                unknown,
                sentence=f"{len(unknown)} value{'s' * (len(unknown) > 1)} of {column!r} may or may not count as sales",
                setting="statuses",
                option="--status",
                options=_STATUS_OPTIONS,
            )
        statuses[role] = meanings
    return replace(semantics, statuses=statuses, ignored=ignored)
