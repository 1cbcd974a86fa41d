"""A choice whose list shows names while the page's address holds an id.

A widget that is bound to the address writes its labels there: they change, and a link should not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import streamlit as st

Value = TypeVar("Value", int, str)


def take(name: str, key: str, values: Mapping[str, Value]) -> None:
    """Before the widget: choose what a link, or a way back, names; drop a choice that is not there any more.

    name: in the address; key: of the widget; values: id as the address has it -> the widget's value.
    """
    asked = st.query_params.get(name, "")
    if asked in values and asked != st.session_state.get(f"{key}_shown"):
        st.session_state[key] = values[asked]
    if st.session_state.get(key) not in values.values():
        st.session_state.pop(key, None)


def put(name: str, key: str, shown: str | None) -> None:
    """After the widget: what is shown stands in the address; None: nothing does."""
    if shown is None:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != shown:
        st.query_params[name] = shown
    st.session_state[f"{key}_shown"] = shown
