"""Discard fragment runs that belong to a page the visitor has left.

Until the next page arrives, the browser shows the former one: its timers run and its buttons can be pressed. Streamlit
1.67 accepts such a request as long as the next page is still being drawn, runs it afterwards with the address of the
former page, and the browser then clears the page it has just received.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner

_log = logging.getLogger("segments")


@st.cache_resource(show_spinner=False)
def discard_fragment_runs() -> None:
    """Discard fragment runs of former pages in all sessions. Done once per server."""
    try:
        run_script = ScriptRunner._run_script
    except AttributeError:  # internal to Streamlit: another version serves pages all the same
        _log.warning("Requests of former pages are not discarded with this version of Streamlit.")
        return
    if not hasattr(run_script, "__wrapped__"):
        ScriptRunner._run_script = _discard_former_pages(run_script)  # type: ignore[assignment, method-assign]


def _discard_former_pages(run_script: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    """`run_script`, without the runs of fragments whose page is not the last one that was run."""

    @functools.wraps(run_script)
    def run_current_page(runner: Any, request: Any) -> None:
        current_page = runner._pages_manager.current_page_script_hash
        if not request.fragment_id_queue or request.page_script_hash == current_page:
            run_script(runner, request)

    return run_current_page
