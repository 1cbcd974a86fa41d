"""Form to override a segment's name, texts and color."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from segmentation.charts import get_color_name
from segmentation.errors import SegmentationError
from segmentation.presentation import number_format
from segmentation.presentation.markdown import escape_markdown
from ui.components import elements, errors
from ui.state import page_requests, segment_overrides, widget_values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from segmentation.results import Segmentation
    from segmentation.segments.overrides import SegmentOverride

PROBLEM_KEY = "own_words_problem"
TEXTS = {
    "name": "Name",
    "sentence": "Description",
    "goal": "Goal",
    "offer": "Offer",
    "channel": "Channel",
    "avoid": "Avoid",
}


def render_text(segment: Mapping[Any, Any], column: str) -> str:
    """A segment's text as Markdown, marked where it has been edited."""
    from segmentation.segments.labeling import get_overridden_fields

    own = column in get_overridden_fields(segment) and column != "name"
    return escape_markdown(str(segment[column])) + (" :gray[(edited)]" if own else "")


def render_override_form(base: Segmentation, segmentation: Segmentation, segment: Mapping[Any, Any]) -> None:
    """Form to override segment labels.

    base: as generated or saved; found: with unsaved edits; segment: its row in `found`, with texts in the display
    number format.
    """
    from segmentation.segments.labeling import get_overridden_fields
    from segmentation.segments.overrides import LIMITS

    number = int(segment["segment_id"])
    own = get_overridden_fields(segment)
    theme = elements.get_theme()
    keys = {field: _get_field_key(base, field, number) for field in (*TEXTS, "color")}
    problem = page_requests.take_request(PROBLEM_KEY)
    if problem:
        errors.render_error(*problem)
    with st.form(_get_field_key(base, "form", number), border=False):
        st.caption("Plain text. Leave empty to restore the default text.")
        for field, label in TEXTS.items():
            title = f"{label} (edited)" if field in own else label
            value, limit = str(segment["segment_name" if field == "name" else field]), LIMITS[field]
            if field == "name":
                st.text_input(title, value=value, max_chars=limit, key=keys[field], persist_state="session")
            else:
                st.text_area(title, value=value, max_chars=limit, key=keys[field], persist_state="session", height=88)
        st.selectbox(
            "Color",
            range(12),
            index=int(segment["color"]),
            format_func=lambda index: get_color_name(index, theme),
            key=keys["color"],
            persist_state="session",
            help="If another segment uses this color, the two swap.",
            width=280,
        )
        with st.container(horizontal=True):
            st.form_submit_button(
                "Save changes", type="primary", on_click=_submit, args=(base, segmentation, number, dict(segment), keys)
            )
            st.form_submit_button(
                "Reset to default", on_click=_reset, args=(base, segmentation, number, keys), disabled=not own
            )


def _get_field_key(base: Segmentation, field: str, number: int) -> str:
    """Contains the number format, so that a field starts over when its generated text changes format."""
    form = number_format.get_number_format()
    way = "" if form == number_format.DEFAULT_FORMAT else f"_{form.example}_{form.symbol}_{form.symbol_after}"
    return f"own_{field}_{segment_overrides.get_result_hash(base)}_{number}{way}"


def _submit(
    base: Segmentation, segmentation: Segmentation, number: int, segment: Mapping[str, Any], keys: Mapping[str, str]
) -> None:
    """Store the fields that differ from the generated ones; if one is invalid, show why and keep the input."""
    from segmentation.segments.labeling import get_overridden_fields
    from segmentation.segments.overrides import SegmentOverride, clean_text

    own, values = get_overridden_fields(segment), dict[str, Any]()
    for field in TEXTS:
        text = str(widget_values.get_widget_value(keys[field]) or "")
        if field in own or clean_text(text) != clean_text(str(segment["segment_name" if field == "name" else field])):
            values[field] = text
    color = widget_values.get_widget_value(keys["color"])
    if isinstance(color, int) and ("color" in own or color != int(segment["color"])):
        values["color"] = color
    try:
        _store_override(base, segmentation, SegmentOverride(number, **values), keys)
    except SegmentationError as error:
        page_requests.set_request(PROBLEM_KEY, (error.message, error.hint))


def _reset(base: Segmentation, segmentation: Segmentation, number: int, keys: Mapping[str, str]) -> None:
    from segmentation.segments.overrides import SegmentOverride

    try:
        _store_override(base, segmentation, SegmentOverride(number), keys)
    except SegmentationError as error:  # another segment may have taken the generated name
        page_requests.set_request(PROBLEM_KEY, (error.message, error.hint))


def _store_override(
    base: Segmentation, segmentation: Segmentation, entry: SegmentOverride, keys: Mapping[str, str]
) -> None:
    from segmentation.analysis.apply_overrides import apply_overrides

    overrides = {entry.segment_id: entry for entry in segment_overrides.get_pending_overrides(base)}
    apply_overrides(segmentation, [entry])  # raises if it conflicts with the others
    segment_overrides.set_pending_overrides(base, tuple((overrides | {entry.segment_id: entry}).values()))
    widget_values.clear_widget_values(keys.values())
