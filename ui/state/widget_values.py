"""Values of widgets, as links and callbacks set them. Widgets are known by their key.

A callback's value reaches the browser when its widget is drawn. If the visitor clicks something else before, the next
request still carries the former value, which Streamlit would restore. Values are therefore kept until the browser has
them: a hidden widget, drawn after those of the sidebar, returns the number of the last value that has arrived.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

_SET_VALUES = "set_values"
_N_SET = "n_set_values"
_ARRIVED = "arrived_values"
"""Key of the hidden widget."""
_CLEARED = object()


class _SetValue(NamedTuple):
    """A value that the browser may not have yet."""

    number: int
    former: Any
    value: Any
    run: Any
    """State of the script run that has set it, until this run is complete; then None."""

    def is_drawn(self, key: str) -> bool:
        """Whether the run that has set the value drew this widget before it was stopped."""
        drawn = self.run.widget_ids_this_run.snapshot() if self.run is not None else ()
        return any(widget_id.endswith(f"-{key}") for widget_id in drawn)


def get_widget_value(key: str, default: Any = None) -> Any:
    """The value of a widget; the default if the widget has not been rendered yet."""
    return st.session_state.get(key, default)


def set_widget_values(values: Mapping[str, Any]) -> None:
    """Select values, by widget key, before the widgets are rendered."""
    for key, value in values.items():
        _set_value(key, value)


def clear_widget_values(keys: Iterable[str]) -> None:
    """Return widgets to their defaults."""
    for key in keys:
        _set_value(key, _CLEARED)


def is_outdated(key: str) -> bool:
    """In a callback, or at the start of a script run: whether the browser does not have the value that was set yet."""
    entry = st.session_state.get(_SET_VALUES, {}).get(key)
    if entry is None or st.session_state.get(key, _CLEARED) != entry.former or _has_arrived(entry):
        return False
    return not entry.is_drawn(key) or entry.is_drawn(_ARRIVED)  # else the visitor may have changed it since


def restore_set_values() -> None:
    """At the start of a script run: set again what the browser does not have yet."""
    context = get_script_run_ctx()
    assert context is not None
    set_values = {}
    for key, entry in st.session_state.get(_SET_VALUES, {}).items():
        if is_outdated(key):
            _put_value(key, entry.value)
        if st.session_state.get(key, _CLEARED) == entry.value and not _has_arrived(entry):
            set_values[key] = entry._replace(run=context.shared)
    st.session_state[_SET_VALUES] = set_values


def render_arrival() -> None:
    """After the sidebar's widgets: the hidden widget."""
    st.session_state[_ARRIVED] = str(st.session_state.get(_N_SET, 0))
    with st.container(key="arrival"):
        st.text_input("Arrived values", key=_ARRIVED, label_visibility="collapsed")


def mark_page_complete() -> None:
    """At the end of a script run: values are on their way to all widgets of the page."""
    set_values = st.session_state.get(_SET_VALUES, {})
    st.session_state[_SET_VALUES] = {
        key: entry._replace(run=None) for key, entry in set_values.items() if entry.run is None or entry.is_drawn(key)
    }


def _set_value(key: str, value: Any) -> None:
    context, former = get_script_run_ctx(suppress_warning=True), st.session_state.get(key, _CLEARED)
    if context is not None and former != value:
        number = st.session_state[_N_SET] = st.session_state.get(_N_SET, 0) + 1
        entry = _SetValue(number, former, value, context.shared)
        if not entry.is_drawn(_ARRIVED):  # else it would be taken for one that has arrived
            st.session_state[_SET_VALUES] = st.session_state.get(_SET_VALUES, {}) | {key: entry}
    _put_value(key, value)


def _put_value(key: str, value: Any) -> None:
    if value is not _CLEARED:
        st.session_state[key] = value
    elif key in st.session_state:
        del st.session_state[key]


def _has_arrived(entry: _SetValue) -> bool:
    arrived = str(st.session_state.get(_ARRIVED))[:9]
    # A hidden widget that is not drawn, or a client that is no browser, tells nothing.
    return not arrived.isdecimal() or int(arrived) >= entry.number


def clear_prefixed_values(prefix: str) -> None:
    """Return all widgets whose keys begin so to their defaults."""
    clear_widget_values([key for key in st.session_state if str(key).startswith(prefix)])


def drop_unavailable_value(key: str, options: Collection[Any], default: Any = None) -> None:
    """Before a widget: return it to its default if its value is no longer an option."""
    if st.session_state.get(key, default) not in options:
        st.session_state.pop(key, None)
