"""Sidebar controls for presets, weights, date range and exclusions, each bound to the URL under its key."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import streamlit as st

from segmentation.presentation import formatting
from segmentation.presentation.markdown import escape_markdown
from segmentation.settings import PARSING_OPTIONS, ModelSettings, RunSettings, SalesSettings
from ui.components import format_questions
from ui.data import results, session_upload
from ui.state import widget_values
from ui.state.app_state import AUTO
from ui.state.widget_defaults import (
    MAX_PERIODS,
    SCALING_LABELS,
    get_weight_key,
    get_widget_defaults,
    read_former_scaling,
)

if TYPE_CHECKING:
    from segmentation.features.presets import Preset
    from segmentation.results import CustomerTable

WEIGHT_LABELS = {"0.5x": 0.5, "1x": 1.0, "2x": 2.0}
CUSTOM = "Custom"
_MAX_CATEGORY_OPTIONS = 200
UPLOAD_CATEGORIES = "categories_of_own_file"
"""Session key: whether the excluded categories are those of an uploaded file."""


def build_widget_values(run: RunSettings, version: str) -> dict[str, Any]:
    """Widget values for these settings, as far as widgets can express them. version: of the source's data."""
    sales = run.sales
    all_sales = replace(sales, start=None, as_of=None, window_days=None, excluded_periods=(), excluded_categories=())
    table = results.get_customers(all_sales, version)
    first, last = table.window.first_sale, table.window.last_sale
    values = get_widget_defaults() | _get_model_values(run.model) | {"k": AUTO if run.k is None else run.k}
    values |= {
        setting: format_questions.LABELS[answer] for setting in PARSING_OPTIONS if (answer := getattr(sales, setting))
    }
    sales = sales.resolve_start(sales.as_of or table.window.as_of)
    values["start"] = sales.start if sales.start and first <= sales.start <= last else None
    values["as_of"] = sales.as_of if sales.as_of and first <= sales.as_of <= _get_latest_as_of(table) else None
    periods_in_range = [
        (max(begin, first), min(end, last)) for begin, end in sales.excluded_periods if begin <= last and end >= first
    ]
    for number, period in enumerate(periods_in_range[:MAX_PERIODS], start=1):
        values[f"out_from_{number}"], values[f"out_to_{number}"] = period
    if sales.excluded_categories:
        offered = results.get_categories(all_sales, version)
        values["categories"] = [name for name in sales.excluded_categories if name in offered]
    return values


def apply_settings(model: ModelSettings, k: int | None = None) -> None:
    """Put model settings and the number of segments into the sidebar; for callbacks, which run before it is rendered.

    Features and weights not in `model` are reset; k None leaves the number unchanged.
    """
    widget_values.set_widget_values(_get_model_values(model) | ({} if k is None else {"k": k}))


def _get_model_values(model: ModelSettings) -> dict[str, Any]:
    weights = {weight: label for label, weight in WEIGHT_LABELS.items()}
    values: dict[str, Any] = {name: name in model.features for name in results.get_feature_registry()}
    values |= {get_weight_key(name): weights[dict(model.weights).get(name, 1.0)] for name in values}
    values["scaling"] = next(label for label, scaling in SCALING_LABELS.items() if scaling == model.scaling)
    return values


def _get_latest_as_of(table: CustomerTable) -> date:
    """The latest selectable as-of date: a year after the last sale."""
    return table.window.last_sale + timedelta(days=366)


def render_preset_picker(model: ModelSettings | None, unavailable: dict[str, str]) -> None:
    """The preset picker; it follows the feature checkboxes below, and they follow it."""
    from segmentation.features.presets import PRESETS, match_preset

    reasons = {preset.name: preset.explain_unavailable(unavailable) for preset in PRESETS.values()}
    offered = {preset.label: preset for preset in PRESETS.values() if not reasons[preset.name]}
    in_use = match_preset(model) if model else None
    widget_values.set_widget_values({"preset": in_use.label if in_use else CUSTOM})
    st.selectbox(
        "Compare customers by",
        offered if in_use else [*offered, CUSTOM],
        key="preset",
        on_change=_apply_preset,
        args=(offered,),
        help="Preset feature sets. Adjust the features below to customize.",
    )
    st.caption(in_use.meaning if in_use else "Custom feature set.")
    for preset in PRESETS.values():
        if reasons[preset.name]:
            st.caption(f"**{preset.label}** is not available with this data. {escape_markdown(reasons[preset.name])}")


