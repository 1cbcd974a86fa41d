"""The session of the current thread, and work that runs while a session waits for it."""

from __future__ import annotations

import logging
import threading
import time
from abc import ABC, abstractmethod

from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

log = logging.getLogger("segments")
_CHECK_SECONDS = 1.0
_GRACE_SECONDS = 10.0
"""Seconds after which a disconnected session no longer counts; reconnects often happen within moments."""
_guard = threading.RLock()
_watched: list[SessionWork] = []
_latest: dict[tuple[str, str], SessionWork] = {}
"""Session and kind of work -> its latest work."""


def get_current_session() -> str | None:
    """The session whose page is being drawn in this thread; None in a background thread."""
    context = get_script_run_ctx(suppress_warning=True)
    return None if context is None else context.session_id


def is_active(session: str) -> bool:
    """Whether the session is connected; True without a server, as in tests."""
    return not runtime.exists() or runtime.get_instance().is_active_session(session)


def has_left() -> bool:
    """Whether the session of this thread has disconnected."""
    session = get_current_session()
    return session is not None and not is_active(session)


class SessionWork(ABC):
    """Background work that is cancelled when no session needs it any more.

    A session needs the work from its call of `join` until it ends or starts other work of the same kind. Work that no
    session ever joined runs to its end.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.is_abandoned = False
        """Whether it was cancelled because no session needed it; the next request starts it again."""
        self._last_seen: dict[str, float] = {}
        with _guard:
            _watched.append(self)
            if len(_watched) == 1:
                threading.Thread(target=_watch, daemon=True).start()
        self.join()

    @abstractmethod
    def is_done(self) -> bool:
        """Whether the work has ended."""

    @abstractmethod
    def cancel(self) -> None:
        """End the work soon; may be called more than once."""

    def join(self) -> None:
        """Register the session of this thread; it abandons other work of the same kind."""
        session = get_current_session()
        if session is None:
            return
        with _guard:
            before = _latest.get((session, self.kind))
            _latest[session, self.kind] = self
            self._last_seen[session] = time.monotonic()
            if before is not None and before is not self:
                before.leave(session)

    def leave(self, session: str) -> None:
        """Unregister a session."""
        with _guard:
            if self._last_seen.pop(session, None) is not None and not self._last_seen:
                self._abandon()

    def check(self) -> None:
        """Forget sessions that have ended, and cancel the work when there are none left."""
        now = time.monotonic()
        with _guard:
            for session, seen in list(self._last_seen.items()):
                if is_active(session):
                    self._last_seen[session] = now
                elif now - seen >= _GRACE_SECONDS:
                    self.leave(session)
            if self.is_abandoned:  # a query that has begun since is interrupted too
                self.cancel()

    def _abandon(self) -> None:
        if not self.is_done():
            self.is_abandoned = True
            self.cancel()


def _watch() -> None:
    """Check all work that is on its way; ends when there is none."""
    while True:
        time.sleep(_CHECK_SECONDS)
        with _guard:
            _watched[:] = [work for work in _watched if not work.is_done()]
            for key in [key for key, work in _latest.items() if work not in _watched]:
                del _latest[key]
            if not _watched:
                return
            pending = list(_watched)
        for work in pending:
            try:
                work.check()
            except Exception:  # the others must be checked all the same
                log.exception("Background work could not be checked")
