"""Background jobs: shared between sessions, with errors reported to each and forgotten afterwards."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from segmentation import pipeline
from segmentation.errors import SourceError
from segmentation.results import CustomerTable
from segmentation.runtime.progress import StepProgress
from segmentation.settings import SalesSettings
from ui.data import jobs, progress, results
from ui.data.jobs import Job


def test_run_job_reports_progress_and_result() -> None:
    go_on = threading.Event()

    def work(report_progress: StepProgress) -> int:
        report_progress(1.7, "Almost there")
        go_on.wait(10)
        return 42

    job = Job(work)
    while job.progress[1] != "Almost there":
        assert not job.wait_done(0.01)
    assert job.progress == (1.0, "Almost there")
    go_on.set()
    assert job.get_result() == 42


def test_run_job_is_shared_between_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[SalesSettings] = []
    together = threading.Barrier(3)

    def slow(settings: SalesSettings, report_progress: StepProgress) -> str:
        calls.append(settings)
        return "table"

    monkeypatch.setattr(pipeline, "load_customers", slow)
    collected: list[CustomerTable] = []

    def visitor() -> None:
        together.wait(10)
        collected.append(results._start_customers(SalesSettings("shared"), "1").get_result())

    visitors = [threading.Thread(target=visitor) for _ in range(3)]
    for thread in visitors:
        thread.start()
    for thread in visitors:
        thread.join(10)
    assert collected == ["table"] * 3
    assert calls == [SalesSettings("shared")]


def test_run_job_failure_is_retried(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([SourceError("Not there yet."), "table"])

    def load(settings: SalesSettings, report_progress: StepProgress) -> str:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(pipeline, "load_customers", load)
    with pytest.raises(SourceError, match="Not there yet"):
        results.get_customers(SalesSettings("late"), "1")
    assert results.get_customers(SalesSettings("late"), "1") == "table"


class Bar:
    """What a visitor's page shows of progress."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def progress(self, part: float, text: str) -> None:
        if text not in self.said[-1:]:
            self.said.append(text)

    def empty(self) -> None:
        self.said.append("")


def test_wait_with_progress_sends_the_bar_only_when_it_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[float, str]] = []
    bar = Bar()
    monkeypatch.setattr(bar, "progress", lambda share, step: sent.append((share, step)))
    monkeypatch.setattr(progress, "_UNNOTICED_SECONDS", 0.0)
    monkeypatch.setattr(progress, "_POLL_SECONDS", 0.01)

    def work(report_progress: StepProgress) -> int:
        for share, step in ((0.25, "Reading"), (0.5, "Reading"), (0.75, "Adding up")):
            report_progress(share, step)
            until(lambda shown=(share, step): shown in sent)  # type: ignore[misc]
            time.sleep(0.2)
        return 42

    token = progress._slot.set(bar)  # type: ignore[arg-type]
    try:
        assert progress.wait_with_progress(Job(work)) == 42
    finally:
        progress._slot.reset(token)
    assert sent[-3:] == [(0.25, "Reading"), (0.5, "Reading"), (0.75, "Adding up")]
    assert len(sent) <= 4  # the first may be the state before the work began
    assert bar.said == [""]


def until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.01)


def test_run_job_second_session_is_queued(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "QUEUE", jobs.JobQueue(1))
    go_on = {"first": threading.Event(), "second": threading.Event(), "third": threading.Event()}
    working: list[str] = []

    def load(settings: SalesSettings, report_progress: StepProgress) -> str:
        working.append(settings.source)
        report_progress(0.5, "Half way")
        go_on[settings.source].wait(10)
        working.remove(settings.source)
        return f"customers of {settings.source}"

    monkeypatch.setattr(pipeline, "load_customers", load)
    bars, result = {name: Bar() for name in go_on}, {}

    def session(name: str) -> None:
        progress._slot.set(bars[name])  # type: ignore[arg-type]
        result[name] = results.get_customers(SalesSettings(name), "queue")

    sessions = []
    for position, name in enumerate(go_on):
        sessions.append(threading.Thread(target=session, args=(name,)))
        sessions[-1].start()
        until(lambda at=position: len(jobs.QUEUE._waiting) == at and bool(working))  # type: ignore[misc]
    until(lambda: all(bar.said for bar in bars.values()))
    assert working == ["first"]
    assert bars["first"].said == ["Half way"]
    assert bars["second"].said == ["Queued: 1 job ahead"]
    assert bars["third"].said == ["Queued: 2 jobs ahead"]
    go_on["first"].set()
    until(lambda: bars["second"].said[-1] == "Half way")
    until(lambda: bars["third"].said[-1] == "Queued: 1 job ahead")
    assert working == ["second"]
    go_on["second"].set()
    go_on["third"].set()
    for thread in sessions:
        thread.join(10)
    assert result == {name: f"customers of {name}" for name in go_on}
    assert bars["third"].said[-1] == ""


def test_run_job_slots_limit_concurrency_and_are_released() -> None:
    queue, inside, maximum = jobs.JobQueue(2), 0, 0
    lock = threading.Lock()

    def visitor(number: int) -> None:
        nonlocal inside, maximum
        try:
            with queue.acquire_slot(lambda before: None):
                with lock:
                    inside += 1
                    maximum = max(maximum, inside)
                time.sleep(0.01)
                with lock:
                    inside -= 1
                if number % 2:
                    raise ValueError
        except ValueError:
            pass

    visitors = [threading.Thread(target=visitor, args=(number,)) for number in range(12)]
    for thread in visitors:
        thread.start()
    for thread in visitors:
        thread.join(10)
    assert maximum == 2
    assert (queue._n_running, len(queue._waiting)) == (0, 0)
