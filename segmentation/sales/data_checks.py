"""Data checks on every load: what is valid, but likely to distort customers, orders or money.

Checks use what the load has computed anyway if that is enough; the rest comes from one query, for large tables on a
sample of whole orders. Values with several possible meanings are asked about earlier: see
`segmentation.sales.semantics_inference`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

from segmentation.runtime.epoch_days import to_date
from segmentation.sales.column_mapping import normalize_name
from segmentation.sales.column_names import LOCALIZED_SYNONYMS, SYNONYMS
from segmentation.sales.findings import ERROR, INFO, WARNING, Figure, Finding
from segmentation.sales.order_checks import check_equal_amounts, check_orders, count_orders
from segmentation.sales.prepare_lines import PreparedLines
from segmentation.sales.reconciliation import Reconciliation, Window
from segmentation.sales.source import NO_TABLES, SalesSource

MAX_LINES, SAMPLE_LINES = 1_000_000, 100_000
"""Above MAX_LINES, a sample of whole orders with about SAMPLE_LINES lines is checked."""
MAX_CUSTOMER_SHARE = 0.1
"""Share of all orders or money from which one customer is conspicuous."""
MAX_REJECTED_SHARE = 0.05
_FAULTS = ("broken", "no_customer", "no_date", "after_load_day", "no_amount")
"""Reject reasons that are faults of the data, not the user's choice."""
_MIN_ORDERS = 20
_MIN_COPIES = 0.01
_MIN_GAP_DAYS = 30
_SEPARATOR = "\x1f"


@dataclass(frozen=True)
class LoadedSales:
    """The input of the checks."""

    source: SalesSource
    prepared: PreparedLines
    reconciliation: Reconciliation
    window: Window
    customers: pd.DataFrame
    """One row per customer: customer_id, orders, monetary, recency_days; a uniform sample of many customers."""
    has_all_customers: bool = True
    counts: ibis.Table | None = None
    """The query of `count_sample` on its stored result, if any."""


def check_data(sales: LoadedSales) -> tuple[Finding, ...]:
    """Run all checks.

    Returns:
        the findings, most severe first.

    Raises:
        SourceError: the source cannot be read.
    """
    found = [*_check_customers(sales), *_check_rejected(sales), *_check_dates(sales), *_check_sample(sales)]
    return tuple(sorted(found, key=lambda finding: (ERROR, WARNING, INFO).index(finding.severity)))


def _check_customers(sales: LoadedSales) -> Iterator[Finding]:
    """One customer with a large share of orders or sales; customers who all ordered only once."""
    customers = sales.customers[sales.customers["orders"] > 0]
    count, orders = len(customers), int(customers["orders"].sum())
    if sales.has_all_customers and count > 1:
        limit = max(MAX_CUSTOMER_SHARE, 5 / count)
        money = float(customers["monetary"].clip(lower=0).sum())
        share_of_orders = customers["orders"] / orders
        share_of_sales = customers["monetary"] / (money or 1.0)
        large = (share_of_orders > limit) | (share_of_sales > limit)
        found = zip(customers["customer_id"][large], share_of_orders[large], share_of_sales[large], strict=True)
        for customer, of_orders, of_sales in found:  # a large buyer is no error, but weighs on everything
            yield Finding(
                "dominant_customer",
                WARNING if of_orders > limit else INFO,
                {"customer_id": customer, "share_of_orders": of_orders, "share_of_sales": of_sales},
                {"customer_values": ((customer, "exclude"),)},
            )
    if sales.prepared.has_order_ids and count >= _MIN_ORDERS and orders <= 1.01 * count:
        column = sales.prepared.columns["customer_id"]
        yield Finding("customers_order_once", WARNING, {"column": column, "customers": count, "orders": orders})


def _check_rejected(sales: LoadedSales) -> Iterator[Finding]:
    """Many lines with the same fault."""
    balance = sales.reconciliation
    for row in balance.rejected.to_dict("records"):
        share = int(row["lines"]) / balance.lines_read
        if row["reason"] in _FAULTS and share > MAX_REJECTED_SHARE:
            yield Finding(
                "rejected_lines",
                ERROR if share > 0.5 else WARNING,
                {
                    "reason": str(row["reason"]),
                    "label": str(row["label"]),
                    "lines": int(row["lines"]),
                    "share": share,
                    "money": None if row["money"].is_nan() else row["money"],
                },
            )


