"""Binds a widget to a query parameter by id.

Streamlit's own binding writes labels to the URL; labels change, and links should not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

Value = TypeVar("Value", int, str)


def read_url_choice(name: str, key: str, values: Mapping[str, Value]) -> None:
    """Before the widget: take the value of a link or of browser navigation; drop a value that no longer exists.

    On another page the URL lacks the parameter, and the value stays. If the page that wrote the parameter is opened
    without it, the user went back, and the first value is selected.

    name: query parameter; key: of the widget; values: id in the URL -> value of the widget.
    """
    requested, shown = st.query_params.get(name, ""), st.session_state.get(f"{key}_shown")
    if requested in values and requested != shown:
        st.session_state[key] = values[requested]
    elif not requested and shown and st.session_state.get(f"{key}_put") == (_get_page(), shown):
        st.session_state[key] = next(iter(values.values()))
    if st.session_state.get(key) not in values.values():
        st.session_state.pop(key, None)


def write_url_choice(name: str, key: str, shown: str, default: str) -> None:
    """After the widget: write its value to the URL, unless it is already in it or is the default.

    Defaults are not written to the URL: every change adds a browser history entry.
    """
    if shown != st.query_params.get(name, default):
        if shown == default:
            st.query_params.pop(name, None)
        else:
            st.query_params[name] = shown
    st.session_state[f"{key}_shown"] = shown
    st.session_state[f"{key}_put"] = (_get_page(), shown) if name in st.query_params else None


def _get_page() -> str | None:
    context = get_script_run_ctx()
    return context.page_script_hash if context else None
