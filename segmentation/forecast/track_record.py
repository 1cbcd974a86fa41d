"""How well past forecasts did, and the range that follows for the next one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from segmentation.forecast.ranges import PastForecast, Range, compute_model_range, compute_range

ForecastKind = tuple[str, str, str]
"""Three columns of `BackTest.periods`: what was forecast, its variance ("": none), and what happened."""
NET_SALES: ForecastKind = ("expected", "variance", "actual")
LAST_PERIOD: ForecastKind = ("last_period", "", "actual")
AT_RISK: ForecastKind = ("at_risk", "at_risk_variance", "at_risk_actual")


@dataclass(frozen=True, eq=False)
class TrackRecord:
    """Past forecasts of one kind and segment, in the order of their origins."""

    origins: tuple[int, ...]
    """Days since 1970-01-01."""
    past: tuple[PastForecast, ...]
    step: int
    """Days between origins."""
    horizon: int
    """Days in each period."""

    @classmethod
    def from_periods(
        cls, periods: pd.DataFrame, segment_id: int, kind: ForecastKind, step: int, horizon: int
    ) -> TrackRecord:
        """The rows of one segment with a positive forecast."""
        forecast, variance, actual = kind
        rows = periods[(periods["segment_id"] == segment_id) & (periods[forecast] > 0)].sort_values("origin")
        variances = rows[variance] if variance else np.zeros(len(rows))
        past = [PastForecast(*map(float, row)) for row in zip(rows[forecast], variances, rows[actual], strict=True)]
        return cls(tuple(map(int, rows["origin"])), tuple(past), step, horizon)

    def compute_range(self, forecast: float, variance: float) -> Range | None:
        """The range of the next forecast; None without enough past periods."""
        return compute_range(forecast, variance, self.past, self.step, self.horizon)

    def check_past_ranges(self, *, with_past_errors: bool = True) -> list[bool]:
        """Whether each origin's range, made only of periods that were over by then, covered the actual value.

        with_past_errors: False for the range of the model's own variance, at the same origins.
        """
        is_covered = []
        for origin, tested in zip(self.origins, self.past, strict=True):
            limits = compute_range(
                tested.forecast, tested.variance, self._list_finished(origin), self.step, self.horizon
            )
            if limits is not None and not with_past_errors:
                limits = compute_model_range(tested.forecast, tested.variance)
            if limits is not None:
                is_covered.append(limits.contains(tested.actual))
        return is_covered

    def _list_finished(self, day: int) -> Sequence[PastForecast]:
        """The past forecasts whose period was over by a day."""
        pairs = zip(self.origins, self.past, strict=True)
        return [earlier for origin, earlier in pairs if origin + self.horizon <= day]

    @property
    def typical_miss(self) -> float:
        """Median over past periods of |actual / forecast - 1|; NaN without any."""
        misses = [abs(tested.actual / tested.forecast - 1) for tested in self.past]
        return float(np.median(misses)) if misses else float("nan")

    @property
    def mean_log_error(self) -> float:
        """Mean over past periods of |log(actual / forecast)|; NaN without any."""
        return float(np.mean([abs(tested.log_error) for tested in self.past])) if self.past else float("nan")
