"""Undo rounding: spread equal values over the interval that was rounded to them.

Counts, days and prices repeat. In a density estimate each repeated value looks like a mode, although the customers who
share it do not form a group.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from segmentation.features.scaling import Scaler
from segmentation.runtime.array_types import FloatArray

MAX_ROWS = 20_000
_DAYS = frozenset({"recency_days", "tenure_days", "typical_gap_days"})
_INTEGERS = _DAYS | {"frequency", "category_count", "lines"}
_ORDER_SHARES = frozenset(
    {"coupon_share", "full_price_share", "favourite_share", "peak_share", "weekend_share", "momentum"}
)
_RATIOS_TO_ORDERS = _ORDER_SHARES | {"lines_per_order"}


def scale_without_ties(customers: pd.DataFrame, scaler: Scaler, seed: int, max_rows: int = MAX_ROWS) -> FloatArray:
    """The scaled features of `customers`, (n, d), with equal values spread evenly over the interval they stand for.

    The interval is one unit wide, centered on the value. The unit is 1 for counts and days; 1 / orders for shares and
    ratios of orders, so that customers with one order, whose share can only be 0 or 1, do not form two groups; and the
    usual distance between two amounts if most customers share theirs with others, as in a shop with one price.
    Values are spread in the scaled space, where an even spread adds no slope. Features that repeat together
    move together: with one order, days since the first and the last order are equal, and in a shop with one price,
    amounts are multiples of orders; spread independently, their combinations would form a pattern of boxes.

    Args:
        customers: one row per customer with `frequency` and the features of the scaler.
        scaler: as fitted.
        seed: determines the sample and the spread.
        max_rows: above this many customers, a sample of as many.
    """
    rng = np.random.default_rng((seed, 7))
    if len(customers) > max_rows:
        customers = customers.iloc[np.sort(rng.choice(len(customers), max_rows, replace=False))]
    low, high = customers.copy(), customers.copy()
    for name in scaler.features:
        values = customers[name].to_numpy(np.float64)
        half: FloatArray | float = 0.0
        if name in _INTEGERS:
            half = 0.5
        elif name in _RATIOS_TO_ORDERS:
            half = 0.5 / np.maximum(customers["frequency"].to_numpy(np.float64), 1.0)
        elif name != "discount_share":
            half = _measure_half_step(values)
        low[name], high[name] = values - half, values + half
        if name in _ORDER_SHARES:
            low[name], high[name] = low[name].clip(0, 1), high[name].clip(0, 1)
    start, end = scaler.transform(low), scaler.transform(high)
    days, counts, *shares = rng.random((2 + len(scaler.features), len(customers)))
    draws = [
        days if name in _DAYS else share if name in _ORDER_SHARES else counts
        for name, share in zip(scaler.features, shares, strict=True)
    ]
    return start + np.column_stack(draws) * (end - start)


def _measure_half_step(values: FloatArray) -> float:
    """Half the median distance to the next different value, if most customers share their value; otherwise 0.

    >>> _measure_half_step(np.array([10.0, 10.0, 20.0, 20.0, 20.0, 30.0, 30.0, 61.5]))
    5.0
    >>> _measure_half_step(np.array([10.1, 12.3, 12.3, 17.0]))
    0.0
    """
    distinct, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    if len(distinct) < 2 or (counts[inverse] > 1).mean() <= 0.5:
        return 0.0
    steps = np.diff(distinct)
    nearest = np.minimum(np.append(steps, np.inf), np.insert(steps, 0, np.inf))
    return float(np.median(nearest[inverse]) / 2)
