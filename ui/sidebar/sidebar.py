"""The sidebar: how many segments, what customers are compared by, where the sales come from.

Each choice is bound to the page's address, so that a copied link opens the same view. What comes back from a widget
is checked again here: a client can send anything.
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
    format_questions,
    number_format_picker,
    onboarding,
)
from ui.data import results, session_upload, sources
from ui.sidebar import model_controls, saved_run_picker
from ui.state import undo
from ui.state.app_state import (
    AUTO,
    K_CHOICES,
    KEY,
    OTHER_FILE,
    YOUR_FILE,
    AppState,
    UploadMissingError,
    are_paths_allowed,
    get_configured_sources,
)

if TYPE_CHECKING:
    from segmentation.features.registry import Feature


def render_sidebar() -> AppState:
    """Draw the sidebar, load the customers (the features on offer depend on them), and keep the state for the pages."""
    settings_box = st.sidebar.container()
    with st.sidebar:
        form = number_format_picker.render_number_format_picker()
        onboarding.render_guide_switch()
    set_number_format(form)
    opened_run = saved_run_picker.render_saved_run_picker()
    if opened_run is not None:
        opened_run = replace(opened_run, display=form)
        st.session_state[KEY] = opened_run
        return opened_run
    with settings_box:
        k = st.select_slider(
            "Number of segments (k)",
            K_CHOICES,
            key="k",
            bind="query-params",
            help="How many groups customers are put in. 'auto' takes the number that we recommend for these data.",
        )
        preset_box, feature_box = st.container(gap="xsmall"), st.container(gap="xsmall")
        finer_box, period_box = st.container(), st.container()
        source, everything = _render_source()
        history_box = st.container()
    version = sources.get_version(everything)
    table = results.get_customers(everything, version)
    with feature_box:
        features = _render_features(results.get_feature_registry(), table.unavailable_features)
    with finer_box.expander("How they are compared", key="finer"):
        scaling = st.selectbox(
            "Very large values",
            list(model_controls.SCALING_LABELS),
            key="scaling",
            bind="query-params",
            help="Evened out: a few very big spenders do not get a segment of their own. As they are: they can. "
            "Middle half decides: ordinary customers set the measure, and big spenders stand out even more. "
            "Only the order: it counts who is ahead, not by how much.",
        )
        weights = model_controls.render_weights(features)
    with period_box.expander("Period, and what is left out", key="period_box"):
        sales = model_controls.render_period(everything, table)
    period_box.caption(escape_markdown(settings_summary.summarize_sales(sales)) or "All sales count.")
    if k not in K_CHOICES or scaling not in model_controls.SCALING_LABELS:
        raise SettingsError("A setting in the sidebar is not one of those offered.", hint="Choose one from the list.")
    undo.remember_state(source)
    with history_box:
        undo.render_undo_buttons()
    model = ModelSettings(features, model_controls.SCALING_LABELS[scaling], weights=weights) if features else None
    with preset_box:
        model_controls.render_preset_picker(model, table.unavailable_features)
    state = AppState(
        source=source,
        version=version,
        sales=sales,
        model=model or ModelSettings(features=()),
        k=None if k == AUTO else int(k),
        display=form,
    )
    results.get_customers(sales, version)
    st.session_state[KEY] = state
    return state


def _render_source() -> tuple[str, SalesSettings]:
    """The chosen source's name, and all of its sales; a typed path and a file's name stay out of the page's address."""
    configured = get_configured_sources()
    local = are_paths_allowed()
    name = st.selectbox(
        "Sales data",
        [*configured, YOUR_FILE, *([OTHER_FILE] if local else [])],
        key="source",
        bind="query-params",
        on_change=format_questions.clear_answers,
        help="Where the sales come from. Whoever started this page decides which are offered.",
    )
    if name in configured:
        return name, format_questions.render_answers(SalesSettings(source=configured[name]))
    if name == YOUR_FILE:
        return _render_upload_notice()
    if name != OTHER_FILE or not local:
        raise SourceError("These sales data are not offered here.", hint="Choose others under 'Sales data'.")
    path = st.text_input(
        "Path of the file",
        key="path",
        persist_state="session",
        placeholder="/home/me/sales.parquet",
        help="A .parquet or .csv file on this computer, one row per sold line.",
    ).strip()
    if not path:
        raise SourceError("No file is named yet.", hint="Type its path in the sidebar, under 'Path of the file'.")
    return sources.get_source_name(path), format_questions.render_answers(SalesSettings(source=path))


def _render_upload_notice() -> tuple[str, SalesSettings]:
    upload = session_upload.get_current_upload()
    if upload is None:
        raise UploadMissingError(
            "There is no file of yours in this visit.",
            hint="A file stays with the visit in which it was handed over: no link holds it, and it is gone after a "
            "reload. Hand yours over, or choose other sales in the sidebar.",
        )
    if upload.sales is None:
        raise UploadMissingError("Your file is here, but not segmented yet.", hint="Check what its columns are.")
    return upload.name, upload.sales


def _render_features(registry: Mapping[str, Feature], unavailable: Mapping[str, str]) -> tuple[str, ...]:
    """A box to tick for each feature; one whose columns are missing is gray and says why."""
    first = [feature for feature in registry.values() if feature.name in DEFAULT_FEATURES]
    more = [feature for feature in registry.values() if feature.name not in DEFAULT_FEATURES]
    ticked = [feature.name for feature in first if _render_feature_checkbox(feature, unavailable)]
    chosen = sum(bool(st.session_state.get(feature.name)) for feature in more)
    with st.expander(f"More ({chosen} ticked)" if chosen else "More", key="more_features"):
        ticked += [feature.name for feature in more if _render_feature_checkbox(feature, unavailable)]
    return tuple(name for name in registry if name in ticked)


def _render_feature_checkbox(feature: Feature, unavailable: Mapping[str, str]) -> bool:
    reason = unavailable.get(feature.name)
    why = (
        f" Not possible with these data: {escape_markdown(settings_summary.humanize_columns(reason))}" if reason else ""
    )
    ticked = st.checkbox(
        feature.label,
        value=feature.name in DEFAULT_FEATURES,
        key=feature.name,
        bind="query-params",
        disabled=reason is not None,
        help=feature.meaning + why,
    )
    return bool(ticked) and reason is None
