"""Threads that share work. Who asks is one of them, so a task may ask in its turn."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context
from functools import cache
from typing import Any, TypeVar

from segmentation.runtime.cancellation import raise_if_cancelled

Task = TypeVar("Task")
Result = TypeVar("Result")


def count_available_threads() -> int:
    """Threads to share work: the cores this process may run on, at most 8."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, 8)


def parallel_map(
    work: Callable[[Task], Result],
    tasks: Iterable[Task],
    threads: int | None = None,
    on_progress: Callable[[float], None] | None = None,
) -> list[Result]:
    """What `work` gives for each task, in their order.

    A thread takes the next task when it has done one, and the thread that asks takes part: among few customers a task
    is done in the time that it takes to wake somebody up. There is a helper for every thread all the same, because the
    system wakes many a helper on the core of who asks and leaves another idle; one who has not begun by the end is not
    waited for.

    Args:
        work: lets go of Python's lock for most of its time.
        tasks: independent of one another.
        threads: helpers, at most; None: one for each core at hand; 1: none, who asks is alone.
        on_progress: told the share that is done, in the thread that asks.

    Raises:
        WorkCancelled: the work of the thread that asks was cancelled; it is asked before each task.
        Whatever `work` or `on_progress` raises, once the tasks that were begun are done; no other is begun then.

    >>> parallel_map(abs, [-3, 1, -2])
    [3, 1, 2]
    """
    left = deque(enumerate(tasks))
    results: list[Any] = [None] * len(left)

    def take(telling: Callable[[float], None] | None = None) -> None:
        try:
            while (taken := _pop_next(left)) is not None:
                raise_if_cancelled()
                place, task = taken
                results[place] = work(task)
                if telling is not None:
                    telling(1 - len(left) / len(results))
        except BaseException:
            left.clear()
            raise

    wanted = min(threads or count_available_threads(), len(left))
    helpers = [_get_pool().submit(copy_context().run, take) for _ in range(wanted)] if wanted > 1 else []
    try:
        take(on_progress)
    finally:
        begun = [helper for helper in helpers if not helper.cancel()]
        wait(begun)
    for helper in begun:
        helper.result()
    return results


def _pop_next(left: deque[tuple[int, Task]]) -> tuple[int, Task] | None:
    try:
        return left.popleft()
    except IndexError:  # another thread may take the last at any moment
        return None


@cache
def _get_pool() -> ThreadPoolExecutor:
    """They stand ready for everybody: starting threads takes as long as a tenth of the work on few customers."""
    return ThreadPoolExecutor(count_available_threads(), "clusters")
