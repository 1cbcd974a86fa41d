"""An upload that is removed while in use: the file goes first, whatever runs on it is stopped and given the reason."""

from __future__ import annotations

import gc
import shutil
import subprocess
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pytest

from segmentation.errors import SourceError
from segmentation.runtime import workdir
from segmentation.runtime.cancellation import CancelToken, cancellable
from segmentation.sales import upload_decoding, upload_store
from segmentation.sales.files import FileSource
from segmentation.sales.running_work import RunningWork, WorkRefusedError

REMOVED = r"The file 'sales' was removed\. Upload it again"
WAIT = 60.0


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the system keeps temporary files, empty at first."""
    upload_store.remove_all_uploads()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield tmp_path
    upload_store.remove_all_uploads()


@pytest.fixture(params=["csv", "parquet"])
def data(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Two thousand lines; joined with themselves four times they keep the engine busy for hours."""
    path = tmp_path_factory.mktemp("data") / "lines"
    lines = duckdb.sql("select i as customer, date '2024-01-01' as day, i / 7 as amount from range(2000) as lines (i)")
    lines.write_parquet(str(path)) if request.param == "parquet" else lines.write_csv(str(path))
    return path.read_bytes()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def files_left(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.name != "lock"]


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def run_endless_query(source: upload_store.UploadSource, pool: ThreadPoolExecutor) -> Future[Any]:
    """A query of the source in another thread, once the engine is at it."""
    lines = table = source.table()
    for _ in range(4):
        table = table.cross_join(lines.view()).select(table.customer, amount=table.amount)
    query = table.aggregate(most=(table.amount.cast("float64") * 1.5).max())
    answer = pool.submit(source.fetch, query)
    time.sleep(0.3)
    assert not answer.done()
    return answer


def test_remove_stops_running_queries_with_an_error_that_says_why(
    data: bytes, folder: Path, pool: ThreadPoolExecutor
) -> None:
    source = upload_store.store_upload(data, "sales")
    answers = [run_endless_query(source, pool) for _ in range(3)]
    upload_store.remove_upload(source.uri)
    assert files_left(folder) == []
    for answer in answers:
        with pytest.raises(SourceError, match=REMOVED) as error:
            answer.result(WAIT)
        assert error.value.hint
    assert source._loaded is None
    with pytest.raises(SourceError, match="no longer available"):
        upload_store.get_upload(source.uri)


def test_remove_during_batches_ends_the_batches(data: bytes, folder: Path) -> None:
    source = upload_store.store_upload(data, "sales")
    table = source.table()
    batches = source.iter_batches(table.cross_join(table.view()).select(table.customer))
    next(batches)
    upload_store.remove_upload(source.uri)
    assert files_left(folder) == []
    with pytest.raises(SourceError, match=REMOVED):
        list(batches)
    assert source._loaded is None


def test_abandoned_batches_do_not_hold_the_memory(data: bytes) -> None:
    source = upload_store.store_upload(data, "sales")
    table = source.table()
    batches = source.iter_batches(table.cross_join(table.view()).select(table.customer))
    next(batches)
    upload_store.remove_upload(source.uri)
    del batches
    gc.collect()
    assert source._loaded is None


def test_remove_while_the_file_is_being_decoded_ends_the_decoder(
    data: bytes, folder: Path, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    start = subprocess.Popen

    def start_endless(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        started.append(start([*command[:-1], "code"], **options))  # the interpreter waits for more input
        return started[-1]

    monkeypatch.setattr(upload_decoding.subprocess, "Popen", start_endless)
    token = upload_store.create_token()
    kept = pool.submit(upload_store.store_upload, data, "sales", token)
    wait_until(lambda: bool(started))
    time.sleep(0.2)
    assert not kept.done()
    assert len(files_left(folder)) == 1
    upload_store.remove_upload(token)
    assert files_left(folder) == []
    with pytest.raises(SourceError, match=REMOVED):
        kept.result(WAIT)
    assert started[0].poll() is not None
    assert files_left(folder) == []


def test_an_error_while_stopping_leaves_no_file(data: bytes, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> None:
        raise RuntimeError("it cannot be stopped")

    sources = [upload_store.store_upload(data, "sales") for _ in range(3)]
    monkeypatch.setattr(upload_store.UploadSource, "free", fail)
    with pytest.raises(RuntimeError):
        upload_store.remove_upload(sources[0].uri)
    assert len(files_left(folder)) == 2
    upload_store.remove_all_uploads()
    assert files_left(folder) == []


def test_a_file_that_cannot_be_deleted_at_once_is_deleted_later(
    data: bytes, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = upload_store.store_upload(data, "sales")
    with monkeypatch.context() as refusing:
        refusing.setattr(shutil, "rmtree", lambda *args, **kwargs: None)
        upload_store.remove_upload(source.uri)
        assert len(files_left(folder)) == 1
    upload_store.delete_remains()
    assert files_left(folder) == []
    assert not upload_store._undeleted


def test_an_interrupted_upload_leaves_no_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*args: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(upload_store, "UploadSource", interrupt)
    with pytest.raises(KeyboardInterrupt):
        upload_store.store_upload(b"customer,day,amount\n1,2024-01-01,5\n", "sales")
    assert files_left(folder) == []
    assert not upload_store._uploads


def test_a_removed_source_is_held_by_nobody(data: bytes) -> None:
    source = upload_store.store_upload(data, "sales")
    source.fetch(source.table())
    held = weakref.ref(source)
    upload_store.remove_upload(source.uri)
    del source
    gc.collect()
    assert held() is None


def test_the_end_of_the_process_refuses_new_files(data: bytes, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workdir, "_closed", threading.Event())
    workdir.close_permanently()
    with pytest.raises(SourceError, match="cannot be stored here"):
        upload_store.store_upload(data, "sales")
    assert list(folder.iterdir()) == []


def test_running_work_is_stopped_again_and_again_until_it_ends(pool: ThreadPoolExecutor) -> None:
    """A query that is interrupted before it begins ignores it."""
    work, begun, stopped, asked = RunningWork(), threading.Event(), threading.Event(), []

    def stop() -> None:
        asked.append(1)
        if len(asked) > 2:
            stopped.set()
        raise ValueError("the first attempts fail")

    def task() -> None:
        with work.running(stop):
            begun.set()
            assert stopped.wait(WAIT)

    running = pool.submit(task)
    assert begun.wait(WAIT)
    idle = threading.Event()
    assert work.stop(WAIT, idle.set)
    assert idle.is_set()
    running.result(WAIT)
    with pytest.raises(WorkRefusedError), work.running(stop):
        pass


def test_work_that_does_not_stop_is_cleaned_up_when_it_ends(pool: ThreadPoolExecutor) -> None:
    work, begun, go_on, idle = RunningWork(), threading.Event(), threading.Event(), threading.Event()

    def task() -> None:
        with work.running(lambda: None):
            begun.set()
            assert go_on.wait(WAIT)

    running = pool.submit(task)
    assert begun.wait(WAIT)
    assert not work.stop(0.05, idle.set)
    assert not idle.is_set()
    go_on.set()
    running.result(WAIT)
    assert idle.is_set()


def test_cancel_after_removal_closed_the_connection(six_customers: Path) -> None:
    """Removing a file closes the connections of running work, then cancels the job that this work belongs to."""
    token, source = CancelToken(), FileSource(six_customers)
    with cancellable(token), source._read_connection() as connection:
        connection.close()
        token.cancel()
    assert token.is_cancelled
