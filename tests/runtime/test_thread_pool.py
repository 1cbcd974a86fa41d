"""The thread pool: order, error propagation, progress, and nested calls."""

from __future__ import annotations

import threading
import time

import pytest

from segmentation.runtime.thread_pool import parallel_map


@pytest.mark.parametrize("threads", [1, 2, 5, None])
def test_parallel_map_runs_each_task_once(threads: int | None) -> None:
    done: list[int] = []

    def work(task: int) -> int:
        time.sleep(0.001 * (task % 3))
        done.append(task)
        return task * task

    assert parallel_map(work, range(40), threads) == [task * task for task in range(40)]
    assert sorted(done) == list(range(40))
    assert parallel_map(work, [], threads) == []


def test_parallel_map_single_thread_is_caller() -> None:
    assert set(parallel_map(lambda _: threading.current_thread(), range(5), 1)) == {threading.current_thread()}


def test_parallel_map_progress_in_calling_thread() -> None:
    reported: list[tuple[float, threading.Thread]] = []
    parallel_map(
        lambda _: time.sleep(0.002), range(10), 2, lambda share: reported.append((share, threading.current_thread()))
    )
    shares = [share for share, _ in reported]
    assert shares == sorted(shares)
    assert 0 < shares[0] <= shares[-1] <= 1
    assert {thread for _, thread in reported} == {threading.current_thread()}


def test_parallel_map_stops_at_error() -> None:
    begun: list[int] = []

    def work(task: int) -> None:
        begun.append(task)
        if task == 3:
            raise ValueError("the fourth")
        time.sleep(0.002)

    with pytest.raises(ValueError, match="the fourth"):
        parallel_map(work, range(1_000), 2)
    assert len(begun) < 20
    so_far = len(begun)
    time.sleep(0.02)
    assert len(begun) == so_far


def test_parallel_map_propagates_callback_error() -> None:
    begun: list[int] = []

    def work(task: int) -> None:
        begun.append(task)
        time.sleep(0.002)

    def report_progress(share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        parallel_map(work, range(1_000), 2, report_progress)
    assert len(begun) < 20


def test_parallel_map_nested_calls() -> None:
    """A plain pool would deadlock with every worker in a task that submits tasks itself."""

    def work(task: int) -> int:
        return sum(parallel_map(lambda part: (time.sleep(0.001), task + part)[1], range(6), 2))

    answers: list[list[int]] = []
    asking = [
        threading.Thread(target=lambda: answers.append(parallel_map(work, range(12), 2)), daemon=True) for _ in range(4)
    ]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join(timeout=30)
    assert answers == [[6 * task + 15 for task in range(12)]] * 4
