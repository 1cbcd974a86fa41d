"""Distribution of features over customers: histograms, Tukey fences, outliers, and rank correlations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from segmentation.runtime.array_types import FloatArray

BINS = 30
TAIL = 0.99
"""Values above this quantile share the last bar if they would compress all other bars."""
TUKEY_FACTOR = 1.5
"""Fences are this many interquartile ranges outside the quartiles (Tukey, Exploratory Data Analysis, 1977)."""


def compute_histogram(values: FloatArray, bins: int = BINS) -> pd.DataFrame:
    """Count customers by value in bars of equal width.

    The edges of bars of integers lie halfway between integers. The last bar is open if the largest values are far out.

    Returns:
        One row per bar: low, high (its edges in the chart), first, last (the values it contains), customers, is_open
        (it contains all values from low on).

    >>> compute_histogram(np.array([1.0, 1, 2, 4]))[["low", "high", "customers"]].values.tolist()
    [[0.5, 1.5, 2.0], [1.5, 2.5, 1.0], [2.5, 3.5, 0.0], [3.5, 4.5, 1.0]]
    """
    low, top = float(values.min()), float(values.max())
    tail = float(np.quantile(values, TAIL))
    end = tail if top > low + 1.5 * (tail - low) and tail > low else top  # open only if it saves a third of the axis
    half = 0.5 if bool((values == np.floor(values)).all()) else 0.0
    if half:
        span = np.floor(end) - low + 1
        width = max(1.0, float(np.ceil(span / bins)))
        edges = low - half + width * np.arange(int(np.ceil(span / width)) + 1)
    else:
        edges = np.linspace(low, end if end > low else low + 1, bins + 1)
    counts, _ = np.histogram(values, edges)
    table = pd.DataFrame({"low": edges[:-1], "high": edges[1:], "customers": counts, "is_open": False})
    n_above = len(values) - int(counts.sum())
    if n_above:
        table.loc[len(table)] = [edges[-1], 2 * edges[-1] - edges[-2], n_above, True]
    table.insert(2, "first", table["low"] + half)
    table.insert(3, "last", table["high"] - half)
    return table.astype({"customers": "int64", "is_open": "bool"})


def compute_tukey_fences(values: FloatArray) -> tuple[float, float]:
    """The lowest and the highest value that is not an outlier.

    >>> compute_tukey_fences(np.array([0.0, 1, 2, 3, 4]))
    (-2.0, 6.0)
    """
    lower, upper = np.quantile(values, [0.25, 0.75])
    margin = TUKEY_FACTOR * (upper - lower)
    return float(lower - margin), float(upper + margin)


def count_outliers(customers: pd.DataFrame, features: Sequence[str]) -> pd.DataFrame:
    """Count the outliers of each feature.

    Returns:
        One row per feature: feature, low and high (the Tukey fences), below and above (customers outside them),
        share_of_sales of the outliers (NaN unless total net sales are positive).
    """
    total = float(customers["monetary"].sum())
    rows = []
    for name in features:
        values = customers[name].to_numpy(np.float64)
        low, high = compute_tukey_fences(values)
        is_outlier = (values < low) | (values > high)
        money = float(customers["monetary"].to_numpy()[is_outlier].sum())
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
    """Spearman's rank correlation of every pair of features, -1 to 1; NaN for a constant feature.

    Ranks, because a few very large customers would dominate Pearson's correlation.
    """
    return customers[list(features)].corr(method="spearman")


def find_strongest_correlation(correlations: pd.DataFrame) -> tuple[str, str, float] | None:
    """The pair of features with the largest absolute correlation; None if fewer than two features vary."""
    values = correlations.to_numpy().copy()
    values[np.tril_indices(len(values))] = np.nan
    if not np.isfinite(values).any():
        return None
    row, column = divmod(int(np.nanargmax(np.abs(values))), len(values))
    return str(correlations.index[row]), str(correlations.columns[column]), float(values[row, column])
