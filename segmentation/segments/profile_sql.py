"""The profile of segments from totals that the engine sums up: exact, and no customer crosses the wire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis
import numpy as np
import pandas as pd


def aggregate_sql(customers: ibis.Table, features: Sequence[str]) -> ibis.Table:
    """One row per segment: segment_id, customers, net_sales, and median_ and mean_ of each feature.

    Args:
        customers: one row per customer with segment_id, monetary and the features.
        features: which to describe.
    """
    figures = {f"median_{name}": customers[name].median() for name in features}
    figures |= {f"mean_{name}": customers[name].mean() for name in features}
    return customers.group_by("segment_id").aggregate(
        customers=customers.count(),
        net_sales=customers.monetary.cast("decimal(38, 6)").sum().cast("float64"),
        **figures,
    )


def rank_sql(customers: ibis.Table, medians: pd.DataFrame, features: Sequence[str]) -> ibis.Table:
    """One row: of all customers, how many are below each median, and how many at it; see `build_profile`.

    Args:
        customers: as in `aggregate_sql`.
        medians: segment_id and median_ of each feature.
        features: as in `aggregate_sql`.
    """
    counts = {}
    for name in features:
        for segment_id, median in medians[["segment_id", f"median_{name}"]].itertuples(index=False):
            at = ibis.literal(repr(float(median))).cast("float64")  # as text, so that no digit is rounded
            counts[f"below_{name}_{segment_id}"] = (customers[name] < at).ifelse(1, 0).sum().cast("int64")
            counts[f"at_{name}_{segment_id}"] = (customers[name] == at).ifelse(1, 0).sum().cast("int64")
    return customers.aggregate(**counts)


def build_profile(summed: pd.DataFrame, counted: pd.Series, features: Sequence[str]) -> pd.DataFrame:
    """The profile that `segmentation.segments.profile.compute_profile` would give of all customers.

    Args:
        summed: the answer to `aggregate_sql`.
        counted: the one row of the answer to `rank_sql`.
        features: as in `aggregate_sql`.
    """
    summed = summed.sort_values("segment_id", ignore_index=True)
    customers, sales = summed["customers"].astype("int64"), summed["net_sales"]
    everybody, money = int(customers.sum()), float(sales.sum())
    table: dict[str, Any] = {
        "segment_id": summed["segment_id"],
        "customers": customers,
        "share_of_customers": customers / max(everybody, 1),
        "net_sales": sales,
        "share_of_sales": sales / money if money > 0 else np.nan,
    }
    for name in features:
        means = summed[f"mean_{name}"]
        mean = float((means * customers).sum() / max(everybody, 1))
        table[f"median_{name}"] = summed[f"median_{name}"]
        table[f"mean_{name}"] = means
        table[f"index_{name}"] = 100 * means / mean if mean > 0 else np.nan
        table[f"position_{name}"] = [
            (int(counted[f"below_{name}_{number}"]) + int(counted[f"at_{name}_{number}"]) / 2) / max(everybody, 1)
            for number in summed["segment_id"]
        ]
    return pd.DataFrame(table)
