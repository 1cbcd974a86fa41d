"""Long work: shared by all who ask for the same, its errors told to each, and forgotten afterwards."""

from __future__ import annotations

import threading

import pytest

from pages._ui import cached
from pages._ui.jobs import Job, Progress
from segmentation import pipeline
from segmentation.errors import SourceError
from segmentation.results import CustomerTable
from segmentation.settings import SalesSettings


def test_a_job_tells_its_progress_and_its_result() -> None:
    go_on = threading.Event()

    def work(tell: Progress) -> int:
        tell(1.7, "Almost there")
        go_on.wait(10)
        return 42

    job = Job(work)
    while job.progress[1] != "Almost there":
        assert not job.done(0.01)
    assert job.progress == (1.0, "Almost there")
    go_on.set()
    assert job.result() == 42


def test_visitors_who_ask_for_the_same_share_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[SalesSettings] = []
    together = threading.Barrier(3)

    def slow(settings: SalesSettings, tell: Progress) -> str:
        calls.append(settings)
        return "table"

    monkeypatch.setattr(pipeline, "load_customers", slow)
    found: list[CustomerTable] = []

    def visitor() -> None:
        together.wait(10)
        found.append(cached._customers(SalesSettings("shared"), "1").result())

    visitors = [threading.Thread(target=visitor) for _ in range(3)]
    for thread in visitors:
        thread.start()
    for thread in visitors:
        thread.join(10)
    assert found == ["table"] * 3
    assert calls == [SalesSettings("shared")]


def test_a_failure_is_told_and_the_next_view_tries_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([SourceError("Not there yet."), "table"])

    def load(settings: SalesSettings, tell: Progress) -> str:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(pipeline, "load_customers", load)
    with pytest.raises(SourceError, match="Not there yet"):
        cached.customers(SalesSettings("late"), "1")
    assert cached.customers(SalesSettings("late"), "1") == "table"