def _check_dates(sales: LoadedSales) -> Iterator[Finding]:
    """All sales on one day, or a few long after all others: they move the recency of everybody."""
    window = sales.window
    if window.first_sale == window.last_sale:
        column = sales.prepared.columns["transaction_date"]
        yield Finding("single_day", ERROR, {"column": column, "date": window.first_sale})
        return
    recency = sales.customers["recency_days"].dropna()
    last_days = sorted({window.as_of - timedelta(days=int(days)) for days in recency.unique()} | {window.last_sale})
    if len(last_days) < 2 or (last_days[-1] - last_days[-2]).days <= _MIN_GAP_DAYS:
        return
    lines = sales.prepared.accepted
    days = lines.group_by("day").aggregate(lines=lines.count()).order_by(ibis.desc("day"))
    counted = sales.source.fetch(days).to_pandas()
    gaps = -counted["day"].diff().iloc[1:].reset_index(drop=True)  # days are in descending order
    late = int(gaps.gt(_MIN_GAP_DAYS).to_numpy().argmax()) + 1 if gaps.gt(_MIN_GAP_DAYS).any() else 0
    few = counted["lines"].iloc[:late].sum()
    if late and few <= max(3, 0.001 * counted["lines"].sum()) and gaps.iloc[late - 1] > 3 * gaps.iloc[late:].max():
        first, before = (to_date(counted["day"].iloc[i]) for i in (late - 1, late))
        figures: dict[str, Figure] = {"date": first, "lines": int(few), "days": (first - before).days, "before": before}
        yield Finding("lone_last_date", WARNING, figures, {"as_of": before + timedelta(days=1)})


def _check_sample(sales: LoadedSales) -> Iterator[Finding]:
    """Checks that need a query: copied lines, orders, and other columns that would fit."""
    source, factor = sales.source, _choose_sampling_factor(sales.reconciliation.lines_read)
    prepared, tables = (sales.prepared, NO_TABLES) if sales.counts is not None else _draw_sample(sales, factor)
    counts = _count_lines(prepared) if sales.counts is None else sales.counts
    row = {name: int(value or 0) for name, value in source.fetch(counts, tables).to_pylist()[0].items()}
    yield from _describe_rivals(prepared, row)
    yield from check_equal_amounts(prepared, row)
    if not prepared.settings.drop_duplicates and row["copies"] >= max(2, _MIN_COPIES * row["lines"]):
        if sales.counts is not None:
            prepared, tables = _draw_sample(sales, factor)
        yield from _measure_copies(source.fetch(_count_copies(prepared), tables).to_pandas(), factor)
    if "transaction_id" in prepared.columns and prepared.semantics.order_grain == "id":
        yield from check_orders(prepared, row)


def count_sample(prepared: PreparedLines) -> ibis.Table:
    """What `check_data` counts of a sample of lines, as a query on the source alone: one row."""
    factor = _choose_sampling_factor(prepared.semantics.line_count)
    return _count_lines(prepared if factor == 1 else prepared.replace_table(prepared.sample_table(factor)))


