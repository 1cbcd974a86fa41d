"""The forecast of every customer as an expression, for every engine.

The Pareto/NBD is not among the models: its probability of being active is an integral that depends on both dates of a
customer, and the median date has no closed form.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from segmentation.errors import SettingsError
from segmentation.forecast.beta_geometric import BGModel, MBGModel
from segmentation.forecast.expected_orders_sql import compute_active_orders_sql
from segmentation.forecast.purchase_model import MAX_MEDIAN_DAYS, PurchaseModel
from segmentation.forecast.spend_model import SpendModel
from segmentation.runtime.epoch_days import to_date_expression, to_day_literal

_MAX_EXPONENT = 700.0
"""exp of more than 709 is an error or infinite, depending on the engine."""
_LEAST_LOGARITHM_OF = 1e-300


def check_model(name: str) -> None:
    """Raise SettingsError unless the model can be expressed in SQL."""
    if name not in {MBGModel.name, BGModel.name}:
        raise SettingsError(
            "The Pareto/NBD model cannot be expressed in SQL: its probability of being active is an integral for each "
            "customer.",
            hint="Choose mbg_nbd or bg_nbd.",
        )


def forecast_customers_sql(
    histories: ibis.Table, model: PurchaseModel, spend: SpendModel, as_of: int, horizon: int
) -> ibis.Table:
    """The forecast of each customer, with the meaning of `forecast.FORECAST_COLUMNS`.

    Args:
        histories: the result of `purchase_histories.summarize_purchase_histories` with the same as_of and horizon.
        model: a fitted MBG/NBD or BG/NBD.
        spend: a fitted spend model.
        as_of: in days since 1970-01-01.
        horizon: days to forecast.

    Returns:
        customer_id, active_probability, next_order_by (date), at_risk, expected_orders, expected_net_sales.

    Raises:
        SettingsError: the model is a Pareto/NBD.
    """
    check_model(model.name)
    assert isinstance(model, MBGModel)
    orders = compute_active_orders_sql(histories, model, horizon)
    histories = histories.inner_join(orders, ["x", "T"])
    x, rate = histories.x, histories["T"] + model.alpha
    shape = x + model.r
    occasions = x + model.extra_dropouts
    # Engines may evaluate both branches of a condition, so that every argument is made valid.
    odds = model.a / (ibis.greatest(occasions, 1.0) + (model.b - 1))
    log_odds = odds.ln() + shape * (rate / (histories.t_x + model.alpha)).ln()
    active = 1 / (ibis.least(log_odds, _MAX_EXPONENT).exp() + 1)
    if not model.extra_dropouts:
        active = (x > 0).ifelse(active, 1.0)
    ordered = 1 - (-shape * (1 + horizon / rate).ln()).exp()
    step = histories.mutate(active_probability=active, order_probability=ordered, rate=rate, shape=shape)
    exponent = -ibis.greatest(1 - 0.5 / step.active_probability, _LEAST_LOGARITHM_OF).ln() / step.shape
    days = step.rate * (ibis.least(exponent, _MAX_EXPONENT).exp() - 1)
    step = step.mutate(median_days=ibis.least(days, MAX_MEDIAN_DAYS * 2))
    expected_orders = step.active_probability * step.active_orders
    is_expected = (step.active_probability > 0.5) & (step.median_days <= MAX_MEDIAN_DAYS)
    return step.select(
        "customer_id",
        "active_probability",
        next_order_by=is_expected.ifelse(_to_date(step.median_days, as_of), ibis.null("date")),
        at_risk=step.recent_net_sales * (1 - step.active_probability * step.order_probability),
        expected_orders=expected_orders,
        expected_net_sales=expected_orders * spend.compute_expected_spend_sql(step.x + 1, step.net_sales),
    )


def _to_date(days: ir.Value, as_of: int) -> ir.Value:
    whole = days.ceil().cast("int64") + to_day_literal(as_of - 1)
    return to_date_expression(whole)
