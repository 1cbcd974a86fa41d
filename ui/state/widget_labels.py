"""Widgets whose labels change while their options stay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st


def refresh_labels(key: str, labels: Mapping[Any, str]) -> None:
    """Before a widget: if its labels changed, set its value again.

    The browser sends the label it knows; an outdated label matches no option, and the selection would be lost.
    """
    current, previous = tuple(labels.values()), st.session_state.get(f"{key}_labels")
    if previous not in (None, current) and key in st.session_state:
        value = st.session_state[key]
        if all(option in labels for option in (value if isinstance(value, list) else [value])):
            st.session_state[key] = value
    st.session_state[f"{key}_labels"] = current
