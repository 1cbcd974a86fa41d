"""Sentences about a forecast."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from segmentation.forecast.back_test import MIN_ORIGIN_DAYS, TOTAL
from segmentation.forecast.fitting import MODEL_LABELS
from segmentation.forecast.shop_forecast import ShopForecast
from segmentation.forecast.track_record import AT_RISK
from segmentation.presentation.formatting import (
    format_count,
    format_date,
    format_decimal,
    format_percent,
    format_rounded_currency,
)
from segmentation.runtime.epoch_days import count_epoch_days

_PERIODS = {1: "a day", 30: "a month", 90: "three months", 365: "a year"}
MIN_IDLE_DAYS = 7
"""Minimum days without any purchase before the as-of date that are reported."""


def describe_forecast(forecast: ShopForecast) -> Iterator[str]:
    """The forecast in a few sentences, the most important one first."""
    yield describe_sales_at_risk(forecast)
    yield describe_expected_sales(forecast)
    yield describe_track_record(forecast)
    lifetime = forecast.compute_lifetime_value()
    yield (
        f"Lifetime value of today's customers: {format_rounded_currency(lifetime['historic'])} so far, and "
        f"{format_rounded_currency(lifetime['expected'])} expected in the next 365 days, discounted at "
        f"{format_percent(forecast.settings.discount_rate)} a year."
    )
    yield from describe_caveats(forecast)


def describe_sales_at_risk(forecast: ShopForecast) -> str:
    """Sales at risk with its range, and the last such forecast whose period is over."""
    days, total = forecast.settings.horizon, forecast.total
    if total["last_period"] <= 0:
        return f"No net sales in the last {_describe_period(days)}, so none are at risk."
    limits = format_range(total["at_risk_low"], total["at_risk_high"])
    sentence = (
        f"Of {format_rounded_currency(total['last_period'])} in the last {_describe_period(days)}, "
        f"{format_rounded_currency(total['at_risk'])}{limits and f' ({limits})'} came from customers who will "
        f"probably not order in the next {_describe_same(days)}"
    )
    record = forecast.get_track_record(TOTAL, AT_RISK)
    if not record.past or record.origins[-1] != count_epoch_days(forecast.as_of) - days:
        return f"{sentence}."
    past, ago = record.past[-1], _PERIODS.get(days, f"{days} days")
    return (
        f"{sentence}. {ago[0].upper()}{ago[1:]} ago, the forecast was {format_rounded_currency(past.forecast)}; the "
        f"actual amount was {format_rounded_currency(past.actual)}."
    )


def describe_expected_sales(forecast: ShopForecast) -> str:
    """Expected net sales of today's customers; the last period instead where it has been the better forecast."""
    days, total = forecast.settings.horizon, forecast.total
    limits = format_range(total["low"], total["high"])
    if forecast.loses_to_last_period:
        return (
            f"Expected net sales of today's customers in the next {_describe_period(days)}: "
            f"{format_rounded_currency(total['last_period'])}, as in the last {_describe_same(days)}. In past "
            f"periods this simple rule missed by less than the model, which expects "
            f"{format_rounded_currency(total['expected'])}{limits and f' ({limits})'}."
        )
    return (
        f"Expected net sales of today's customers in the next {_describe_period(days)}: "
        f"{format_rounded_currency(total['expected'])}{limits and f' ({limits})'}. In the last "
        f"{_describe_period(days)}, they bought for {format_rounded_currency(total['last_period'])}."
    )


def describe_track_record(forecast: ShopForecast) -> str:
    """How often the range covered the actual value and the typical miss, or why there is no range."""
    days, total = forecast.settings.horizon, forecast.total
    if math.isnan(total["low"]):
        return (
            f"No range: a range needs two completed past periods of {days} days, after "
            f"{format_count(MIN_ORIGIN_DAYS)} days of sales to learn from."
        )
    miss = format_percent(total["typical_miss"])
    if not total["origins"]:
        return f"Typical miss in past periods: {miss}. None of them had earlier periods to derive a range from."
    origins, covered = format_count(total["origins"]), format_count(total["held"])
    return f"In {origins} past periods the range held {covered} times; typical miss {miss}."


def describe_caveats(forecast: ShopForecast) -> Iterator[str]:
    """What limits this forecast."""
    test = forecast.back_test
    if forecast.has_weak_customer_forecasts:
        yield (
            "Forecasts for individual customers carry little information here: their rank correlation with what "
            "customers then spent is "
            f"{format_decimal(test.rank_correlation)}. Rely on totals and segments."
        )
    if forecast.idle_days >= MIN_IDLE_DAYS:
        yield (
            f"Nobody bought in the last {format_count(forecast.idle_days)} days before the as-of date. If the sales "
            "of these days are missing, customers look less active than they are: choose an earlier as-of date."
        )
    if forecast.is_left_truncated:
        yield (
            f"{format_percent(forecast.share_first_seen_early)} of customers are first seen in the first 30 days: many "
            "of them probably bought before the data begin, and the model cannot know that."
        )
    model = forecast.purchase_fit.model
    yield (
        f"Model: {MODEL_LABELS[model.name]} for purchases and Gamma-Gamma for spend, fitted to "
        f"{format_count(forecast.purchase_fit.customers)} customers. The forecast does not include new customers."
    )


def _describe_period(days: int) -> str:
    return "day" if days == 1 else f"{days} days"


def _describe_same(days: int) -> str:
    """The period where days have just been mentioned."""
    return "one" if days == 1 else str(days)


def format_range(low: float, high: float) -> str:
    """'14,000 to 25,000'; empty if unknown."""
    return "" if math.isnan(low) else f"{format_rounded_currency(low)} to {format_rounded_currency(high)}"


def describe_next_order(next_order_by: Any, active_probability: float) -> str:
    """When a customer's next order is due.

    next_order_by: a timestamp; NaT: no order is expected.
    """
    active = format_percent(active_probability)
    if next_order_by != next_order_by:
        return f"No order expected; active with a probability of {active}."
    return f"An order by {format_date(next_order_by)} is as likely as not; active with a probability of {active}."
