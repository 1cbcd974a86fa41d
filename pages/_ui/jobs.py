"""Long work that a page view starts and that goes on if the visitor leaves; visitors who ask for the same share it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Result = TypeVar("Result")
Progress = Callable[[float, str], None]

_ROOM = threading.BoundedSemaphore(2)
"""Two at a time: more on shared cores end later, all of them."""


class Job(Generic[Result]):
    """Work in a thread of its own, with its progress, and at the end a result or an error. It draws nothing."""

    def __init__(self, work: Callable[[Progress], Result]) -> None:
        self.progress: tuple[float, str] = (0.0, "Waiting for other work to end")
        self._done = threading.Event()
        self._result: Result | None = None
        self._error: BaseException | None = None
        threading.Thread(target=self._run, args=(work,), daemon=True).start()

    def _run(self, work: Callable[[Progress], Result]) -> None:
        try:
            with _ROOM:
                self._tell(0.0, "Starting")
                self._result = work(self._tell)
        except BaseException as error:
            self._error = error
        finally:
            self._done.set()

    def _tell(self, part: float, doing: str) -> None:
        self.progress = (min(max(float(part), 0.0), 1.0), doing)

    def done(self, seconds: float) -> bool:
        """Wait at most so many seconds; whether the work has ended."""
        return self._done.wait(seconds)

    def result(self) -> Result:
        """The result, waiting for it; raises what the work raised."""
        self._done.wait()
        if self._error is not None:
            raise self._error
        return self._result  # type: ignore[return-value]
