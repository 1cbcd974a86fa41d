"""All customers, where only a sample of them is here: segments, profiles and lists worked out where the sales are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
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
"""What a list of customers is made of, besides customer_id."""


@dataclass(frozen=True, eq=False)
class Population:
    """What is known of all customers while a sample of them is here."""

    customers: int
    """Who bought."""
    orders: int
    returns_only: int
    returns_money: float
    """Net sales of those with returns only, below 0."""
    share: float
    """Of all customers, who are in the sample."""


def count_population(
    source: SalesSource, lines: ibis.Table, features: Callable[..., ibis.Table], limit: int, max_customers: int
) -> Population | None:
    """How many customers there are, where they are too many to leave the engine; else None.

    Args:
        source: where the lines are.
        lines: those that are used.
        features: makes customers of lines.
        limit: more customers than this are too many.
        max_customers: there are no more customers than this, for there are no more lines; nothing is asked where that is enough.
    """
    if max_customers <= limit:
        return None
    counted = source.fetch(lines.aggregate(customers=lines.customer_id.nunique())).to_pylist()[0]
    if int(counted["customers"]) <= limit:
        return None
    customers = features(lines, features=[])
    bought = customers.orders > 0
    told = source.fetch(
        customers.aggregate(
            bought=bought.ifelse(1, 0).sum(),
            orders=customers.orders.sum(),
            others=bought.ifelse(0, 1).sum(),
            money=bought.ifelse(0.0, customers.monetary).sum(),
        )
    )
    row = told.to_pylist()[0]
    share = min(1.0, SAMPLE_ROWS / int(counted["customers"]))
    return Population(int(row["bought"]), int(row["orders"]), int(row["others"]), float(row["money"]), share)


def describe_sampling(everyone: Population | None) -> tuple[str, ...]:
    """What a reader must know, in one sentence; nothing where everyone is here."""
    if everyone is None:
        return ()
    sentence = (
        f"Of {everyone.customers:,} customers, a uniform sample of about {everyone.share:.1%} finds the segments; "
        "their sizes, sums and medians count everyone."
    )
    return (sentence,)


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
    found = predict_sql(customers, scale_sql(customers, scaler), centers)
    numbers = [(found.cluster == cluster, int(number)) for cluster, number in enumerate(cluster_to_segment)]
    return found.mutate(segment_id=ibis.cases(*numbers[:-1], else_=numbers[-1][1]).cast("int64")).drop("cluster")


def compute_full_inertias(
    source: SalesSource, customers: ibis.Table, scaler: Scaler, center_sets: Sequence[Array]
) -> list[float]:
    """The inertia of all customers for each of several sets of centers, in one row from where they are.

    A sample of 200,000 cannot tell two optima apart that differ by 0.2 % (docs/decisions/0009-sampling-and-pushdown.md).

    Raises:
        SettingsError: the scaling has no expression.
    """
    row = source.fetch(compute_inertias_sql(customers, scale_sql(customers, scaler), center_sets)).to_pylist()[0]
    return [float(inertia) for inertia in row.values()]


def compute_profile(source: SalesSource, customers: ibis.Table, features: Sequence[str]) -> tuple[pd.DataFrame, float]:
    """The exact profile of all customers from two rows of totals, and the inertia.

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
    """One row per customer, by customer_id: the only call by which all of them cross, made for lists.

    Args:
        source: where the customers are.
        customers: an expression on it.
        columns: of the list, besides customer_id; what is not named does not cross.
        on_progress: told the share that has come.
        max_rows: only the first so many; None: all.
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
    """The same as `fetch_customers` in parts, so that they never are here all at once; the engine puts them in order.

    Args:
        source: where the customers are.
        customers: an expression on it.
        columns: of the list, besides customer_id.
        order: the columns by which they come.
        on_progress: told the share that has come.
        n_rows: how many there are, for `on_progress`.
    """
    rows = 0
    for batch in source.iter_batches(customers.select("customer_id", *columns).order_by(*order)):
        rows += batch.num_rows
        if on_progress is not None:
            on_progress(min(rows / max(n_rows, 1), 1.0))
        yield batch.to_pandas()
