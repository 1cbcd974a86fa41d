"""Ranges of a forecast that hold: as wide as past forecasts were wrong, and never narrower than the model's own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

COVERAGE = 0.9
"""Share of periods in which the truth should be within the range."""
MIN_PERIODS = 2
"""A range needs as many finished past periods."""
MIN_DEGREES = 2.0
"""Fewest degrees of freedom of the t distribution; see `compute_range`."""
_MAX_FACTOR = 1e6
"""Largest factor between a forecast and its limits; where next to nothing is expected, the width on the logarithmic
scale has no bound."""
_LEAST_RATIO = 0.01
"""Actual sales of less than 1 % of the forecast, or negative ones, count as 1 %: errors are logarithms."""


@dataclass(frozen=True)
class PastForecast:
    """A past forecast whose period is over."""

    forecast: float
    variance: float
    """Under the model; 0 for a forecast without a model."""
    actual: float

    @property
    def log_error(self) -> float:
        """Logarithm of actual / forecast."""
        return math.log(max(self.actual / self.forecast, _LEAST_RATIO))

    @property
    def log_variance(self) -> float:
        """Variance of the logarithm under the model, by the delta method."""
        return _square(math.sqrt(self.variance) / self.forecast)


@dataclass(frozen=True)
class Range:
    """Limits of a forecast, in its unit."""

    low: float
    high: float

    def contains(self, actual: float) -> bool:
        """Whether the truth is within the range."""
        return self.low <= actual <= self.high


def compute_range(
    forecast: float, variance: float, past: Sequence[PastForecast], step: float, horizon: float
) -> Range | None:
    """The 90 % range of a forecast of money; None without enough past periods, or if the forecast is not positive.

    On the logarithmic scale, the variance is the model's own plus the excess of the mean squared past errors over the
    model's own variance then. Past periods overlap where `step` is less than `horizon`, so that they count as step /
    horizon degrees of freedom each, and at least two in all.

    Args:
        forecast: expected money.
        variance: of this money under the model.
        past: earlier forecasts; those that were not positive are left out.
        step: days between their origins.
        horizon: days in each period.

    >>> past = [PastForecast(100.0, 25.0, 110.0), PastForecast(100.0, 25.0, 95.0)]
    >>> round(compute_range(100.0, 25.0, past, 90, 90).high, 2)
    125.04
    """
    past = [earlier for earlier in past if earlier.forecast > 0]
    if not forecast > 0 or len(past) < MIN_PERIODS:
        return None
    excess = float(np.mean([earlier.log_error**2 - earlier.log_variance for earlier in past]))
    spread = math.sqrt(_square(math.sqrt(variance) / forecast) + max(0.0, excess))
    degrees = max(MIN_DEGREES, len(past) * step / horizon)
    return _build_range(forecast, float(stats.t.ppf((1 + COVERAGE) / 2, degrees)) * spread)


def compute_model_range(forecast: float, variance: float) -> Range | None:
    """The range from the model's own variance alone, which is too narrow; to compare with."""
    if not forecast > 0:
        return None
    return _build_range(forecast, float(stats.norm.ppf((1 + COVERAGE) / 2)) * math.sqrt(variance) / forecast)


def _build_range(forecast: float, log_width: float) -> Range:
    factor = math.exp(min(log_width, math.log(_MAX_FACTOR)))
    return Range(forecast / factor, forecast * factor)


def _square(value: float) -> float:
    """The square, infinite where it is too large for a float: `**` would raise OverflowError."""
    return value * value
