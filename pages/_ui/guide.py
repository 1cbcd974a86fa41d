"""The first three steps, for a first visit. Hidden with one click; the page's address remembers it."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

KEY = "guide"
STEPS = (
    ("pages/segments/choose_k.py", "Choose how many segments", "Take the number we recommend, or move the slider."),
    ("pages/segments/profiles.py", "Read who they are", "Each segment has a name, its figures, and what to do."),
    ("pages/campaigns/export.py", "Take a list away", "Choose segments and download their customers, or a report."),
)


def switch() -> None:
    """In the sidebar: whether the steps are shown."""
    st.toggle(
        "Show the first steps",
        value=True,
        key=KEY,
        bind="query-params",
        help="Three steps from your sales to a list, shown on the first page.",
    )


def show(box: DeltaGenerator, *, first_page: bool) -> None:
    """The steps, on the first page until they are hidden."""
    if not first_page or not st.session_state.get(KEY, True):
        return
    with box.container(border=True, key="first_steps", gap="small"):
        st.markdown("**New here? Three steps:**")
        with st.grid(3, min_column_width=220, gap="small") as grid:
            for number, (path, title, sentence) in enumerate(STEPS, start=1):
                with grid.container(gap="xsmall"):
                    st.page_link(path, label=f"{number}. {title}")
                    st.caption(sentence)
        st.button("Hide these steps", key="hide_guide", on_click=_hide, type="tertiary", icon=":material/close:")


def _hide() -> None:
    st.session_state[KEY] = False
