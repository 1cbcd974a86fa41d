"""Cancel long work: it asks between its steps whether it is still wanted, and a running query is interrupted.

Whoever starts the work holds a `CancelToken` and runs the work within `cancellable(token)`. The work itself calls
`raise_if_cancelled`, which does nothing where there is no token, as on the command line.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class WorkCancelled(Exception):
    """The work was cancelled before it ended."""


class CancelToken:
    """Whether a piece of work has been cancelled, and what to interrupt when it is."""

    def __init__(self) -> None:
        self._cancelled = threading.Event()
        self._guard = threading.Lock()
        self._interrupts: list[Callable[[], None]] = []

    @property
    def is_cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Cancel the work. Called again, it interrupts what has begun since."""
        with self._guard:
            self._cancelled.set()
            for interrupt in self._interrupts:
                interrupt()

    @contextmanager
    def interrupting(self, interrupt: Callable[[], None]) -> Iterator[None]:
        """Call `interrupt`, from another thread, if the work is cancelled within."""
        with self._guard:
            self._interrupts.append(interrupt)
        try:
            yield
        finally:
            with self._guard:  # so that nothing is interrupted after it has been closed
                self._interrupts.remove(interrupt)


_current: ContextVar[CancelToken | None] = ContextVar("cancel_token", default=None)


@contextmanager
def cancellable(token: CancelToken) -> Iterator[None]:
    """Run what is within under a token."""
    before = _current.set(token)
    try:
        yield
    finally:
        _current.reset(before)


def raise_if_cancelled() -> None:
    """Raise WorkCancelled if the work of this thread has been cancelled."""
    token = _current.get()
    if token is not None and token.is_cancelled:
        raise WorkCancelled


@contextmanager
def interrupt_when_cancelled(interrupt: Callable[[], None]) -> Iterator[None]:
    """Call `interrupt` if the work of this thread is cancelled within."""
    raise_if_cancelled()
    token = _current.get()
    if token is None:
        yield
        return
    with token.interrupting(interrupt):
        yield
