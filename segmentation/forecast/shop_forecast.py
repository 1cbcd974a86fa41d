"""The forecast of a source: its customers, segments and total, with ranges, and how well past forecasts performed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import ibis
import numpy as np
import pandas as pd

from segmentation.errors import SettingsError
from segmentation.forecast import purchase_histories
from segmentation.forecast.back_test import MAX_CUSTOMERS, TOTAL, BackTest, LabelCustomers, run_back_test
from segmentation.forecast.fitted_models import fit_models
from segmentation.forecast.fitting import DEFAULT_MODEL, PurchaseFit, get_model_class
from segmentation.forecast.forecast import CustomerForecasts, discount_expected_sales, forecast_customers
from segmentation.forecast.spend_model import SpendModel
from segmentation.forecast.track_record import AT_RISK, LAST_PERIOD, NET_SALES, ForecastKind, TrackRecord
from segmentation.runtime.array_types import BoolArray, FloatArray
from segmentation.runtime.blas_threads import use_one_blas_thread
from segmentation.runtime.epoch_days import count_epoch_days
from segmentation.runtime.progress import StepProgress, no_progress
from segmentation.sales.source import SalesSource

MAX_HORIZON = 730
DEFAULT_HORIZON = 90
LIFETIME_DAYS = 365
DEFAULT_DISCOUNT_RATE = 0.1
"""Annual rate at which the next year's sales are discounted."""
MIN_RANK_CORRELATION = 0.3
"""Below this rank correlation, forecasts of single customers say little."""
FIRST_DAYS = 30
"""The start of the data, in which first purchases are counted to tell whether the data begin too late."""
MAX_FIRST_RATIO = 3.0
"""More than three times as many first purchases in the first 30 days as in an average 30 days after them: the data
begin with customers who had bought before."""
SEGMENT_COLUMNS = (
    "segment_id",
    "horizon_days",
    "expected",
    "low",
    "high",
    "last_period",
    "at_risk",
    "at_risk_low",
    "at_risk_high",
    "origins",
    "held",
    "typical_miss",
)
"""Columns of segment_forecasts: net sales expected in the next horizon_days with the 90 % range (missing without two
finished past periods), net sales of the last ones, sales at risk with range; origins: past periods that had a range,
held: how many of these ranges covered the actual value, typical_miss: median share by which past forecasts missed."""


@dataclass(frozen=True)
class ForecastSettings:
    """What is forecast, and how."""

    horizon: int = DEFAULT_HORIZON
    """Days to forecast."""
    model: str = DEFAULT_MODEL
    discount_rate: float = DEFAULT_DISCOUNT_RATE
    seed: int = 42

    def __post_init__(self) -> None:
        get_model_class(self.model)
        if not 1 <= self.horizon <= MAX_HORIZON:
            raise SettingsError(
                f"{self.horizon} days cannot be forecast.", hint=f"Choose from 1 to {MAX_HORIZON} days, such as 90."
            )
        if not 0 <= self.seed < 2**32:
            raise SettingsError("The seed must be between 0 and 4294967295.", hint="The default is 42.")
        if not 0 <= self.discount_rate < 1:
            raise SettingsError(
                f"{self.discount_rate:g} is not a discount rate.", hint="Write 10 percent a year as 0.1."
            )


