"""Rolling origins: what would have been forecast on past days (the origins), and what happened after them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from segmentation.errors import DataError
from segmentation.forecast.fitted_models import fit_models
from segmentation.forecast.fitting import DEFAULT_MODEL
from segmentation.forecast.forecast import CustomerForecasts, forecast_customers
from segmentation.forecast.purchase_histories import PurchaseDays
from segmentation.runtime.array_types import BoolArray, FloatArray
from segmentation.runtime.blas_threads import use_one_blas_thread
from segmentation.runtime.epoch_days import to_date
from segmentation.runtime.progress import Progress

MIN_ORIGIN_DAYS = 90
"""Days of data before the first origin."""
MIN_STEP_DAYS = 7
MAX_ORIGINS = 30
MIN_ORIGIN_CUSTOMERS = 100
MAX_CUSTOMERS = 50_000
"""The back-test reads the purchase days of about as many customers."""
TOTAL = 0
"""The segment_id of all customers together."""
DECILES = 10
LabelCustomers = Callable[[Sequence[int], float], "Mapping[int, pd.Series[Any]]"]
"""Gives the segment_id of each customer_id (the index) of a share of customers as of each day (since 1970-01-01)."""


@dataclass(frozen=True, eq=False)
class BackTest:
    """Past forecasts of one horizon, each with what happened."""

    horizon: int
    step: int
    """Days between origins."""
    periods: pd.DataFrame
    """One row per origin and segment_id (TOTAL: all): origin (days since 1970-01-01), expected, variance, last_period,
    actual, at_risk, at_risk_variance, at_risk_actual; money, of the customers of the origin."""
    deciles: pd.DataFrame
    """decile (1: highest expected net sales), customers, expected, actual: mean per customer over all origins."""
    rank_correlation: float
    """Mean over origins of Spearman's correlation between a customer's expected and actual net sales; NaN: unknown."""
    ordered_by_date: float
    """Of customers whose next_order_by lies within the period, the share who ordered by then; NaN: unknown."""


def list_origins(first_day: int, as_of: int, horizon: int) -> tuple[list[int], int]:
    """Past origins whose period is over, ascending, and the days between them.

    >>> list_origins(0, 365, 90)[0][:2], list_origins(0, 365, 90)[0][-1], list_origins(0, 365, 365)
    ([93, 100], 275, ([], 7))
    """
    last, available = as_of - horizon, as_of - horizon - first_day - MIN_ORIGIN_DAYS
    step = max(MIN_STEP_DAYS, -(-available // (MAX_ORIGINS - 1)))
    return sorted(range(last, first_day + MIN_ORIGIN_DAYS - 1, -step)) if available >= 0 else [], step


@use_one_blas_thread
def run_back_test(
    days: PurchaseDays,
    first_day: int,
    as_of: int,
    horizon: int,
    model: str = DEFAULT_MODEL,
    label_customers: LabelCustomers | None = None,
    on_progress: Progress = lambda share: None,
) -> BackTest:
    """Forecast from each past origin with the sales before it alone.

    Args:
        days: purchase days of all customers, or of a sample of them; money is scaled up to all.
        first_day, as_of: what the data cover, in days since 1970-01-01.
        horizon: days to forecast.
        model: name of the purchase model.
        label_customers: segments as of the origins; None: all customers together only.
        on_progress: called with the share of origins that is done, 0 to 1.
    """
    origins, step = list_origins(first_day, as_of, horizon)
    tests = []
    for position, origin in enumerate(origins):
        on_progress(position / len(origins))
        tested = _test_origin(days, origin, horizon, model)
        if tested is not None:
            tests.append(tested)
    tested_days = [tested.origin for tested in tests]
    labels = label_customers(tested_days, days.share) if label_customers is not None and tests else {}
    sums = [pd.DataFrame(tested.sum_by_segment(labels.get(tested.origin), days.share)) for tested in tests]
    columns = ["origin", "segment_id", "expected", "variance", "last_period", "actual"]
    columns += ["at_risk", "at_risk_variance", "at_risk_actual"]
    periods = pd.concat(sums) if sums else pd.DataFrame(columns=columns)
    in_period = np.concatenate([tested.is_due for tested in tests]) if tests else np.zeros(0, bool)
    on_time = np.concatenate([tested.is_on_time for tested in tests]) if tests else np.zeros(0, bool)
    correlations = [tested.correlate_ranks() for tested in tests]
    return BackTest(
        horizon,
        step,
        periods[columns].reset_index(drop=True),
        _average_deciles(tests),
        float(np.mean(correlations)) if correlations else float("nan"),
        float(on_time[in_period].mean()) if in_period.any() else float("nan"),
    )


@dataclass(frozen=True, eq=False)
class _TestedOrigin:
    """The forecast of one origin, with what happened to each of its customers."""

    origin: int
    """Days since 1970-01-01. The arrays have one element per row of `forecasts.frame`."""
    forecasts: CustomerForecasts
    recent: FloatArray
    """Net sales of the period before the origin."""
    actual: FloatArray
    """Net sales of the period after the origin."""
    has_ordered: BoolArray
    """Whether the customer bought in the period after the origin."""
    is_due: BoolArray
    """Whether next_order_by lies within the period."""
    is_on_time: BoolArray
    """Whether the customer bought by next_order_by."""

    def correlate_ranks(self) -> float:
        """Spearman's correlation of expected and actual net sales; 0 where either does not vary."""
        expected = self.forecasts.frame["expected_net_sales"].to_numpy()
        if np.ptp(expected) == 0 or np.ptp(self.actual) == 0:
            return 0.0
        return float(stats.spearmanr(expected, self.actual).statistic)

    def sum_by_segment(self, labels: pd.Series[Any] | None, share: float) -> Iterator[dict[str, float]]:
        """Sums over all customers and over each segment, scaled up from a sample."""
        frame = self.forecasts.frame
        values = {
            "expected": frame["expected_net_sales"].to_numpy(),
            "last_period": self.recent,
            "actual": self.actual,
            "at_risk": frame["at_risk"].to_numpy(),
            "at_risk_actual": np.where(self.has_ordered, 0.0, self.recent),
            "variance": self.forecasts.net_sales_variance,
            "at_risk_variance": self.forecasts.at_risk_variance,
        }
        rows = {TOTAL: np.ones(len(frame), bool)}
        if labels is not None:
            segment = labels.reindex(frame["customer_id"]).to_numpy(np.float64)  # NaN: not in a segment
            rows |= {int(number): segment == number for number in np.unique(segment[~np.isnan(segment)])}
        for number, selected in rows.items():
            # The variance of a sample, scaled up, is that of the scaled sum, which past errors are compared with.
            sums = {
                name: float(column[selected].sum()) / share ** (2 if "variance" in name else 1)
                for name, column in values.items()
            }
            yield {"origin": self.origin, "segment_id": number, **sums}


