"""Undo and reset: what the sidebar stood on before, as plain values of its widgets."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ui.state import widget_defaults

_PAST = "past"
_MAX_HISTORY = 20


def remember_state(source: str) -> None:
    """Keep what the widgets stand on, when it has changed; another source begins anew."""
    now = {key: st.session_state.get(key, value) for key, value in widget_defaults.get_widget_defaults().items()}
    name, past = st.session_state.get(_PAST, (source, ()))
    if name != source:
        past = ()
    if not past or past[-1] != now:
        past = (*past[-_MAX_HISTORY + 1 :], now)
    st.session_state[_PAST] = (source, past)


def render_undo_buttons() -> None:
    """Undo the last change; go back to what is recommended."""
    _, past = st.session_state.get(_PAST, ("", ()))
    with st.container(horizontal=True):
        st.button(
            "Undo",
            icon=":material/undo:",
            key="undo",
            on_click=_restore_previous,
            disabled=len(past) < 2,
            help="Takes back the last change in this bar.",
        )
        st.button(
            "Reset",
            icon=":material/restart_alt:",
            key="reset",
            on_click=_set_widgets,
            args=(widget_defaults.get_widget_defaults(),),
            disabled=not past or past[-1] == widget_defaults.get_widget_defaults(),
            help="Goes back to the recommended settings: RFM, evened out, all sales, and the recommended number.",
        )


def _restore_previous() -> None:
    source, past = st.session_state[_PAST]
    if len(past) >= 2:
        st.session_state[_PAST] = (source, past[:-1])
        _set_widgets(past[-2])


def _set_widgets(values: dict[str, Any]) -> None:
    for key, value in values.items():
        st.session_state[key] = value