@dataclass(frozen=True, eq=False)
class ShopForecast:
    """Forecasts of the customers of one source as of a day."""

    settings: ForecastSettings
    as_of: date
    purchase_fit: PurchaseFit
    spend_model: SpendModel
    spend_log_likelihood: float
    histories: pd.DataFrame
    """HISTORY_COLUMNS of every customer."""
    customers: CustomerForecasts
    segment_ids: FloatArray | None
    """(n,) segment of each customer, NaN for those without; None if there are no segments."""
    lifetime_expected: FloatArray
    """(n,) discounted net sales expected in the next LIFETIME_DAYS."""
    back_test: BackTest
    share_first_seen_early: float
    """Share of customers whose first purchase is in the first FIRST_DAYS."""
    is_left_truncated: bool
    """Whether the data seem to begin long after the shop did, by MAX_FIRST_RATIO."""

    @cached_property
    def segments(self) -> pd.DataFrame:
        """SEGMENT_COLUMNS by segment_id; without segments one row with the segment_id 0, for the whole shop."""
        ids = [TOTAL] if self.segment_ids is None else np.unique(self.segment_ids[~np.isnan(self.segment_ids)])
        rows = [self.summarize_segment(int(segment_id)) for segment_id in ids]
        return pd.DataFrame(rows, columns=list(SEGMENT_COLUMNS))

    @cached_property
    def total(self) -> dict[str, Any]:
        """SEGMENT_COLUMNS of all customers."""
        return self.summarize_segment(TOTAL)

    def summarize_segment(self, segment_id: int) -> dict[str, Any]:
        """SEGMENT_COLUMNS of a segment; TOTAL: of all customers."""
        selected = self._select_customers(segment_id)
        frame = self.customers.frame
        sales = self.get_track_record(segment_id)
        is_covered = sales.check_past_ranges()
        expected = float(frame["expected_net_sales"].to_numpy()[selected].sum())
        at_risk = float(frame["at_risk"].to_numpy()[selected].sum())
        limits = sales.compute_range(expected, float(self.customers.net_sales_variance[selected].sum()))
        risk_limits = self.get_track_record(segment_id, AT_RISK).compute_range(
            at_risk, float(self.customers.at_risk_variance[selected].sum())
        )
        last_period = float(self.histories["recent_net_sales"].to_numpy()[selected].sum())
        nothing = float("nan")
        return {
            "segment_id": segment_id,
            "horizon_days": self.settings.horizon,
            "expected": expected,
            "low": limits.low if limits else nothing,
            "high": limits.high if limits else nothing,
            "last_period": last_period,
            "at_risk": at_risk,
            "at_risk_low": risk_limits.low if risk_limits else nothing,
            # No more than all sales of the last period can be lost.
            "at_risk_high": min(risk_limits.high, max(last_period, at_risk)) if risk_limits else nothing,
            "origins": len(is_covered),
            "held": sum(is_covered),
            "typical_miss": sales.typical_miss,
        }

    def compute_lifetime_value(self, segment_id: int = TOTAL) -> dict[str, float]:
        """Net sales so far (historic), discounted net sales of the next year (expected), and their sum (total)."""
        selected = self._select_customers(segment_id)
        historic = float(self.histories["net_sales"].to_numpy()[selected].sum())
        expected = float(self.lifetime_expected[selected].sum())
        return {"historic": historic, "expected": expected, "total": historic + expected}

    def get_track_record(self, segment_id: int = TOTAL, kind: ForecastKind = NET_SALES) -> TrackRecord:
        """Past forecasts of a segment, with what happened; TOTAL: of all customers."""
        test = self.back_test
        return TrackRecord.from_periods(test.periods, segment_id, kind, test.step, test.horizon)

    @property
    def loses_to_last_period(self) -> bool:
        """Whether repeating the last period forecast past totals better than the model."""
        return bool(self.get_track_record().mean_log_error > self.get_track_record(kind=LAST_PERIOD).mean_log_error)

    @property
    def has_weak_customer_forecasts(self) -> bool:
        """Whether the order in which customers are ranked by their forecast hardly predicts what they spend."""
        return bool(self.back_test.rank_correlation < MIN_RANK_CORRELATION)

    @property
    def idle_days(self) -> int:
        """Days before the as-of date on which nobody bought."""
        return int((self.histories["T"] - self.histories["t_x"]).min())

    def _select_customers(self, segment_id: int) -> BoolArray:
        if segment_id == TOTAL or self.segment_ids is None:
            return np.ones(len(self.histories), bool)
        return np.asarray(self.segment_ids == segment_id)


