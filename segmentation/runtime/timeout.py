"""Work that ends in time, whatever a library below it does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TypeVar

Result = TypeVar("Result")
_BEYOND = 1.0
"""Seconds that the work may need beyond its own time-out before it is left behind."""
_BEAT = 0.2


def within(seconds: int, work: Callable[[], Result], beat: Callable[[], None] | None = None) -> Result:
    """The result of `work`, done in a thread that is left behind when it takes longer.

    `beat` is called now and then while it is waited for.

    Raises:
        TimeoutError: it took longer.
    """
    done: SimpleQueue[tuple[Result | None, BaseException | None]] = SimpleQueue()

    def run() -> None:
        try:
            done.put((work(), None))
        except BaseException as error:
            done.put((None, error))

    threading.Thread(target=run, daemon=True).start()
    end = time.monotonic() + seconds + _BEYOND
    while True:
        try:
            result, error = done.get(timeout=max(0.0, min(_BEAT, end - time.monotonic())))
        except Empty:
            if beat is not None:
                beat()
            if time.monotonic() >= end:
                raise TimeoutError from None
            continue
        if error is not None:
            raise error
        return result  # type: ignore[return-value]