def _test_origin(days: PurchaseDays, origin: int, horizon: int, model: str) -> _TestedOrigin | None:
    """Forecast from one origin; None where the sales before it are too few for a model."""
    histories = days.summarize(origin, horizon)
    if len(histories) < MIN_ORIGIN_CUSTOMERS:
        return None
    try:
        models = fit_models(histories, model)
    except DataError:
        return None
    forecasts = forecast_customers(histories, models.purchases.model, models.spend, horizon, to_date(origin))
    buyers = histories.index.to_numpy()
    following = days.find_next_purchase(origin, origin + horizon)[buyers]
    expected_day = forecasts.frame["next_order_by"].to_numpy().astype("datetime64[D]").astype(np.float64)
    expected_day[np.isnat(forecasts.frame["next_order_by"].to_numpy())] = np.nan
    return _TestedOrigin(
        origin,
        forecasts,
        histories["recent_net_sales"].to_numpy(np.float64),
        days.sum_net(origin, origin + horizon)[buyers],
        ~np.isnan(following),
        expected_day < origin + horizon,
        following <= expected_day,
    )


def _average_deciles(tests: list[_TestedOrigin]) -> pd.DataFrame:
    """Expected and actual net sales by decile of the expected ones, as `BackTest.deciles` has them."""
    totals = np.zeros((DECILES, 3))
    for tested in tests:
        expected = tested.forecasts.frame["expected_net_sales"].to_numpy()
        decile = np.empty(len(expected), np.int64)
        decile[np.argsort(-expected, kind="stable")] = np.arange(len(expected)) * DECILES // len(expected)
        for column, values in enumerate((np.ones(len(expected)), expected, tested.actual)):
            totals[:, column] += np.bincount(decile, values, minlength=DECILES)
    customers = totals[:, 0]
    with np.errstate(invalid="ignore"):
        means = totals[:, 1:] / customers[:, None]
    frame = pd.DataFrame({"decile": range(1, DECILES + 1), "customers": customers.astype(np.int64)})
    return frame.assign(expected=means[:, 0], actual=means[:, 1])
