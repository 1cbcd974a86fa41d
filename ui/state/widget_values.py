"""Values of widgets, as links and callbacks set them. Widgets are known by their key."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import streamlit as st


def get_widget_value(key: str, default: Any = None) -> Any:
    """The value of a widget; the default if the widget has not been rendered yet."""
    return st.session_state.get(key, default)


def set_widget_values(values: Mapping[str, Any]) -> None:
    """Select values, by widget key, before the widgets are rendered."""
    for key, value in values.items():
        st.session_state[key] = value


def clear_widget_values(keys: Iterable[str]) -> None:
    """Return widgets to their defaults."""
    for key in keys:
        st.session_state.pop(key, None)


def clear_prefixed_values(prefix: str) -> None:
    """Return all widgets whose keys begin so to their defaults."""
    clear_widget_values([key for key in st.session_state if str(key).startswith(prefix)])


def drop_unavailable_value(key: str, options: Collection[Any], default: Any = None) -> None:
    """Before a widget: return it to its default if its value is no longer an option."""
    if st.session_state.get(key, default) not in options:
        st.session_state.pop(key, None)
