"""Full-population queries for when only a sample is held in memory: segments, profiles and lists from the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import ibis
import numpy as np
import pandas as pd

from segmentation.clustering.prediction_sql import compute_inertias_sql, predict_sql
from segmentation.features.sampling import SAMPLE_ROWS
from segmentation.features.scaling import Scaler
from segmentation.features.scaling_sql import scale_sql
from segmentation.sales.source import SalesSource
from segmentation.segments import profile_sql

Array = np.ndarray[Any, np.dtype[np.float64]]

LIST_COLUMNS = ("segment_id", "recency_days", "frequency", "monetary")
"""Columns of a customer list besides customer_id."""


@dataclass(frozen=True, eq=False)
class Population:
    """Totals of all customers while only a sample of them is in memory."""

    customers: int
    """Customers with a purchase."""
    orders: int
    returns_only: int
    returns_money: float
    """Net sales of customers with returns only; negative."""
    share: float
    """Share of all customers that is in the sample, 0 to 1."""


def count_population(
    source: SalesSource, lines: ibis.Table, features: Callable[..., ibis.Table], limit: int, max_customers: int
) -> Population | None:
    """Count all customers if there are too many to leave the engine; None if there are not.

    Args:
        source: where the lines are.
        lines: the accepted lines.
        features: computes the customers from lines, as `compute_customer_features` does.
        limit: above this number, customers stay in the engine.
        max_customers: upper bound, for example the number of lines; no query runs if it is within the limit.
    """
    if max_customers <= limit:
        return None
    counted = source.fetch(lines.aggregate(customers=lines.customer_id.nunique())).to_pylist()[0]
    if int(counted["customers"]) <= limit:
        return None
    customers = features(lines, features=[])
    bought = customers.orders > 0
    totals = source.fetch(
        customers.aggregate(
            bought=bought.ifelse(1, 0).sum(),
            orders=customers.orders.sum(),
            others=bought.ifelse(0, 1).sum(),
            money=bought.ifelse(0.0, customers.monetary).sum(),
        )
    )
    row = totals.to_pylist()[0]
    share = min(1.0, SAMPLE_ROWS / int(counted["customers"]))
    return Population(int(row["bought"]), int(row["orders"]), int(row["others"]), float(row["money"]), share)


def describe_sampling(population: Population | None) -> tuple[str, ...]:
    """A notice that segments come from a sample; empty if they do not."""
    if population is None:
        return ()
    notice = (
        f"Of {population.customers:,} customers, a uniform sample of about {population.share:.1%} finds the segments; "
        "their sizes, sums and medians count everyone."
    )
    return (notice,)


def assign_segments_sql(
    customers: ibis.Table, scaler: Scaler, centers: Array, cluster_to_segment: Sequence[int]
) -> ibis.Table:
    """`customers` with segment_id and squared_distance, as an expression on their source.

    Args:
        customers: one row per customer with the features, as `segmentation.features.query` makes them.
        scaler: of the model.
        centers: (k, d) of the model.
        cluster_to_segment: index: cluster; value: segment_id.

    Raises:
        SettingsError: the scaling has no expression.
    """
    predicted = predict_sql(customers, scale_sql(customers, scaler), centers)
    cases = [(predicted.cluster == cluster, int(number)) for cluster, number in enumerate(cluster_to_segment)]
    return predicted.mutate(segment_id=ibis.cases(*cases[:-1], else_=cases[-1][1]).cast("int64")).drop("cluster")


def compute_full_inertias(
    source: SalesSource, customers: ibis.Table, scaler: Scaler, center_sets: Sequence[Array]
) -> list[float]:
    """The inertia of all customers for each of several sets of centers, by one query.

    A sample of 200,000 cannot distinguish two optima that differ by 0.2 %
    (docs/decisions/0009-sampling-and-pushdown.md).

    Raises:
        SettingsError: the scaling has no expression.
    """
    row = source.fetch(compute_inertias_sql(customers, scale_sql(customers, scaler), center_sets)).to_pylist()[0]
    return [float(inertia) for inertia in row.values()]


def compute_profile(source: SalesSource, customers: ibis.Table, features: Sequence[str]) -> tuple[pd.DataFrame, float]:
    """The exact profile of all customers, from two queries of aggregates, and the inertia.

    Args:
        source: where the customers are.
        customers: the expression of `assign_segments_sql`.
        features: which to describe.
    """
    summed = source.fetch(profile_sql.aggregate_sql(customers, features)).to_pandas()
    counted = source.fetch(profile_sql.rank_sql(customers, summed, features)).to_pandas().iloc[0]
    return profile_sql.build_profile(summed, counted, features), float(summed["inertia"].sum())


def compute_quantiles(
    source: SalesSource, customers: ibis.Table, feature: str, shares: Mapping[str, float]
) -> pd.DataFrame:
    """Exact quantiles of one feature for each segment: segment_id and a column for each of `shares` (name -> share).

    Args:
        source: where the customers are.
        customers: the expression of `assign_segments_sql`.
        feature: which figure.
        shares: for example {"q50": 0.5}; between two customers the value is interpolated.
    """
    asked = {name: customers[feature].quantile(share).cast("float64") for name, share in shares.items()}
    found: pd.DataFrame = source.fetch(customers.group_by("segment_id").aggregate(**asked)).to_pandas()
    return found.sort_values("segment_id", ignore_index=True)


def fetch_customers(
    source: SalesSource,
    customers: ibis.Table,
    columns: Sequence[str],
    on_progress: Callable[[float], None] | None = None,
    max_rows: int | None = None,
) -> pd.DataFrame:
    """One row per customer, by customer_id: the only call that moves all customers out of the engine, for lists.

    Args:
        source: where the customers are.
        customers: an expression on it.
        columns: of the list, besides customer_id; no other column is fetched.
        on_progress: called with the share fetched, 0 to 1.
        max_rows: at most this many rows; None: all.
    """
    asked = customers.select("customer_id", *columns)
    if max_rows is not None:
        asked = asked.order_by("customer_id").limit(max_rows)
    answer: pd.DataFrame = source.fetch(asked, on_progress=on_progress).to_pandas()
    return answer.sort_values("customer_id", ignore_index=True)


def iter_customers(
    source: SalesSource,
    customers: ibis.Table,
    columns: Sequence[str],
    order: Sequence[str],
    on_progress: Callable[[float], None] | None = None,
    n_rows: int = 0,
) -> Iterator[pd.DataFrame]:
    """The rows of `fetch_customers` in batches, sorted by the engine: they are never all in memory.

    Args:
        source: where the customers are.
        customers: an expression on it.
        columns: of the list, besides customer_id.
        order: columns to sort by.
        on_progress: called with the share of `n_rows` fetched, 0 to 1.
        n_rows: number of customers.
    """
    rows = 0
    for batch in source.iter_batches(customers.select("customer_id", *columns).order_by(*order)):
        rows += batch.num_rows
        if on_progress is not None:
            on_progress(min(rows / max(n_rows, 1), 1.0))
        yield batch.to_pandas()


def build_customer_segments(
    frame: pd.DataFrame,
    segment_ids: np.ndarray[Any, Any],
    segments: pd.DataFrame,
    created: datetime,
    certainty: Array | None = None,
) -> pd.DataFrame:
    """One row per customer with its segment, in the columns of customer_segments.csv.

    Args:
        frame: one row per customer: customer_id, recency_days, frequency, monetary.
        segment_ids: (n,) segment of each row of `frame`.
        segments: one row per segment: segment_id, segment_name.
        created: when the segments were assigned, UTC.
        certainty: (n,) share of resamples in which each customer keeps the segment, 0 to 1; None: no such column.
    """
    names = dict(zip(segments["segment_id"], segments["segment_name"], strict=True))
    columns = {} if certainty is None else {"certainty": certainty}
    return pd.DataFrame(
        {
            "customer_id": frame["customer_id"],
            "segment_id": segment_ids,
            "segment_name": pd.Series(segment_ids).map(names).astype("str"),
            "rfm_recency": frame["recency_days"],
            "rfm_frequency": frame["frequency"],
            "rfm_monetary": frame["monetary"],
            "prediction_timestamp": pd.Timestamp(created),
            **columns,
        }
    )


def iter_customer_segments(
    source: SalesSource,
    customers: ibis.Table,
    order: Sequence[str],
    segments: pd.DataFrame,
    created: datetime,
    on_progress: Callable[[float], None] | None,
    n_rows: int,
) -> Iterator[pd.DataFrame]:
    """Batches of `build_customer_segments` for customers that are in the engine.

    Args:
        source: where the customers are.
        customers: the expression of `assign_segments_sql`.
        order: columns to sort by.
        segments, created: as in `build_customer_segments`.
        on_progress: called with the share of `n_rows` fetched, 0 to 1.
        n_rows: number of customers.
    """
    for frame in iter_customers(source, customers, LIST_COLUMNS, order, on_progress, n_rows):
        yield build_customer_segments(frame, frame["segment_id"].to_numpy(), segments, created)