@use_one_blas_thread
def forecast_shop(
    source: SalesSource,
    lines: ibis.Table,
    first_sale: date,
    as_of: date,
    settings: ForecastSettings,
    *,
    segments: Mapping[str, int] | None = None,
    label_customers: LabelCustomers | None = None,
    on_progress: StepProgress = no_progress,
) -> ShopForecast:
    """Fit the models, forecast every customer, and test the forecast on the past.

    Args:
        source: the source of the lines.
        lines: accepted lines, none on or after `as_of`.
        first_sale: day of the first line.
        as_of: first day of the forecast.
        settings: horizon, model, discount rate and seed.
        segments: customer_id -> segment_id, as of now; None: all customers together only.
        label_customers: segments as of past days, for the track record of each segment; needed with `segments`.
        on_progress: called with the completed share, 0 to 1, and the current step.

    Raises:
        SourceError: the source cannot be read.
        DataError: there are too few customers, days or repeat purchases for a forecast.
    """
    first_day, as_of_day = count_epoch_days(first_sale), count_epoch_days(as_of)
    on_progress(0.0, "Fetching purchase histories")
    histories = purchase_histories.fetch_purchase_histories(source, lines, as_of_day, settings.horizon)
    max_x = float(histories["x"].to_numpy(np.float64).max(initial=0.0))
    purchase_histories.check_requirements(len(histories), as_of_day - first_day, max_x)
    on_progress(0.1, "Fitting the purchase model")
    models = fit_models(histories, settings.model, settings.seed)
    model, spend = models.purchases.model, models.spend
    on_progress(0.2, "Forecasting every customer")
    customers = forecast_customers(histories, model, spend, settings.horizon, as_of)
    lifetime = discount_expected_sales(histories, model, spend, LIFETIME_DAYS, settings.discount_rate)
    on_progress(0.3, "Fetching purchase days")
    days = purchase_histories.fetch_purchase_days(source, lines, min(1.0, MAX_CUSTOMERS / len(histories)))
    back_test = run_back_test(
        days,
        first_day,
        as_of_day,
        settings.horizon,
        settings.model,
        label_customers,
        lambda share: on_progress(0.4 + 0.6 * share, "Testing past forecasts"),
    )
    share_first_seen_early, is_left_truncated = _measure_truncation(histories, first_day, as_of_day)
    segment_ids = None if segments is None else np.asarray(histories["customer_id"].map(segments), np.float64)
    on_progress(1.0, "The forecast is ready")
    return ShopForecast(
        settings=settings,
        as_of=as_of,
        purchase_fit=models.purchases,
        spend_model=spend,
        spend_log_likelihood=models.spend_log_likelihood,
        histories=histories,
        customers=customers,
        segment_ids=segment_ids,
        lifetime_expected=lifetime,
        back_test=back_test,
        share_first_seen_early=share_first_seen_early,
        is_left_truncated=is_left_truncated,
    )


def _measure_truncation(histories: pd.DataFrame, first_day: int, as_of_day: int) -> tuple[float, bool]:
    """`ShopForecast.share_first_seen_early` and `is_left_truncated`; days since 1970-01-01."""
    is_early = as_of_day - 1 - histories["T"].to_numpy(np.float64) < first_day + FIRST_DAYS
    share = float(is_early.mean())
    later_share = (1 - share) * FIRST_DAYS / max(as_of_day - first_day - FIRST_DAYS, 1)
    return share, share > MAX_FIRST_RATIO * later_share


def list_customers_at_risk(forecast: ShopForecast, max_rows: int | None = None) -> pd.DataFrame:
    """Customers with sales at risk, the largest first, then by customer_id.

    Returns:
        customer_id, segment_id (NaN without segments), recent_net_sales, at_risk, active_probability, next_order_by,
        expected_net_sales.
    """
    frame = forecast.customers.frame
    segments = float("nan") if forecast.segment_ids is None else forecast.segment_ids
    rows = frame.assign(recent_net_sales=forecast.histories["recent_net_sales"].to_numpy(), segment_id=segments)
    rows = rows[rows["at_risk"] > 0].sort_values(["at_risk", "customer_id"], ascending=[False, True])
    columns = ["customer_id", "segment_id", "recent_net_sales", "at_risk"]
    columns += ["active_probability", "next_order_by", "expected_net_sales"]
    return rows[columns].head(len(rows) if max_rows is None else max_rows).reset_index(drop=True)
