"""Fits both models of one source, of purchases and of money: to customers in memory, or to histories that the engine
has grouped."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd

from segmentation.features.sampling import is_sampled
from segmentation.forecast.fitting import DEFAULT_MODEL, PurchaseFit, fit_purchase_model
from segmentation.forecast.purchase_histories import check_requirements, summarize_purchase_histories
from segmentation.forecast.purchase_model import PurchaseHistories
from segmentation.forecast.spend_model import MAX_SPEND_CUSTOMERS, SpendModel, fit_spend_model
from segmentation.sales.source import SalesSource

_GROUP = ["x", "t_x", "T"]


@dataclass(frozen=True, eq=False)
class FittedModels:
    """The fitted models of purchases and of money, from which customers are forecast."""

    purchases: PurchaseFit
    spend: SpendModel
    spend_log_likelihood: float


def fit_models(histories: pd.DataFrame, model: str = DEFAULT_MODEL, seed: int = 42) -> FittedModels:
    """Fit the models to customers in memory.

    Args:
        histories: HISTORY_COLUMNS, one row per customer.
        model: name of the purchase model.
        seed: draws the customers to which costly likelihoods are fitted.

    Raises:
        SettingsError: there is no such model.
        DataError: the customers have too few repeat purchases, or too little money.
    """
    x, t_x, T = (histories[name].to_numpy(np.float64) for name in _GROUP)
    purchases = fit_purchase_model(PurchaseHistories.from_customers(x, t_x, T), model, seed)
    spend, log_likelihood = _fit_spend(histories, seed)
    return FittedModels(purchases, spend, log_likelihood)


def fit_models_in_engine(
    source: SalesSource, lines: ibis.Table, first_day: int, as_of: int, seed: int = 42
) -> FittedModels:
    """Fit the default models to all customers of a source.

    Only the distinct purchase histories are fetched, each with its number of customers. Money is fitted to a sample of
    about MAX_SPEND_CUSTOMERS repeat customers, drawn in the engine.

    Args:
        source: the source of the lines.
        lines: accepted lines, none on or after `as_of`.
        first_day, as_of: what they cover, in days since 1970-01-01.
        seed: as in `fit_models`.

    Raises:
        SourceError: the source cannot be read.
        DataError: as in `fit_models`, or the sales are too few for a forecast.
    """
    customers = summarize_purchase_histories(lines, as_of, as_of - first_day)
    groups = source.fetch(customers.group_by(_GROUP).aggregate(customers=customers.count().cast("float64"))).to_pandas()
    groups = groups.sort_values(_GROUP, ignore_index=True)
    histories = PurchaseHistories(*(groups[name].to_numpy(np.float64) for name in (*_GROUP, "customers")))
    check_requirements(round(histories.n_customers), as_of - first_day, float(histories.x.max(initial=0.0)))
    purchases = fit_purchase_model(histories, DEFAULT_MODEL, seed)
    repeat = customers.filter(customers.x > 0)
    share = min(1.0, MAX_SPEND_CUSTOMERS / float(histories.customers[histories.x > 0].sum()))
    if share < 1:
        repeat = repeat.filter(is_sampled(repeat.customer_id, share))
    sample = source.fetch(repeat.select("customer_id", "x", "net_sales")).to_pandas()
    spend, log_likelihood = _fit_spend(sample.sort_values("customer_id", ignore_index=True), seed)
    return FittedModels(purchases, spend, log_likelihood)


def _fit_spend(histories: pd.DataFrame, seed: int) -> tuple[SpendModel, float]:
    """The Gamma-Gamma model of the customers with repeat purchases, and its log-likelihood."""
    repeat = histories[histories["x"] > 0]
    purchases = repeat["x"].to_numpy(np.float64) + 1
    return fit_spend_model(purchases, repeat["net_sales"].to_numpy(np.float64) / purchases, seed)
