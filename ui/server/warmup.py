"""Warm-up of the server in the background, from its first visitor on, and reruns that keep a visitor's choices."""

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
"""Key in session state: query string and widget values of the last complete run."""
_FIRST_PAGE_TIMEOUT = 30.0
"""Seconds to wait for the first page, which may have ended in an error."""


@st.cache_resource(show_spinner=False)
def warm_up() -> None:
    """Import the pipeline and remove leftovers of a killed server, in the background, once per server.

    Loops are compiled only after the first page: it needs none, and the interpreter lock lets one thread run at a time.
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
    """Exempt all current objects, mostly those of libraries, from garbage collection.

    Streamlit runs a full collection after every run of a page. Over the libraries' objects this takes longer than the
    page and holds the interpreter lock, so simultaneous visitors would wait for each other's collections. Exempt
    objects are still freed by reference count; only cycles among them stay.
    """
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)  # native libraries report leaks at exit otherwise


def mark_page_ready() -> None:
    """Called by app.py when a page is complete."""
    _first_page_ready.set()
    upload_cleanup.ensure_running()
    pairs = [(name, value) for name in st.query_params for value in st.query_params.get_all(name)]
    choices_now = {key: st.session_state[key] for key in _list_choice_keys() if key in st.session_state}
    st.session_state[_COMPLETE_PAGE] = urlencode(pairs), choices_now


def rerun_page() -> None:
    """Rerun the whole page; from a fragment, with the choices and the address of the last complete run.

    A fragment's request carries the widget values and the address that the browser knows at that moment. During a run
    that sets widgets (undo, reset, a preset) these are outdated, and a plain `st.rerun()` would restore them. A choice
    made by the visitor arrives in a request of its own, which Streamlit merges into this rerun, so it still wins.
    """
    context = get_script_run_ctx()
    if context is not None and context.fragment_ids_this_run:  # a full run has the latest values
        query, choices_then = st.session_state.get(_COMPLETE_PAGE, (context.query_string, {}))
        for key, value in choices_then.items():
            # Only what differs: a value set by the server would overwrite a click in transit.
            if key not in st.session_state or st.session_state[key] != value:
                st.session_state[key] = value
        context.query_string = query  # used by st.rerun() for the next run
    st.rerun()


def _list_choice_keys() -> list[str]:
    """Keys of widgets that callbacks and links set: the sidebar's, and the linked ones of a page."""
    linked = [name.removesuffix("_shown") for name in map(str, st.session_state) if name.endswith("_shown")]
    return [*widget_defaults.get_widget_defaults(), "source", *linked]
