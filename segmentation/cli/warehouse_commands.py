"""Commands that bring a saved run into a warehouse, and back."""

from __future__ import annotations

import sys
from argparse import Namespace
from dataclasses import replace

from segmentation.analysis.history.segment_history import compute_segment_history
from segmentation.campaigns.storage import get_campaigns_folder
from segmentation.cli import console
from segmentation.errors import LoadConfirmationError, SegmentationError
from segmentation.export.model_sql import render_model_sql
from segmentation.export.sql_rendering import SqlOutput
from segmentation.forecast.run_forecast import forecast_source
from segmentation.forecast.shop_forecast import ForecastSettings
from segmentation.publishing.campaign_tables import publish_campaigns
from segmentation.publishing.forecast_tables import build_forecast_tables
from segmentation.publishing.history_table import build_history_table
from segmentation.publishing.publish import publish_run as publish_run
from segmentation.publishing.run_tables import RunTable
from segmentation.restoring import restore_run
from segmentation.runs.load import SavedRun, open_run
from segmentation.runs.previous_segments import PreviousSegments
from segmentation.runtime.sql_identifiers import parse_name
from segmentation.sales.open_source import open_source
from segmentation.snowflake_client.query_tag import describe_work


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
    describe_work("publish", run.run_id)
    tables = []
    if arguments.forecast is not None:  # before anything is published: it may be refused
        settings = ForecastSettings(arguments.forecast)
        tables = build_forecast_tables(forecast_source(run.settings.sales, settings, run))
    history, problem = _build_history_tables(run)
    target = publish_run(run, arguments.to, keep_runs=arguments.keep_runs, tables=[*tables, *history])
    campaigns = publish_campaigns(get_campaigns_folder(arguments.run), arguments.to)
    if not arguments.quiet:
        console.print_published(run, target)
        if problem:
            console.print_line(f"Without segment_history: {problem}")
        if campaigns:
            console.print_line(f"Campaigns published: {campaigns:,}.")


def _build_history_tables(run: SavedRun) -> tuple[list[RunTable], str]:
    """The table of the run's segment history, and why there is none where it cannot be computed."""
    try:
        settings = replace(run.settings.sales, as_of=None)
        found = compute_segment_history(PreviousSegments.from_saved_run(run), settings, with_chance=False)
    except LoadConfirmationError:
        raise
    except SegmentationError as error:  # the sales are elsewhere, or too short
        return [], error.message
    return [build_history_table(run.run_id, found.window.days, found.months)], ""


def restore(arguments: Namespace) -> None:
    """Rebuild a saved run from what was published of it."""
    run = restore_run(arguments.published, arguments.run, arguments.out, arguments.source)
    if not arguments.quiet:
        sizes = {int(number): int(size) for number, size in run.segments[["segment_id", "customers"]].to_numpy()}
        console.print_segment_sizes(sizes, run, run.folder)
