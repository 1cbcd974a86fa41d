"""Work on something that may be removed at any moment: once it is removed, running work is stopped and none begins."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_PAUSE = 0.02
"""Seconds between two attempts to stop the same work: a query that is interrupted before it begins ignores it."""


class WorkRefusedError(Exception):
    """What the work needs has been removed."""


class RunningWork:
    """The work that is going on with one resource, each piece with a function that stops it."""

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
            stop: called from any thread, many times, also as the body ends; returns True if the body can do nothing
                with the resource any more, so that nobody needs to wait for it.

        Raises:
            WorkRefusedError: no new work may begin.
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
        """Let no new work begin; work that is running goes on. Never waits."""
        self.closed = True

    def stop(self, seconds: float, when_idle: Callable[[], object]) -> bool:
        """Refuse new work and stop what is running.

        Args:
            seconds: wait at most this long for it to end.
            when_idle: called once after the last work has ended: here, or later in the thread where it ends.

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
                with suppress(Exception):  # it may have ended just now
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
