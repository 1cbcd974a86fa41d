"""How sales were read and what the checks of their data found: sentences for the console, and values for --json."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from segmentation.presentation import findings

if TYPE_CHECKING:
    from segmentation.results import CustomerTable

_MAX_SPELLINGS = 1_000


def describe_reading(table: CustomerTable) -> Iterator[str]:
    """The layout that was recognized, and the column of each role."""
    if table.prepared.layout is not None:
        yield findings.describe_layout(table.prepared.layout)
    yield f"Columns: {', '.join(f'{name} = {column}' for name, column in table.columns.items())}."


def describe_findings(table: CustomerTable) -> Iterator[str]:
    """What the checks found, and the options that repair it."""
    for finding in table.findings:
        options = findings.format_fix_options(finding.fix)
        repair = f" {findings.describe_fix(finding)}: {options}" if options else ""
        yield f"{finding.severity.capitalize()}: {findings.describe_finding(finding)}{repair}"


def format_data_report(table: CustomerTable) -> str:
    """What was read, as JSON: layout, columns, customers, orders, net_sales, start, end, rejected (money is null where
    no amount can be read), merged_customer_ids, notices and findings."""
    from segmentation.analysis import sales_queries

    balance, window = table.reconciliation, table.window
    report = {
        "layout": None if table.prepared.layout is None else table.prepared.layout.id,
        "columns": dict(table.columns),
        "customers": table.store.totals.customers,
        "orders": table.store.totals.orders,
        "net_sales": balance.money_accepted,
        "start": window.first_sale,
        "end": window.last_sale,
        "rejected": [
            {**row, "money": None if row["money"].is_nan() else row["money"]}
            for row in balance.rejected[["reason", "lines", "money"]].to_dict("records")
        ],
        "merged_customer_ids": sales_queries.fetch_merged_spellings(table, _MAX_SPELLINGS).to_dict("records"),
        "notices": list(table.notices),
        "findings": [
            {
                "id": finding.id,
                "severity": finding.severity,
                "sentence": findings.describe_finding(finding),
                "figures": dict(finding.figures),
                "fix": findings.format_fix_options(finding.fix),
            }
            for finding in table.findings
        ],
    }
    return json.dumps(report, indent=2, ensure_ascii=False, default=_to_json)


def _to_json(value: Any) -> float | str | None:
    """Money as a number, days as text."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not written to JSON")
