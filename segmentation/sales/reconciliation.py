"""Reconcile lines: lines read = accepted + rejected by reason, each with its money."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import ibis
import pandas as pd

from segmentation.errors import DataError
from segmentation.messages import ColumnName, MapOption, Message
from segmentation.runtime.epoch_days import to_date
from segmentation.sales.prepare_lines import PreparedLines
from segmentation.sales.source import SalesSource
from segmentation.sales.standardize import REJECT_REASONS

UNKNOWN_MONEY = Decimal("NaN")


@dataclass(frozen=True, eq=False)
class Reconciliation:
    """Lines read = accepted + rejected, and the same for their money."""

    lines_read: int
    lines_accepted: int
    money_read: Decimal
    money_accepted: Decimal
    rejected: pd.DataFrame
    """One row per reason that occurs, in the order of REJECT_REASONS: reason, label, lines, money (Decimal; NaN where
    no amount can be read)."""
    lines_without_transaction: int
    """Accepted lines without a transaction id; each counts as a separate order."""


@dataclass(frozen=True)
class Window:
    """The days that the data cover: first and last accepted line, as-of date and load day."""

    first_sale: date
    last_sale: date
    as_of: date
    load_day: date

    @property
    def days(self) -> int:
        """Days from the first accepted line to the as-of date."""
        return (self.as_of - self.first_sale).days


def summarize_by_reason(lines: ibis.Table) -> ibis.Table:
    """One row per reject reason of the lines of `derive_lines`; an empty one for accepted lines."""
    return lines.group_by("reason").aggregate(
        lines=lines.count(),
        money=lines.net.sum(),
        first=lines.day.min(),
        last=lines.day.max(),
        without_transaction=ibis.coalesce(lines.transaction_id.isnull().sum(), 0),
    )


def reconcile_lines(
    source: SalesSource, summary: ibis.Table, load_day: date, as_of: date | None
) -> tuple[Reconciliation, Window]:
    """Count lines by reason in the engine.

    Args:
        source: the source of the lines.
        summary: of `summarize_by_reason`, for lines with the same `as_of`.
        load_day: the day on which the data are read.
        as_of: the as-of date of the settings; None: the day after the last accepted line.

    Raises:
        DataError: there are no lines, or all are rejected.
    """
    rows = {row["reason"]: row for row in source.fetch(summary).to_pylist()}
    if not rows:
        raise DataError(f"{source.name!r} contains no lines.", hint="Export it again, or choose another source.")
    accepted = rows.pop("", None)
    rejected_rows = [
        {
            "reason": reason,
            "label": label,
            "lines": int(rows[reason]["lines"]),
            "money": UNKNOWN_MONEY if rows[reason]["money"] is None else Decimal(rows[reason]["money"]),
        }
        for reason, label in REJECT_REASONS.items()
        if reason in rows
    ]
    if accepted is None:
        main_reason = max(rejected_rows, key=lambda row: int(str(row["lines"])))
        raise DataError(
            f"None of the {sum(int(str(row['lines'])) for row in rejected_rows):,} lines of {source.name!r} can be "
            f"used. Main reason: {str(main_reason['label']).lower()}.",
            hint=_HINTS.get(str(main_reason["reason"]), "Check the columns of the table."),
        )
    rejected = pd.DataFrame(rejected_rows, columns=["reason", "label", "lines", "money"])
    money_accepted = Decimal(accepted["money"])
    balance = Reconciliation(
        lines_read=int(accepted["lines"]) + int(rejected["lines"].sum()),
        lines_accepted=int(accepted["lines"]),
        money_read=sum((money for money in rejected["money"] if not money.is_nan()), money_accepted),
        money_accepted=money_accepted,
        rejected=rejected,
        lines_without_transaction=int(accepted["without_transaction"]),
    )
    first, last = (to_date(accepted[name]) for name in ("first", "last"))
    return balance, Window(first, last, as_of or last + timedelta(days=1), load_day)


def sum_by_category(lines: ibis.Table) -> ibis.Table:
    """category, lines, money (float64) of the accepted lines and of those rejected only for their category."""
    named = lines.filter(lines.reason.isin(["", "category_left_out"]) & lines.category.notnull())
    totals = named.group_by("category").aggregate(lines=named.count(), net=named.net.sum())
    return totals.mutate(money=totals.net.cast("float64")).drop("net")


def fetch_category_totals(source: SalesSource, totals: ibis.Table) -> pd.DataFrame:
    """The rows of `sum_by_category`, by decreasing net sales."""
    answer: pd.DataFrame = source.fetch(totals).to_pandas()
    return answer.sort_values(["money", "category"], ascending=[False, True], ignore_index=True)


def build_notices(
    prepared: PreparedLines, reconciliation: Reconciliation, source: SalesSource, categories: ibis.Table
) -> tuple[str, ...]:
    """Notices on how these lines were read, one sentence each; `categories` is the query `sum_by_category`."""
    columns, excluded_categories = prepared.columns, prepared.settings.excluded_categories
    semantics = prepared.semantics
    notices: list[str] = [*source.notices, *semantics.notices, *filter(None, semantics.ignored.values())]
    broken = reconciliation.rejected.loc[reconciliation.rejected["reason"] == "broken"]
    for lines_broken, money in broken[["lines", "money"]].itertuples(index=False):
        if not money.is_nan():
            notices.append(
                Message(
                    "{lines:,} lines have more cells than the header and were rejected with {money:,.2f} of "
                    "{read:,.2f}: amounts such as 1,234.50 need quotation marks.",
                    {"lines": lines_broken, "money": money, "read": reconciliation.money_read},
                )
            )
    if prepared.has_order_ids and reconciliation.lines_without_transaction:
        notices.append(
            Message(
                "{lines:,} lines have no transaction ID: each counts as a separate order.",
                {"lines": reconciliation.lines_without_transaction},
            )
        )
    if "net_sales_amount" not in columns and semantics.amount in _AMOUNT_LABELS:
        notices.append(
            Message(
                "The table has no {column}: money is {amount}.",
                {"column": ColumnName("net_sales_amount"), "amount": _AMOUNT_LABELS[semantics.amount]},
            )
        )
    names = fetch_category_totals(source, categories)["category"].tolist() if excluded_categories else []
    for name in excluded_categories:
        if name not in names:
            close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
            notices.append(f"Unknown excluded category {name!r}." + (f" Did you mean {close[0]!r}?" if close else ""))
    return tuple(notices)


_AMOUNT_LABELS = {
    "subtotal_amount": "the subtotal of orders",
    "total_amount": ColumnName("total_amount"),
    "gross_sales_amount": "gross sales less discount",
}
_HINTS = {
    "no_date": "Dates are read as YYYY-MM-DD or YYYYMMDD.",
    "no_amount": "Amounts are read as plain numbers with a decimal point, such as 1234.50.",
    "no_customer": Message(
        "Check which column is the customer ID{how}.", {"how": MapOption(" (--map customer_id=NAME)")}
    ),
    "before_start": "Choose an earlier start date.",
    "on_or_after_as_of": "Choose a later as-of date.",
    "left_out": "Exclude fewer days.",
    "category_left_out": "Exclude fewer categories.",
    "after_load_day": "Check the dates of the table and the clock of this machine.",
}
