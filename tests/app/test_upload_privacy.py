"""A visitor's own file stays with its visit: no link, cache, log or other visitor has it, and it goes when removed."""

from __future__ import annotations

import ast
import logging
from collections.abc import Callable

import pandas as pd
import pytest

from pages._ui import cached
from pages._ui.state import YOUR_FILE
from segmentation.sales import uploads
from tests.app.conftest import ROOT, Open


def bom(lines: pd.DataFrame) -> bytes:
    return lines.to_csv(index=False).encode("utf-8-sig")


def test_a_link_to_somebodys_file_gets_a_sentence_and_the_way_to_the_page(
    hand_over: Open, open_page: Open, lines: pd.DataFrame
) -> None:
    first = hand_over(bom(lines))
    first.button(key="segment").click().run()
    token = first.session_state["upload"].uri.partition(":")[2].partition("/")[0]
    link = {name: value[0] if isinstance(value, list) else value for name, value in first.query_params.items()}
    assert link == {"source": YOUR_FILE}
    assert not any(token in str(element) for element in first)
    other = open_page("overview", **link)
    assert other.error[0].proto.title == "There is no file of yours in this visit."
    assert not other.metric
    assert [label.proto.label for label in other.main.get("page_link")][-1] == "Open Your own file"


def test_a_removed_file_is_gone_with_all_that_was_made_from_it(hand_over: Open, lines: pd.DataFrame) -> None:
    app = hand_over(bom(lines))
    app.button(key="segment").click().run()
    upload = app.session_state["upload"]
    source = uploads.opened(upload.uri)
    assert source.made
    app.switch_page("pages/data/upload.py").run()
    app.button(key="remove_file").click().run()
    assert not source.made
    assert not source._path.exists()
    assert "upload" not in app.session_state
    assert app.session_state["source"] == "Our shop"
    assert len(app.file_uploader) == 1
    app.switch_page("pages/data/overview.py").run()
    assert app.session_state["app"].source == "Our shop"


def test_no_cache_of_the_server_holds_what_was_made_from_the_file(
    hand_over: Open, lines: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pages._ui import kept

    asked: list[str] = []

    def noting(shared: object) -> Callable[..., object]:
        return lambda *args, **kwargs: asked.append(str(args))

    app = hand_over(bom(lines))
    app.button(key="segment").click().run()
    every = [value for value in vars(cached).values() if isinstance(value, kept.Kept)]
    assert len(every) > 5
    for one in every:
        monkeypatch.setattr(one, "_shared", noting(one))
    for page in ("segments/profiles", "segments/choose_k", "data/customers", "campaigns/export"):
        app.switch_page(f"pages/{page}.py").run()
        assert not app.exception
    assert asked == []


def test_the_log_says_kinds_of_errors_only(
    hand_over: Open, lines: pd.DataFrame, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    from segmentation import pipeline

    def fails(*args: object) -> None:
        raise ValueError("C0001 bought Tea in my-secret-file.csv")

    app = hand_over(bom(lines), "my-secret-file.csv")
    monkeypatch.setattr(pipeline, "load_customers", fails)
    with caplog.at_level(logging.DEBUG):
        app.button(key="segment").click().run()
    assert app.error[0].proto.title == "Something went wrong here."
    assert "ValueError at test_upload_privacy.py" in caplog.text
    assert "C0001" not in caplog.text
    assert "secret" not in caplog.text


def test_what_is_made_from_sales_is_kept_where_a_file_can_take_it_along() -> None:
    """A cache of the server would hold what was made from one visitor's file, and outlive it."""
    found = []
    for path in (ROOT / "pages").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and path.name != "kept.py":
                takes = {ast.unparse(one.annotation) for one in node.args.args if one.annotation}
                cached_by = " ".join(ast.unparse(one) for one in node.decorator_list)
                if "cache_" in cached_by and takes & {"SalesSettings", "AppState", "Training", "CustomerTable"}:
                    found.append(f"{path.name}: {node.name}")
    assert found == []
