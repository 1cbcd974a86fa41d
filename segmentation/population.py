"""All customers, where only a sample of them is here: segments, profiles and lists worked out where the sales are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
import pandas as pd

from segmentation.clustering.prediction_sql import inertias, with_cluster
from segmentation.features.sampling import SAMPLE
from segmentation.features.scaling import Scaler
from segmentation.features.scaling_sql import in_space
from segmentation.sales.source import SalesSource
from segmentation.segments import profile_sql as totals

Array = np.ndarray[Any, np.dtype[np.float64]]


LISTED = ("segment_id", "recency_days", "frequency", "monetary")
"""What a list of customers is made of, besides customer_id."""


@dataclass(frozen=True, eq=False)
class Everyone:
    """What is known of all customers while a sample of them is here."""

    customers: int
    """Who bought."""
    orders: int
    returns_only: int
    returns_money: float
    """Net sales of those with returns only, below 0."""
    share: float
    """Of all customers, who are in the sample."""


def count(
    source: SalesSource, lines: ibis.Table, features: Callable[..., ibis.Table], limit: int, most: int
) -> Everyone | None:
    """How many customers there are, where they are too many to leave the engine; else None.

    Args:
        source: where the lines are.
        lines: those that are used.
        features: makes customers of lines.
        limit: more customers than this are too many.
        most: there are no more customers than this, for there are no more lines; nothing is asked where that is enough.
    """
    if most <= limit:
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
    share = min(1.0, SAMPLE / int(counted["customers"]))
    return Everyone(int(row["bought"]), int(row["orders"]), int(row["others"]), float(row["money"]), share)


def told(everyone: Everyone | None) -> tuple[str, ...]:
    """What a reader must know, in one sentence; nothing where everyone is here."""
    if everyone is None:
        return ()
    sentence = (
        f"Of {everyone.customers:,} customers, a uniform sample of about {everyone.share:.1%} finds the segments; "
        "their sizes, sums and medians count everyone."
    )
    return (sentence,)


def in_segments(customers: ibis.Table, scaler: Scaler, centres: Array, cluster_to_segment: Sequence[int]) -> ibis.Table:
    """`customers` with segment_id and squared_distance, as an expression on their source.

    Args:
        customers: one row per customer with the features, as `segmentation.features.query` makes them.
        scaler: of the model.
        centres: (k, d) of the model.
        cluster_to_segment: index: cluster; value: segment_id.

    Raises:
        SettingsError: the scaling has no expression.
    """
    found = with_cluster(customers, in_space(customers, scaler), centres)
    numbers = [(found.cluster == cluster, int(number)) for cluster, number in enumerate(cluster_to_segment)]
    return found.mutate(segment_id=ibis.cases(*numbers[:-1], else_=numbers[-1][1]).cast("int64")).drop("cluster")


def measured(source: SalesSource, customers: ibis.Table, scaler: Scaler, sets: Sequence[Array]) -> list[float]:
    """The inertia of all customers for each of several sets of centres, in one row from where they are.

    A sample of 200,000 cannot tell two optima apart that differ by 0.2 % (docs/decisions/0009-everyone.md).

    Raises:
        SettingsError: the scaling has no expression.
    """
    row = source.fetch(inertias(customers, in_space(customers, scaler), sets)).to_pylist()[0]
    return [float(inertia) for inertia in row.values()]


def profile(source: SalesSource, customers: ibis.Table, features: Sequence[str]) -> tuple[pd.DataFrame, float]:
    """The exact profile of all customers from two rows of totals, and the inertia.

    Args:
        source: where the customers are.
        customers: the expression of `in_segments`.
        features: which to describe.
    """
    summed = source.fetch(totals.totals(customers, features)).to_pandas()
    counted = source.fetch(totals.ranks(customers, summed, features)).to_pandas().iloc[0]
    return totals.profile_of(summed, counted, features), float(summed["inertia"].sum())


def quantiles(source: SalesSource, customers: ibis.Table, feature: str, shares: Mapping[str, float]) -> pd.DataFrame:
    """Exact quantiles of one feature for each segment: segment_id and a column for each of `shares` (name -> share).

    Args:
        source: where the customers are.
        customers: the expression of `in_segments`.
        feature: which figure.
        shares: for example {"q50": 0.5}; between two customers the value is interpolated.
    """
    asked = {name: customers[feature].quantile(share).cast("float64") for name, share in shares.items()}
    found: pd.DataFrame = source.fetch(customers.group_by("segment_id").aggregate(**asked)).to_pandas()
    return found.sort_values("segment_id", ignore_index=True)


def fetch(
    source: SalesSource,
    customers: ibis.Table,
    columns: Sequence[str],
    progress: Callable[[float], None] | None = None,
    most: int | None = None,
) -> pd.DataFrame:
    """One row per customer, by customer_id: the only call by which all of them cross, made for lists.

    Args:
        source: where the customers are.
        customers: an expression on it.
        columns: of the list, besides customer_id; what is not named does not cross.
        progress: told the share that has come.
        most: only the first so many; None: all.
    """
    asked = customers.select("customer_id", *columns)
    if most is not None:
        asked = asked.order_by("customer_id").limit(most)
    answer: pd.DataFrame = source.fetch(asked, progress=progress).to_pandas()
    return answer.sort_values("customer_id", ignore_index=True)


def parts(
    source: SalesSource,
    customers: ibis.Table,
    columns: Sequence[str],
    order: Sequence[str],
    progress: Callable[[float], None] | None = None,
    most: int = 0,
) -> Iterator[pd.DataFrame]:
    """The same as `fetch` in parts, so that they never are here all at once; the engine puts them in order.

    Args:
        source: where the customers are.
        customers: an expression on it.
        columns: of the list, besides customer_id.
        order: the columns by which they come.
        progress: told the share that has come.
        most: how many there are, for `progress`.
    """
    rows = 0
    for batch in source.batches(customers.select("customer_id", *columns).order_by(*order)):
        rows += batch.num_rows
        if progress is not None:
            progress(min(rows / max(most, 1), 1.0))
        yield batch.to_pandas()
