"""The net sales that each customer is expected to bring without the campaign, as of the launch."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from segmentation.campaigns.outcomes import SalesCoverage
from segmentation.errors import DataError
from segmentation.forecast.fitted_models import fit_models
from segmentation.forecast.forecast import forecast_customers
from segmentation.forecast.purchase_histories import check_requirements, fetch_purchase_histories
from segmentation.runtime.epoch_days import count_epoch_days
from segmentation.sales.prepare_lines import prepare_lines
from segmentation.sales.source import SalesSource
from segmentation.settings import SalesSettings


def fetch_launch_forecast(
    customer_ids: pd.Series,
    settings: SalesSettings,
    source: SalesSource,
    coverage: SalesCoverage,
    launch: date,
    days: int,
) -> np.ndarray:
    """Forecast the net sales of customers in the `days` from the launch.

    Args:
        customer_ids: (n,) as text.
        settings: which lines count; those before the launch are used.
        source: the opened source.
        coverage: the days that the sales cover.
        launch: the first day of the forecast; the end of the sales, if they end earlier.
        days: to forecast.

    Returns:
        (n,) money; NaN for customers without a purchase, and for all where the sales are too few for a forecast.

    Raises:
        SourceError, ColumnError: the sales cannot be read.
    """
    as_of = min(launch, coverage.covered_until)
    try:
        lines = prepare_lines(source, replace(settings, as_of=as_of)).accepted
        histories = fetch_purchase_histories(source, lines, count_epoch_days(as_of), days)
        max_x = float(histories["x"].to_numpy(np.float64).max(initial=0.0))
        check_requirements(len(histories), (as_of - coverage.first_sale).days, max_x)
        models = fit_models(histories)
        forecast = forecast_customers(histories, models.purchases.model, models.spend, days, as_of).frame
    except DataError:
        return np.full(len(customer_ids), np.nan)
    expected = forecast.set_index("customer_id")["expected_net_sales"]
    return expected.reindex(customer_ids).to_numpy(np.float64)
