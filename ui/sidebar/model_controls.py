"""The finer choices of the sidebar: presets, weights, the period, and what is left out.

Each is bound to the page's address under its key. `DEFAULTS` says what each stands on when nothing is chosen, which is
what a reset goes back to.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import streamlit as st

from segmentation.presentation import settings_summary
from segmentation.presentation.markdown import escape_markdown
from segmentation.settings import PARSING_OPTIONS, ModelSettings, RunSettings, SalesSettings
from ui.components import format_questions
from ui.data import results, session_upload
from ui.state.app_state import AUTO
from ui.state.widget_defaults import MAX_PERIODS, get_weight_key, get_widget_defaults

if TYPE_CHECKING:
    from segmentation.features.presets import Preset
    from segmentation.results import CustomerTable

SCALING_LABELS = {
    "Evened out": "log",
    "As they are": "standard",
    "Middle half decides": "robust",
    "Only the order": "ranks",
}
WEIGHT_LABELS = {"0.5x": 0.5, "1x": 1.0, "2x": 2.0}
CUSTOM = "My own choice"
_MAX_CATEGORY_OPTIONS = 200
UPLOAD_CATEGORIES = "categories_of_own_file"
"""Whether the categories that are left out are those of a visitor's file."""


def get_widget_values(run: RunSettings, version: str) -> dict[str, Any]:
    """What the widgets stand on for these settings, as far as they can say them; `version`: of the source's data."""
    sales = run.sales
    everything = replace(sales, start=None, as_of=None, excluded_periods=(), excluded_categories=())
    table = results.get_customers(everything, version)
    first, last = table.window.first_sale, table.window.last_sale
    values = get_widget_defaults() | _get_model_values(run.model) | {"k": AUTO if run.k is None else run.k}
    values |= {setting: format_questions.LABELS[way] for setting in PARSING_OPTIONS if (way := getattr(sales, setting))}
    values["start"] = sales.start if sales.start and first <= sales.start <= last else None
    values["as_of"] = sales.as_of if sales.as_of and first <= sales.as_of <= _get_latest_as_of(table) else None
    inside = [
        (max(begin, first), min(end, last)) for begin, end in sales.excluded_periods if begin <= last and end >= first
    ]
    for number, period in enumerate(inside[:MAX_PERIODS], start=1):
        values[f"out_from_{number}"], values[f"out_to_{number}"] = period
    if sales.excluded_categories:
        offered = results.get_categories(everything, version)
        values["categories"] = [name for name in sales.excluded_categories if name in offered]
    return values


def apply_settings(model: ModelSettings, k: int | None = None) -> None:
    """Put what is compared, and the number of segments, into the sidebar; for callbacks, which run before it is drawn.

    Features and weights that `model` does not name go back to their default; k None leaves the number as it is.
    """
    for key, value in (_get_model_values(model) | ({} if k is None else {"k": k})).items():
        st.session_state[key] = value


def _get_model_values(model: ModelSettings) -> dict[str, Any]:
    weights = {weight: label for label, weight in WEIGHT_LABELS.items()}
    values: dict[str, Any] = {name: name in model.features for name in results.get_feature_registry()}
    values |= {get_weight_key(name): weights[dict(model.weights).get(name, 1.0)] for name in values}
    values["scaling"] = next(label for label, scaling in SCALING_LABELS.items() if scaling == model.scaling)
    return values


def _get_latest_as_of(table: CustomerTable) -> date:
    """The latest as-of date on offer: a year after the last sale."""
    return table.window.last_sale + timedelta(days=366)


