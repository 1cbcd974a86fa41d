"""Geometry of the report's chart; the template draws it."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, isfinite, log10
from typing import Any

from segmentation.presentation import formatting

_WIDTH, _HEIGHT = 360, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 348, 30, 180


def build_line_chart(values: Sequence[tuple[int, float]], marked: int, places: int) -> dict[str, Any] | None:
    """A line over k in pixels, with one k marked; None for fewer than two finite values.

    Args:
        values: (k, value); values that are not finite are skipped.
        marked: the k to mark.
        places: decimals of the values.
    """
    known = [(k, value) for k, value in values if isfinite(value)]
    if len(known) < 2:
        return None
    lowest, highest = min(0.0, *(value for _, value in known)), max(value for _, value in known)
    span, first, last = (highest - lowest) or 1.0, known[0][0], known[-1][0]

    def to_y(value: float) -> float:
        return _TOP + (highest - value) / span * (_BOTTOM - _TOP)

    return {
        "width": _WIDTH,
        "height": _HEIGHT,
        "left": _LEFT,
        "right": _RIGHT,
        "bottom": _BOTTOM,
        "grid": [(to_y(value), formatting.format_decimal(value, places)) for value in choose_ticks(lowest, highest)],
        "points": [
            {
                "k": k,
                "x": _LEFT + (k - first) / ((last - first) or 1) * (_RIGHT - _LEFT),
                "y": to_y(value),
                "text": formatting.format_decimal(value, places),
                "is_marked": k == marked,
            }
            for k, value in known
        ],
    }


def choose_ticks(low: float, high: float) -> list[float]:
    """Up to six round tick values from low to high, including 0 if it lies between.

    >>> choose_ticks(0, 2238.4), choose_ticks(-0.03, 0.49)
    ([0.0, 500.0, 1000.0, 1500.0, 2000.0], [0.0, 0.1, 0.2, 0.3, 0.4])
    >>> choose_ticks(0, 1), choose_ticks(0, 0)
    ([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], [0.0])
    """
    if high <= low:
        return [low + 0.0]
    power = 10.0 ** floor(log10((high - low) / 5))
    step = next(size * power for size in (1, 2, 5, 10) if (high - low) / (size * power) <= 5.5)
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return [round(number * step, 10) + 0.0 for number in range(first, last + 1)]
