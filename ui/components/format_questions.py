"""Questions about ambiguous date and number formats, which only the owner of the data can answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from segmentation.settings import PARSING_OPTIONS, SalesSettings
from ui.state import page_requests, widget_values

if TYPE_CHECKING:
    from segmentation.errors import AmbiguousFormatError

_ANSWERS_CLEARED_KEY = "format_answers_cleared"
TITLES = {"dates": "Date format", "decimal": "Number format of amounts"}
LABELS = {
    "day-first": "Day first",
    "month-first": "Month first",
    "year-first": "Year first",
    "spreadsheet-serial": "Day numbers of a spreadsheet",
    "epoch-seconds": "Seconds since 1970",
    "epoch-milliseconds": "Milliseconds since 1970",
    "epoch-microseconds": "Microseconds since 1970",
    "point": "Decimal point",
    "comma": "Decimal comma",
}
"""Labels on the page and in the URL."""


def ask_format(error: AmbiguousFormatError, *, key: str) -> str | None:
    """Ask, with an example of each format from the file; None until answered."""
    from segmentation.presentation.markdown import escape_markdown

    option = st.radio(
        f"**{TITLES[error.setting]}** {escape_markdown(error.message)}",
        list(error.options),
        index=None,
        format_func=LABELS.__getitem__,
        captions=[escape_markdown(text) for text in error.options.values()],
        key=key,
        persist_state="session",
    )
    return option if option in error.options else None


def ask_and_stop(error: AmbiguousFormatError) -> None:
    """The question in place of a page that needs the answer."""
    with st.container(border=True):
        key = f"answer_{error.setting}"
        option = ask_format(error, key=key)
        st.button(
            "Apply",
            key=f"apply_{key}",
            type="primary",
            disabled=option is None,
            on_click=_store_answer,
            args=(error.setting, key),
        )
        st.caption("You can change it later in the sidebar.")


def render_answers(sales: SalesSettings) -> SalesSettings:
    """In the sidebar: the answers for these sales, editable and bound to the URL; returns the sales with them."""
    answers: dict[str, str] = {}
    for setting, options in PARSING_OPTIONS.items():
        by_label = {LABELS[option]: option for option in options}
        from_url = None if page_requests.get_request(_ANSWERS_CLEARED_KEY) else st.query_params.get(setting)
        if widget_values.get_widget_value(setting, from_url) not in by_label:
            continue
        label = st.selectbox(
            TITLES[setting],
            list(by_label),
            key=setting,
            bind="query-params",
            help="You were asked because the format is ambiguous.",
        )
        if label in by_label:
            answers[setting] = by_label[label]
    return replace(sales, dates=answers.get("dates"), decimal=answers.get("decimal"))


def clear_answers() -> None:
    """Discard the answers when another source is selected."""
    page_requests.set_request(_ANSWERS_CLEARED_KEY, True)  # the URL may still hold the answer in this run
    widget_values.clear_widget_values(PARSING_OPTIONS)


def _store_answer(setting: str, key: str) -> None:
    option = widget_values.get_widget_value(key)
    if option in PARSING_OPTIONS[setting]:
        page_requests.set_request(_ANSWERS_CLEARED_KEY, False)
        widget_values.set_widget_values({setting: LABELS[str(option)]})
