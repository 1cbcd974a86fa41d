"""A choice whose list shows names while the page's address holds an id.

A widget that is bound to the address writes its labels there: they change, and a link should not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

Value = TypeVar("Value", int, str)


def read_url_choice(name: str, key: str, values: Mapping[str, Value]) -> None:
    """Before the widget: choose what a link, or a way back, names; drop a choice that is not there any more.

    On another page the address comes without it, and the choice stays. Gone from the address of the page that put it
    there, it was taken back, and the first of the values counts.

    name: in the address; key: of the widget; values: id as the address has it -> the widget's value.
    """
    asked, shown = st.query_params.get(name, ""), st.session_state.get(f"{key}_shown")
    if asked in values and asked != shown:
        st.session_state[key] = values[asked]
    elif not asked and shown and st.session_state.get(f"{key}_put") == (_get_page(), shown):
        st.session_state[key] = next(iter(values.values()))
    if st.session_state.get(key) not in values.values():
        st.session_state.pop(key, None)


def write_url_choice(name: str, key: str, shown: str, otherwise: str) -> None:
    """After the widget: what is shown stands in the address, unless that says so already or it is `otherwise`.

    What stands there for want of a choice is not written: each change of the address is a step of the way back.
    """
    if shown != st.query_params.get(name, otherwise):
        if shown == otherwise:
            st.query_params.pop(name, None)
        else:
            st.query_params[name] = shown
    st.session_state[f"{key}_shown"] = shown
    st.session_state[f"{key}_put"] = (_get_page(), shown) if name in st.query_params else None


def _get_page() -> str | None:
    context = get_script_run_ctx()
    return context.page_script_hash if context else None
