"""Axis scales for values of very different size, including zero and negative ones."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from segmentation.charts.base import build_axis, format_tick, get_axis_factor

MIN_LOG_RATIO = 30
"""Minimum ratio for a logarithmic scale: a linear one would compress most customers into a corner."""


@dataclass(frozen=True, eq=False)
class Scale:
    """An axis, and the transformation of values to it."""

    axis: dict[str, object]
    points: Callable[[pd.Series], pd.Series]
    """Values in the coordinates of traces."""
    middle: Callable[[float], float]
    """One value in the coordinates of annotations."""

    def locate(self, position: float) -> float:
        """A position in the coordinates of annotations, in those of traces."""
        return float(10**position) if self.axis["type"] == "log" else position


def build_scale(values: pd.Series, unit: str) -> Scale:
    """Choose a scale for a sample of customers: linear, logarithmic, or symmetric logarithmic with values up to 0.

    Plotly has no symmetric logarithmic axis: values are transformed, and tick labels show the original ones. No value
    is cut off.

    >>> scale = build_scale(pd.Series([-20.0, 0.0, 15.0, 300.0, 40_000.0]), "money")
    >>> scale.axis["ticktext"]
    ['-10', '0', '10', '100', '1,000', '10,000', '100,000']
    >>> scale.points(pd.Series([-10.0, 0.0, 990.0])).round(3).tolist()
    [-0.301, 0.0, 2.0]
    """
    low, high = float(values.min()), float(values.max())
    above = values[values > 0]
    small = float(above.quantile(0.1)) if len(above) else 0.0
    if unit == "share" or low > 0 or not small or high / small <= MIN_LOG_RATIO:
        axis, factor = build_axis(low, high, unit), get_axis_factor(unit)
        is_log = axis["type"] == "log"
        return Scale(
            axis, lambda points: factor * points, lambda value: math.log10(value) if is_log else factor * float(value)
        )
    first = math.floor(math.log10(small))
    powers = [10.0**power for power in range(first, math.ceil(math.log10(high)) + 1)]
    below = [-power for power in reversed(powers) if low <= -power]
    ticks = pd.Series([*below, 0.0, *powers])

    def transform(points: pd.Series) -> pd.Series:
        sizes: pd.Series = np.log10(1 + points.abs() / powers[0])
        return sizes.where(points >= 0, -sizes)

    ends = transform(pd.Series([low, high]))
    axis = {
        "type": "linear",
        "tickvals": transform(ticks).tolist(),
        "ticktext": [format_tick(value, unit) for value in ticks],
        "range": [ends[0] - 0.15, ends[1] + 0.15],
        "minor": {"ticks": ""},
    }
    return Scale(axis, transform, lambda value: float(transform(pd.Series([value]))[0]))
