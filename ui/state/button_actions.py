"""Buttons that act on what is selected at the time of the click."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

_KEY = "button_action"


def render_action_button(label: str, action: Callable[..., None], *args: object, key: str, **options: Any) -> None:
    """A button that calls `action` with `args`.

    Streamlit calls a callback with the arguments of the last script run. A visitor who selects something and clicks
    before the page has followed would get the action on what was selected before. Here the click draws the page with
    the new selection, and the action runs before the next script run, where it may set widgets as a callback may.

    Args:
        options: further arguments of `st.button`.
    """
    if st.button(label, key=key, **options):
        st.session_state[_KEY] = partial(action, *args)


def run_action() -> None:
    """At the start of a script run, before any widget: run the action of the button that was clicked."""
    action: Callable[[], None] | None = st.session_state.pop(_KEY, None)
    if action is not None:
        action()


def rerun_for_action() -> None:
    """At the end of a script run, when all widgets have their values: rerun if a button was clicked."""
    if _KEY in st.session_state:
        st.rerun()
