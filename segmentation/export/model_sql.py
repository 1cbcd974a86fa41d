"""A saved run as one query: from sold lines to each customer's segment, for any engine that Ibis speaks.

It is composed of the expressions that the pipeline computes with, so that query and Python model say the same.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import ibis

from segmentation.clustering.prediction_sql import predict_sql
from segmentation.export import sql_rendering
from segmentation.export.sql_identifiers import Name, parse_name
from segmentation.features import query
from segmentation.features.registry import REGISTRY
from segmentation.features.scaling import Scaler
from segmentation.features.scaling_sql import scale_sql
from segmentation.runs.load import SavedRun
from segmentation.sales.open_source import open_source
from segmentation.sales.prepare_lines import prepare_lines, standardize_with_settings
from segmentation.sales.source import SalesSource
from segmentation.sales.standardize import EPOCH

RFM = {"recency_days": "rfm_recency", "frequency": "rfm_frequency", "monetary": "rfm_monetary"}
_TIMELESS = date(9999, 12, 31)


def render_model_sql(
    run: SavedRun,
    dialect: str,
    *,
    table: str = "fct_sales",
    live: bool = False,
    wanted: sql_rendering.OutputKind = sql_rendering.QUERY,
    source: SalesSource | None = None,
) -> str:
    """The run as the text of one query: customer_id, segment_id, segment_name and the three rfm columns.

    Args:
        run: the model, the settings of its sales, and the names of its segments.
        dialect: 'duckdb' or 'snowflake', which are tested, or another that Ibis and sqlglot know.
        table: where the sold lines are, as one writes it there: one to three parts.
        live: reckon from the day after the latest sale at query time instead of from the run's as-of date.
        wanted: the query alone, or the statement that makes a view or a dynamic table of it.
        source: which columns there are, and of which types; None: the run's own.

    Raises:
        SettingsError: the dialect or the scaling has no query, or a name is none.
        SourceError, ColumnError: the source cannot be opened, or lacks a column.
    """
    sql_rendering.check_dialect(dialect)
    scaler = Scaler.from_dict(run.scaler)
    lines_from = parse_name(table, dialect)
    steps = _steps(run, scaler, source or open_source(run.settings.sales.source), dialect, live)
    return sql_rendering.render_query(steps, dialect, lines_from, wanted, _told(run, live))


def _steps(
    run: SavedRun, scaler: Scaler, source: SalesSource, dialect: str, live: bool
) -> list[tuple[str, ibis.Table]]:
    """Name and expression of each step; each reads the one before by its name."""
    sales = run.settings.sales
    prepared = prepare_lines(source, sales, load_day=_day(run, "load_day"), materialize=False)
    physical, columns = prepared.table, prepared.columns
    # copies are told by all columns of a line, everything else by those that are mapped
    kept = list(physical.columns) if sales.drop_duplicates else list(dict.fromkeys(columns.values()))
    upper = dialect == "snowflake" and all(name == name.lower() for name in physical.columns)
    cased = {name: name.upper() if upper else name for name in kept}
    types = dict(physical.schema().items())
    read = ibis.table({cased[name]: types[name] for name in kept}, name=sql_rendering.SALES)
    lines = standardize_with_settings(
        read,
        {name: cased[column] for name, column in columns.items()},
        replace(sales, as_of=None if live else _day(run, "as_of")),
        _TIMELESS if live else prepared.load_day,
        prepared.text_format,
    )
    used = lines.filter(lines.reason == "").drop("reason")
    if live:
        used = used.filter(used.day <= ibis.today().delta(ibis.date(EPOCH.isoformat()), unit="day"))
    sold = ibis.table(used.schema(), name="sold_lines")
    as_of = sold.day.max().as_scalar() + 1 if live else (_day(run, "as_of") - EPOCH).days
    names = [name for name in REGISTRY if name in {*RFM, *scaler.features}]
    everybody = query.compute_customer_features(
        sold, as_of, names, has_transactions="transaction_id" in columns, has_missing_ids="transaction_id" in columns
    )
    bought = everybody.filter(everybody.orders > 0).drop("orders")
    customers = ibis.table(bought.schema(), name="customers")
    nearest = predict_sql(customers, scale_sql(customers, scaler), run.centers)
    clusters = ibis.table(nearest.schema(), name="nearest")
    called = dict(zip(run.segments["segment_id"], run.segments["segment_name"], strict=True))
    ids = [int(number) for number in run.cluster_to_segment]
    segments = clusters.select(
        "customer_id",
        segment_id=_chosen(clusters.cluster, ids),
        segment_name=_chosen(clusters.cluster, [str(called[number]) for number in ids]),
        **{label: clusters[name] for name, label in RFM.items()},
    )
    return [("sold_lines", used), ("customers", bought), ("nearest", nearest), ("", segments)]


def _chosen(cluster: ibis.Value, values: list[int] | list[str]) -> ibis.Value:
    branches = [(cluster == number, value) for number, value in enumerate(values)]
    return ibis.cases(*branches[:-1], else_=branches[-1][1])


def _day(run: SavedRun, name: str) -> date:
    return date.fromisoformat(str(run.window[name]))


def _told(run: SavedRun, live: bool) -> list[str]:
    """What stands above the query; nothing of it is a user's own word."""
    day = "the day after the latest sale" if live else str(_day(run, "as_of"))
    return [
        f"Segments of run {run.run_id}, reckoned from {day}.",
        f"Compared by {', '.join(run.features)}; scaling {run.settings.model.scaling}; {run.k} segments.",
        "Each customer belongs to the nearest center; of centers equally near (within 1e-9) to the first.",
    ]


__all__ = ["Name", "render_model_sql"]
