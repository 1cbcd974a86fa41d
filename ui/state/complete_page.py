"""The widget values and the address of the last page that was completed, for fragments that rerun the page."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from ui.state import widget_defaults, widget_values

_KEY = "complete_page"


def remember_page() -> None:
    """At the end of a full run: remember its widget values and its address."""
    pairs = [(name, value) for name in st.query_params for value in st.query_params.get_all(name)]
    values = {key: st.session_state[key] for key in _list_bound_keys() if key in st.session_state}
    st.session_state[_KEY] = urlencode(pairs), values
    widget_values.mark_values_sent()


def restore_page(query: str) -> str:
    """Restore the remembered values; returns the remembered query string, `query` if there is none."""
    query, values = st.session_state.get(_KEY, (query, {}))
    for key, value in values.items():
        # Only what differs: a value set by the server would overwrite a click in transit.
        if key not in st.session_state or st.session_state[key] != value:
            st.session_state[key] = value
    return str(query)


def _list_bound_keys() -> list[str]:
    """Keys of widgets that callbacks and links set: the sidebar's, and the linked ones of a page."""
    linked = [name.removesuffix("_shown") for name in map(str, st.session_state) if name.endswith("_shown")]
    return [*widget_defaults.get_widget_defaults(), "source", *linked]
