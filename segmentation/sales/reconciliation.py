"""The balance of lines: what was used, what was set aside and why, each with its money."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import ibis
import pandas as pd

from segmentation.errors import DataError
from segmentation.sales.source import SalesSource
from segmentation.sales.standardize import EPOCH, REJECT_REASONS

CENT = Decimal("0.01")


@dataclass(frozen=True, eq=False)
class Reconciliation:
    """Lines in = lines used + lines set aside, and the same for their money."""

    lines_read: int
    lines_accepted: int
    money_read: Decimal
    money_accepted: Decimal
    rejected: pd.DataFrame
    """One row per reason that occurs, in the order of REASONS: reason, label, lines, money (Decimal)."""
    lines_without_transaction: int
    """Used lines without a transaction id; each counts as an order of its own."""


@dataclass(frozen=True)
class Window:
    """What the data cover: days of the first and last used line, the as-of date and the day of loading."""

    first_sale: date
    last_sale: date
    as_of: date
    load_day: date

    @property
    def days(self) -> int:
        """Days from the first used line to the as-of date."""
        return (self.as_of - self.first_sale).days


def reconcile_lines(
    source: SalesSource, lines: ibis.Table, load_day: date, as_of: date | None
) -> tuple[Reconciliation, Window]:
    """Count `lines` by reason in the engine.

    Args:
        source: where the lines live.
        lines: the expression of `sales_lines` with the same `as_of`.
        load_day: the day on which the data are read.
        as_of: the as-of date that was asked for; None: the day after the last line that is used.

    Raises:
        DataError: there are no lines, or none that can be used.
    """
    summary = lines.group_by("reason").aggregate(
        lines=lines.count(),
        money=ibis.coalesce(lines.net.sum(), ibis.literal(0).cast("decimal(38, 6)")),
        first=lines.day.min(),
        last=lines.day.max(),
        without_transaction=ibis.coalesce(lines.transaction_id.isnull().sum(), 0),
    )
    rows = {row["reason"]: row for row in source.fetch(summary).to_pylist()}
    if not rows:
        raise DataError(f"{source.name!r} holds no lines.", hint="Export it again, or choose another source.")
    used = rows.pop("", None)
    aside = [
        {"reason": reason, "label": label, "lines": int(rows[reason]["lines"]), "money": Decimal(rows[reason]["money"])}
        for reason, label in REJECT_REASONS.items()
        if reason in rows
    ]
    if used is None:
        most = max(aside, key=lambda row: int(str(row["lines"])))
        raise DataError(
            f"None of the {sum(int(str(row['lines'])) for row in aside):,} lines of {source.name!r} can be used: "
            f"most were set aside as '{str(most['label']).lower()}'.",
            hint=_HINTS.get(str(most["reason"]), "Check the columns of the table."),
        )
    set_aside = pd.DataFrame(aside, columns=["reason", "label", "lines", "money"])
    money_used = Decimal(used["money"])
    balance = Reconciliation(
        lines_read=int(used["lines"]) + int(set_aside["lines"].sum()),
        lines_accepted=int(used["lines"]),
        money_read=sum(set_aside["money"], money_used),
        money_accepted=money_used,
        rejected=set_aside,
        lines_without_transaction=int(used["without_transaction"]),
    )
    first, last = (EPOCH + timedelta(days=int(used[name])) for name in ("first", "last"))
    return balance, Window(first, last, as_of or last + timedelta(days=1), load_day)


def count_categories(source: SalesSource, lines: ibis.Table) -> pd.DataFrame:
    """Product categories of the lines that are used or would be, were their category not left out.

    Returns:
        one row per category, the one with the most net sales first: category, lines, money (float64).
    """
    named = lines.filter(lines.reason.isin(["", "category_left_out"]) & lines.category.notnull())
    totals = named.group_by("category").aggregate(lines=named.count(), net=named.net.sum())
    answer: pd.DataFrame = source.fetch(totals.mutate(money=totals.net.cast("float64")).drop("net")).to_pandas()
    return answer.sort_values(["money", "category"], ascending=[False, True], ignore_index=True)


def build_notices(
    columns: Mapping[str, str],
    reconciliation: Reconciliation,
    source: SalesSource,
    lines: ibis.Table,
    excluded_categories: Sequence[str],
) -> tuple[str, ...]:
    """What a reader must know about these lines, a sentence each. `excluded_categories`: categories that are to be left out."""
    told = []
    if "transaction_id" not in columns:
        told.append("The table has no transaction_id: each line counts as an order of its own.")
    elif reconciliation.lines_without_transaction:
        told.append(
            f"{reconciliation.lines_without_transaction:,} lines have no transaction id: each counts as an order of its own."
        )
    if "net_sales_amount" not in columns:
        amount = "total_amount" if "total_amount" in columns else "gross sales less discount"
        told.append(f"The table has no net_sales_amount: money is {amount}.")
    there = count_categories(source, lines)["category"].tolist() if excluded_categories else []
    for name in excluded_categories:
        if name not in there:
            close = difflib.get_close_matches(name, there, n=1, cutoff=0.5)
            told.append(f"There is no category {name!r} to leave out." + (f" Is it {close[0]!r}?" if close else ""))
    return tuple(told)


_HINTS = {
    "no_date": "Dates are read as YYYY-MM-DD or YYYYMMDD.",
    "no_amount": "Amounts are read as plain numbers with a decimal point, such as 1234.50.",
    "no_customer": "Check which column names the customer (--map customer_id=NAME).",
    "before_start": "Choose an earlier first day.",
    "on_or_after_as_of": "Choose a later as-of date.",
    "left_out": "Leave out fewer days.",
    "category_left_out": "Leave out fewer categories.",
    "after_load_day": "Check the dates of the table and of this machine.",
}
