"""What a server does once, in the background, from its first visitor on."""

from __future__ import annotations

import atexit
import gc
import threading

import streamlit as st

from pages._ui import upload_cleanup

_first_page_stands = threading.Event()
_ADDRESS = "address"
_PATIENCE = 30.0
"""Seconds after which a first page is no longer waited for: it may have ended in an error."""


@st.cache_resource(show_spinner=False)
def warm_up() -> None:
    """Import the pipeline in the background, once per server; clear up after a killed one.

    The compiled loops come once the first page stands: it needs none, and Python lets one thread work at a time.
    """

    def work() -> None:
        import segmentation.charts
        import segmentation.pipeline  # noqa: F401
        from pages._ui import cached
        from segmentation.clusters import ready
        from segmentation.delivery.shelf import remove_unfinished
        from segmentation.sales import room
        from segmentation.segments import figures

        exempt_from_collection()
        room.sweep()
        remove_unfinished(cached.models_folder())
        _first_page_stands.wait(_PATIENCE)
        ready.make_ready()
        figures.make_ready()
        exempt_from_collection()

    threading.Thread(target=work, daemon=True).start()


def exempt_from_collection() -> None:
    """Take all objects that live now, libraries above all, out of the garbage collector's work.

    Streamlit runs a full collection after every run of a page. Over the libraries' objects that takes longer than the
    page itself and holds the interpreter, so visitors who come at once would wait for each other's collections.
    Objects that are exempt are still freed when nothing refers to them; only a cycle of them would stay.
    """
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)  # at the exit of the server, libraries expect to be cleared away


def page_stands() -> None:
    """Said by the entrance when a page is complete."""
    _first_page_stands.set()
    upload_cleanup.ensure_running()
    st.session_state[_ADDRESS] = st.query_params.to_dict()


def asked_before_page_stood() -> bool:
    """Whether a fragment runs that the browser asked for before it had the address of the page that stands now.

    To show the page anew from there would take back what was chosen meanwhile.
    """
    return bool(st.query_params.to_dict() != st.session_state.get(_ADDRESS))
