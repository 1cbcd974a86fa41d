"""Background work ends with the last session that waits for it, and sessions take turns in the queue."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from segmentation import pipeline
from segmentation.errors import SourceError
from segmentation.results import SweepResult
from segmentation.runtime.cancellation import WorkCancelled
from segmentation.runtime.progress import StepProgress
from segmentation.sales.files import FileSource
from segmentation.settings import ModelSettings, SalesSettings
from tests.ui.test_jobs import until
from ui.data import jobs, results, session_work, validation
from ui.data.jobs import Job


class Sessions:
    """Sessions that a test opens and ends; each thread acts for one of them."""

    def __init__(self) -> None:
        self.active: set[str] = set()
        self._thread = threading.local()

    def act_for(self, session: str | None) -> None:
        """Let this thread draw the page of a session."""
        self._thread.session = session
        if session is not None:
            self.active.add(session)

    def current(self) -> str | None:
        """The session of this thread."""
        session: str | None = getattr(self._thread, "session", None)
        return session


@pytest.fixture
def open_sessions(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sessions]:
    """Sessions that end without a grace period."""
    opened = Sessions()
    monkeypatch.setattr(session_work, "get_current_session", opened.current)
    monkeypatch.setattr(session_work, "is_active", lambda session: session in opened.active)
    monkeypatch.setattr(session_work, "_GRACE_SECONDS", 0.0)
    monkeypatch.setattr(session_work, "_CHECK_SECONDS", 0.01)
    yield opened
    opened.active.clear()


class Endless:
    """Work that goes on until it is cancelled."""

    def __init__(self) -> None:
        self.has_begun = threading.Event()

    def __call__(self, report_progress: StepProgress) -> str:
        self.has_begun.set()
        while True:
            report_progress(0.5, "Still at it")
            time.sleep(0.005)


def test_work_ends_with_last_waiting_session(open_sessions: Sessions) -> None:
    work = Endless()
    open_sessions.act_for("first")
    job = Job(work)
    open_sessions.act_for("second")
    job.wait_done(0)
    assert work.has_begun.wait(10)
    open_sessions.active.remove("first")
    assert not job.wait_done(0.2)
    open_sessions.active.remove("second")
    until(job.is_done)
    with pytest.raises(WorkCancelled):
        job.get_result()


def test_lost_connection_does_not_end_work(open_sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_work, "_GRACE_SECONDS", 30.0)
    open_sessions.act_for("session")
    job = Job(Endless())
    open_sessions.active.clear()
    time.sleep(0.2)
    assert not job.is_done()
    job.stop()
    until(job.is_done)


def test_uninterruptible_work_continues(open_sessions: Sessions) -> None:
    go_on = threading.Event()
    open_sessions.act_for("session")

    def work(report_progress: StepProgress) -> str:
        while not go_on.wait(0.01):
            report_progress(0.5, "Publishing")
        return "published"

    job = Job(work, outlives_sessions=True)
    open_sessions.active.clear()
    time.sleep(0.2)
    go_on.set()
    open_sessions.act_for(None)
    assert job.get_result() == "published"


def test_session_abandons_work_of_same_kind_only(open_sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "QUEUE", jobs.JobQueue(9))
    open_sessions.act_for("session")
    first, other = Job(Endless(), "training"), Job(Endless(), "tuning")
    second = Job(Endless(), "training")
    until(first.is_done)
    assert first.is_abandoned
    assert not other.is_abandoned
    assert not second.is_abandoned
    open_sessions.active.clear()
    until(lambda: second.is_done() and other.is_done())


def test_work_restarts_after_abandonment(open_sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    works: list[Callable[[StepProgress], str]] = [Endless(), lambda report_progress: "customers"]
    monkeypatch.setattr(pipeline, "load_customers", lambda settings, report_progress: works.pop(0)(report_progress))
    key = (SalesSettings("abandoned"), "1")
    open_sessions.act_for("first")
    job = results._start_customers(*key)
    open_sessions.active.clear()
    until(job.is_done)
    open_sessions.act_for("second")
    assert results.get_customers_quietly(*key) == "customers"
    assert works == []


def test_ended_session_starts_no_work(open_sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[SalesSettings] = []

    def load(settings: SalesSettings, report_progress: StepProgress) -> str:
        begun.append(settings)
        open_sessions.active.clear()
        return Endless()(report_progress)

    monkeypatch.setattr(pipeline, "load_customers", load)
    open_sessions.act_for("session")
    with pytest.raises(WorkCancelled):
        results.get_customers_quietly(SalesSettings("left"), "1")
    assert len(begun) == 1


def test_running_query_is_interrupted(open_sessions: Sessions, shop: Path) -> None:
    source, has_begun = FileSource(shop), threading.Event()
    a, b, c = (source.table().select(**{name: "customer_id"}).view() for name in "abc")
    crossed = a.cross_join(b).cross_join(c)
    endless = crossed.aggregate(longest=(crossed.a + crossed.b + crossed.c).length().max())

    def work(report_progress: StepProgress) -> str:
        has_begun.set()
        return str(source.fetch(endless))

    open_sessions.act_for("session")
    job = Job(work)
    assert has_begun.wait(10)
    assert not job.wait_done(0.3)
    open_sessions.active.clear()
    until(job.is_done)
    with pytest.raises(WorkCancelled):
        job.get_result()


def test_failing_query_raises(tmp_path: Path, shop: Path) -> None:
    path = tmp_path / "shop.parquet"
    path.write_bytes(shop.read_bytes())
    source = FileSource(path)
    table = source.table()
    path.unlink()
    with pytest.raises(SourceError):
        Job(lambda report_progress: source.fetch(table)).get_result()


def test_training_and_validation_end_between_tasks(open_sessions: Sessions, shop_training: SweepResult) -> None:
    table, training = shop_training.table, shop_training
    open_sessions.act_for("session")
    job = Job(
        lambda report_progress: [pipeline.train_every_k(table, ModelSettings()) for _ in range(10_000)]
    )  # its progress is not reported
    work = validation.start_validation(training)
    assert not job.wait_done(0.2)
    open_sessions.active.clear()
    until(lambda: job.is_done() and work.is_done())
    assert work.is_abandoned
    assert work.result is None
    with pytest.raises(WorkCancelled):
        job.get_result()


def in_queue(queue: jobs.JobQueue, tickets: list[tuple[str | None, str]]) -> list[str]:
    """The order in which work is done that came in this order while the only slot was taken."""
    done: list[str] = []

    def work(session: str | None, name: str) -> None:
        with queue.acquire_slot(lambda before: None, session):
            done.append(name)

    threads = [threading.Thread(target=work, args=ticket) for ticket in tickets]
    with queue.acquire_slot(lambda before: None):
        for number, thread in enumerate(threads, start=1):
            thread.start()
            until(lambda number=number: len(queue._waiting) == number)  # type: ignore[misc]
    for thread in threads:
        thread.join(10)
    return done


def test_sessions_take_turns() -> None:
    many = [("a", f"a{number}") for number in range(4)]
    tickets: list[tuple[str | None, str]] = [*many, ("b", "b0"), ("b", "b1"), (None, "nobody's"), ("c", "c0")]
    assert in_queue(jobs.JobQueue(1), tickets) == ["a0", "b0", "nobody's", "c0", "a1", "b1", "a2", "a3"]


def test_session_has_one_slot() -> None:
    queue, running, maximum = jobs.JobQueue(2), 0, 0
    others, go_on = threading.Event(), threading.Event()
    lock = threading.Lock()

    def mine() -> None:
        nonlocal running, maximum
        with queue.acquire_slot(lambda before: None, "a"):
            with lock:
                running += 1
                maximum = max(maximum, running)
            go_on.wait(10)
            with lock:
                running -= 1

    threads = [threading.Thread(target=mine) for _ in range(3)]
    for thread in threads:
        thread.start()
    until(lambda: running == 1 and len(queue._waiting) == 2)
    with queue.acquire_slot(lambda before: None, "b"):  # is served before those of the session that has a slot
        others.set()
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert others.is_set()
    assert maximum == 1
    assert (queue._n_running, len(queue._waiting), len(queue._turns), len(queue._busy)) == (0, 0, 0, 0)


def test_cancelled_queued_work_releases_its_position(open_sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "QUEUE", jobs.JobQueue(1))
    open_sessions.act_for("first")
    first = Job(Endless())
    open_sessions.act_for("second")
    second = Job(lambda report_progress: "never")
    open_sessions.act_for("third")
    third = Job(lambda report_progress: "third")
    until(lambda: len(jobs.QUEUE._waiting) == 2)
    open_sessions.active.remove("second")
    until(second.is_done)
    assert len(jobs.QUEUE._waiting) == 1
    assert not first.is_done()
    open_sessions.active.remove("first")
    assert third.get_result() == "third"
