"""Background jobs: a job continues across pages, and sessions with the same request share it."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from typing import Generic, TypeVar

from segmentation.runtime.cancellation import CancelToken, WorkCancelled, cancellable, raise_if_cancelled
from segmentation.runtime.progress import StepProgress
from ui.data import session_work

Result = TypeVar("Result")
_CANCEL_CHECK_SECONDS = 0.5
"""Seconds between checks of a queued job for cancellation."""


class JobQueue:
    """A fair queue with a limited number of slots: one running job per session, sessions take turns.

    More slots than cores would delay every job.
    """

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._n_running = 0
        self._waiting: deque[tuple[object, object]] = deque()
        """Session and ticket, in order of arrival."""
        self._turns: deque[object] = deque()
        """Waiting sessions, next one first."""
        self._busy: set[object] = set()
        """Sessions with a running job."""
        self._changed = threading.Condition()

    @contextmanager
    def acquire_slot(self, on_position: Callable[[int], None], session: object = None) -> Iterator[None]:
        """Wait for a slot. `on_position` receives the number of jobs ahead and may raise to stop waiting.

        Args:
            on_position: called whenever the number changes, and twice a second.
            session: the session that owns the work; None: a new session.
        """
        ticket = object()
        session = ticket if session is None else session
        with self._changed:
            self._waiting.append((session, ticket))
            if session not in self._turns:
                self._turns.append(session)
            try:
                while self._select_next() is not ticket:
                    on_position(max(1, self._n_running - self._slots + 1 + self._order_tickets().index(ticket)))
                    self._changed.wait(_CANCEL_CHECK_SECONDS)
            finally:
                self._leave(session, ticket)
            self._n_running += 1
            self._busy.add(session)
        try:
            yield
        finally:
            with self._changed:
                self._n_running -= 1
                self._busy.discard(session)
                self._changed.notify_all()

    def _select_next(self) -> object | None:
        """The next ticket to run; None while no slot is free."""
        if self._n_running >= self._slots:
            return None
        session = next((session for session in self._turns if session not in self._busy), None)
        return next((ticket for owner, ticket in self._waiting if owner == session), None)

    def _order_tickets(self) -> list[object]:
        """All tickets in the order of service: one per session, then the next one of each."""
        per_session = {
            session: [ticket for owner, ticket in self._waiting if owner == session] for session in self._turns
        }
        rounds = max(map(len, per_session.values()), default=0)
        return [tickets[at] for at in range(rounds) for tickets in per_session.values() if at < len(tickets)]

    def _leave(self, session: object, ticket: object) -> None:
        """Remove a ticket; a session with further tickets goes to the end of the queue."""
        self._waiting.remove((session, ticket))
        self._turns.remove(session)
        if any(owner == session for owner, _ in self._waiting):
            self._turns.append(session)
        self._changed.notify_all()


QUEUE = JobQueue(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


class Job(session_work.SessionWork, Generic[Result]):
    """Work in a separate thread, with progress and finally a result or an error. It renders nothing."""

    def __init__(
        self,
        work: Callable[[StepProgress], Result],
        kind: str = "",
        *,
        outlives_sessions: bool = False,
        queue: JobQueue | None = None,
    ) -> None:
        """Start the work.

        Args:
            work: receives a progress callback, which raises when the job is cancelled.
            kind: a session that starts another job of this kind abandons this one; "": none.
            outlives_sessions: the job continues after all its sessions have ended.
            queue: where it waits for its turn; None: that of all jobs.
        """
        self.progress: tuple[float, str] = (0.0, "Starting")
        self._outlives_sessions = outlives_sessions
        self._queue = QUEUE if queue is None else queue
        self._done = threading.Event()
        self._result: Result | None = None
        self._error: BaseException | None = None
        self._token = CancelToken()
        self._session = session_work.get_current_session()
        super().__init__(kind or str(id(self)))
        # In a copy of the context, which says for the tags of queries which page view this is.
        threading.Thread(target=copy_context().run, args=(self._run, work), daemon=True).start()

    def cancel(self) -> None:
        """Cancel the work unless it outlives its sessions; the job then raises WorkCancelled."""
        if not self._outlives_sessions:
            self._token.cancel()

    def stop(self) -> None:
        """The same, when its input is deleted."""
        self.cancel()

    def is_done(self) -> bool:
        """Whether the work has ended."""
        return self._done.is_set()

    @property
    def result(self) -> Result | None:
        """The result; None as long as, or because, there is none."""
        return self._result

    @property
    def has_failed(self) -> bool:
        """Whether the work has ended with an error, other than by cancellation."""
        return self._error is not None and not isinstance(self._error, WorkCancelled)

    def _run(self, work: Callable[[StepProgress], Result]) -> None:
        try:
            with cancellable(self._token), self._queue.acquire_slot(self._report_position, self._session):
                self._report_progress(0.0, "Starting")
                self._result = work(self._report_progress)
        except BaseException as error:
            self._error = WorkCancelled() if self._token.is_cancelled else error
        finally:
            self._done.set()

    def _report_progress(self, share: float, step: str) -> None:
        raise_if_cancelled()
        self.progress = (min(max(float(share), 0.0), 1.0), step)

    def _report_position(self, before: int) -> None:
        self._report_progress(0.0, f"Queued: {before} job{'s' * (before != 1)} ahead")

    def wait_done(self, seconds: float) -> bool:
        """Wait at most this many seconds; returns whether the work has ended."""
        self.join()
        return self._done.wait(seconds)

    def get_result(self) -> Result:
        """Wait for the result; raises the exception of the work, if any."""
        self.join()
        self._done.wait()
        if self._error is not None:
            raise self._error
        return self._result  # type: ignore[return-value]