def _choose_sampling_factor(lines: int) -> int:
    """The factor by which the sample has fewer lines than the table; 1: all lines are checked."""
    return 1 if lines <= MAX_LINES else -(-lines // SAMPLE_LINES)


def _count_lines(prepared: PreparedLines) -> ibis.Table:
    counts, rivals = count_orders(prepared.accepted), _find_rivals(prepared)
    # In one query, which reads the sample once.
    return counts.cross_join(_compare_columns(prepared, rivals)) if rivals else counts


def _draw_sample(sales: LoadedSales, sampling_factor: int) -> tuple[PreparedLines, Mapping[str, pa.Table]]:
    """The lines to check, and the tables that queries on them need."""
    if sampling_factor == 1:
        return sales.prepared, NO_TABLES
    sampled = sales.prepared.sample_table(sampling_factor)
    if not sales.source.reads_local_tables:
        return sales.prepared.replace_table(sampled), NO_TABLES
    # Kept in memory, so that the source is read once: picking the lines takes longer than checking them.
    table = ibis.table(sampled.schema(), name="sampled_lines")
    return sales.prepared.replace_table(table), {table.get_name(): sales.source.fetch(sampled)}


def _find_rivals(prepared: PreparedLines) -> list[tuple[str, str]]:
    """Pairs of a role and another column whose name fits it; none if a layout determines the columns."""
    if prepared.layout is not None:
        return []
    others = [name for name in prepared.table.columns if name not in prepared.columns.values()]
    mapped = dict(prepared.settings.columns)
    return [
        (role, other)
        for role in prepared.columns
        if role not in mapped and role != "product"  # any one names the item
        for other in others
        if normalize_name(other) in {*SYNONYMS[role], *" ".join(LOCALIZED_SYNONYMS.get(role, ())).split()}
    ]


def _describe_rivals(prepared: PreparedLines, row: Mapping[str, int]) -> Iterator[Finding]:
    for i, (role, other) in enumerate(_find_rivals(prepared)):
        if row[f"differs_{i}"]:
            share = row[f"differs_{i}"] / row["compared"]
            yield Finding(
                "second_column",
                INFO,
                {"role": role, "column": prepared.columns[role], "other": other, "share": share},
                {"columns": ((role, other),)},
            )


def _compare_columns(prepared: PreparedLines, rivals: list[tuple[str, str]]) -> ibis.Table:
    """One row: compared lines, and per rival differs_i, the lines on which it differs."""
    table = prepared.table
    differing: dict[str, ir.Value] = {}
    for i, (role, other) in enumerate(rivals):
        used, rival = (ibis.coalesce(table[name].cast("string"), "") for name in (prepared.columns[role], other))
        differing[f"differs_{i}"] = ((used != rival) & (rival != "")).ifelse(1, 0).sum()
    return table.aggregate(compared=table.count(), **differing)


def _hash_line(table: ibis.Table, names: tuple[str, ...]) -> ir.Value:
    cells = [ibis.coalesce(table[name].cast("string"), "") for name in names]
    return ibis.literal(_SEPARATOR).join(cells).hash()


def _count_copies(prepared: PreparedLines) -> ibis.Table:
    """By day: lines, copied (lines with an exact copy), copies (all but the first) and their money.

    Lines that are equal in the columns that are used may still differ in others.
    """
    lines = prepared.with_source_columns
    lines = lines.filter(lines.reason == "")
    names = tuple(name for name in lines.columns if name.startswith("source_"))
    lines = lines.select("day", "net", line=_hash_line(lines, names))
    groups = lines.group_by("line").aggregate(n=lines.count(), net=lines.net.sum(), day=lines.day.min())
    groups = groups.mutate(copies=groups.n - 1, copied=(groups.n > 1).ifelse(groups.n, 0))
    days = groups.group_by("day").aggregate(
        lines=groups.n.sum(),
        copied=groups.copied.sum(),
        copies=groups.copies.sum(),
        money=(groups.net.cast("float64") * groups.copies / groups.n).sum(),
    )
    return days.order_by("day")


def _measure_copies(counted: pd.DataFrame, sampling_factor: int) -> Iterator[Finding]:
    """The money of exact copies, and whether they fill a period, which suggests that two exports overlap."""
    counted = counted.astype("float64")
    with_copies = counted[counted["copied"] > 0]
    period = counted[counted["day"].between(with_copies["day"].min(), with_copies["day"].max())]
    overlaps = len(with_copies) > 1 and period["copied"].sum() > 0.9 * period["lines"].sum()
    copies, money = counted["copies"].sum(), counted["money"].sum()
    if copies < max(2, _MIN_COPIES * counted["lines"].sum()):
        return
    figures: dict[str, Any] = {
        "lines": round(copies * sampling_factor),
        "share": float(copies / counted["lines"].sum()),
        "money": Decimal(str(round(money * sampling_factor, 2))),
    }
    if overlaps:
        figures |= {"first": to_date(with_copies["day"].min()), "last": to_date(with_copies["day"].max())}
    yield Finding("overlapping_exports" if overlaps else "exact_copies", WARNING, figures, {"drop_duplicates": True})
