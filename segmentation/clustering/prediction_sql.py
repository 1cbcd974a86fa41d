"""Which centre is nearest, as an expression: what `sweep.predict` says, worked out where the customers are."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add

import ibis
import ibis.expr.types as ir

from segmentation.clustering.sweep import TIE, Array


def with_cluster(customers: ibis.Table, places: Sequence[ir.Value], centres: Array) -> ibis.Table:
    """`customers` with cluster (0..k-1) and squared_distance to its centre; of ties within 1e-9 the lower number.

    Args:
        customers: one row per customer.
        places: where each is in the space of K-means, one expression on `customers` per dimension.
        centres: (k, d).
    """
    axes = [f"axis_{number}" for number in range(1, len(places) + 1)]
    placed = customers.mutate(**dict(zip(axes, places, strict=True)))
    names = [f"distance_{number}" for number in range(len(centres))]
    apart = {name: _squared_distance(placed, axes, centre) for name, centre in zip(names, centres, strict=True)}
    measured = placed.mutate(**apart).drop(*axes)
    ranked = measured.mutate(squared_distance=ibis.least(*(measured[name] for name in names)))
    first = [(ranked[name] <= ranked.squared_distance + TIE, number) for number, name in enumerate(names)]
    return ranked.mutate(cluster=ibis.cases(*first[:-1], else_=first[-1][1]) if first[:-1] else 0).drop(*names)


def inertias(customers: ibis.Table, places: Sequence[ir.Value], sets: Sequence[Array]) -> ibis.Table:
    """One row: for each set of centres, in their order, the sum of squared distances to the nearest.

    Args:
        customers, places: as in `with_cluster`.
        sets: each (k, d).
    """
    axes = [f"axis_{number}" for number in range(1, len(places) + 1)]
    placed = customers.select(**dict(zip(axes, places, strict=True)))
    apart = {
        f"inertia_{number}": ibis.least(*(_squared_distance(placed, axes, centre) for centre in centres))
        for number, centres in enumerate(sets)
    }
    measured = placed.select(**apart)
    return measured.aggregate(**{name: measured[name].sum() for name in apart})


def _squared_distance(placed: ibis.Table, axes: Sequence[str], centre: Array) -> ir.Value:
    apart = (placed[axis] - float(at) for axis, at in zip(axes, centre, strict=True))
    return reduce(add, (value * value for value in apart))
