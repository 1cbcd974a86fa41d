"""Long work that a page view starts and that goes on if the visitor leaves; visitors who ask for the same share it."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

Result = TypeVar("Result")
Progress = Callable[[float, str], None]


class Queue:
    """So many at a time, in the order in which they came: more than there are cores would end later, all of them."""

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._working = 0
        self._waiting: deque[object] = deque()
        self._moved = threading.Condition()

    @contextmanager
    def slot(self, tell: Callable[[int], None]) -> Iterator[None]:
        """A slot, waited for; `tell` hears how many must end before, each time that changes."""
        mine = object()
        with self._moved:
            self._waiting.append(mine)
            while self._working >= self._slots or self._waiting[0] is not mine:
                tell(self._working - self._slots + 1 + self._waiting.index(mine))
                self._moved.wait()
            self._waiting.popleft()
            self._working += 1
            self._moved.notify_all()
        try:
            yield
        finally:
            with self._moved:
                self._working -= 1
                self._moved.notify_all()


QUEUE = Queue(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


class Job(Generic[Result]):
    """Work in a thread of its own, with its progress, and at the end a result or an error. It draws nothing."""

    def __init__(self, work: Callable[[Progress], Result]) -> None:
        self.progress: tuple[float, str] = (0.0, "Starting")
        self._done = threading.Event()
        self._result: Result | None = None
        self._error: BaseException | None = None
        threading.Thread(target=self._run, args=(work,), daemon=True).start()

    def _run(self, work: Callable[[Progress], Result]) -> None:
        try:
            with QUEUE.slot(self._in_queue):
                self._tell(0.0, "Starting")
                self._result = work(self._tell)
        except BaseException as error:
            self._error = error
        finally:
            self._done.set()

    def _tell(self, part: float, doing: str) -> None:
        self.progress = (min(max(float(part), 0.0), 1.0), doing)

    def _in_queue(self, before: int) -> None:
        others = "one other piece of work" if before == 1 else f"{before} other pieces of work"
        self._tell(0.0, f"In the queue: {others} must end first")

    def done(self, seconds: float) -> bool:
        """Wait at most so many seconds; whether the work has ended."""
        return self._done.wait(seconds)

    def result(self) -> Result:
        """The result, waiting for it; raises what the work raised."""
        self._done.wait()
        if self._error is not None:
            raise self._error
        return self._result  # type: ignore[return-value]
