"""Segment migration since an previous_date date, computed from the sales."""

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
def _start_migration(
    sales: SalesSettings, version: str, model: ModelSettings, k: int, previous_date: date
) -> Job[Migration]:
    table = results.get_training_for(sales, version, model).table

    def work(on_progress: Progress) -> Migration:
        from segmentation.analysis.migration import compute_migration

        return compute_migration(table, model, previous_date, k, on_progress)

    return Job(work, "migration")


def get_migration(state: AppState, k: int, previous_date: date) -> Migration:
    """Migration since a date; shows progress while it is computed."""
    return results.wait_for(_start_migration, state.sales, state.version, state.model, k, previous_date)


def render_date_picker(training: SweepResult) -> date:
    """The previous date, the first of a month; by default a quarter back.

    Raises:
        SettingsError: the sales cover too short a time to look back.
    """
    window = training.table.window
    first, last = window.first_sale + timedelta(days=30), window.as_of - timedelta(days=1)
    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    months = [day.isoformat() for day in days if day.day == 1]
    if not months:
        raise SettingsError(
            "These sales cover too short a period for migration.", hint="At least two months of sales are needed."
        )
    quarter = (window.as_of - timedelta(days=92)).isoformat()
    default = max((month for month in months if month <= quarter), default=months[0])
    chosen = st.selectbox(
        "Compare with the segments as of",
        months,
        index=months.index(default),
        key="since",
        bind="query-params",
        width=260,
        help="Previous segments use only sales before this date; both periods have the same length.",
    )
    return date.fromisoformat(chosen if chosen in months else default)  # a client can send anything


def describe_retention(migrated: Migration) -> str:
    """The retention rate, in one sentence."""
    return (
        f"**{formatting.format_percent(migrated.retention)}** of customers who bought in both periods "
        "stayed in the same segment."
    )


def describe_method(migrated: Migration) -> str:
    """How migration is computed, and why segment sizes differ from other pages."""
    return (
        f"Both periods are {migrated.days} days long: current segments are recomputed on this window, so sizes differ "
        "slightly from the Segments page. Segments keep their previous names while these are nearly true, so names can "
        "differ too."
    )


def build_median_table(migrated: Migration) -> pd.DataFrame:
    """Medians of each segment, before and now, as text."""
    registry, features = results.get_feature_registry(), migrated.current.training.features
    features = tuple(name for name in features if name in migrated.previous.training.features)
    table = migrated.compare_medians(features)
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
