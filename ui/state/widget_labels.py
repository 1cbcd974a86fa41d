"""Widgets whose labels change while their options stay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st


def refresh_labels(key: str, labels: Mapping[Any, str]) -> None:
    """Before a list whose labels may change while its options stay: say anew what is chosen.

    A browser sends the label that it knows. An old one means nothing any more, and the choice would be lost.
    """
    now, before = tuple(labels.values()), st.session_state.get(f"{key}_labels")
    if before not in (None, now) and key in st.session_state:
        value = st.session_state[key]
        if all(one in labels for one in (value if isinstance(value, list) else [value])):
            st.session_state[key] = value
    st.session_state[f"{key}_labels"] = now
