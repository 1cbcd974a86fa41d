"""Which center is nearest, as an expression: what `sweep.predict` says, worked out where the customers are."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add

import ibis
import ibis.expr.types as ir

from segmentation.clustering.sweep import TIE, Array


def predict_sql(customers: ibis.Table, coordinates: Sequence[ir.Value], centers: Array) -> ibis.Table:
    """`customers` with cluster (0..k-1) and squared_distance to its center; of ties within 1e-9 the lower number.

    Args:
        customers: one row per customer.
        coordinates: where each is in the space of K-means, one expression on `customers` per dimension.
        centers: (k, d).
    """
    axes = [f"axis_{number}" for number in range(1, len(coordinates) + 1)]
    placed = customers.mutate(**dict(zip(axes, coordinates, strict=True)))
    names = [f"distance_{number}" for number in range(len(centers))]
    apart = {name: _squared_distance(placed, axes, center) for name, center in zip(names, centers, strict=True)}
    measured = placed.mutate(**apart).drop(*axes)
    ranked = measured.mutate(squared_distance=ibis.least(*(measured[name] for name in names)))
    first = [(ranked[name] <= ranked.squared_distance + TIE, number) for number, name in enumerate(names)]
    return ranked.mutate(cluster=ibis.cases(*first[:-1], else_=first[-1][1]) if first[:-1] else 0).drop(*names)


def compute_inertias_sql(
    customers: ibis.Table, coordinates: Sequence[ir.Value], center_sets: Sequence[Array]
) -> ibis.Table:
    """One row: for each set of centers, in their order, the sum of squared distances to the nearest.

    Args:
        customers, places: as in `predict_sql`.
        center_sets: each (k, d).
    """
    axes = [f"axis_{number}" for number in range(1, len(coordinates) + 1)]
    placed = customers.select(**dict(zip(axes, coordinates, strict=True)))
    apart = {
        f"inertia_{number}": ibis.least(*(_squared_distance(placed, axes, center) for center in centers))
        for number, centers in enumerate(center_sets)
    }
    measured = placed.select(**apart)
    return measured.aggregate(**{name: measured[name].sum() for name in apart})


def _squared_distance(placed: ibis.Table, axes: Sequence[str], center: Array) -> ir.Value:
    apart = (placed[axis] - float(at) for axis, at in zip(axes, center, strict=True))
    return reduce(add, (value * value for value in apart))
