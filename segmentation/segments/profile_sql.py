"""The segment profile from aggregates computed in the engine: exact, and no customer is transferred."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import ibis
import numpy as np
import pandas as pd

from segmentation.segments.order_timing import NEEDED, OrderTiming, order_timing_sql


def aggregate_sql(customers: ibis.Table, features: Sequence[str], *, exact: bool = True) -> ibis.Table:
    """Aggregate customers to segments.

    Args:
        customers: one row per customer with segment_id, monetary and the features.
        features: columns to describe.
        exact: False: medians by the approximate function of the engine, which needs no sorting.

    Returns:
        One row per segment: segment_id, customers, net_sales (money), median_ and mean_ of each feature, and with
        frequency among them single_order_share.
    """
    columns = {name: customers[name] for name in features}
    figures = {
        f"median_{name}": column.median() if exact else column.approx_median() for name, column in columns.items()
    }
    figures |= {f"mean_{name}": customers[name].mean() for name in features}
    if "frequency" in features:
        figures["single_order_share"] = (customers.frequency == 1).ifelse(1.0, 0.0).mean()
    return customers.group_by("segment_id").aggregate(
        customers=customers.count(),
        # A decimal sum does not depend on the order in which an engine adds up, so money reconciles to the cent.
        net_sales=customers.monetary.cast("decimal(38, 6)").sum().cast("float64"),
        **figures,
    )


def aggregate_and_rank_sql(
    customers: ibis.Table, segment_ids: Sequence[int], features: Sequence[str], *, exact: bool = True
) -> dict[str, ibis.Table]:
    """`aggregate_sql` and `rank_sql` as two queries that can be one statement, for engines where each costs a scan.

    Args:
        customers, features, exact: as in `aggregate_sql`.
        segment_ids: every segment.
    """
    summed = aggregate_sql(customers, features, exact=exact)
    medians = summed.aggregate(
        **{
            _name_median(name, number): (summed.segment_id == number)
            .ifelse(summed[f"median_{name}"], ibis.null("float64"))
            .max()
            for name in features
            for number in segment_ids
        }
    )
    with_medians = customers.cross_join(medians)
    ranks = {(name, number): with_medians[_name_median(name, number)] for name in features for number in segment_ids}
    return {"segments": summed, "ranks": _count_at(with_medians, ranks, features)}


def _name_median(feature: str, segment_id: int) -> str:
    return f"median_{feature}_of_{segment_id}"


def rank_sql(customers: ibis.Table, medians: pd.DataFrame, features: Sequence[str]) -> ibis.Table:
    """Count the customers below and at each median, from which `build_profile` derives mid-ranks.

    One scan with conditional sums: a window function would sort all customers once per feature.

    Args:
        customers: as in `aggregate_sql`.
        medians: segment_id and median_ of each feature.
        features: as in `aggregate_sql`.

    Returns:
        One row: below_<feature>_<segment_id> and at_<feature>_<segment_id>, and the pace of the shop if its features
        are described.
    """
    literals = {
        # a float literal could lose digits
        (name, int(number)): ibis.literal(repr(float(median))).cast("float64")
        for name in features
        for number, median in medians[["segment_id", f"median_{name}"]].itertuples(index=False)
    }
    return _count_at(customers, literals, features)


def _count_at(
    customers: ibis.Table, medians: Mapping[tuple[str, int], ibis.Value], features: Sequence[str]
) -> ibis.Table:
    counts: dict[str, ibis.Value] = order_timing_sql(customers) if set(NEEDED) <= set(features) else {}
    for (name, number), median in medians.items():
        counts[f"below_{name}_{number}"] = (customers[name] < median).ifelse(1, 0).sum().cast("int64")
        counts[f"at_{name}_{number}"] = (customers[name] == median).ifelse(1, 0).sum().cast("int64")
    return customers.aggregate(**counts)


def build_profile(summed: pd.DataFrame, counted: pd.Series, features: Sequence[str]) -> pd.DataFrame:
    """Build the profile that `segmentation.segments.profile.compute_profile` computes from single customers.

    Args:
        summed: the result of `aggregate_sql`.
        counted: the row of the result of `rank_sql`.
        features: as in `aggregate_sql`.
    """
    summed = summed.sort_values("segment_id", ignore_index=True)
    customers, sales = summed["customers"].astype("int64"), summed["net_sales"]
    n_customers, total_sales = int(customers.sum()), float(sales.sum())
    table: dict[str, Any] = {
        "segment_id": summed["segment_id"],
        "customers": customers,
        "share_of_customers": customers / max(n_customers, 1),
        "net_sales": sales,
        "share_of_sales": sales / total_sales if total_sales > 0 else np.nan,
    }
    for name in features:
        means = summed[f"mean_{name}"]
        # From the segment means instead of another column: the query returns one row per segment.
        mean = float((means * customers).sum() / max(n_customers, 1))
        table[f"median_{name}"] = summed[f"median_{name}"]
        table[f"mean_{name}"] = means
        table[f"index_{name}"] = 100 * means / mean if mean > 0 else np.nan
        table[f"position_{name}"] = [
            (int(counted[f"below_{name}_{number}"]) + int(counted[f"at_{name}_{number}"]) / 2) / max(n_customers, 1)
            for number in summed["segment_id"]
        ]
    if "frequency" in features:
        table["single_order_share"] = summed["single_order_share"]
        for field in fields(OrderTiming):
            table[field.name] = float(counted[field.name]) if field.name in counted else np.nan
    return pd.DataFrame(table)
