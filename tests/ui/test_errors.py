"""Errors are explained; settings are kept, and no internals are shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from segmentation import pipeline
from segmentation.errors import StatementTimeoutError
from segmentation.presentation.markdown import escape_markdown
from segmentation.results import CustomerTable
from tests.ui.conftest import Open, read_text


def test_no_feature_selected(open_page: Open) -> None:
    app = open_page(recency_days="false", frequency="false", monetary="false")
    assert app.error[0].proto.title == "No feature is selected."
    assert app.error[0].value == "Select at least one, such as orders (frequency)."
    app.checkbox(key="frequency").check().run()
    assert not app.error
    assert "compared by orders" in read_text(app)


def test_missing_file_names_no_folder(open_page: Open, six_customers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = six_customers.with_name("gone.parquet")
    monkeypatch.setenv("SEGMENTS_SOURCE", f"Shop={gone};Other={six_customers}")
    app = open_page(k="3")
    assert app.error
    assert app.select_slider(key="k").value == 3
    app.selectbox(key="source").select("Other").run()
    assert not app.error
    assert "Other · 5 customers in 3 segments" in read_text(app)


def test_unavailable_features_are_disabled_with_reason(
    open_page: Open, six_customers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = pd.read_parquet(six_customers).drop(columns=["transaction_id", "coupon_status"])
    frame.to_parquet(six_customers, index=False)
    monkeypatch.setenv("SEGMENTS_SOURCE", str(six_customers))
    app = open_page(coupon_share="true", k="3")
    box = app.checkbox(key="coupon_share")
    assert box.disabled
    assert "The table has no coupon." in box.help
    assert "coupon" not in read_text(app).lower()
    assert "one day count as one order" in read_text(app)


def test_impossible_k(open_page: Open, six_customers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGMENTS_SOURCE", str(six_customers))
    app = open_page(k="9")
    assert app.error[0].proto.title == "9 segments are not possible with these customers."
    assert "Choose from 2 to 4" in app.error[0].value


def test_unexpected_error_shows_reference_only(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, six_customers: Path
) -> None:
    monkeypatch.setenv("SEGMENTS_SOURCE", str(six_customers))

    def raise_error(*args: object) -> None:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr(pipeline, "load_customers", raise_error)
    app = open_page()
    assert not app.exception
    assert app.error[0].proto.title == "Something went wrong."
    reference = app.error[0].value.split("**")[1]
    assert reference in caplog.text
    assert "hunter2" in caplog.text
    assert "hunter2" not in str(app)
    monkeypatch.undo()


def test_text_from_data_is_escaped() -> None:
    assert escape_markdown("![x](http://evil) <b> :red[a] $x$") == (
        "!\\[x\\](http:color[\\:]//evil) \\<b\\> \\:red\\[a\\] \\$x\\$"
    )


def test_error_with_text_from_data_is_escaped(open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGMENTS_SOURCE", str(tmp_path / "[a](b) *c* ann@example.com.csv"))
    title = open_page("overview").error[0].proto.title
    assert "\\[a\\](b) \\*c\\* ann:color[\\@]example.com.csv" in title


def test_missing_column_links_to_mapping(
    open_page: Open, six_customers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pd.read_parquet(six_customers).rename(columns={"customer_id": "Wer"}).to_csv(tmp_path / "a.csv", index=False)
    monkeypatch.setenv("SEGMENTS_SOURCE", str(tmp_path / "a.csv"))
    app = open_page("overview")
    assert app.error[0].proto.title == "No column for customer_id was found."
    assert app.error[0].value.startswith("Specify it on the Upload data page. The table has: Wer, ")
    assert "--" not in app.error[0].value
    assert [link.proto.page for link in app.main.get("page_link")] == ["upload"]


def test_timed_out_load_is_offered_again(open_page: Open, six_customers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A warehouse charges for a load that times out: the next view does not repeat it."""
    monkeypatch.setenv("SEGMENTS_SOURCE", str(six_customers))
    real, loads = pipeline.load_customers, list[int]()

    def load(*args: Any, **options: Any) -> CustomerTable:
        loads.append(1)
        if len(loads) == 1:
            raise StatementTimeoutError("Snowflake did not answer within 900 seconds.", hint="Use a larger warehouse.")
        return real(*args, **options)

    monkeypatch.setattr(pipeline, "load_customers", load)
    app = open_page(k="3")
    assert app.error[0].proto.title == "Snowflake did not answer within 900 seconds."
    app.run()
    assert app.error
    assert len(loads) == 1
    app.button(key="load_again").click().run()
    assert not app.error
    assert len(loads) == 2
    assert "5 customers in 3 segments" in read_text(app)
