"""Exports a saved run as one SQL query from sales lines to customer segments.

The query is built from the same Ibis expressions as the pipeline, so both give the same result.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import ibis

from segmentation.clustering.prediction_sql import predict_sql
from segmentation.errors import SettingsError
from segmentation.export import sql_rendering
from segmentation.features import query
from segmentation.features.registry import REGISTRY, list_forecast_features
from segmentation.features.scaling import Scaler
from segmentation.features.scaling_sql import scale_sql
from segmentation.runs.load import SavedRun
from segmentation.runtime.epoch_days import count_epoch_days
from segmentation.runtime.sql_identifiers import parse_name
from segmentation.sales.line_parsing import parse_columns, to_utc_day
from segmentation.sales.open_source import open_source
from segmentation.sales.prepare_lines import PreparedLines, prepare_lines
from segmentation.sales.source import SalesSource
from segmentation.sales.standardize import derive_lines
from segmentation.settings import SalesSettings

RFM = {"recency_days": "rfm_recency", "frequency": "rfm_frequency", "monetary": "rfm_monetary"}
_TIMELESS = date(9999, 12, 31)
"""Load day of live SQL: future lines are excluded at query time instead of when the SQL is rendered."""


def render_model_sql(
    run: SavedRun,
    dialect: str,
    *,
    table: str = "fct_sales",
    live: bool = False,
    window_days: int | None = None,
    output: sql_rendering.SqlOutput = sql_rendering.QUERY,
    source: SalesSource | None = None,
) -> str:
    """Render a run as SQL that returns customer_id, segment_id, segment_name and the three rfm columns.

    Args:
        run: the model, the settings of its sales, and the names of its segments.
        dialect: 'duckdb' or 'snowflake', which are tested, or another that Ibis and sqlglot know.
        table: table of sales lines: a name of one to three parts.
        live: count days to the day after the latest sale at query time instead of the run's as-of date.
        window_days: length of the trailing window; None: that of the run; ALL_SALES: every sale since its start date.
        output: a query, a view, a dynamic table or a dbt model.
        source: provides column names and types; None: the source of the run.

    Raises:
        SettingsError: the dialect, the statement, the scaling or a feature is not supported, or a name, lag or
            warehouse is invalid.
        SourceError, ColumnError: the source cannot be opened, or lacks a column.
    """
    sql_rendering.check_dialect(dialect)
    sql_rendering.check_output(output, dialect)  # before the sales are read, which takes several queries
    scaler = Scaler.from_dict(run.scaler)
    if forecasts := list_forecast_features(scaler.features):
        raise SettingsError(
            f"The run uses {forecasts[0]}, a forecast, whose models a query cannot fit.",
            hint="Use score or publish, or train without this feature.",
        )
    sales_table = parse_name(table, dialect)
    sales = _build_sales_settings(run, live, window_days)
    steps = _build_steps(run, sales, scaler, source or open_source(run.settings.sales.source), dialect, live)
    return sql_rendering.render_query(steps, dialect, sales_table, output, _build_comments(run, sales, live))


def _build_steps(
    run: SavedRun, sales: SalesSettings, scaler: Scaler, source: SalesSource, dialect: str, live: bool
) -> list[tuple[str, ibis.Table]]:
    """(name, expression) of each step; each reads the previous one by name."""
    window_days = sales.window_days
    sales = replace(sales, window_days=None)  # applied at query time
    prepared = prepare_lines(source, sales, load_day=_get_window_date(run, "load_day"), materialize=False)
    as_of_date = None if live else _get_window_date(run, "as_of")
    used = build_sold_lines(prepared, sales, dialect, as_of_date, _TIMELESS if live else prepared.load_day)
    if live:
        used = used.filter(used.day <= to_utc_day(ibis.now()))
    sales_lines = ibis.table(used.schema(), name="sold_lines")
    as_of = sales_lines.day.max().as_scalar() + 1 if live else count_epoch_days(_get_window_date(run, "as_of"))
    steps = [("sold_lines", used)]
    if window_days is not None:
        recent = sales_lines.filter(sales_lines.day >= as_of - window_days)
        steps.append(("window_lines", recent))
        sales_lines = ibis.table(recent.schema(), name="window_lines")
    names = [name for name in REGISTRY if name in {*RFM, *scaler.features}]
    all_customers = query.compute_customer_features(
        sales_lines,
        as_of,
        names,
        has_order_ids=prepared.has_order_ids,
        has_missing_ids=prepared.has_order_ids,
    )
    buyers = all_customers.filter(all_customers.orders > 0).drop("orders")
    customers = ibis.table(buyers.schema(), name="customers")
    nearest = predict_sql(customers, scale_sql(customers, scaler), run.centers)
    clusters = ibis.table(nearest.schema(), name="nearest")
    ids = [int(number) for number in run.cluster_to_segment]
    segments = clusters.select(
        "customer_id",
        segment_id=_map_cluster(clusters.cluster, ids),
        segment_name=_map_cluster(clusters.cluster, [run.segment_names[number] for number in ids]),
        **{label: clusters[name] for name, label in RFM.items()},
    )
    return [*steps, ("customers", buyers), ("nearest", nearest), ("", segments)]


def _build_sales_settings(run: SavedRun, live: bool, window_days: int | None) -> SalesSettings:
    """Which sales count: with a first day at a fixed as-of date, and with a trailing window in live SQL."""
    sales, as_of = run.settings.sales, _get_window_date(run, "as_of")
    if window_days is None and live:
        window_days = run.window_days
    if window_days is not None:
        sales = sales.with_window(window_days)
    return replace(sales, as_of=None) if live else replace(sales, as_of=as_of).resolve_start(as_of)


def build_sold_lines(
    prepared: PreparedLines, sales: SalesSettings, dialect: str, as_of: date | None, load_day: date
) -> ibis.Table:
    """The accepted lines as an expression on the placeholder of the sales table.

    Args:
        prepared: the lines of the source, prepared without parsed values stored.
        sales: which lines count.
        dialect: in which the expression is rendered.
        as_of: lines on or after this date are left out; None: none are.
        load_day: later lines are left out.
    """
    physical, columns = prepared.table, prepared.columns
    # duplicates are compared by all columns; everything else needs the mapped ones only
    needed = list(physical.columns) if sales.drop_duplicates else list(dict.fromkeys(columns.values()))
    upper = dialect == "snowflake" and all(name == name.lower() for name in physical.columns)
    cased = {name: name.upper() if upper else name for name in needed}
    types = dict(physical.schema().items())
    raw = ibis.table({cased[name]: types[name] for name in needed}, name=sql_rendering.SALES)
    parsed = parse_columns(
        raw,
        {name: cased[column] for name, column in columns.items()},
        prepared.text_format,
        with_copies=sales.drop_duplicates,
    )
    semantics = prepared.semantics
    if dialect != "duckdb":  # others have no function for it
        semantics = replace(semantics, normalizes_unicode=False)
    lines = derive_lines(parsed, semantics, replace(sales, as_of=as_of), load_day)
    return lines.filter(lines.reason == "").drop("reason")


def _map_cluster(cluster: ibis.Value, values: list[int] | list[str]) -> ibis.Value:
    branches = [(cluster == number, value) for number, value in enumerate(values)]
    return ibis.cases(*branches[:-1], else_=branches[-1][1])


def _get_window_date(run: SavedRun, name: str) -> date:
    return date.fromisoformat(str(run.window[name]))


def _build_comments(run: SavedRun, sales: SalesSettings, live: bool) -> list[str]:
    """Comment lines above the query. They contain no user-supplied text."""
    window = f", sales of {sales.window_days:,} days before it" if sales.window_days else ""
    day = "the day after the latest sale" if live else str(_get_window_date(run, "as_of"))
    return [
        f"Segments of run {run.run_id}, as of {day}{window}.",
        f"Features: {', '.join(run.features)}; scaling {run.settings.model.scaling}; {run.k} segments.",
        "Each customer belongs to the nearest center; ties (within 1e-9) go to the first.",
    ]
