"""Undo and reset of the sidebar: previous widget values."""

from __future__ import annotations

import streamlit as st

from ui.state import widget_defaults, widget_values

_HISTORY_KEY = "history"
_MAX_HISTORY = 20


def remember_state(source: str) -> None:
    """Record the widget values if they changed; another source starts a new history."""
    current = {key: st.session_state.get(key, value) for key, value in widget_defaults.get_widget_defaults().items()}
    name, history = st.session_state.get(_HISTORY_KEY, (source, ()))
    if name != source:
        history = ()
    if not history or history[-1] != current:
        history = (*history[-_MAX_HISTORY + 1 :], current)
    st.session_state[_HISTORY_KEY] = (source, history)


def render_undo_buttons() -> None:
    """Buttons to undo the last change and to reset to the recommended settings."""
    _, history = st.session_state.get(_HISTORY_KEY, ("", ()))
    with st.container(horizontal=True):
        st.button(
            "Undo",
            icon=":material/undo:",
            key="undo",
            on_click=_restore_previous,
            disabled=len(history) < 2,
            help="Undoes the last change in the sidebar.",
        )
        st.button(
            "Reset",
            icon=":material/restart_alt:",
            key="reset",
            on_click=widget_values.set_widget_values,
            args=(widget_defaults.get_widget_defaults(),),
            disabled=not history or history[-1] == widget_defaults.get_widget_defaults(),
            help="Resets to the recommended settings: RFM, log scale, all sales, and the recommended number of "
            "segments.",
        )


def _restore_previous() -> None:
    source, history = st.session_state[_HISTORY_KEY]
    if len(history) >= 2:
        st.session_state[_HISTORY_KEY] = (source, history[:-1])
        widget_values.set_widget_values(history[-2])
