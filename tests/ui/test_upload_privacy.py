"""Uploads are private: no link, cache, log or other session holds them, and removal is complete."""

from __future__ import annotations

import ast
import logging
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from segmentation.errors import SourceError
from segmentation.sales import upload_store
from tests.ui.conftest import ROOT, Open, read_text, save_button
from ui.data import results
from ui.server import upload_cleanup
from ui.state.app_state import YOUR_FILE
from ui.views.upload import NO_COLUMN


def bom(lines: pd.DataFrame) -> bytes:
    return lines.to_csv(index=False).encode("utf-8-sig")


def test_link_to_foreign_upload_shows_notice(hand_over: Open, open_page: Open, lines: pd.DataFrame) -> None:
    first = hand_over(bom(lines))
    first.button(key="segment").click().run()
    token = first.session_state["upload"].uri.partition(":")[2].partition("/")[0]
    link = {name: value[0] if isinstance(value, list) else value for name, value in first.query_params.items()}
    assert link == {"source": YOUR_FILE}
    assert not any(token in str(element) for element in first)
    other = open_page("overview", **link)
    assert other.info[0].proto.title == "No file uploaded in this session."
    assert not other.metric
    assert [label.proto.label for label in other.main.get("page_link")][-1] == "Open Upload data"


def test_category_names_are_not_in_links(hand_over: Open, lines: pd.DataFrame) -> None:
    secret = lines.assign(product_category=lines["product_category"].replace("Tea", "For Mrs Miller"))
    app = hand_over(bom(secret))
    app.button(key="segment").click().run()
    app.sidebar.multiselect(key="categories").set_value(["For Mrs Miller"]).run()
    assert app.session_state["app"].sales.excluded_categories == ("For Mrs Miller",)
    assert dict(app.query_params) == {"source": YOUR_FILE}
    app.switch_page("app_pages/segments/profiles.py").run()
    assert app.session_state["app"].sales.excluded_categories == ("For Mrs Miller",)
    app.sidebar.select_slider(key="k").set_value(5).run()
    assert set(app.query_params) == {"source", "k"}
    app.sidebar.selectbox(key="source").set_value("Our shop").run()
    assert app.session_state["app"].sales.excluded_categories == ()
    assert "Miller" not in str(dict(app.query_params))
    app.sidebar.multiselect(key="categories").set_value(["Tea"]).run()
    assert app.session_state["app"].sales.excluded_categories == ("Tea",)


def test_removed_file_leaves_no_data(hand_over: Open, lines: pd.DataFrame) -> None:
    app = hand_over(bom(lines))
    app.button(key="segment").click().run()
    upload = app.session_state["upload"]
    source = upload_store.get_upload(upload.uri)
    assert source.derived
    app.switch_page("app_pages/data/upload.py").run()
    app.button(key="remove_file").click().run()
    assert not source.derived
    assert not source._path.exists()
    assert "upload" not in app.session_state
    assert app.session_state["source"] == "Our shop"
    assert len(app.file_uploader) == 1
    app.switch_page("app_pages/data/overview.py").run()
    assert app.session_state["app"].source == "Our shop"


