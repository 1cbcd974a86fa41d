"""Form to override a segment's name, texts and color."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from segmentation.charts import get_color_name
from segmentation.errors import SegmentationError
from segmentation.presentation import number_format
from segmentation.presentation.markdown import escape_markdown
from segmentation.segments.labeling import get_overridden_fields
from segmentation.segments.overrides import LIMITS, PALETTE_SIZE, SegmentOverride, clean_text
from ui.components import elements, errors
from ui.state import page_requests, segment_overrides, widget_values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from segmentation.results import Segmentation
    from segmentation.segments.overrides import SegmentOverride

PROBLEM_KEY = "override_problem"
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
    is_edited = column in get_overridden_fields(segment) and column != "name"
    return escape_markdown(str(segment[column])) + (" :gray[(edited)]" if is_edited else "")


def render_override_form(base: Segmentation, segmentation: Segmentation, segment: Mapping[Any, Any]) -> None:
    """Form to override segment labels.

    base: as generated or saved; segmentation: with unsaved edits; segment: its row in `segmentation.segments`, with
    texts in the display number format.
    """
    number = int(segment["segment_id"])
    overridden = get_overridden_fields(segment)
    theme = elements.get_theme()
    keys = {field: _get_field_key(base, field, number) for field in (*TEXTS, "color")}
    problem = page_requests.take_request(PROBLEM_KEY)
    if problem:
        errors.render_error(*problem)
    with st.form(_get_field_key(base, "form", number), border=False):
        st.caption("Plain text. Leave empty to restore the default text.")
        for field, label in TEXTS.items():
            title = f"{label} (edited)" if field in overridden else label
            value, limit = str(segment["segment_name" if field == "name" else field]), LIMITS[field]
            if field == "name":
                st.text_input(title, value=value, max_chars=limit, key=keys[field], persist_state="session")
            else:
                st.text_area(
                    title, value=value, max_chars=limit, key=keys[field], persist_state="session", height="content"
                )
        st.selectbox(
            "Color",
            range(PALETTE_SIZE),
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
                "Reset to default", on_click=_reset, args=(base, segmentation, number, keys), disabled=not overridden
            )


def render_override_questions(base: Segmentation, segmentation: Segmentation) -> None:
    """Ask about each name or text of the user's that was not carried over because it may no longer be true."""
    answered = {entry.segment_id for entry in segment_overrides.get_pending_overrides(base)}
    problem = page_requests.take_request(PROBLEM_KEY)
    if problem:
        errors.render_error(*problem)
    for entry in base.previous_labels.questioned:
        if entry.segment_id in answered:
            continue
        number = entry.segment_id
        label = f"the name **{escape_markdown(entry.name)}**" if entry.name else "your text"
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"question_{number}"):
            st.markdown(
                f"Keep {label} for segment {number}? You wrote it for a segment with other features, another number of "
                "segments, or customers who have changed since."
            )
            for text, answer in (("Keep", entry), ("Drop", type(entry)(number))):
                st.button(
                    text,
                    key=f"{text.lower()}_{segment_overrides.get_result_hash(base)}_{number}",
                    help=f"{text} {label} for segment {number}.",
                    on_click=_answer_question,
                    args=(base, segmentation, answer),
                )


def _answer_question(base: Segmentation, segmentation: Segmentation, answer: SegmentOverride) -> None:
    try:
        _store_override(base, segmentation, answer, {})
    except SegmentationError as error:  # another segment may have the name by now
        page_requests.set_request(PROBLEM_KEY, (error.message, error.hint))


def _get_field_key(base: Segmentation, field: str, number: int) -> str:
    """The widget key of a field. It contains the number format: a new format renders the field anew, with new text."""
    style = number_format.get_number_format()
    suffix = "" if style == number_format.DEFAULT_FORMAT else f"_{style.example}_{style.symbol}_{style.symbol_after}"
    return f"own_{field}_{segment_overrides.get_result_hash(base)}_{number}{suffix}"


def _submit(
    base: Segmentation, segmentation: Segmentation, number: int, segment: Mapping[str, Any], keys: Mapping[str, str]
) -> None:
    """Store the fields that differ from the generated ones; if one is invalid, show why and keep the input."""
    overridden, values = get_overridden_fields(segment), dict[str, Any]()
    for field in TEXTS:
        text = str(widget_values.get_widget_value(keys[field]) or "")
        if field in overridden or clean_text(text) != clean_text(
            str(segment["segment_name" if field == "name" else field])
        ):
            values[field] = text
    color = widget_values.get_widget_value(keys["color"])
    if isinstance(color, int) and ("color" in overridden or color != int(segment["color"])):
        values["color"] = color
    try:
        _store_override(base, segmentation, SegmentOverride(number, **values), keys)
    except SegmentationError as error:
        page_requests.set_request(PROBLEM_KEY, (error.message, error.hint))


def _reset(base: Segmentation, segmentation: Segmentation, number: int, keys: Mapping[str, str]) -> None:
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
