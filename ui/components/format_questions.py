"""Questions that only the owner of the data can answer: how dates and amounts that came as text were written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from segmentation.presentation import number_format
from segmentation.settings import PARSING_OPTIONS, SalesSettings

if TYPE_CHECKING:
    from segmentation.errors import AmbiguousFormatError

_FORGOTTEN = "answers_forgotten"
TITLES = {"dates": "How are the dates written?", "decimal": "How are the amounts written?"}
LABELS = {
    "day-first": "Day first",
    "month-first": "Month first",
    "year-first": "Year first",
    "point": "Decimal point",
    "comma": "Decimal comma",
}
"""As the page and its address say it."""


def ask_format(asked: AmbiguousFormatError, *, key: str) -> str | None:
    """Ask, with an example of each reading from the file; None until it is answered."""
    from segmentation.presentation.markdown import escape_markdown

    way = st.radio(
        f"**{TITLES[asked.setting]}** {escape_markdown(asked.message)}",
        list(asked.options),
        index=None,
        format_func=LABELS.__getitem__,
        captions=[escape_markdown(number_format.localize_numbers(text)) for text in asked.options.values()],
        key=key,
        persist_state="session",
    )
    return way if way in asked.options else None


def ask_and_stop(asked: AmbiguousFormatError) -> None:
    """The question where a page stops because of it; the answer is then used for these sales."""
    with st.container(border=True):
        key = f"answer_{asked.setting}"
        way = ask_format(asked, key=key)
        st.button(
            "Read them this way",
            key=f"take_{key}",
            type="primary",
            disabled=way is None,
            on_click=_store_answer,
            args=(asked.setting, key),
        )
        st.caption("You can change it later, in the sidebar.")


def render_answers(sales: SalesSettings) -> SalesSettings:
    """In the sidebar: what was answered for these sales, to be changed, put into them; the page's address holds it."""
    given: dict[str, str] = {}
    for setting, ways in PARSING_OPTIONS.items():
        by_label = {LABELS[way]: way for way in ways}
        of_link = None if st.session_state.get(_FORGOTTEN) else st.query_params.get(setting)
        if st.session_state.get(setting, of_link) not in by_label:
            continue
        label = st.selectbox(
            TITLES[setting],
            list(by_label),
            key=setting,
            bind="query-params",
            help="It was asked because the sales can be read in several ways.",
        )
        if label in by_label:
            given[setting] = by_label[label]
    return replace(sales, dates=given.get("dates"), decimal=given.get("decimal"))


def clear_answers() -> None:
    """Other sales were chosen: what was answered does not hold for them."""
    st.session_state[_FORGOTTEN] = True  # the address may still hold it for a moment
    for setting in PARSING_OPTIONS:
        st.session_state.pop(setting, None)


def _store_answer(setting: str, key: str) -> None:
    way = st.session_state.get(key)
    if way in PARSING_OPTIONS[setting]:
        st.session_state[_FORGOTTEN] = False
        st.session_state[setting] = LABELS[str(way)]
