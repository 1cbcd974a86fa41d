"""Run a callable with a hard timeout."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextvars import copy_context
from queue import Empty, SimpleQueue
from typing import TypeVar

Result = TypeVar("Result")
_GRACE_SECONDS = 1.0
"""Seconds beyond the timeout of the library underneath before the thread is abandoned."""
_POLL_SECONDS = 0.2


def run_with_timeout(seconds: int, work: Callable[[], Result], on_poll: Callable[[], None] | None = None) -> Result:
    """Run `work` in a thread, in the context of this one, and return its result or raise its exception.

    Python cannot stop a thread: after the timeout it is abandoned, and its result is discarded.

    Args:
        seconds: the timeout.
        work: the callable.
        on_poll: called about five times a second while waiting.

    Raises:
        TimeoutError: the timeout has passed.
    """
    done: SimpleQueue[tuple[Result | None, BaseException | None]] = SimpleQueue()

    def run() -> None:
        try:
            done.put((work(), None))
        except BaseException as error:
            done.put((None, error))

    threading.Thread(target=copy_context().run, args=(run,), daemon=True).start()
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
