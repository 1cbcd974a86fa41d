"""Warm-up of the server in the background, started by its first visitor, and reruns that keep a visitor's choices."""

from __future__ import annotations

import atexit
import gc
import threading

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from segmentation.runtime.garbage_collection import collect_less_often
from ui.server import upload_cleanup
from ui.state import complete_page

_first_page_ready = threading.Event()
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

        collect_less_often()
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
    complete_page.remember_page()


def rerun_page() -> None:
    """Rerun the whole page; from a fragment, with the choices and the address of the last complete run.

    A fragment's request carries the widget values and the address that the browser knows at that moment. During a run
    that sets widgets (undo, reset, a preset) these are outdated, and a plain `st.rerun()` would restore them. A choice
    made by the visitor arrives in a separate request, which Streamlit merges into this rerun, so it still wins.
    """
    context = get_script_run_ctx()
    if context is not None and context.fragment_ids_this_run:  # a full run has the latest values
        context.query_string = complete_page.restore_page(context.query_string)  # used by st.rerun() for the next run
    st.rerun()
