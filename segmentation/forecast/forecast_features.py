"""Forecasts as features of customers: computed only if they are chosen, by models fitted to the sales in use."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import ibis
import pandas as pd

from segmentation.customers.in_engine import EngineStore
from segmentation.customers.store import CustomerStore
from segmentation.features.registry import list_forecast_features
from segmentation.features.sampling import is_sampled
from segmentation.forecast.fitted_models import FittedModels, fit_models, fit_models_in_engine
from segmentation.forecast.forecast import forecast_customers
from segmentation.forecast.forecast_sql import forecast_customers_sql
from segmentation.forecast.purchase_histories import (
    check_requirements,
    fetch_purchase_histories,
    summarize_purchase_histories,
)
from segmentation.results import CustomerTable
from segmentation.runtime.blas_threads import use_one_blas_thread
from segmentation.runtime.epoch_days import count_epoch_days
from segmentation.sales.source import SalesSource

HORIZON = 90
"""Days to forecast."""


@use_one_blas_thread
def add_forecast_features(table: CustomerTable, features: Iterable[str]) -> CustomerTable:
    """Add to the customers those of `features` that are forecasts and that they lack; without any, return `table`.

    Args:
        table: the customers.
        features: names in the registry.

    Raises:
        SourceError: the source cannot be read.
        DataError: the sales are too few for a forecast.
    """
    names = [name for name in list_forecast_features(features) if name not in table.frame]
    if not names:
        return table
    source, lines, as_of = table.source, table.lines, table.window.as_of
    first_day, as_of_day = count_epoch_days(table.window.first_sale), count_epoch_days(as_of)
    store: CustomerStore = table.store
    if isinstance(store, EngineStore):
        models = fit_models_in_engine(source, lines, first_day, as_of_day)
        sampled = lines.filter(is_sampled(lines.customer_id, store.sample_share))
        histories = fetch_purchase_histories(source, sampled, as_of_day, HORIZON)
    else:
        histories = fetch_purchase_histories(source, lines, as_of_day, HORIZON)
        check_requirements(len(histories), as_of_day - first_day, float(histories["x"].max()))
        models = fit_models(histories)
    forecasts = _compute_columns(histories, models, as_of, names)
    query = forecast_customers_sql(
        summarize_purchase_histories(lines, as_of_day, HORIZON),
        models.purchases.model,
        models.spend,
        as_of_day,
        HORIZON,
    )
    stored = None
    if isinstance(store, EngineStore):  # many queries follow: the forecasts are computed once, where that is possible
        stored = source.store({"forecasts": query.select("customer_id", *names)})
        query = stored["forecasts"] if stored else query
    return replace(table, store=store.add_features(forecasts, query, is_stored=bool(stored)))


def fetch_forecast_features(
    source: SalesSource, lines: ibis.Table, as_of: date, features: Iterable[str]
) -> pd.DataFrame:
    """Fit the models to these lines, and return customer_id and the forecasts among `features`.

    Args:
        source: the source of the lines.
        lines: accepted lines, none on or after `as_of`.
        as_of: first day of the forecast.
        features: names in the registry.

    Raises:
        SourceError: the source cannot be read.
        DataError: the customers have too few repeat purchases.
    """
    histories = fetch_purchase_histories(source, lines, count_epoch_days(as_of), HORIZON)
    return _compute_columns(histories, fit_models(histories), as_of, list_forecast_features(features))


def _compute_columns(histories: pd.DataFrame, models: FittedModels, as_of: date, names: list[str]) -> pd.DataFrame:
    frame = forecast_customers(histories, models.purchases.model, models.spend, HORIZON, as_of).frame
    return frame[["customer_id", *names]]
