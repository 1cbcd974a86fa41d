"""How a feature is spread over customers: counts to draw from, limits of the usual, figures that move together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

Array = np.ndarray[Any, np.dtype[np.float64]]
BINS = 30
TAIL = 0.99
"""Values above this quantile share the last bar where they would squeeze all others into a corner."""
TUKEY_FACTOR = 1.5
"""Usual is what lies within so many times the middle half's width of it (Tukey, Exploratory Data Analysis, 1977)."""


def compute_histogram(values: Array, bins: int = BINS) -> pd.DataFrame:
    """Customers by value, in bars of one width; never a single customer's value.

    Bars of whole numbers begin and end halfway between them. The last bar is open where the largest values lie far out.

    Returns:
        one row per bar: low, high (where it is drawn), first, last (the values it holds), customers, is_open (holds
        everything from low on).

    >>> compute_histogram(np.array([1.0, 1, 2, 4]))[["low", "high", "customers"]].values.tolist()
    [[0.5, 1.5, 2.0], [1.5, 2.5, 1.0], [2.5, 3.5, 0.0], [3.5, 4.5, 1.0]]
    """
    low, top = float(values.min()), float(values.max())
    tail = float(np.quantile(values, TAIL))
    end = tail if top > low + 1.5 * (tail - low) and tail > low else top
    half = 0.5 if bool((values == np.floor(values)).all()) else 0.0
    if half:
        span = np.floor(end) - low + 1
        width = max(1.0, float(np.ceil(span / bins)))
        edges = low - half + width * np.arange(int(np.ceil(span / width)) + 1)
    else:
        edges = np.linspace(low, end if end > low else low + 1, bins + 1)
    inside, _ = np.histogram(values, edges)
    table = pd.DataFrame({"low": edges[:-1], "high": edges[1:], "customers": inside, "is_open": False})
    rest = len(values) - int(inside.sum())
    if rest:
        table.loc[len(table)] = [edges[-1], 2 * edges[-1] - edges[-2], rest, True]
    table.insert(2, "first", table["low"] + half)
    table.insert(3, "last", table["high"] - half)
    return table.astype({"customers": "int64", "is_open": "bool"})


def compute_tukey_fences(values: Array) -> tuple[float, float]:
    """The lowest and highest value that still counts as usual.

    >>> compute_tukey_fences(np.array([0.0, 1, 2, 3, 4]))
    (-2.0, 6.0)
    """
    lower, upper = np.quantile(values, [0.25, 0.75])
    reach = TUKEY_FACTOR * (upper - lower)
    return float(lower - reach), float(upper + reach)


def count_outliers(customers: pd.DataFrame, features: Sequence[str]) -> pd.DataFrame:
    """Who lies outside the usual in each feature.

    Returns:
        one row per feature: feature, low and high (the fences), below and above (customers outside of them),
        share_of_sales of those outside (NaN where sales do not add up to more than 0).
    """
    total = float(customers["monetary"].sum())
    rows = []
    for name in features:
        values = customers[name].to_numpy(np.float64)
        low, high = compute_tukey_fences(values)
        outside = (values < low) | (values > high)
        money = float(customers["monetary"].to_numpy()[outside].sum())
        rows.append(
            (
                name,
                low,
                high,
                int((values < low).sum()),
                int((values > high).sum()),
                money / total if total > 0 else float("nan"),
            )
        )
    return pd.DataFrame(rows, columns=["feature", "low", "high", "below", "above", "share_of_sales"])


def compute_correlations(customers: pd.DataFrame, features: Sequence[str]) -> pd.DataFrame:
    """How much two features move together: Spearman's rank correlation, -1 to 1; NaN for one that never varies.

    Ranks, because a few very large customers would decide any other measure.
    """
    return customers[list(features)].corr(method="spearman")


def find_strongest_correlation(correlations: pd.DataFrame) -> tuple[str, str, float] | None:
    """The two features that move together or against each other most; None where there are no two that vary."""
    values = correlations.to_numpy().copy()
    values[np.tril_indices(len(values))] = np.nan
    if not np.isfinite(values).any():
        return None
    row, column = divmod(int(np.nanargmax(np.abs(values))), len(values))
    return str(correlations.index[row]), str(correlations.columns[column]), float(values[row, column])
