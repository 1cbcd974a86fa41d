"""The segment profile: size, sales, and the features of each segment in their own units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.errors import ColumnError, DataError
from segmentation.segments.cluster_stats import ClusterStats, compute_cluster_stats


def compute_profile(customers: pd.DataFrame, segment_ids: NDArray[np.integer], features: Sequence[str]) -> pd.DataFrame:
    """Describe every segment, one row each, in ascending order of segment_id.

    Args:
        customers: one row per customer, with a column `monetary` and one for each feature.
        segment_ids: the segment of each row of `customers`.
        features: the columns to describe, in output order.

    Returns:
        segment_id, customers (number), share_of_customers (0..1), net_sales (money, the sum of `monetary`),
        share_of_sales (0..1; NaN unless the net sales of all customers are positive), and for each feature f:

        - median_f, mean_f: in the unit of f;
        - index_f: 100 x mean of the segment / mean of all customers; NaN unless the latter is positive;
        - position_f: 0..1, the mid-rank of the segment's median among all customers:
          (customers below it + half of those equal to it) / all. It is robust to extreme values, and 0.5 for every
          segment if all customers have the same value.

        Missing values of a feature are ignored; a segment without any value gets NaN.

    Raises:
        ColumnError: a column is missing.
        DataError: `segment_ids` and `customers` differ in length.

    >>> customers = pd.DataFrame({"monetary": [10.0, 30.0, 60.0], "frequency": [1.0, 1.0, 4.0]})
    >>> profile = compute_profile(customers, np.array([2, 2, 1]), ["frequency"])
    >>> profile[["segment_id", "customers", "net_sales", "share_of_sales", "median_frequency"]].values.tolist()
    [[1.0, 1.0, 60.0, 0.6, 4.0], [2.0, 2.0, 40.0, 0.4, 1.0]]
    >>> profile["index_frequency"].tolist(), profile["position_frequency"].round(4).tolist()
    ([200.0, 50.0], [0.8333, 0.3333])
    """
    missing = [name for name in ("monetary", *features) if name not in customers.columns]
    if missing:
        raise ColumnError(
            f"The customers have no column {', '.join(missing)}.", hint="A profile needs monetary and every feature."
        )
    if len(segment_ids) != len(customers):
        raise DataError(f"There are {len(segment_ids):,} segment ids for {len(customers):,} customers.")
    labels, ids = pd.factorize(np.asarray(segment_ids), sort=True)
    stats = compute_cluster_stats(customers, [labels], list(dict.fromkeys(("monetary", *features))))[0]
    return build_profile(stats, ids.tolist(), features)


def build_profile(stats: ClusterStats, cluster_to_segment: Sequence[int], features: Sequence[str]) -> pd.DataFrame:
    """Build the frame that `compute_profile` returns from precomputed statistics.

    Args:
        stats: of the clusters, with monetary and `features`.
        cluster_to_segment: index: cluster; value: segment_id. An empty cluster gets no row.
        features: the features to describe, in output order.
    """
    non_empty = np.flatnonzero(stats.sizes)
    ids = np.asarray(cluster_to_segment, np.int64)[non_empty]
    rows = non_empty[np.argsort(ids)]
    sizes, net_sales = stats.sizes[rows], stats.sums["monetary"][rows]
    table: dict[str, NDArray[np.generic]] = {
        "segment_id": np.sort(ids),
        "customers": sizes,
        "share_of_customers": sizes / max(int(sizes.sum()), 1),
        "net_sales": net_sales,
        "share_of_sales": _divide(net_sales, float(net_sales.sum())),
    }
    for name in features:
        means = stats.means[name][rows]
        table[f"median_{name}"] = stats.medians[name][rows]
        table[f"mean_{name}"] = means
        table[f"index_{name}"] = 100 * _divide(means, stats.overall[name])
        table[f"position_{name}"] = stats.positions[name][rows]
    return pd.DataFrame(table)


def to_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a small frame as plain values by column; `DataFrame.to_dict` takes ten times as long.

    >>> to_rows(pd.DataFrame({"segment_id": [1, 2], "segment_name": ["Regulars", "Lost"]}))[1]
    {'segment_id': 2, 'segment_name': 'Lost'}
    """
    names = [str(name) for name in frame.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*(frame[name].tolist() for name in names), strict=True)]


def compute_category_lift(sales: pd.DataFrame, per_segment: int, min_share: float = 0.01) -> pd.DataFrame:
    """Find the categories each segment over-indexes in.

    Args:
        sales: segment_id, category, net_sales (money); rows of the same pair are added up. Rows without a category
            count in the totals only.
        per_segment: maximum number of categories per segment.
        min_share: exclude categories below this share (0..1) of the segment's net sales, where lift is unreliable.

    Returns:
        segment_id, category, share_of_segment (0..1), lift, by segment_id, descending lift, then category.
        lift = share of the category in the segment's net sales / its share in all net sales: 2 means twice the average
        share of spend. No row if the net sales of the segment, the category or all customers are not positive.

    Raises:
        ColumnError: a column is missing.

    >>> sales = pd.DataFrame({"segment_id": [1, 1, 2, 2], "category": ["Tea", "Bread", "Tea", "Bread"],
    ...                       "net_sales": [75.0, 25.0, 25.0, 75.0]})
    >>> compute_category_lift(sales, per_segment=1).values.tolist()
    [[1, 'Tea', 0.75, 1.5], [2, 'Bread', 0.75, 1.5]]
    """
    missing = [name for name in ("segment_id", "category", "net_sales") if name not in sales.columns]
    if missing:
        raise ColumnError(f"The sales by category have no column {', '.join(missing)}.")
    of_all = sales.groupby("category", observed=True)["net_sales"].sum()
    of_segment = sales.groupby("segment_id")["net_sales"].sum()
    table = sales.groupby(["segment_id", "category"], observed=True, as_index=False)["net_sales"].sum()
    segment_total = table["segment_id"].map(of_segment).astype(np.float64)
    category_total = table["category"].map(of_all).astype(np.float64)
    total = float(of_segment.sum())
    table = table[(segment_total > 0) & (category_total > 0) & (total > 0)]
    table["share_of_segment"] = table["net_sales"] / segment_total
    table["lift"] = table["share_of_segment"] / (category_total / total)
    table = table[(table["share_of_segment"] >= min_share) & (table["share_of_segment"] > 0)]
    table["_rank"] = -table["lift"].round(9)  # rounded: sums in another order differ in the last bits
    table = table.sort_values(["segment_id", "_rank", "category"])
    best: pd.DataFrame = table.groupby("segment_id").head(per_segment)
    return best[["segment_id", "category", "share_of_segment", "lift"]].reset_index(drop=True)


def _divide(values: NDArray[np.float64], total: float) -> NDArray[np.float64]:
    return values / total if total > 0 else np.full(len(values), np.nan)
