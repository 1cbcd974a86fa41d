"""An upload is deleted when its session ends, in any state and despite failures with other files."""

from __future__ import annotations

import gc
import logging
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from segmentation import pipeline
from segmentation.analysis import explain
from segmentation.errors import SourceError
from segmentation.sales import upload_store
from tests.ui.conftest import Open, read_text
from ui.data import session_upload
from ui.data.jobs import Job
from ui.server import upload_cleanup
from ui.views import export
from ui.views.upload import NO_COLUMN

WAIT = 60.0


class Server:
    """A fake of Streamlit's runtime; the test controls which sessions are active."""

    def __init__(self) -> None:
        self.active = True
        self.fails = False
        self.uploaded_file_mgr = SimpleNamespace(file_storage={}, remove_session_files=self._remove)

    def _remove(self, session: str) -> None:
        del self.uploaded_file_mgr.file_storage[session]

    def exists(self) -> bool:
        return True

    def get_instance(self) -> Server:
        return self

    def is_active_session(self, session: str) -> bool:
        if self.fails:
            raise RuntimeError("the server cannot say")
        return self.active


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server whose sessions end when `active` is set to False; their files are deleted a tenth of a second later."""
    server = Server()
    monkeypatch.setattr(upload_cleanup, "runtime", server)
    monkeypatch.setattr(upload_cleanup, "CHECK_SECONDS", 0.02)
    monkeypatch.setenv("SEGMENTS_UPLOAD_SECONDS", "0.1")
    yield server
    upload_store.remove_all_uploads()
    upload_cleanup._owners.clear()


@pytest.fixture
def data(lines: pd.DataFrame) -> bytes:
    return lines.to_csv(index=False).encode()


def wait_until(condition: Callable[[], object], what: str = "") -> None:
    until = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < until, what
        time.sleep(0.02)


def get_path(app: Any) -> Path:
    return upload_store.get_upload(app.session_state["upload"].uri)._path


class Gate:
    """Blocks a step of the work, so that it is certainly in progress."""

    def __init__(self) -> None:
        self.reached, self.released = threading.Event(), threading.Event()

    def before(self, work: Callable[..., Any]) -> Callable[..., Any]:
        def held_up(*args: Any, **kwargs: Any) -> Any:
            self.reached.set()
            assert self.released.wait(WAIT)
            return work(*args, **kwargs)

        return held_up


@pytest.mark.parametrize("state", ["not mapped", "loading", "training", "validating", "exporting"])
@pytest.mark.usefixtures("with_validation")
def test_check_sessions_deletes_the_file_of_an_ended_session(
    hand_over: Open, data: bytes, server: Server, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    gate = Gate()
    steps: dict[str, tuple[Any, str]] = {
        "loading": (pipeline, "load_customers"),
        "training": (pipeline, "train_every_k"),
        "validating": (explain, "validate_sweep"),
        "exporting": (export, "preview_rows"),
    }
    app = hand_over(data)
    path, source = get_path(app), weakref.ref(upload_store.get_upload(app.session_state["upload"].uri))
    page = None
    if state in steps:
        module, name = steps[state]
        monkeypatch.setattr(module, name, gate.before(getattr(module, name)))
        page = threading.Thread(target=visit_export, args=(app, state), daemon=True)
        page.start()
        assert gate.reached.wait(WAIT)
    assert path.exists()
    server.active = False
    wait_until(lambda: not path.parent.exists(), "the file is still there")
    wait_until(lambda: not upload_cleanup._owners)
    gate.released.set()
    if page is not None:
        page.join(WAIT)
        assert not page.is_alive()
    del app, page
    wait_until(lambda: (gc.collect(), source() is None)[1], "something still refers to the source")


def visit_export(app: Any, state: str) -> None:
    if state == "loading":
        load_again(app)
        return
    app.button(key="segment").click().run()
    for page in ("segments/profiles", "campaigns/export"):
        app.switch_page(f"app_pages/{page}.py").run()


def load_again(app: Any) -> None:
    """Map one column less, so that the page loads the file again for its totals."""
    app.selectbox(key="map_transaction_id").set_value(NO_COLUMN).run()


def test_remove_file_during_a_query_shows_a_notice_and_no_error(
    hand_over: Open, data: bytes, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = hand_over(data, "shop.csv")
    path, source = get_path(app), upload_store.get_upload(app.session_state["upload"].uri)
    lines = table = source.table()
    for _ in range(4):
        table = table.cross_join(lines.view()).select(table.customer_id, table.net_sales_amount)
    errors: list[BaseException] = []

    def work() -> None:
        try:
            source.fetch(table.aggregate(highest=(table.net_sales_amount.cast("float64") * 1.5).max()))
        except BaseException as error:
            errors.append(error)

    query = threading.Thread(target=work, daemon=True)
    query.start()
    time.sleep(0.3)
    assert query.is_alive()
    app.button(key="remove_file").click().run()
    assert not app.exception
    assert not app.error
    assert app.success[0].proto.title == "shop.csv was removed."
    assert not path.exists()
    query.join(WAIT)
    assert isinstance(errors[0], SourceError)
    assert str(errors[0]) == "The file 'shop.csv' was removed. Upload it again, or choose another source."
    assert not app.run().success


def test_remove_file_during_loading_is_explained_on_the_page(
    hand_over: Open, data: bytes, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate()
    app = hand_over(data, "shop.csv")
    monkeypatch.setattr(pipeline, "load_customers", gate.before(pipeline.load_customers))
    page = threading.Thread(target=load_again, args=(app,), daemon=True)
    page.start()
    assert gate.reached.wait(WAIT)
    upload_store.remove_upload(app.session_state["upload"].uri)
    gate.released.set()
    page.join(WAIT)
    assert not app.exception
    assert "shop.csv" in " ".join(error.proto.title for error in app.error) + read_text(app)


def test_check_sessions_deletes_other_files_when_one_removal_fails(
    server: Server, data: bytes, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sources = [
        upload_store.store_upload(data, f"secret-{number}.csv", upload_store.create_token()) for number in range(3)
    ]
    remove = upload_store.remove_upload

    def fail_for_one(uri: str, *args: Any) -> None:
        if upload_store.get_token(uri) == upload_store.get_token(sources[0].uri):
            raise RuntimeError(f"{sources[0].name} cannot be removed")
        remove(uri, *args)

    with monkeypatch.context() as failing:
        failing.setattr(upload_store, "remove_upload", fail_for_one)
        for source in sources:
            upload_cleanup.register(upload_store.get_token(source.uri), "session")
        server.active = False
        wait_until(lambda: not any(source._path.exists() for source in sources[1:]))
    assert "RuntimeError" in caplog.text
    assert "secret" not in caplog.text
    assert "cannot be removed" not in caplog.text


def test_cleanup_thread_survives_errors_and_is_restarted(
    server: Server, data: bytes, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    source = upload_store.store_upload(data, "sales.csv", upload_store.create_token())
    server.fails = True
    with caplog.at_level(logging.ERROR):
        upload_cleanup.register(upload_store.get_token(source.uri), "session")
        wait_until(lambda: "The check for ended sessions failed" in caplog.text)
    watcher = upload_cleanup._watcher
    assert watcher is not None
    assert watcher.is_alive()
    server.fails, server.active = False, False
    wait_until(lambda: not source._path.exists())

    dead = threading.Thread(target=lambda: None)
    dead.start()
    dead.join()
    monkeypatch.setattr(upload_cleanup, "_watcher", dead)
    again = upload_store.store_upload(data, "sales.csv", upload_store.create_token())
    upload_cleanup.register(upload_store.get_token(again.uri), "session")
    wait_until(lambda: not again._path.exists())


def test_cleanup_thread_is_restarted_by_a_page_view(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    dead = threading.Thread(target=lambda: None)
    dead.start()
    dead.join()
    monkeypatch.setattr(upload_cleanup, "_watcher", dead)
    open_page("upload")
    assert upload_cleanup._watcher is not dead


def test_check_sessions_deletes_bytes_that_no_page_took_over(server: Server) -> None:
    server.uploaded_file_mgr.file_storage["session"] = {"file": b"customer,date,amount"}
    upload_cleanup.ensure_running()
    time.sleep(0.3)
    assert server.uploaded_file_mgr.file_storage
    server.active = False
    wait_until(lambda: not server.uploaded_file_mgr.file_storage)


@pytest.mark.parametrize("value", ["soon", "nan", "inf", ""])
def test_get_retention_seconds_ignores_values_that_are_no_number(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("SEGMENTS_UPLOAD_SECONDS", value)
    assert upload_cleanup.get_retention_seconds() + upload_cleanup.CHECK_SECONDS < 120


def test_upload_closes_streamlits_copy_once_it_is_stored(
    open_page: Open, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    applied: list[Any] = []
    take = session_upload.store_upload
    monkeypatch.setattr(session_upload, "store_upload", lambda file: (applied.append(file), take(file)))
    app = open_page("upload")
    app.file_uploader[0].upload("sales.csv", data).run()
    assert not app.exception
    assert [file.closed for file in applied[0]] == [True]
    upload_store.remove_all_uploads()


@pytest.mark.usefixtures("with_validation")
def test_remove_file_during_validation_stops_it_without_an_error(
    hand_over: Open, data: bytes, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate()
    monkeypatch.setattr(explain, "validate_sweep", gate.before(explain.validate_sweep))
    app = hand_over(data)
    app.button(key="segment").click().run()
    app.switch_page("app_pages/segments/choose_k.py").run()
    assert gate.reached.wait(WAIT)
    source = upload_store.get_upload(app.session_state["upload"].uri)
    jobs = [
        job
        for cache in source.derived.values()
        for job in cache.values()
        if isinstance(job, Job) and job.kind == "evidence"
    ]
    app.switch_page("app_pages/data/upload.py").run()
    app.button(key="remove_file").click().run()
    assert not app.exception
    assert jobs
    gate.released.set()
    assert all(job.wait_done(WAIT) and job.result is None and not job.has_failed for job in jobs)
