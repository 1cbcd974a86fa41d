"""What a visitor asked a page for, such as a confirmation or a computation, and messages to show once."""

from __future__ import annotations

from typing import Any

import streamlit as st


def get_request(key: str) -> Any:
    """What was requested under this key; None if nothing was."""
    return st.session_state.get(key)


def set_request(key: str, request: Any) -> None:
    """Button callback: request something, until it is taken or replaced; None withdraws the request."""
    st.session_state[key] = request


def take_request(key: str) -> Any:
    """What was requested under this key, once; None if nothing was."""
    return st.session_state.pop(key, None)
