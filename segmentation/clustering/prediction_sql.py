"""K-means prediction as SQL: `sweep.predict_labels` as an expression, evaluated where the customers are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import add

import ibis
import ibis.expr.types as ir

from segmentation.clustering.sweep import TIE
from segmentation.runtime.array_types import FloatArray

MAX_COORDINATES = 1_000
"""Maximum number of center coordinates in one statement: about 80,000 characters, not counting the features. Engines
compile long statements slowly; Snowflake keeps 100,000 characters in its history and refuses more than a million."""


def predict_sql(
    customers: ibis.Table, coordinates: Sequence[ir.Value], centers: FloatArray | Sequence[Sequence[str]]
) -> ibis.Table:
    """Add cluster (0..k-1) and squared_distance to its center; ties within 1e-9 go to the lower number.

    Args:
        customers: one row per customer.
        coordinates: the d scaled features, expressions on `customers`.
        centers: (k, d), in the scaled feature space; or names of columns that hold them, where they differ by row.

    Returns:
        `customers` with two more columns: cluster, squared_distance (no unit).
    """
    axes = [f"axis_{number}" for number in range(1, len(coordinates) + 1)]
    with_axes = customers.mutate(**dict(zip(axes, coordinates, strict=True)))
    names = [f"distance_{number}" for number in range(len(centers))]
    distances = {
        name: _compute_squared_distance(with_axes, axes, center) for name, center in zip(names, centers, strict=True)
    }
    # One step per stage, so that each engine computes a distance once and refers to it by name afterwards.
    with_distances = with_axes.mutate(**distances).drop(*axes)
    ranked = with_distances.mutate(squared_distance=ibis.least(*(with_distances[name] for name in names)))
    # The first CASE branch within the tolerance wins, which is the tie rule of `assign_labels`.
    first = [(ranked[name] <= ranked.squared_distance + TIE, number) for number, name in enumerate(names)]
    return ranked.mutate(cluster=ibis.cases(*first[:-1], else_=first[-1][1]) if first[:-1] else 0).drop(*names)


def compute_inertias_sql(
    customers: ibis.Table, coordinates: Sequence[ir.Value], center_sets: Sequence[FloatArray]
) -> ibis.Table:
    """Inertia of several sets of centers in one scan of the customers.

    Args:
        customers, coordinates: as in `predict_sql`.
        center_sets: each (k, d).

    Returns:
        One row with a column inertia_0, inertia_1, ... per set: the sum of squared distances to the nearest center.
    """
    axes = [f"axis_{number}" for number in range(1, len(coordinates) + 1)]
    with_axes = customers.select(**dict(zip(axes, coordinates, strict=True)))
    inertias = {
        f"inertia_{number}": ibis.least(*(_compute_squared_distance(with_axes, axes, center) for center in centers))
        for number, centers in enumerate(center_sets)
    }
    with_distances = with_axes.select(**inertias)
    return with_distances.aggregate(**{name: with_distances[name].sum() for name in inertias})


def batch_center_sets(center_sets: Sequence[FloatArray]) -> Iterator[list[FloatArray]]:
    """Split sets of centers, in order, so that `compute_inertias_sql` stays a short statement for each batch."""
    batch: list[FloatArray] = []
    for centers in center_sets:
        if batch and sum(array.size for array in (*batch, centers)) > MAX_COORDINATES:
            yield batch
            batch = []
        batch.append(centers)
    if batch:
        yield batch


def _compute_squared_distance(
    customers: ibis.Table, axes: Sequence[str], center: FloatArray | Sequence[str]
) -> ir.Value:
    differences = (
        customers[axis] - (customers[coordinate] if isinstance(coordinate, str) else float(coordinate))
        for axis, coordinate in zip(axes, center, strict=True)
    )
    return reduce(add, (value * value for value in differences))
