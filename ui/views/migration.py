"""Who moved since an earlier day, rebuilt from the sales themselves."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from segmentation.errors import SettingsError
from segmentation.presentation import formatting
from segmentation.presentation.markdown import escape_markdown
from segmentation.settings import ModelSettings, SalesSettings
from ui.data import results, scoped_cache
from ui.data.jobs import Job, Progress
from ui.state.app_state import AppState

if TYPE_CHECKING:
    from segmentation.analysis.migration import Migration
    from segmentation.results import SweepResult


@scoped_cache.cache_resource(max_entries=12, ttl="12h")
def _history(sales: SalesSettings, version: str, model: ModelSettings, k: int, earlier: date) -> Job[Migration]:
    table = results.get_training_for(sales, version, model).table

    def work(tell: Progress) -> Migration:
        from segmentation.analysis.migration import compute_migration

        return compute_migration(table, model, earlier, k, tell)

    return Job(work, "movement")


def get_migration(state: AppState, k: int, earlier: date) -> Migration:
    """The movement since a day; shows progress while it is being worked out."""
    return results.wait_for(_history, state.sales, state.version, state.model, k, earlier)


def render_date_picker(training: SweepResult) -> date:
    """The earlier day, the first of a month: a quarter back unless chosen otherwise.

    Raises:
        SettingsError: the sales cover too short a time to look back.
    """
    window = training.table.window
    first, last = window.first_sale + timedelta(days=30), window.as_of - timedelta(days=1)
    every = [first + timedelta(days=days) for days in range((last - first).days + 1)]
    months = [day.isoformat() for day in every if day.day == 1]
    if not months:
        raise SettingsError(
            "These sales cover too short a time to look back.", hint="Two months or more are needed to see movement."
        )
    quarter = (window.as_of - timedelta(days=92)).isoformat()
    usual = max((month for month in months if month <= quarter), default=months[0])
    chosen = st.selectbox(
        "Compare with the segments as of",
        months,
        index=months.index(usual),
        key="since",
        bind="query-params",
        width=260,
        help="Only sales before this day count for the earlier segments; both days look back equally far.",
    )
    return date.fromisoformat(chosen if chosen in months else usual)  # a client can send anything


def describe_retention(found: Migration) -> str:
    """How many kept their segment, in one sentence."""
    return f"Of the customers who bought in both periods, **{formatting.format_percent(found.retention)}** are in the same segment now."


def describe_method(found: Migration) -> str:
    """How that was counted, and why sizes are not those of other pages."""
    return (
        f"Both periods are {found.days} days long, so that they can be compared: the customers of now are counted from "
        "these days alone, and segments are a little smaller or larger than on the page Segments. A segment keeps the "
        "name that it had on the earlier day while that is nearly true, so names can differ from those there."
    )


def build_median_table(found: Migration) -> pd.DataFrame:
    """Each segment's medians before and now, as text."""
    registry, features = results.get_feature_registry(), found.current.training.features
    features = tuple(name for name in features if name in found.previous.training.features)
    table = found.compare_medians(features)
    rows = {"Segment": table["segment_name"].map(escape_markdown)}
    for name in features:
        feature = registry[name]
        pairs = zip(table[f"median_{name}_before"], table[f"median_{name}_now"], strict=True)
        rows[f"{feature.label} (median)"] = pd.Series(
            [
                f"{formatting.format_value(a, feature.unit)} → {formatting.format_value(b, feature.unit)}"
                for a, b in pairs
            ]
        )
    return pd.DataFrame(rows)
