"""What customers bought before and after the launch: one query, computed where the sales lines are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeAlias

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa

from segmentation.errors import DataError
from segmentation.features.query import to_orders
from segmentation.runtime.epoch_days import count_epoch_days, to_date, to_day_literal
from segmentation.sales.inline_tables import split_ids
from segmentation.sales.line_parsing import MONEY
from segmentation.sales.prepare_lines import PreparedLines
from segmentation.sales.source import SalesSource

Members: TypeAlias = "pd.Series | ibis.Table | None"
OUTCOME_COLUMNS = ("orders", "gross", "discount", "net", "net_before")


@dataclass(frozen=True)
class SalesCoverage:
    """The days that the accepted lines cover."""

    first_sale: date
    last_sale: date
    has_discounts: bool
    """Whether gross sales are known."""
    has_missing_ids: bool
    """Whether some lines lack a transaction id."""

    @property
    def covered_until(self) -> date:
        """The first day that is not covered."""
        return self.last_sale + timedelta(days=1)


def fetch_coverage(source: SalesSource, prepared: PreparedLines) -> SalesCoverage:
    """The first and last day of the accepted lines.

    Raises:
        SourceError: the source cannot be read.
        DataError: no line is accepted.
    """
    lines = prepared.accepted
    query = lines.aggregate(
        first=lines.day.min(),
        last=lines.day.max(),
        gross=lines.gross.count(),
        without_id=ibis.coalesce(lines.transaction_id.isnull().sum(), 0),
    )
    row = source.fetch(query).to_pylist()[0]
    if row["first"] is None:
        raise DataError(f"None of the lines of {source.name!r} can be used.", hint="Run check on this source.")
    first, last = (to_date(row[name]) for name in ("first", "last"))
    return SalesCoverage(first, last, bool(row["gross"]), bool(row["without_id"]))


def fetch_outcomes(
    source: SalesSource,
    prepared: PreparedLines,
    launch: date,
    days: int,
    *,
    members: Members = None,
    has_missing_ids: bool = True,
) -> pd.DataFrame:
    """Sales of each customer in the `days` from the launch, and in the `days` before.

    Args:
        source: the source of the lines.
        prepared: its lines.
        launch: the first day of the later period.
        days: length of each period.
        members: only these customers leave the engine: their ids (text), or a table of the source with customer_id,
            one row each; None: all. Very long lists of ids are sent to a warehouse in several statements.
        has_missing_ids: whether lines may lack a transaction id.

    Returns:
        one row per customer with a line in either period: customer_id (text), and OUTCOME_COLUMNS: orders (count),
        gross, discount, net (money from the launch; returns are subtracted on their day; discount is gross - net) and
        net_before (money).

    Raises:
        SourceError: the source cannot be read.
    """
    query = build_outcome_query(
        prepared.accepted,
        count_epoch_days(launch),
        days,
        has_order_ids=prepared.has_order_ids,
        has_missing_ids=has_missing_ids,
    )
    frame: pd.DataFrame = pa.concat_tables(_iter_outcomes(source, query, members)).to_pandas()
    frame[list(OUTCOME_COLUMNS)] = frame[list(OUTCOME_COLUMNS)].fillna(0)
    return frame.sort_values("customer_id", ignore_index=True)


def _iter_outcomes(source: SalesSource, query: ibis.Table, members: Members) -> Iterator[pa.Table]:
    """The result of a query for its members, in parts."""
    if members is None:
        yield source.fetch(query)
    elif isinstance(members, ibis.Table):
        yield source.fetch(query.semi_join(members, "customer_id"))
    else:
        joined = query.semi_join(ibis.table({"customer_id": "string"}, name="members"), "customer_id")
        ids = pa.array(members, pa.string())
        for part in (ids,) if source.reads_local_tables else split_ids(ids):
            yield source.fetch(joined, {"members": pa.table({"customer_id": part})})


def build_outcome_query(
    lines: ibis.Table, launch: int, days: int, *, has_order_ids: bool, has_missing_ids: bool
) -> ibis.Table:
    """The query of `fetch_outcomes`.

    Args:
        lines: accepted lines with the columns of `segmentation.sales.standardize`.
        launch: days since 1970-01-01.
        days: length of each period.
        has_order_ids, has_missing_ids: as in `segmentation.features.query.to_orders`.
    """
    first, start, end = (to_day_literal(day) for day in (launch - days, launch, launch + days))
    used = lines.filter((lines.day >= first) & (lines.day < end))
    zero = ibis.literal(0).cast(MONEY)
    is_after = used.day >= start
    gross = ibis.coalesce(used.gross, used.net)  # without gross sales, no discount is known

    def sum_where(condition: ir.BooleanValue, value: ir.Value) -> ir.Value:
        return condition.ifelse(value, zero).sum().cast("float64")

    sums = used.group_by(customer_id=used.customer_id.cast("string")).aggregate(
        gross=sum_where(is_after, gross),
        net=sum_where(is_after, used.net),
        net_before=sum_where(~is_after, used.net),
    )
    orders = to_orders(used, has_order_ids=has_order_ids, has_missing_ids=has_missing_ids)
    orders = orders.filter(orders.day >= start)
    counts = orders.group_by(buyer=orders.customer_id.cast("string")).aggregate(orders=orders.count())
    joined = sums.left_join(counts, sums.customer_id == counts.buyer)
    return joined.select(
        "customer_id",
        orders=ibis.coalesce(joined.orders, 0).cast("float64"),
        gross=joined.gross,
        discount=joined.gross - joined.net,
        net=joined.net,
        net_before=joined.net_before,
    )


def join_outcomes(assignments: pd.DataFrame, outcomes: pd.DataFrame, *, has_history: bool) -> pd.DataFrame:
    """Outcomes of the customers of a campaign; a customer without a sale has 0.

    Args:
        assignments: as `Campaign.assignments` has them.
        outcomes: the result of `fetch_outcomes`.
        has_history: whether the sales reach back before the launch, so that their `net_before` replaces the saved one.

    Returns:
        the rows of `assignments` in their order, with orders, gross, discount, net and net_before (never NaN).
    """
    values = outcomes.set_index("customer_id")[list(OUTCOME_COLUMNS)].reindex(assignments["customer_id"]).fillna(0.0)
    if not has_history:
        values["net_before"] = np.nan_to_num(assignments["net_before"].to_numpy(np.float64))
    return assignments.assign(**{name: values[name].to_numpy(np.float64) for name in OUTCOME_COLUMNS})
