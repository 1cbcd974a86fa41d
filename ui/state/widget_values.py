"""Values of widgets, as links and callbacks set them. Widgets are known by their key.

A callback's value reaches the browser when its widget is drawn. If the visitor clicks something else before, the run is
stopped, and the browser's next request still carries the former value, which Streamlit would restore. Values are
therefore kept until their widget is drawn or a page is complete.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

_SET_VALUES = "set_values"
"""Widget key -> the value that the browser has, the one that was set, and the widgets drawn in the same run."""
_CLEARED = object()


def get_widget_value(key: str, default: Any = None) -> Any:
    """The value of a widget; the default if the widget has not been rendered yet."""
    return st.session_state.get(key, default)


def set_widget_values(values: Mapping[str, Any]) -> None:
    """Select values, by widget key, before the widgets are rendered."""
    for key, value in values.items():
        _remember_value(key, st.session_state.get(key), value)
        st.session_state[key] = value


def clear_widget_values(keys: Iterable[str]) -> None:
    """Return widgets to their defaults."""
    for key in keys:
        if key in st.session_state:
            _remember_value(key, st.session_state.get(key), _CLEARED)
            del st.session_state[key]


def restore_undrawn_values() -> None:
    """At the start of a script run: set again what a stopped run had set without drawing the widget."""
    for key, (former, value, drawn) in st.session_state.pop(_SET_VALUES, {}).items():
        if any(widget_id.endswith(f"-{key}") for widget_id in drawn.snapshot()):
            continue
        current = st.session_state.get(key)
        if current == former and value is _CLEARED:
            clear_widget_values([key])
        elif current in (former, value):
            _remember_value(key, former, value)
            st.session_state[key] = value


def forget_set_values() -> None:
    """At the end of a script run: the browser has received all values."""
    st.session_state.pop(_SET_VALUES, None)


def _remember_value(key: str, former: Any, value: Any) -> None:
    context = get_script_run_ctx(suppress_warning=True)
    if context is not None and former != value:
        set_values = st.session_state.get(_SET_VALUES, {})
        st.session_state[_SET_VALUES] = set_values | {key: (former, value, context.shared.widget_ids_this_run)}


def clear_prefixed_values(prefix: str) -> None:
    """Return all widgets whose keys begin so to their defaults."""
    clear_widget_values([key for key in st.session_state if str(key).startswith(prefix)])


def drop_unavailable_value(key: str, options: Collection[Any], default: Any = None) -> None:
    """Before a widget: return it to its default if its value is no longer an option."""
    if st.session_state.get(key, default) not in options:
        st.session_state.pop(key, None)