def _apply_preset(offered: dict[str, Preset]) -> None:
    preset = offered.get(widget_values.get_widget_value("preset"))
    if preset and not widget_values.is_stale("preset"):
        apply_settings(ModelSettings(preset.features, preset.scaling))


def render_scaling() -> str:
    """The scaling picker; returns a label, not validated."""
    read_former_scaling()
    return st.selectbox(
        "Scaling",
        list(SCALING_LABELS),
        key="scaling",
        bind="query-params",
        help="Log scale: reduces the effect of big spenders. Standardized: no transformation; big spenders can form "
        "their own segment. Robust: scaled by the interquartile range; big spenders stand out more. Rank-based: uses "
        "each customer's rank only.",
    )


def render_weights(features: Iterable[str]) -> tuple[tuple[str, float], ...]:
    """The weight of each selected feature."""
    st.caption("Feature weights. At 2x, distances in a feature count double.")
    selected = []
    for name in features:
        label = st.segmented_control(
            results.get_feature_registry()[name].label,
            list(WEIGHT_LABELS),
            default="1x",
            required=True,
            key=get_weight_key(name),
            bind="query-params",
        )
        selected.append((name, WEIGHT_LABELS.get(str(label), 1.0)))
    return tuple(selected)


def render_period(sales: SalesSettings, table: CustomerTable) -> SalesSettings:
    """Date range and exclusions, put into `sales`; table: all data of the source."""
    window = table.window
    days: dict[str, Any] = {"min_value": window.first_sale, "format": "YYYY-MM-DD", "bind": "query-params"}
    start = st.date_input(
        "Start date",
        value=None,
        max_value=window.last_sale,
        key="start",
        help=f"Earlier sales are excluded. The data starts on {formatting.format_date(window.first_sale)}.",
        **days,
    )
    as_of = st.date_input(
        "As-of date",
        value=None,
        max_value=_get_latest_as_of(table),
        key="as_of",
        help="Days since the last order are counted to this date; sales on or after it are excluded. "
        "Empty: the day after the last sale.",
        **days,
    )
    return replace(
        sales,
        start=start if isinstance(start, date) else None,
        as_of=as_of if isinstance(as_of, date) else None,
        excluded_periods=_render_excluded_periods(days | {"max_value": window.last_sale}),
        excluded_categories=_render_excluded_categories(sales, table),
    )


def _render_excluded_periods(days: dict[str, Any]) -> tuple[tuple[date, date], ...]:
    """Excluded periods; the next pair of fields appears once the previous one is filled in."""
    periods = []
    for number in range(1, MAX_PERIODS + 1):
        ends = [
            st.date_input(label, value=None, key=f"out_{end}_{number}", help=explained, **days)
            for end, label, explained in (
                ("from", "Exclude from", "For example a sitewide promotion. This day is excluded."),
                ("to", "to", "The last excluded day."),
            )
        ]
        first, last = (day if isinstance(day, date) else None for day in ends)
        if first and last and first <= last:
            periods.append((first, last))
        elif first and last:
            st.caption("The end date is before the start date: nothing is excluded.")
        elif first or last:
            st.caption("Choose both dates.")
        if not (first and last):
            break
    return tuple(periods)


def _render_excluded_categories(sales: SalesSettings, table: CustomerTable) -> tuple[str, ...]:
    is_upload = session_upload.is_private(sales)  # category names of an upload stay out of the URL
    if widget_values.get_widget_value(UPLOAD_CATEGORIES) and not is_upload:
        widget_values.clear_widget_values(["categories"])
    widget_values.set_widget_values({UPLOAD_CATEGORIES: is_upload})
    if not table.has_categories:
        st.caption("Categories cannot be excluded: this data has none.")
        return ()
    offered = results.get_categories(sales, table.version)[:_MAX_CATEGORY_OPTIONS]
    binding: dict[str, Any] = {"persist_state": "session"} if is_upload else {"bind": "query-params"}
    selected = st.multiselect(
        "Excluded categories",
        offered,
        key="categories",
        placeholder="None",
        select_all=False,
        help="Sales in these categories are excluded, for example gift cards or deposits. Largest first."
        + (" Categories of an uploaded file are never part of a link." if is_upload else ""),
        **binding,
    )
    return tuple(name for name in selected if name in offered)
