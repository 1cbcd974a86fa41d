"""Track running work on a resource that may be removed at any time; removal stops it and refuses new work."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_PAUSE = 0.02
"""Seconds between attempts to stop work: an interrupt before a query starts has no effect."""


class WorkRefusedError(Exception):
    """The resource has been removed."""


class RunningWork:
    """The running work on one resource, each piece with a function that stops it."""

    def __init__(self) -> None:
        self.closed = False
        """Whether new work is refused."""
        self._changed = threading.Condition()
        self._stops: dict[object, Callable[[], object]] = {}
        self._when_idle: Callable[[], object] | None = None

    @contextmanager
    def running(self, stop: Callable[[], object]) -> Iterator[None]:
        """Count the body as running work.

        Args:
            stop: called from any thread, possibly many times and while the body ends; returns True if the body can no
                longer use the resource, so that it need not be waited for.

        Raises:
            WorkRefusedError: the resource has been removed.
        """
        key = object()
        with self._changed:
            if self.closed:
                raise WorkRefusedError
            self._stops[key] = stop
        try:
            yield
        finally:
            with self._changed:
                self._stops.pop(key, None)
                self._changed.notify_all()
            self._call_when_idle()

    def refuse(self) -> None:
        """Refuse new work without waiting; running work continues."""
        self.closed = True

    def stop(self, seconds: float, when_idle: Callable[[], object]) -> bool:
        """Refuse new work and stop what is running.

        Args:
            seconds: how long to wait for it to end.
            when_idle: called once after the last work has ended, in this thread or in the one that ended it.

        Returns:
            whether all work has ended.
        """
        self.refuse()
        with self._changed:
            self._when_idle = when_idle
        deadline = time.monotonic() + seconds
        while True:
            with self._changed:
                stops = list(self._stops.items())
            for key, stop in stops:
                with suppress(Exception):  # it may have just ended
                    if stop() is True:
                        self._stops.pop(key, None)
            with self._changed:
                if self._stops and time.monotonic() < deadline:
                    self._changed.wait(_PAUSE)
                    continue
                ended = not self._stops
            self._call_when_idle()
            return ended

    def _call_when_idle(self) -> None:
        with self._changed:
            if self._stops or self._when_idle is None:
                return
            when_idle, self._when_idle = self._when_idle, None
        when_idle()
