"""The segment profile from aggregates computed in the engine: exact, and no customer is transferred."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis
import numpy as np
import pandas as pd


def aggregate_sql(customers: ibis.Table, features: Sequence[str]) -> ibis.Table:
    """Aggregate customers to segments.

    Args:
        customers: one row per customer with segment_id, monetary and the features.
        features: columns to describe.

    Returns:
        One row per segment: segment_id, customers, net_sales (money), and median_ and mean_ of each feature.
    """
    figures = {f"median_{name}": customers[name].median() for name in features}
    figures |= {f"mean_{name}": customers[name].mean() for name in features}
    return customers.group_by("segment_id").aggregate(
        customers=customers.count(),
        # A decimal sum does not depend on the order in which an engine adds up, so money reconciles to the cent.
        net_sales=customers.monetary.cast("decimal(38, 6)").sum().cast("float64"),
        **figures,
    )


def rank_sql(customers: ibis.Table, medians: pd.DataFrame, features: Sequence[str]) -> ibis.Table:
    """Count the customers below and at each median, from which `build_profile` derives mid-ranks.

    One scan with conditional sums: a window function would sort all customers once per feature.

    Args:
        customers: as in `aggregate_sql`.
        medians: segment_id and median_ of each feature.
        features: as in `aggregate_sql`.

    Returns:
        One row: below_<feature>_<segment_id> and at_<feature>_<segment_id>.
    """
    counts = {}
    for name in features:
        for segment_id, median in medians[["segment_id", f"median_{name}"]].itertuples(index=False):
            at = ibis.literal(repr(float(median))).cast("float64")  # a float literal could lose digits
            counts[f"below_{name}_{segment_id}"] = (customers[name] < at).ifelse(1, 0).sum().cast("int64")
            counts[f"at_{name}_{segment_id}"] = (customers[name] == at).ifelse(1, 0).sum().cast("int64")
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
        mean = float((means * customers).sum() / max(n_customers, 1))
        table[f"median_{name}"] = summed[f"median_{name}"]
        table[f"mean_{name}"] = means
        table[f"index_{name}"] = 100 * means / mean if mean > 0 else np.nan
        table[f"position_{name}"] = [
            (int(counted[f"below_{name}_{number}"]) + int(counted[f"at_{name}_{number}"]) / 2) / max(n_customers, 1)
            for number in summed["segment_id"]
        ]
    return pd.DataFrame(table)
