"""Cooperative cancellation: long work checks a token between its steps, and a running query is interrupted.

The caller creates a `CancelToken` and runs the work within `cancellable(token)`. The work calls `raise_if_cancelled`,
which does nothing without a token, as on the command line.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class WorkCancelled(Exception):  # noqa: N818 - a control signal like CancelledError, no fault
    """The work was cancelled before it ended."""


class CancelToken:
    """Whether a piece of work was cancelled, and the callbacks that interrupt it."""

    def __init__(self) -> None:
        self._cancelled = threading.Event()
        self._guard = threading.Lock()
        self._interrupts: list[Callable[[], None]] = []

    @property
    def is_cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Cancel the work. A second call interrupts queries that started after the first."""
        with self._guard:
            self._cancelled.set()
            for interrupt in self._interrupts:
                interrupt()

    @contextmanager
    def interrupting(self, interrupt: Callable[[], None]) -> Iterator[None]:
        """Call `interrupt`, from the canceling thread, if the work is cancelled during the body."""
        with self._guard:
            self._interrupts.append(interrupt)
        try:
            yield
        finally:
            with self._guard:  # `cancel` must not interrupt a connection that is closed by now
                self._interrupts.remove(interrupt)


_current: ContextVar[CancelToken | None] = ContextVar("cancel_token", default=None)


@contextmanager
def cancellable(token: CancelToken) -> Iterator[None]:
    """Make `token` the one that `raise_if_cancelled` checks in the body."""
    before = _current.set(token)
    try:
        yield
    finally:
        _current.reset(before)


def raise_if_cancelled() -> None:
    """Raise WorkCancelled if the work of this context was cancelled."""
    token = _current.get()
    if token is not None and token.is_cancelled:
        raise WorkCancelled


@contextmanager
def interrupt_when_cancelled(interrupt: Callable[[], None]) -> Iterator[None]:
    """Call `interrupt` if the work of this context is cancelled during the body."""
    raise_if_cancelled()
    token = _current.get()
    if token is None:
        yield
        return
    with token.interrupting(interrupt):
        yield
