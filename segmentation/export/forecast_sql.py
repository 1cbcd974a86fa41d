"""Exports a forecast as one SQL query from sales lines to customers, with the fitted parameters in it."""

from __future__ import annotations

import ibis

from segmentation.export import sql_rendering
from segmentation.export.model_sql import build_sold_lines
from segmentation.forecast.forecast_sql import forecast_customers_sql
from segmentation.forecast.purchase_histories import summarize_purchase_histories
from segmentation.forecast.shop_forecast import ShopForecast
from segmentation.runtime.epoch_days import count_epoch_days
from segmentation.runtime.sql_identifiers import parse_name
from segmentation.sales.prepare_lines import prepare_lines
from segmentation.sales.source import SalesSource
from segmentation.settings import SalesSettings


def render_forecast_sql(
    forecast: ShopForecast, sales: SalesSettings, source: SalesSource, dialect: str, *, table: str = "fct_sales"
) -> str:
    """Render a forecast as SQL that returns one row per customer, as `forecast_customers_sql` does.

    Args:
        forecast: its models, as-of date and horizon.
        sales: which lines count.
        source: provides column names and types.
        dialect: 'duckdb' or 'snowflake', which are tested, or another that Ibis and sqlglot know.
        table: table of sales lines: a name of one to three parts.

    Raises:
        SettingsError: the dialect or the purchase model is not supported, or the name is invalid.
        SourceError, ColumnError: the source cannot be opened, or lacks a column.
    """
    sql_rendering.check_dialect(dialect)
    sales_table = parse_name(table, dialect)
    prepared = prepare_lines(source, sales, materialize=False)
    used = build_sold_lines(prepared, sales, dialect, forecast.as_of, prepared.load_day)
    as_of, horizon = count_epoch_days(forecast.as_of), forecast.settings.horizon
    histories = summarize_purchase_histories(ibis.table(used.schema(), name="sold_lines"), as_of, horizon)
    model = forecast.purchase_fit.model
    customers = forecast_customers_sql(
        ibis.table(histories.schema(), name="histories"), model, forecast.spend_model, as_of, horizon
    )
    comments = [
        f"Forecast as of {forecast.as_of} for the next {horizon} days.",
        f"Purchase model: {model.name}, "
        + ", ".join(f"{name} = {value:.6g}" for name, value in model.parameters.items())
        + " (days).",
        "Orders of one day are one purchase; an order by next_order_by is as likely as not.",
    ]
    columns = ibis.table(customers.schema(), name="forecasts").select(*customers.columns)
    steps = [("sold_lines", used), ("histories", histories), ("forecasts", customers), ("", columns)]
    return sql_rendering.render_query(steps, dialect, sales_table, sql_rendering.QUERY, comments)
