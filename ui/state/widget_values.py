"""Values of widgets, as links and callbacks set them. Widgets are known by their key.

A callback's value reaches the browser when its widget is drawn. If the visitor clicks something else before, the next
request still carries the previous value, which Streamlit would restore. Values are therefore kept until the browser has
them: a hidden widget, drawn after those of the sidebar, returns the number of the last value, which acknowledges it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

_PENDING = "pending_values"
_N_SET = "n_set_values"
_ACKNOWLEDGED = "acknowledged_values"
"""Key of the hidden widget."""
_CLEARED = object()


class _PendingValue(NamedTuple):
    """A value that the browser may not have yet."""

    number: int
    previous: Any
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


def is_stale(key: str) -> bool:
    """In a callback, or at the start of a script run: whether the browser still has the previous value."""
    entry = st.session_state.get(_PENDING, {}).get(key)
    if entry is None or st.session_state.get(key, _CLEARED) != entry.previous or _is_acknowledged(entry):
        return False
    return not entry.is_drawn(key) or entry.is_drawn(_ACKNOWLEDGED)  # else the visitor may have changed it since


def restore_pending_values() -> None:
    """At the start of a script run: set again what the browser does not have yet."""
    context = get_script_run_ctx()
    assert context is not None
    pending = {}
    for key, entry in st.session_state.get(_PENDING, {}).items():
        if is_stale(key):
            _put_value(key, entry.value)
        if st.session_state.get(key, _CLEARED) == entry.value and not _is_acknowledged(entry):
            pending[key] = entry._replace(run=context.shared)
    st.session_state[_PENDING] = pending


def render_acknowledgment() -> None:
    """After the sidebar's widgets: the hidden widget."""
    st.session_state[_ACKNOWLEDGED] = str(st.session_state.get(_N_SET, 0))
    with st.container(key="acknowledgment"):
        st.text_input("Acknowledged values", key=_ACKNOWLEDGED, label_visibility="collapsed")


def mark_values_sent() -> None:
    """At the end of a script run: the values of all widgets on the page have been sent."""
    pending = st.session_state.get(_PENDING, {})
    st.session_state[_PENDING] = {
        key: entry._replace(run=None) for key, entry in pending.items() if entry.is_drawn(key)
    }


def _set_value(key: str, value: Any) -> None:
    context, previous = get_script_run_ctx(suppress_warning=True), st.session_state.get(key, _CLEARED)
    if context is not None and previous != value:
        number = st.session_state[_N_SET] = st.session_state.get(_N_SET, 0) + 1
        entry = _PendingValue(number, previous, value, context.shared)
        if not entry.is_drawn(_ACKNOWLEDGED):  # the hidden widget already has another number
            st.session_state[_PENDING] = st.session_state.get(_PENDING, {}) | {key: entry}
    _put_value(key, value)


def _put_value(key: str, value: Any) -> None:
    if value is not _CLEARED:
        st.session_state[key] = value
    elif key in st.session_state:
        del st.session_state[key]


def _is_acknowledged(entry: _PendingValue) -> bool:
    number = str(st.session_state.get(_ACKNOWLEDGED))[:9]
    # A hidden widget that is not drawn, or a client that is no browser, tells nothing.
    return not number.isdecimal() or int(number) >= entry.number


def clear_prefixed_values(prefix: str) -> None:
    """Return all widgets whose keys begin so to their defaults."""
    clear_widget_values([key for key in st.session_state if str(key).startswith(prefix)])


def drop_unavailable_value(key: str, options: Collection[Any], default: Any = None) -> None:
    """Before a widget: return it to its default if its value is no longer an option."""
    if st.session_state.get(key, default) not in options:
        st.session_state.pop(key, None)
