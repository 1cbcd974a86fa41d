"""Skip script runs that a visitor's next request has made outdated.

Streamlit 1.67 has two that reach the visitor's next page:

- Until that page arrives, the browser shows the former one, whose timers run and whose buttons can be pressed.
  Streamlit accepts such a request while the next page is being drawn, runs the fragment afterwards with the address of
  the former page, and the browser clears the page it has just received.
- A run that ends with `st.rerun()` begins again even if the visitor has opened another page in the meantime. All runs
  of a session store the page they are about to show in the same place, so the visitor gets the former page once more.
"""

from __future__ import annotations

import logging
from contextlib import suppress

import streamlit as st
from streamlit.runtime import app_session
from streamlit.runtime.scriptrunner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData, ScriptRequestType

_log = logging.getLogger("segments")


@st.cache_resource(show_spinner=False)
def skip_outdated_runs() -> None:
    """Skip outdated runs in all sessions from now on. Done once per server."""
    internals = (ScriptRunner, "_run_script"), (ScriptRunner, "_install_event_loop"), (app_session, "ScriptRunner")
    if all(hasattr(owner, name) for owner, name in internals):
        app_session.ScriptRunner = _ScriptRunner  # type: ignore[attr-defined]
    else:  # another version serves pages all the same
        _log.warning("Outdated script runs are not skipped with this version of Streamlit.")


class _OutdatedRunError(Exception):
    """The session has a newer run."""


class _ScriptRunner(ScriptRunner):
    """Runs the script for one request, and again for each `st.rerun()` and each fragment requested meanwhile."""

    _n_runs = 0
    """Runs begun for the current request."""

    def _run_script(self, rerun_data: RerunData) -> None:
        is_fragment = bool(rerun_data.fragment_id_queue)
        if is_fragment and rerun_data.page_script_hash != self._pages_manager.current_page_script_hash:
            return
        self._n_runs = 0
        with suppress(_OutdatedRunError):
            super()._run_script(rerun_data)

    def _install_event_loop(self) -> None:
        """Called before each run, and once before the first request."""
        self._n_runs += 1
        if self._n_runs > 1 and self._requests._state is ScriptRequestType.STOP:
            raise _OutdatedRunError
        super()._install_event_loop()
