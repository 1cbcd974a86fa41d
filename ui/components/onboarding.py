"""The first three steps, for a first visit. Hidden with one click; the page's address remembers it."""

from __future__ import annotations

import streamlit as st

KEY = "guide"


def render_guide_switch() -> None:
    """In the sidebar: whether the steps are shown."""
    st.toggle(
        "Show the first steps",
        value=True,
        key=KEY,
        bind="query-params",
        help="Three steps from your sales to a list, shown on the first page.",
    )


def is_guide_visible() -> bool:
    """Whether the steps are to be shown."""
    return bool(st.session_state.get(KEY, True))


def render_introduction() -> None:
    """For somebody who has never been here."""
    if is_guide_visible():
        st.markdown(
            "These pages turn a shop's sales into groups of customers who buy alike: who they are, what they bring, "
            "what to do with each, and the list to do it with."
        )


def render_hide_button() -> None:
    """Hides the steps."""
    st.button("Hide these three steps", key="hide_guide", on_click=_hide, type="tertiary", icon=":material/close:")


def _hide() -> None:
    st.session_state[KEY] = False
