"""What a server does once, in the background, from its first visitor on."""

from __future__ import annotations

import atexit
import gc
import threading
from urllib.parse import urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ui.server import upload_cleanup
from ui.state import widget_defaults

_first_page_ready = threading.Event()
_COMPLETE_PAGE = "complete_page"
"""In the session: the query string and the choices of the last complete run."""
_FIRST_PAGE_TIMEOUT = 30.0
"""Seconds after which a first page is no longer waited for: it may have ended in an error."""


@st.cache_resource(show_spinner=False)
def warm_up() -> None:
    """Import the pipeline in the background, once per server; clear up after a killed one.

    The compiled loops come once the first page stands: it needs none, and Python lets one thread work at a time.
    """

    def work() -> None:
        from segmentation.clustering.kmeans import warmup
        from segmentation.runs.cleanup import remove_unfinished
        from segmentation.runtime import workdir
        from segmentation.segments import cluster_stats
        from ui.data import results

        exempt_from_collection()
        workdir.remove_stale()
        remove_unfinished(results.get_models_folder())
        _first_page_ready.wait(_FIRST_PAGE_TIMEOUT)
        warmup.warm_up_jit()
        cluster_stats.warm_up_jit()
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


def mark_page_ready() -> None:
    """Said by the entrance when a page is complete."""
    _first_page_ready.set()
    upload_cleanup.ensure_running()
    pairs = [(name, value) for name in st.query_params for value in st.query_params.get_all(name)]
    choices_now = {key: st.session_state[key] for key in _choice_keys() if key in st.session_state}
    st.session_state[_COMPLETE_PAGE] = urlencode(pairs), choices_now


def rerun_page() -> None:
    """Rerun the whole page; from a fragment, with the choices and the address of the last complete run.

    The browser sends a fragment's request with the widget values and the address it knows at that moment. While a
    run is under way that sets widgets itself (undo, reset, a preset), these are the values from before, and a plain
    `st.rerun()` would bring them back. A choice that a visitor makes comes with a request of its own, which Streamlit
    merges into this rerun, so it still wins.
    """
    context = get_script_run_ctx()
    if context is not None and context.fragment_ids_this_run:  # a run of the whole page has the newest values already
        query, choices_then = st.session_state.get(_COMPLETE_PAGE, (context.query_string, {}))
        for key, value in choices_then.items():
            # Only what differs: a value set by the server would overwrite a click that is still on its way.
            if key not in st.session_state or st.session_state[key] != value:
                st.session_state[key] = value
        context.query_string = query  # st.rerun() starts the next run with it
    st.rerun()


def _choice_keys() -> list[str]:
    """Keys of the widgets that callbacks and links set: those of the sidebar, and the linked ones of a page."""
    linked = [name.removesuffix("_shown") for name in map(str, st.session_state) if name.endswith("_shown")]
    return [*widget_defaults.get_widget_defaults(), "source", *linked]
