"""A visitor's own words for segments: kept for the visit until the result is saved, then in the saved run.

They live in the session as one frozen value: for each result, known by the digits of its run id, what was written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from ui.components import common as parts
from segmentation.presentation import number_format as display
from segmentation.charts import color_name
from segmentation.errors import SegmentationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from segmentation.results import Segmentation
    from segmentation.segments.overrides import Own

KEY = "own_words"
PROBLEM = "own_words_problem"
TEXTS = {
    "name": "Name",
    "sentence": "Who they are, in a sentence",
    "goal": "Goal",
    "offer": "Offer",
    "channel": "Channel",
    "avoid": "Avoid",
}


@dataclass(frozen=True)
class Written:
    """What was written on one result in this visit and is not saved yet."""

    result: str
    own: tuple[Own, ...]


def of(base: Segmentation) -> tuple[Own, ...]:
    """What was written in this visit on a result; () where nothing was."""
    written: tuple[Written, ...] = st.session_state.get(KEY, ())
    return next((entry.own for entry in written if entry.result == digits(base)), ())


def digits(found: Segmentation) -> str:
    """What the same result has in common, whenever it was made."""
    return found.run_id.rpartition("-")[2]


def shown(segment: Mapping[Any, Any], column: str) -> str:
    """A text of a segment as Markdown that shows it as it is, and says where it is the visitor's own."""
    from segmentation.segments.labeling import own_of

    own = column in own_of(segment) and column != "name"
    return parts.plain(str(segment[column])) + (" :gray[(your words)]" if own else "")


def form(base: Segmentation, found: Segmentation, segment: Mapping[Any, Any]) -> None:
    """The form with which a segment is made one's own.

    base: as generated or saved; found: with what was written in this visit; segment: its row in `found`, with
    its texts in the visitor's number format.
    """
    from segmentation.segments.overrides import LIMITS
    from segmentation.segments.labeling import own_of

    number = int(segment["segment_id"])
    own = own_of(segment)
    theme = parts.theme()
    keys = {field: _key(base, field, number) for field in (*TEXTS, "color")}
    problem = st.session_state.pop(PROBLEM, None)
    if problem:
        parts.show_error(*problem)
    with st.form(_key(base, "form", number), border=False):
        st.caption("Plain text. Leave a field empty to have the generated words back.")
        for field, label in TEXTS.items():
            title = f"{label} (your words)" if field in own else label
            value, limit = str(segment["segment_name" if field == "name" else field]), LIMITS[field]
            if field == "name":
                st.text_input(title, value=value, max_chars=limit, key=keys[field], persist_state="session")
            else:
                st.text_area(title, value=value, max_chars=limit, key=keys[field], persist_state="session", height=88)
        st.selectbox(
            "Colour",
            range(12),
            index=int(segment["color"]),
            format_func=lambda index: color_name(index, theme),
            key=keys["color"],
            persist_state="session",
            help="Another segment that has this colour takes the one that becomes free.",
            width=280,
        )
        with st.container(horizontal=True):
            st.form_submit_button(
                "Use these words", type="primary", on_click=_submit, args=(base, found, number, dict(segment), keys)
            )
            st.form_submit_button(
                "Back to the generated words", on_click=_reset, args=(base, found, number, keys), disabled=not own
            )


def _key(base: Segmentation, field: str, number: int) -> str:
    """With the number format, so that a field begins anew when its generated text is written in another."""
    form = display.current()
    way = "" if form == display.NEUTRAL else f"_{form.example}_{form.symbol}_{form.symbol_after}"
    return f"own_{field}_{digits(base)}_{number}{way}"


def _submit(
    base: Segmentation, found: Segmentation, number: int, segment: Mapping[str, Any], keys: Mapping[str, str]
) -> None:
    """Keep what differs from what was generated, if it is all right; else say what is not, and keep what was typed."""
    from segmentation.segments.overrides import Own, clean
    from segmentation.segments.labeling import own_of

    own, values = own_of(segment), dict[str, Any]()
    for field in TEXTS:
        text = str(st.session_state.get(keys[field], "") or "")
        if field in own or clean(text) != clean(str(segment["segment_name" if field == "name" else field])):
            values[field] = text
    color = st.session_state.get(keys["color"])
    if isinstance(color, int) and ("color" in own or color != int(segment["color"])):
        values["color"] = color
    try:
        _keep(base, found, Own(number, **values), keys)
    except SegmentationError as error:
        st.session_state[PROBLEM] = (error.sentence, error.hint)


def _reset(base: Segmentation, found: Segmentation, number: int, keys: Mapping[str, str]) -> None:
    from segmentation.segments.overrides import Own

    try:
        _keep(base, found, Own(number), keys)
    except SegmentationError as error:  # the generated name may be another segment's own by now
        st.session_state[PROBLEM] = (error.sentence, error.hint)


def _keep(base: Segmentation, found: Segmentation, entry: Own, keys: Mapping[str, str]) -> None:
    from segmentation.analysis.apply_overrides import edited

    earlier = {own.segment_id: own for own in of(base)}
    own = tuple((earlier | {entry.segment_id: entry}).values())
    edited(found, [entry])  # raises where it does not fit the others
    written: tuple[Written, ...] = st.session_state.get(KEY, ())
    st.session_state[KEY] = (
        *(other for other in written if other.result != digits(base)),
        Written(digits(base), own),
    )
    for key in keys.values():
        st.session_state.pop(key, None)
