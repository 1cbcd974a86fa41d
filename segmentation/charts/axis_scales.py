"""Where a value stands on an axis on which very different amounts must all be seen, those at and below 0 too."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from segmentation.charts.base import build_axis, format_tick

MIN_LOG_RATIO = 30
"""From this factor on, a plain scale would press most customers together."""


@dataclass(frozen=True, eq=False)
class Scale:
    """An axis, and where values stand on it."""

    axis: dict[str, object]
    points: Callable[[pd.Series], pd.Series]
    """Values as the figure takes them."""
    middle: Callable[[float], float]
    """One value as an annotation takes it."""


def build_scale(values: pd.Series, unit: str) -> Scale:
    """The axis for drawn customers: plain, multiplying, or multiplying to both sides of 0 where some are not above it.

    The last one has no type of its own in a figure: values are moved, and ticks say what they were. Nobody is cut.

    >>> found = build_scale(pd.Series([-20.0, 0.0, 15.0, 300.0, 40_000.0]), "money")
    >>> found.axis["ticktext"]
    ['-10', '0', '10', '100', '1,000', '10,000', '100,000']
    >>> found.points(pd.Series([-10.0, 0.0, 990.0])).round(3).tolist()
    [-0.301, 0.0, 2.0]
    """
    low, high = float(values.min()), float(values.max())
    above = values[values > 0]
    small = float(above.quantile(0.1)) if len(above) else 0.0
    if unit == "share" or low > 0 or not small or high / small <= MIN_LOG_RATIO:
        axis = build_axis(low, high, unit)
        return Scale(axis, lambda part: part, math.log10 if axis["type"] == "log" else float)
    first = math.floor(math.log10(small))
    powers = [10.0**power for power in range(first, math.ceil(math.log10(high)) + 1)]
    below = [-power for power in reversed(powers) if low <= -power]
    ticks = pd.Series([*below, 0.0, *powers])

    def moved(part: pd.Series) -> pd.Series:
        sizes: pd.Series = np.log10(1 + part.abs() / powers[0])
        return sizes.where(part >= 0, -sizes)

    ends = moved(pd.Series([low, high]))
    axis = {
        "type": "linear",
        "tickvals": moved(ticks).tolist(),
        "ticktext": [format_tick(value, unit) for value in ticks],
        "range": [ends[0] - 0.15, ends[1] + 0.15],
        "minor": {"ticks": ""},
    }
    return Scale(axis, moved, lambda value: float(moved(pd.Series([value]))[0]))
