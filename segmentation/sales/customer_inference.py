"""Infer who is a customer: doubtful ids, spellings of one id, ids that differ for each order."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import ibis

from segmentation.errors import DataError, DataQuestionError
from segmentation.sales import customer_ids
from segmentation.sales.column_mapping import normalize_name
from segmentation.sales.duckdb import DuckDBSource
from segmentation.sales.line_amounts import get_provisional_amount
from segmentation.sales.line_semantics import LineSemantics
from segmentation.sales.source import SalesSource
from segmentation.sales.sum_lines import TOTAL_SPELLINGS
from segmentation.sales.value_counts import build_values_question, count_doubtful_customers
from segmentation.settings import SalesSettings

_OPTIONS = {
    "exclude": "The lines do not count; their money is shown separately.",
    "count": "The ID is one customer.",
}
_CUSTOMER_NAME = re.compile(r"(customer|client|buyer|user|member|shopper|kunde|klant|cliente).*|.*e?mail.*")
_ID_NAME = re.compile(r".*(id|key|no|number|nr|code|mail.*|unique.*)$")
_MIN_ORDERS = 20
_MANY_LINES = 3
"""If ids count from 0, customer 0 is real: it has at most this many times the mean number of lines."""


def check_customer_column(
    source: SalesSource, table: ibis.Table, columns: Mapping[str, str], mapping: Mapping[str, str]
) -> None:
    """Ask which column is the customer if the recognized one differs for each order and another one repeats.

    Args:
        source: the source of the table.
        table: the raw table, unbound.
        columns: name in fct_sales -> name in the table.
        mapping: the columns that the user mapped.

    Raises:
        DataQuestionError: another column may be the customer.
    """
    candidates = _find_other_customer_columns(table.columns, columns)
    if "transaction_id" not in columns or "customer_id" in mapping or not candidates:
        return
    used = columns["customer_id"]
    counts = {f"n_{i}": table[name].nunique() for i, name in enumerate([used, *candidates])}
    row = source.fetch(table.aggregate(orders=table[columns["transaction_id"]].nunique(), **counts)).to_pylist()[0]
    customers, orders = int(row["n_0"]), int(row["orders"])
    is_constant = customers == 1
    limit = orders + 1 if is_constant else 0.95 * customers
    repeating = [name for i, name in enumerate(candidates, start=1) if 2 <= int(row[f"n_{i}"]) < limit]
    if orders < _MIN_ORDERS or 1 < customers < orders or not repeating:
        return
    found = int(row[f"n_{candidates.index(repeating[0]) + 1}"])
    options = {
        repeating[0]: f"{found:,} customers{'.' if is_constant else ', who order several times.'}",
        used: "One customer." if is_constant else f"{customers:,} customers, a new one for each order.",
    }
    what = "is the same in all" if is_constant else "is new for each of"
    raise DataQuestionError(
        f"{used!r} {what} {orders:,} orders, while {repeating[0]!r} {'differs' if is_constant else 'repeats'}.",
        hint=f"Specify which one is the customer: --map customer_id={repeating[0]} or --map customer_id={used}.",
        setting="columns.customer_id",
        options=options,
    )


def infer_customers(
    source: SalesSource,
    parsed: ibis.Table,
    columns: Mapping[str, str],
    settings: SalesSettings,
    semantics: LineSemantics,
    flags: Mapping[str, Any],
) -> LineSemantics:
    """Infer which ids are not customers, and which spellings are the same id; `flags` are those of `describe_text_ids`.

    Raises:
        DataQuestionError: some ids may stand for many people.
        DataError: ids were rounded by a spreadsheet.
    """
    answers = dict(settings.customer_values)
    excluded = tuple(value for value, treatment in answers.items() if treatment == "exclude")
    semantics = replace(semantics, excluded_customers=excluded)
    if flags["doubtful"]:
        counted = count_doubtful_customers(source, parsed, get_provisional_amount(parsed, semantics.amount))
        others = parsed.filter(~customer_ids.is_doubtful(parsed.customer_id))
        typical_lines = _get_mean_lines(source, others)
        doubtful = [
            total
            for total in counted
            if total.value not in answers
            and not (total.value in customer_ids.DOUBTFUL_NUMBERS and total.lines <= _MANY_LINES * typical_lines)
        ]
        if doubtful:
            raise build_values_question(
                doubtful,
                sentence=f"{columns['customer_id']!r} has IDs that may stand for many people",
                setting="customer_values",
                option="--customer-value",
                options=_OPTIONS,
            )
    if flags.get("rounded"):
        raise DataError(
            f"{int(flags['rounded']):,} IDs in {columns['customer_id']!r}, such as {flags['example']!r}, were rounded "
            "by a spreadsheet: different customers may have the same one.",
            hint="Export the file again, and format the column as text before saving it in a spreadsheet.",
        )
    decomposed = bool(flags.get("decomposed")) and isinstance(source, DuckDBSource)
    semantics = replace(semantics, ignores_email_case=bool(flags.get("mixed_case")), normalizes_unicode=decomposed)
    return _count_merged_spellings(source, parsed, semantics)


def check_order_ids(source: SalesSource, parsed: ibis.Table, column: str) -> None:
    """Raise DataError if a spreadsheet rounded order ids so that different orders share one."""
    rounded = parsed.filter(customer_ids.is_rounded(parsed.transaction_id))
    orders = rounded.group_by("transaction_id", "customer_id", "day").aggregate(lines=rounded.count())
    counted = orders.aggregate(
        lines=orders.lines.sum(),
        orders=orders.count(),
        ids=orders.transaction_id.nunique(),
        example=orders.transaction_id.min(),
    )
    row = source.fetch(counted).to_pylist()[0]
    if int(row["orders"] or 0) > int(row["ids"] or 0):
        raise DataError(
            f"Order IDs in {column!r}, such as {row['example']!r}, were rounded by a spreadsheet: at least "
            f"{int(row['orders']):,} orders share {int(row['ids']):,} ID{'s' * (row['ids'] != 1)}.",
            hint="Export the file again, and format the column as text before saving it in a spreadsheet.",
        )


def _count_merged_spellings(source: SalesSource, parsed: ibis.Table, semantics: LineSemantics) -> LineSemantics:
    if not (semantics.ignores_email_case or semantics.normalizes_unicode):
        return semantics
    written = parsed.customer_id
    normal = customer_ids.normalize_unicode(written) if semantics.normalizes_unicode else written
    key = customer_ids.fold_email_case(normal)
    row = source.fetch(parsed.aggregate(spellings=written.nunique(), customers=key.nunique())).to_pylist()[0]
    merged = int(row["spellings"]) - int(row["customers"])
    if not merged:
        return semantics
    was, ways = ("was", "spelling") if merged == 1 else ("were", "spellings")
    notice = f"{merged:,} other {ways} of customer IDs {was} merged: upper and lower case in e-mail addresses, accents."
    return replace(semantics, merged_spellings=merged, notices=(*semantics.notices, notice))


def _get_mean_lines(source: SalesSource, parsed: ibis.Table) -> float:
    """Mean number of lines of a customer."""
    customers = parsed.customer_id.nunique()
    row = source.fetch(parsed.aggregate(lines=parsed.customer_id.count(), customers=customers)).to_pylist()[0]
    return int(row["lines"]) / max(1, int(row["customers"]))


def describe_text_ids(parsed: ibis.Table) -> ibis.Table:
    """One row of counts of text customer ids: ids, doubtful, unclean, totals, mixed_case, decomposed, rounded."""
    ids = parsed.select("customer_id").distinct()
    rounded = customer_ids.is_rounded(ids.customer_id)
    return ids.aggregate(
        ids=ids.count(),
        doubtful=customer_ids.is_doubtful(ids.customer_id).sum(),
        unclean=customer_ids.needs_cleaning(ids.customer_id).sum(),
        totals=ids.customer_id.isin(TOTAL_SPELLINGS).sum(),
        mixed_case=(customer_ids.fold_email_case(ids.customer_id) != ids.customer_id).sum(),
        decomposed=ids.customer_id.re_search("[\u0300-\u036f]").sum(),
        rounded=rounded.sum(),
        example=rounded.ifelse(ids.customer_id, ibis.null("string")).min(),
    )


def _find_other_customer_columns(names: Sequence[str], columns: Mapping[str, str]) -> list[str]:
    """Other columns whose name suggests a customer id."""
    plain = {name: normalize_name(name) for name in names if name not in columns.values()}
    return [name for name, text in plain.items() if _CUSTOMER_NAME.fullmatch(text) and _ID_NAME.fullmatch(text)]
