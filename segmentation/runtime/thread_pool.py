"""A thread pool whose callers take part in the work, so that a task may itself use the pool without deadlock."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context
from functools import cache
from typing import Any, TypeVar

from segmentation.runtime.cancellation import raise_if_cancelled
from segmentation.runtime.progress import Progress

Task = TypeVar("Task")
Result = TypeVar("Result")


def count_available_threads() -> int:
    """The number of cores this process may run on, at most 8."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, 8)


def parallel_map(
    work: Callable[[Task], Result],
    tasks: Iterable[Task],
    threads: int | None = None,
    on_progress: Progress | None = None,
) -> list[Result]:
    """Apply `work` to each task in parallel, and return the results in the order of the tasks.

    The calling thread takes tasks too: with few customers a task is done in the time that it takes to wake a pool
    thread. There is still one pool thread per core, because the scheduler often wakes one on the caller's core and
    leaves another core idle. Pool threads that have not started by the end are not waited for.

    Args:
        work: a function that releases the GIL most of the time.
        tasks: independent of one another.
        threads: the maximum number of pool threads; None: one per core; 1: none, the caller works alone.
        on_progress: called in the calling thread with the share that is done, 0 to 1.

    Raises:
        WorkCancelled: the caller's work was cancelled; checked before each task.
        Exception: whatever `work` or `on_progress` raises, after running tasks have ended; no other task is started.

    >>> parallel_map(abs, [-3, 1, -2])
    [3, 1, 2]
    """
    remaining = deque(enumerate(tasks))
    results: list[Any] = [None] * len(remaining)

    def run_tasks(report: Progress | None = None) -> None:
        try:
            while (item := _pop_next(remaining)) is not None:
                raise_if_cancelled()
                index, task = item
                results[index] = work(task)
                if report is not None:
                    report(1 - len(remaining) / len(results))
        except BaseException:
            remaining.clear()
            raise

    count = min(threads or count_available_threads(), len(remaining))
    helpers = [_get_pool().submit(copy_context().run, run_tasks) for _ in range(count)] if count > 1 else []
    try:
        run_tasks(on_progress)
    finally:
        started = [helper for helper in helpers if not helper.cancel()]
        wait(started)
    for helper in started:
        helper.result()
    return results


def _pop_next(remaining: deque[tuple[int, Task]]) -> tuple[int, Task] | None:
    try:
        return remaining.popleft()
    except IndexError:  # another thread may take the last one at any moment
        return None


@cache
def _get_pool() -> ThreadPoolExecutor:
    """Shared by all callers: starting threads takes a tenth of the time of the work on few customers."""
    return ThreadPoolExecutor(count_available_threads(), "clusters")
