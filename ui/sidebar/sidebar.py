"""The sidebar: number of segments, features, and source.

Widgets are bound to the URL, so that a copied link opens the same view. Their values are validated here, because a
client can send anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from segmentation.errors import SettingsError, SourceError
from segmentation.presentation import settings_summary
from segmentation.presentation.markdown import escape_markdown
from segmentation.presentation.number_format import set_number_format
from segmentation.settings import DEFAULT_FEATURES, ModelSettings, SalesSettings
from ui.components import (
    data_questions,
    format_questions,
    number_format_picker,
    onboarding,
)
from ui.data import pinned_versions, results, session_upload, sources
from ui.sidebar import model_controls, newer_sales, saved_run_picker
from ui.state import undo, widget_defaults, widget_values
from ui.state.app_state import (
    AUTO,
    K_CHOICES,
    OTHER_FILE,
    YOUR_FILE,
    AppState,
    UploadMissingError,
    are_paths_allowed,
    get_configured_sources,
    set_state,
)

if TYPE_CHECKING:
    from segmentation.features.registry import Feature
    from segmentation.results import CustomerTable


def render_sidebar() -> AppState:
    """Render the sidebar, load the customers, which decide the available features, and store the state."""
    settings_box = st.sidebar.container()
    with st.sidebar:
        display = number_format_picker.render_number_format_picker()
        onboarding.render_guide_switch()
    set_number_format(display)
    opened_run = saved_run_picker.render_saved_run_picker()
    if opened_run is not None:
        opened_run = replace(opened_run, display=display)
        set_state(opened_run)
        return opened_run
    with settings_box:
        k = st.select_slider(
            "Number of segments (k)",
            K_CHOICES,
            key="k",
            bind="query-params",
            help="Number of customer groups. 'auto' uses the recommended number.",
        )
        preset_box, feature_box = st.container(gap="xsmall"), st.container(gap="xsmall")
        finer_box, period_box = st.container(), st.container()
        source, all_sales = _render_source()
        history_box = st.container()
    version = pinned_versions.get_pinned_version(all_sales)
    table = results.get_customers(all_sales, version)
    with feature_box:
        features = _render_features(results.get_feature_registry(), table)
    with finer_box.expander("Scaling and weights", key="finer"):
        scaling = model_controls.render_scaling()
        weights = model_controls.render_weights(features)
    with period_box.expander("Date range and exclusions", key="period_box"):
        sales = model_controls.render_period(all_sales, table)
    summary = settings_summary.summarize_sales(sales)
    period_box.caption(escape_markdown(f"{summary[0].upper()}{summary[1:]}.") if summary else "All sales included.")
    if k not in K_CHOICES or scaling not in widget_defaults.SCALING_LABELS:
        raise SettingsError("A sidebar setting has an invalid value.", hint="Choose one from the list.")
    undo.remember_state(source)
    with history_box:
        undo.render_undo_buttons()
    model = ModelSettings(features, widget_defaults.SCALING_LABELS[scaling], weights=weights) if features else None
    with preset_box:
        model_controls.render_preset_picker(model, table.unavailable_features)
    state = AppState(
        source=source,
        version=version,
        sales=sales,
        model=model or ModelSettings(features=()),
        k=None if k == AUTO else int(k),
        display=display,
    )
    newer_sales.render_newer_sales_notice(results.get_customers(sales, version))
    set_state(state)
    return state


def _render_source() -> tuple[str, SalesSettings]:
    """Name and settings of the selected source. A typed path and the name of an upload stay out of the URL."""
    configured = get_configured_sources()
    local = are_paths_allowed()
    name = st.selectbox(
        "Sales data",
        [*configured, YOUR_FILE, *([OTHER_FILE] if local else [])],
        key="source",
        bind="query-params",
        on_change=data_questions.clear_answers,
        help="Source of the sales. Available sources are configured by your administrator.",
    )
    if name in configured:
        return name, _apply_answers(SalesSettings(source=configured[name]))
    if name == YOUR_FILE:
        return _render_upload_notice()
    if name != OTHER_FILE or not local:
        raise SourceError("This source is not available.", hint="Choose another one under 'Sales data'.")
    path = st.text_input(
        "File path",
        key="path",
        persist_state="session",
        placeholder="/home/me/sales.parquet",
        help="A .parquet or .csv file on this computer, one row per line item.",
    ).strip()
    if not path:
        raise SourceError("No file path given.", hint="Enter it in the sidebar, under 'File path'.")
    return sources.get_source_name(path), _apply_answers(SalesSettings(source=path))


def _apply_answers(sales: SalesSettings) -> SalesSettings:
    return data_questions.apply_answers(format_questions.render_answers(sales))


def _render_upload_notice() -> tuple[str, SalesSettings]:
    upload = session_upload.get_current_upload()
    if upload is None:
        raise UploadMissingError(
            "No file uploaded in this session.",
            hint="Uploaded files are private to your session and removed on reload. Upload a file or choose "
            "another source.",
        )
    if upload.sales is None:
        raise UploadMissingError("Your file is uploaded but not processed yet.", hint="Check the column mapping.")
    return upload.name, upload.sales


def _render_features(registry: Mapping[str, Feature], table: CustomerTable) -> tuple[str, ...]:
    """A checkbox per feature; disabled with the reason where its columns are missing."""
    defaults = [feature for feature in registry.values() if feature.name in DEFAULT_FEATURES]
    others = [feature for feature in registry.values() if feature.name not in DEFAULT_FEATURES]
    selected = [feature.name for feature in defaults if _render_feature_checkbox(feature, table)]
    n_selected = sum(bool(widget_values.get_widget_value(feature.name)) for feature in others)
    with st.expander(f"More features ({n_selected} selected)" if n_selected else "More features", key="more_features"):
        selected += [feature.name for feature in others if _render_feature_checkbox(feature, table)]
    return tuple(name for name in registry if name in selected)


def _render_feature_checkbox(feature: Feature, table: CustomerTable) -> bool:
    reason = table.unavailable_features.get(feature.name)
    note = f" Not available with this data: {escape_markdown(reason)}" if reason else ""
    if feature.name in table.deferred_features:
        note = " Not computed until selected: the sales are then read once more."
    selected = st.checkbox(
        feature.label,
        value=feature.name in DEFAULT_FEATURES,
        key=feature.name,
        bind="query-params",
        disabled=reason is not None,
        help=feature.meaning + note,
    )
    return bool(selected) and reason is None
