"""What each customer will do in the next days: one row per customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from segmentation.forecast.purchase_model import PurchaseModel, group_purchase_histories
from segmentation.forecast.spend_model import SpendModel
from segmentation.runtime.array_types import FloatArray

FORECAST_COLUMNS = (
    "customer_id",
    "horizon_days",
    "expected_orders",
    "expected_net_sales",
    "active_probability",
    "next_order_by",
    "at_risk",
)
"""Columns of customer_forecasts: purchase days and money expected in the next horizon_days; probability, 0 to 1, that
the customer will ever buy again; date by which an order is as likely as not (missing: none is expected); net sales of
the last horizon_days times the probability of no order in the next ones."""
_DISCOUNT_STEPS = 12


@dataclass(frozen=True, eq=False)
class CustomerForecasts:
    """Forecasts of customers; arrays have one element per row of `frame`."""

    frame: pd.DataFrame
    """FORECAST_COLUMNS, in the order of the histories; next_order_by is a datetime."""
    net_sales_variance: FloatArray
    """Variance of net sales in the next days under the model."""
    at_risk_variance: FloatArray
    """Variance, under the model, of the sales of the last period that are lost."""


def forecast_customers(
    histories: pd.DataFrame, model: PurchaseModel, spend: SpendModel, horizon: int, as_of: date
) -> CustomerForecasts:
    """Forecast the customers of `histories`.

    Net sales S are the sum of Y purchases, whose number is independent of what each of them brings: E(S) = E(Y) E(m)
    and E(S^2) = E(m^2) (E(Y) / p + E(Y^2)), where m is the customer's mean spend and p the shape of the Gamma-Gamma
    model.

    Args:
        histories: one row per customer, HISTORY_COLUMNS; recent_net_sales of the last `horizon` days.
        model: a fitted purchase model.
        spend: a fitted spend model.
        horizon: days to forecast.
        as_of: the first day of the forecast.
    """
    x, t_x, T = (histories[name].to_numpy(np.float64) for name in ("x", "t_x", "T"))
    rows = group_purchase_histories(x, t_x, T)
    group = rows.group
    x_group, t_group, T_group = x[rows.first], t_x[rows.first], T[rows.first]
    active = model.compute_active_probability(x_group, t_group, T_group)
    mean, factorial = (active * moment for moment in model.compute_order_moments(x_group, T_group, horizon))
    no_order = 1 - active * model.compute_order_probability(x_group, T_group, horizon)
    days = np.ceil(model.compute_median_days(x_group, t_group, T_group))
    last_day = np.datetime64(as_of) - 1
    dates = np.full(len(days), np.datetime64("NaT"), "datetime64[s]")
    is_expected = ~np.isnan(days)
    dates[is_expected] = last_day + days[is_expected].astype("timedelta64[D]")
    purchases = x + 1
    own_mean = histories["net_sales"].to_numpy(np.float64) / purchases
    money, squared = spend.compute_expected_spend(purchases, own_mean), spend.compute_squared_spend(purchases, own_mean)
    sales = mean[group] * money
    variance = squared * (mean / spend.p + factorial + mean)[group] - sales**2
    recent = histories["recent_net_sales"].to_numpy(np.float64)
    frame = pd.DataFrame(
        {
            "customer_id": histories["customer_id"].to_numpy(),
            "horizon_days": horizon,
            "expected_orders": mean[group],
            "expected_net_sales": sales,
            "active_probability": active[group],
            "next_order_by": dates[group],
            "at_risk": recent * no_order[group],
        }
    )
    return CustomerForecasts(frame, np.maximum(variance, 0.0), recent**2 * (no_order * (1 - no_order))[group])


def discount_expected_sales(
    histories: pd.DataFrame, model: PurchaseModel, spend: SpendModel, horizon: int, annual_rate: float
) -> FloatArray:
    """(n,) expected net sales in the next `horizon` days, discounted to today.

    Args:
        histories, model, spend: as in `forecast_customers`.
        horizon: in days.
        annual_rate: 0.1 for 10 % a year; what is expected in a twelfth of the horizon is discounted from its middle.
    """
    x, t_x, T = (histories[name].to_numpy(np.float64) for name in ("x", "t_x", "T"))
    rows = group_purchase_histories(x, t_x, T)
    arguments = x[rows.first], t_x[rows.first], T[rows.first]
    orders = np.zeros(len(rows.first))
    previous = np.zeros(len(rows.first))
    for step in range(1, _DISCOUNT_STEPS + 1):
        until = model.compute_expected_orders(*arguments, horizon * step / _DISCOUNT_STEPS)
        years = horizon * (step - 0.5) / _DISCOUNT_STEPS / 365
        orders += (until - previous) / (1 + annual_rate) ** years
        previous = until
    purchases = x + 1
    own_mean = histories["net_sales"].to_numpy(np.float64) / purchases
    return np.asarray(orders[rows.group] * spend.compute_expected_spend(purchases, own_mean), np.float64)
