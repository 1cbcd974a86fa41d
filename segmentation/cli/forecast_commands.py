"""The command that forecasts purchases and net sales."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from segmentation.cli import console
from segmentation.cli.sales_settings import build_sales_settings
from segmentation.errors import SettingsError
from segmentation.export.customer_list import FORECAST_COLUMNS
from segmentation.export.forecast_sql import render_forecast_sql
from segmentation.export.sql_rendering import check_dialect
from segmentation.forecast.forecast_files import format_summary, write_forecast
from segmentation.forecast.forecast_sql import check_model
from segmentation.forecast.run_forecast import forecast_source
from segmentation.forecast.shop_forecast import ForecastSettings
from segmentation.presentation.forecast_text import describe_forecast
from segmentation.runs.load import SavedRun, open_run
from segmentation.runtime.atomic_files import atomic_write
from segmentation.sales.open_source import open_source
from segmentation.settings import parse_named_sources

if TYPE_CHECKING:
    import pandas as pd

SQL = "customer_forecasts.sql"


def forecast(arguments: Namespace) -> None:
    """Forecast the customers of a source or of a saved run, and write the forecast into a folder."""
    settings = ForecastSettings(arguments.horizon, arguments.model, arguments.discount_rate, arguments.seed)
    if arguments.sql:
        check_dialect(arguments.sql)
        check_model(arguments.model)
    if arguments.out.exists() and not arguments.out.is_dir():
        raise SettingsError(f"{arguments.out} is not a folder.", hint="Pass a folder, which is created if missing.")
    run = None if arguments.run is None else open_run(arguments.run)
    if run is None and arguments.source is None:
        configured = (uri for _, uri in parse_named_sources(os.environ.get("SEGMENTS_SOURCE", "")))
        arguments.source = next(configured, None)
    sales = build_sales_settings(arguments, None if run is None else run.settings.sales)
    with console.show_progress(quiet=arguments.quiet) as progress:
        result = forecast_source(sales, settings, run, progress)
        write_forecast(result, arguments.out, raw=arguments.raw)
        if arguments.sql:
            source = open_source(sales.source)
            text = render_forecast_sql(result.forecast, sales, source, arguments.sql, table=arguments.table)
            with atomic_write(arguments.out / SQL) as out:
                out.write(text.encode())
    if arguments.json:
        sys.stdout.write(format_summary(result))
    elif not arguments.quiet:
        for sentence in describe_forecast(result.forecast):
            console.print_line(sentence)
        console.print_line(f"Written: {arguments.out}")


def get_list_forecasts(run: SavedRun, columns: Sequence[str]) -> pd.DataFrame | None:
    """Forecasts of the customers of a run for a list with these columns; None if it has none of a forecast."""
    if not set(FORECAST_COLUMNS).intersection(columns):
        return None
    sales = replace(run.settings.sales, as_of=run.as_of)
    return forecast_source(sales, ForecastSettings()).forecast.customers.frame
