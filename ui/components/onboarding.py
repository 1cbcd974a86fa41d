"""The getting-started guide. Can be hidden; the URL remembers it."""

from __future__ import annotations

import streamlit as st

from ui.state import widget_values

KEY = "guide"


def render_guide_switch() -> None:
    """Sidebar switch of the guide."""
    st.toggle(
        "Show getting-started guide",
        value=True,
        key=KEY,
        bind="query-params",
        help="Three steps from your sales to a customer list, shown on the Overview.",
    )


def is_guide_visible() -> bool:
    """Whether the guide is shown."""
    return bool(widget_values.get_widget_value(KEY, True))


def render_introduction() -> None:
    """A short introduction for new users."""
    if is_guide_visible():
        st.markdown(
            "Turn your sales into customer segments: who they are, what they are worth, recommended actions, "
            "and lists for "
            "your campaigns."
        )


def render_hide_button() -> None:
    """A button that hides the guide."""
    st.button(
        "Hide guide",
        key="hide_guide",
        on_click=widget_values.set_widget_values,
        args=({KEY: False},),
        type="tertiary",
        icon=":material/close:",
    )
