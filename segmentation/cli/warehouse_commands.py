"""Commands that bring a saved run into a warehouse, and back."""

from __future__ import annotations

import sys
from argparse import Namespace

from segmentation.cli import console
from segmentation.export.model_sql import render_model_sql
from segmentation.export.sql_rendering import SqlOutput
from segmentation.forecast.run_forecast import forecast_source
from segmentation.forecast.shop_forecast import ForecastSettings
from segmentation.publishing.forecast_tables import build_forecast_tables
from segmentation.publishing.publish import publish_run as publish_run
from segmentation.publishing.run_tables import publish_tables
from segmentation.restoring import restore_run
from segmentation.runs.save import open_run
from segmentation.runtime.sql_identifiers import parse_name
from segmentation.sales.open_source import open_source


def sql(arguments: Namespace) -> None:
    """Print a saved run as a query, a view, a dynamic table or a dbt model."""
    output = SqlOutput("dbt model" if arguments.dbt else "query")
    for kind, name in (("view", arguments.view), ("dynamic table", arguments.dynamic_table)):
        if name is not None:
            output = SqlOutput(kind, parse_name(name, arguments.dialect), arguments.lag, arguments.warehouse)
    text = render_model_sql(
        open_run(arguments.run),
        arguments.dialect,
        table=arguments.table,
        live=arguments.live or output.kind not in {"query", "dbt model"},
        window_days=arguments.window,
        output=output,
        source=open_source(arguments.source) if arguments.source else None,
    )
    sys.stdout.write(text)


def publish(arguments: Namespace) -> None:
    """Publish a saved run to a warehouse."""
    run = open_run(arguments.run)
    tables = []
    if arguments.forecast is not None:  # before anything is published: it may be refused
        settings = ForecastSettings(arguments.forecast)
        tables = build_forecast_tables(forecast_source(run.settings.sales, settings, run))
    target = publish_run(run, arguments.to)
    if tables:
        publish_tables(arguments.to, tables)
    if not arguments.quiet:
        console.print_published(run, target)


def restore(arguments: Namespace) -> None:
    """Rebuild a saved run from what was published of it."""
    run = restore_run(arguments.published, arguments.run, arguments.out, arguments.source)
    if not arguments.quiet:
        sizes = {int(number): int(size) for number, size in run.segments[["segment_id", "customers"]].to_numpy()}
        console.print_segment_sizes(sizes, run, run.folder)
