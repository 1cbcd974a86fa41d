"""Skip script runs that a visitor's next request has made outdated, and lose no click to them.

When a request arrives during a run, Streamlit 1.67 stops that run at its next `st` command and handles the request in
another thread. Both threads use the state of the session, which has consequences for the visitor:

- Until the next page arrives, the browser shows the former one, whose timers run and whose buttons can be pressed.
  Streamlit accepts such a request while the next page is being drawn, runs the fragment afterwards with the address of
  the former page, and the browser clears the page it has just received.
- A run that ends with `st.rerun()` begins again even if the visitor has opened another page in the meantime. All runs
  of a session store the page they are about to show in the same place, so the visitor gets the former page once more.
- A run that is past its last `st` command resets all buttons at its end, including one clicked for the next run.
- A click is lost if its run is stopped before the callbacks. A callback is stopped halfway if it uses `st`.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, field, replace
from threading import RLock
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.runtime import app_session
from streamlit.runtime.scriptrunner import ScriptRunner, StopException
from streamlit.runtime.scriptrunner_utils import script_requests
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData, ScriptRequests, ScriptRequestType
from streamlit.runtime.state.safe_session_state import SafeSessionState

if TYPE_CHECKING:
    from streamlit.proto.WidgetStates_pb2 import WidgetStates
    from streamlit.runtime.pages_manager import PagesManager
    from streamlit.runtime.state.session_state import SessionState

_log = logging.getLogger("segments")
_INTERNALS = (
    (ScriptRunner, "_run_script"),
    (ScriptRunner, "_install_event_loop"),
    (ScriptRunner, "_maybe_handle_execution_control_request"),
    (ScriptRequests, "_request_rerun_locked"),
    (SafeSessionState, "on_script_will_rerun"),
    (SafeSessionState, "on_script_finished"),
    (script_requests, "_coalesce_widget_states"),
    (app_session, "ScriptRunner"),
)


@st.cache_resource(show_spinner=False)
def skip_outdated_runs() -> None:
    """Skip outdated runs in all sessions from now on. Done once per server."""
    if all(hasattr(owner, name) for owner, name in _INTERNALS):
        app_session.ScriptRunner = _ScriptRunner  # type: ignore[assignment,attr-defined]
    else:  # another version serves pages all the same
        _log.warning("Outdated script runs are not skipped with this version of Streamlit.")


class _OutdatedRunError(Exception):
    """The session has a newer run."""


@dataclass
class _SharedState:
    """What the runs of a session share."""

    lock: RLock = field(default_factory=RLock)
    """Held while a run calls callbacks, and while it resets buttons at its end."""
    unhandled: WidgetStates | None = None
    """Widgets of a run that was stopped before its callbacks; the next run handles its clicks."""


class _Requests(ScriptRequests):
    """The requests to a run."""

    def __init__(self) -> None:
        super().__init__()
        self._unhandled: WidgetStates | None = None
        """Widgets of the requests whose callbacks have not been called."""

    def _request_rerun_locked(self, new_data: RerunData) -> bool:
        is_accepted = super()._request_rerun_locked(new_data)
        if is_accepted:
            self._unhandled = script_requests._coalesce_widget_states(self._unhandled, new_data.widget_states)
        return is_accepted

    def is_stopped(self) -> bool:
        return self._state is ScriptRequestType.STOP

    def mark_handled(self) -> None:
        """Before the callbacks of the current request.

        Raises:
            StopException: the next run handles the request.
        """
        with self._lock:
            if self.is_stopped():
                raise StopException
            is_waiting = self._state is ScriptRequestType.RERUN
            self._unhandled = self._rerun_data.widget_states if is_waiting else None

    def stop_and_take_unhandled(self) -> WidgetStates | None:
        """Stop the run; returns the widgets of the requests that it will no longer handle."""
        self.request_stop()
        with self._lock:
            unhandled, self._unhandled = self._unhandled, None
        return unhandled


class _SessionState(SafeSessionState):
    """The state of the session, as a run sees it."""

    def __init__(self, state: SessionState, runner: _ScriptRunner) -> None:
        super().__init__(state, runner._maybe_handle_execution_control_request)
        object.__setattr__(self, "_runner", runner)

    def on_script_will_rerun(self, *args: Any, **options: Any) -> None:
        """Set the values of widgets, and call all callbacks to their end."""
        runner = self._runner
        with runner._shared.lock:
            runner._requests.mark_handled()
            runner._calls_callbacks = True
            try:
                super().on_script_will_rerun(*args, **options)
            finally:
                runner._calls_callbacks = False

    def on_script_finished(self, *args: Any, **options: Any) -> None:
        """Reset buttons and remove the state of widgets no longer drawn; not if another run has taken over."""
        runner = self._runner
        with runner._shared.lock:
            if not runner._requests.is_stopped():
                super().on_script_finished(*args, **options)


class _ScriptRunner(ScriptRunner):
    """Runs the script for one request, and again for each `st.rerun()` and each fragment requested meanwhile."""

    _requests: _Requests
    _n_runs = 0
    """Runs begun for the current request."""
    _calls_callbacks = False

    def __init__(
        self,
        *,
        session_state: SessionState,
        pages_manager: PagesManager,
        initial_rerun_data: RerunData,
        **options: Any,
    ) -> None:
        # A session has one PagesManager. Its SessionState has no room for another attribute.
        self._shared: _SharedState = vars(pages_manager).setdefault("shared_by_runs", _SharedState())
        states = script_requests._coalesce_widget_states(self._shared.unhandled, initial_rerun_data.widget_states)
        self._shared.unhandled = None
        initial_rerun_data = replace(initial_rerun_data, widget_states=states)
        super().__init__(
            session_state=session_state,
            pages_manager=pages_manager,
            initial_rerun_data=initial_rerun_data,
            **options,
        )
        self._requests = _Requests()
        self._requests.request_rerun(initial_rerun_data)
        self._session_state = _SessionState(session_state, self)

    def request_stop(self) -> None:
        self._shared.unhandled = self._requests.stop_and_take_unhandled()
        super().request_stop()

    def _run_script(self, rerun_data: RerunData) -> None:
        is_fragment = bool(rerun_data.fragment_id_queue)
        if is_fragment and rerun_data.page_script_hash != self._pages_manager.current_page_script_hash:
            with suppress(StopException):
                self._requests.mark_handled()
            return
        self._n_runs = 0
        with suppress(_OutdatedRunError):
            super()._run_script(rerun_data)

    def _install_event_loop(self) -> None:
        """Called before each run, and once before the first request."""
        self._n_runs += 1
        if self._n_runs > 1 and self._requests.is_stopped():
            raise _OutdatedRunError
        super()._install_event_loop()

    def _maybe_handle_execution_control_request(self) -> None:
        """Called by each `st` command: raises an error that ends the run if there is another request."""
        if not self._calls_callbacks:
            super()._maybe_handle_execution_control_request()
