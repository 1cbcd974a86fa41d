"""Background jobs: a job continues across pages, and sessions with the same request share it."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from segmentation.runtime.cancellation import CancelToken, WorkCancelled, cancellable, raise_if_cancelled
from ui.data import visits

Result = TypeVar("Result")
Progress = Callable[[float, str], None]
_LISTEN_EVERY = 0.5
"""Seconds between checks of a queued job for cancellation."""


class JobQueue:
    """A fair queue with a limited number of slots: one running job per session, sessions take turns.

    More slots than cores would delay every job.
    """

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._working = 0
        self._waiting: deque[tuple[object, object]] = deque()
        """Visit and ticket, in the order in which they came."""
        self._turns: deque[object] = deque()
        """Visits that wait, the next one first."""
        self._busy: set[object] = set()
        """Visits whose work is being done."""
        self._moved = threading.Condition()

    @contextmanager
    def acquire_slot(self, on_position: Callable[[int], None], visit: object = None) -> Iterator[None]:
        """A slot, waited for; `on_position` hears how many must end before, and may raise to give up waiting.

        Args:
            on_position: called each time that the number changes, and twice a second.
            visit: whose work it is; None: nobody else's.
        """
        ticket = object()
        visit = ticket if visit is None else visit
        with self._moved:
            self._waiting.append((visit, ticket))
            if visit not in self._turns:
                self._turns.append(visit)
            try:
                while self._select_next() is not ticket:
                    on_position(max(1, self._working - self._slots + 1 + self._order_tickets().index(ticket)))
                    self._moved.wait(_LISTEN_EVERY)
            finally:
                self._leave(visit, ticket)
            self._working += 1
            self._busy.add(visit)
        try:
            yield
        finally:
            with self._moved:
                self._working -= 1
                self._busy.discard(visit)
                self._moved.notify_all()

    def _select_next(self) -> object | None:
        """The ticket whose turn it is; None while there is no free slot for any."""
        if self._working >= self._slots:
            return None
        visit = next((visit for visit in self._turns if visit not in self._busy), None)
        return next((ticket for whose, ticket in self._waiting if whose == visit), None)

    def _order_tickets(self) -> list[object]:
        """All tickets in the order in which they will be served: one of each visit, then the next of each."""
        per_visit = {visit: [ticket for whose, ticket in self._waiting if whose == visit] for visit in self._turns}
        rounds = max(map(len, per_visit.values()), default=0)
        return [tickets[at] for at in range(rounds) for tickets in per_visit.values() if at < len(tickets)]

    def _leave(self, visit: object, ticket: object) -> None:
        """Take a ticket out of the queue, and let the visit wait for its next turn if it has another."""
        self._waiting.remove((visit, ticket))
        self._turns.remove(visit)
        if any(whose == visit for whose, _ in self._waiting):
            self._turns.append(visit)
        self._moved.notify_all()


QUEUE = JobQueue(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


class Job(visits.VisitorWork, Generic[Result]):
    """Work in a separate thread, with progress and finally a result or an error. It renders nothing."""

    def __init__(self, work: Callable[[Progress], Result], kind: str = "", *, outlives_visits: bool = False) -> None:
        """Start the work.

        Args:
            work: given a function that takes its progress and ends it when it is cancelled.
            kind: a visit that asks for other work of this kind gives this up; "": of no kind.
            outlives_visits: it goes on when all who asked for it have left.
        """
        self.progress: tuple[float, str] = (0.0, "Starting")
        self._outlives_visits = outlives_visits
        self._done = threading.Event()
        self._result: Result | None = None
        self._error: BaseException | None = None
        self._token = CancelToken()
        self._visit = visits.get_current_visit()
        super().__init__(kind or str(id(self)))
        threading.Thread(target=self._run, args=(work,), daemon=True).start()

    def cancel(self) -> None:
        """End the work soon, unless it outlives its visits; its result is a WorkCancelled then."""
        if not self._outlives_visits:
            self._token.cancel()

    def stop(self) -> None:
        """The same, when what it works on is deleted."""
        self.cancel()

    def is_done(self) -> bool:
        """Whether the work has ended."""
        return self._done.is_set()

    def _run(self, work: Callable[[Progress], Result]) -> None:
        try:
            with cancellable(self._token), QUEUE.acquire_slot(self._report_position, self._visit):
                self._report_progress(0.0, "Starting")
                self._result = work(self._report_progress)
        except BaseException as error:
            self._error = WorkCancelled() if self._token.is_cancelled else error
        finally:
            self._done.set()

    def _report_progress(self, part: float, doing: str) -> None:
        raise_if_cancelled()
        self.progress = (min(max(float(part), 0.0), 1.0), doing)

    def _report_position(self, before: int) -> None:
        self._report_progress(0.0, f"Queued: {before} job{'s' * (before != 1)} ahead")

    def wait_done(self, seconds: float) -> bool:
        """Wait at most so many seconds; whether the work has ended."""
        self.join()
        return self._done.wait(seconds)

    def get_result(self) -> Result:
        """The result, waiting for it; raises what the work raised."""
        self.join()
        self._done.wait()
        if self._error is not None:
            raise self._error
        return self._result  # type: ignore[return-value]