def render_preset_picker(chosen: ModelSettings | None, unavailable: dict[str, str]) -> None:
    """A list of ready choices, which shows the one that is in use; the boxes below it follow, and it follows them."""
    from segmentation.features.presets import PRESETS, match_preset

    reasons = {
        known.name: settings_summary.humanize_columns(known.explain_unavailable(unavailable))
        for known in PRESETS.values()
    }
    offered = {known.label: known for known in PRESETS.values() if not reasons[known.name]}
    in_use = match_preset(chosen) if chosen else None
    st.session_state["preset"] = in_use.label if in_use else CUSTOM
    st.selectbox(
        "Compare customers by",
        offered if in_use else [*offered, CUSTOM],
        key="preset",
        on_change=_apply_preset,
        args=(offered,),
        help="Ready choices of what makes customers alike. Tick or untick below to make your own.",
    )
    st.caption(in_use.meaning if in_use else "Your own choice of figures.")
    for known in PRESETS.values():
        if reasons[known.name]:
            st.caption(f"**{known.label}** is not possible with these data. {escape_markdown(reasons[known.name])}")


def _apply_preset(offered: dict[str, Preset]) -> None:
    taken = offered.get(st.session_state["preset"])
    if taken:
        apply_settings(ModelSettings(taken.features, taken.scaling))


def render_weights(features: Iterable[str]) -> tuple[tuple[str, float], ...]:
    """How much each ticked feature counts."""
    st.caption("How much each figure counts. At 2x, customers who differ in it are twice as far apart.")
    chosen = []
    for name in features:
        label = st.segmented_control(
            results.get_feature_registry()[name].label,
            list(WEIGHT_LABELS),
            default="1x",
            required=True,
            key=get_weight_key(name),
            bind="query-params",
        )
        chosen.append((name, WEIGHT_LABELS.get(str(label), 1.0)))
    return tuple(chosen)


def render_period(sales: SalesSettings, table: CustomerTable) -> SalesSettings:
    """The period and what is left out of it, put into `sales`; `table`: everything the source holds."""
    window = table.window
    days: dict[str, Any] = {"min_value": window.first_sale, "format": "YYYY-MM-DD", "bind": "query-params"}
    start = st.date_input(
        "First day that counts",
        value=None,
        max_value=window.last_sale,
        key="start",
        help=f"Earlier sales are set aside. The data begin on {window.first_sale}.",
        **days,
    )
    as_of = st.date_input(
        "As-of date",
        value=None,
        max_value=_get_latest_as_of(table),
        key="as_of",
        help="Days since the last order are counted up to this day; sales on or after it are set aside. "
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
    """Periods left out, each from a first to a last day; the next pair of fields comes when the one before is used."""
    periods = []
    for number in range(1, MAX_PERIODS + 1):
        ends = [
            st.date_input(label, value=None, key=f"out_{end}_{number}", help=explained, **days)
            for end, label, explained in (
                ("from", "Leave out from", "For example a sale at which everybody buys. The day itself is left out."),
                ("to", "to", "The last day that is left out."),
            )
        ]
        first, last = (day if isinstance(day, date) else None for day in ends)
        if first and last and first <= last:
            periods.append((first, last))
        elif first and last:
            st.caption("The last day lies before the first: nothing is left out.")
        elif first or last:
            st.caption("Choose the other day too.")
        if not (first and last):
            break
    return tuple(periods)


def _render_excluded_categories(sales: SalesSettings, table: CustomerTable) -> tuple[str, ...]:
    own = session_upload.is_private(
        sales
    )  # what a visitor's file holds stays out of the address, the names of categories too
    if st.session_state.get(UPLOAD_CATEGORIES) and not own:
        st.session_state.pop("categories", None)
    st.session_state[UPLOAD_CATEGORIES] = own
    if not table.has_categories:
        st.caption("Categories cannot be left out: these data have none.")
        return ()
    offered = results.get_categories(sales, table.version)[:_MAX_CATEGORY_OPTIONS]
    where: dict[str, Any] = {"persist_state": "session"} if own else {"bind": "query-params"}
    chosen = st.multiselect(
        "Categories left out",
        offered,
        key="categories",
        placeholder="None",
        select_all=False,
        help="Sales in them are set aside, for example gift cards or deposits. The largest come first."
        + (" Of your own file they are in no link." if own else ""),
        **where,
    )
    return tuple(name for name in chosen if name in offered)
