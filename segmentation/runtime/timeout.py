"""Work that ends in time, whatever a library below it does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TypeVar

Result = TypeVar("Result")
_GRACE_SECONDS = 1.0
"""Seconds that the work may need beyond its own time-out before it is left behind."""
_POLL_SECONDS = 0.2


def run_with_timeout(seconds: int, work: Callable[[], Result], on_poll: Callable[[], None] | None = None) -> Result:
    """The result of `work`, done in a thread that is left behind when it takes longer.

    `on_poll` is called now and then while it is waited for.

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
    end = time.monotonic() + seconds + _GRACE_SECONDS
    while True:
        try:
            result, error = done.get(timeout=max(0.0, min(_POLL_SECONDS, end - time.monotonic())))
        except Empty:
            if on_poll is not None:
                on_poll()
            if time.monotonic() >= end:
                raise TimeoutError from None
            continue
        if error is not None:
            raise error
        return result  # type: ignore[return-value]