def test_caches_hold_nothing_of_removed_file(
    hand_over: Open, lines: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ui.data import scoped_cache

    requested: list[str] = []

    def noting(shared: object) -> Callable[..., object]:
        return lambda *args, **kwargs: requested.append(str(args))

    app = hand_over(bom(lines))
    app.button(key="segment").click().run()
    every = [value for value in vars(results).values() if isinstance(value, scoped_cache.ScopedCache)]
    assert len(every) > 5
    for one in every:
        monkeypatch.setattr(one, "_shared", noting(one))
    for page in ("segments/profiles", "segments/choose_k", "data/customers", "campaigns/export"):
        app.switch_page(f"app_pages/{page}.py").run()
        assert not app.exception
    assert requested == []


def test_log_names_error_types_only(
    hand_over: Open,
    lines: pd.DataFrame,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    from segmentation import pipeline

    def fails(*args: object) -> None:
        raise ValueError("C0001 bought Tea in my-secret-file.csv")

    app = hand_over(bom(lines), "my-secret-file.csv")
    monkeypatch.setattr(pipeline, "load_customers", fails)
    with caplog.at_level(logging.DEBUG):
        app.selectbox(key="map_transaction_id").set_value(NO_COLUMN).run()
    assert app.error[0].proto.title == "Something went wrong."
    assert "ValueError at test_upload_privacy.py" in caplog.text
    assert "C0001" not in caplog.text
    assert "secret" not in caplog.text


def test_caches_are_scoped_to_uploads() -> None:
    """A cache of the server would hold what was made from one visitor's file, and outlive it."""
    collected = []
    for path in (ROOT / "app_pages").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and path.name != "kept.py":
                takes = {ast.unparse(one.annotation) for one in node.args.args if one.annotation}
                cached_by = " ".join(ast.unparse(one) for one in node.decorator_list)
                if "cache_" in cached_by and takes & {"SalesSettings", "AppState", "Training", "CustomerTable"}:
                    collected.append(f"{path.name}: {node.name}")
    assert collected == []


def test_saved_run_of_upload_needs_the_file(
    hand_over: Open, open_page: Open, lines: pd.DataFrame, tmp_path: Path
) -> None:
    app = hand_over(bom(lines), "My shop.csv")
    app.button(key="segment").click().run()
    token = app.session_state["upload"].uri.partition(":")[2].partition("/")[0]
    app.switch_page("app_pages/campaigns/export.py").run()
    assert "Your file is deleted after your session" in read_text(app)
    save_button(app).click().run()
    (run,) = (tmp_path / "models").glob("2*Z-*")
    assert not any(token.encode() in path.read_bytes() for path in run.iterdir())
    app.switch_page("app_pages/models/runs.py").run()
    app.button(key="open_run").click().run()
    app.switch_page("app_pages/segments/profiles.py").run()
    assert not app.error
    state = app.session_state["app"]
    assert (state.open_run_id, state.source) == (run.name, "My shop.csv")
    assert "My shop.csv · 400 customers" in read_text(app)
    app.button(key="close_open_run").click().run()
    assert app.session_state["app"].open_run_id is None
    assert app.session_state["app"].source == "My shop.csv"

    other = open_page("segments", run=run.name)
    assert "uploaded in a session that has ended" in other.info[0].proto.title
    other = hand_over(bom(lines), "My shop.csv", other.switch_page("app_pages/data/upload.py").run())
    other.switch_page("app_pages/segments/profiles.py").run()
    assert not other.error
    assert other.session_state["app"].open_run_id == run.name


class Sessions:
    """The server's view of sessions, controlled by the test."""

    def __init__(self) -> None:
        self.here = True

    def exists(self) -> bool:
        return True

    def get_instance(self) -> Sessions:
        return self

    def is_active_session(self, session: str) -> bool:
        return self.here


def test_lost_connection_keeps_file_and_end_of_session_deletes_it(
    hand_over: Open, lines: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = Sessions()
    monkeypatch.setattr(upload_cleanup, "runtime", sessions)
    monkeypatch.setattr(upload_cleanup, "CHECK_SECONDS", 0.02)
    monkeypatch.setenv("SEGMENTS_UPLOAD_SECONDS", "600")
    uri = hand_over(bom(lines)).session_state["upload"].uri
    sessions.here = False
    time.sleep(0.2)
    assert upload_store.get_upload(uri).lines == len(lines)
    sessions.here = True
    time.sleep(0.1)
    assert upload_store.get_upload(uri).lines == len(lines)
    monkeypatch.setenv("SEGMENTS_UPLOAD_SECONDS", "0.1")
    sessions.here = False
    until = time.monotonic() + 20
    while upload_store.get_token(uri) in upload_cleanup._owners:
        assert time.monotonic() < until
        time.sleep(0.02)
    with pytest.raises(SourceError, match="no longer available"):
        upload_store.get_upload(uri)


def test_new_file_replaces_previous(hand_over: Open, lines: pd.DataFrame) -> None:
    app = hand_over(bom(lines), "first.csv")
    first = app.session_state["upload"].uri
    app.button(key="remove_file").click().run()
    app = hand_over(bom(lines.head(900)), "second.csv", app)
    assert "second.csv" in read_text(app)
    with pytest.raises(SourceError):
        upload_store.get_upload(first)
