"""The Publish page: preview, confirmation, and the published tables."""

from __future__ import annotations

import threading
from pathlib import Path

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from segmentation.runs.current_pointer import get_current_run_id
from tests.ui.conftest import PAGES, Open, read_text
from ui.data import publishing, sources
from ui.data.jobs import Job
from ui.data.publishing import PublishOutcome
from ui.views import publish

PAGE = "publish"
TABLES = ("customer_segments", "segments", "customer_segments_history", "segmentation_runs")


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where results are published to, as whoever runs the page set it."""
    path = tmp_path / "results.duckdb"
    monkeypatch.setenv(publish.TARGET_VARIABLE, f"duckdb://{path}")
    publishing.fetch_published_run.clear()
    publishing.running_jobs.clear()
    return path


def count_rows(path: Path) -> dict[str, int]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return {
            name: connection.sql(f"select count(*) from ml_results.{name}").fetchall()[0][0]  # type: ignore[misc]
            for name in TABLES
        }


def read_titles(app: AppTest) -> str:
    boxes = [*app.success, *app.error, *app.warning, *app.info]
    return "\n".join(f"{box.proto.title} {box.value}" for box in boxes).replace("\\", "")


def test_publish_shows_preview_and_asks_for_confirmation(open_page: Open, database: Path) -> None:
    app = open_page(PAGE, k="4")
    assert "Nothing is published in results.duckdb ml_results yet." in read_titles(app)
    app.button(key="publish").click().run()
    assert "**ml_results.customer_segments**: its rows are replaced by 400, one per customer" in read_text(app)
    assert "**ml_results.segments**: its rows are replaced by 4, one per segment" in read_text(app)
    assert all(f"**ml_results.{name}**" in read_text(app) for name in TABLES)
    assert "The result is saved first" in read_text(app)
    app.button(key="cancel_publish").click().run()
    assert "ml_results.segments" not in read_text(app)
    assert not database.exists()
    assert not app.exception


def test_publish_status_distinguishes_results(open_page: Open, database: Path, tmp_path: Path) -> None:
    app = open_page(PAGE, k="4")
    app.button(key="publish").click().run()
    app.button(key="confirm_publish").click().run()
    assert "Published to results.duckdb ml_results." in read_titles(app)
    assert "Without segment_history" not in read_text(app)
    assert "Up to date." in read_titles(app)
    assert "400 customers in 4 segments** of shop.parquet, published on" in read_text(app)
    run_id = get_current_run_id(tmp_path / "models")
    assert f"Run ID: {run_id}" in read_text(app)
    assert count_rows(database) == dict(zip(TABLES, (400, 4, 400, 1), strict=True))
    with duckdb.connect(str(database), read_only=True) as connection:
        history = connection.execute(
            "select month_end, sum(customers), max(window_days) from ml_results.segment_history where run_id = ? "
            "group by month_end",
            [run_id],
        ).fetchall()
    assert len(history) >= 6
    assert all(0 < customers <= 400 and days == 91 for _, customers, days in history)

    app.sidebar.select_slider(key="k").set_value(5).run()
    assert "Differs from the current result." in read_titles(app)
    app.button(key="publish").click().run()
    app.button(key="confirm_publish").click().run()
    assert "400 customers in 5 segments" in read_text(app)
    assert count_rows(database) == dict(zip(TABLES, (400, 5, 800, 2), strict=True))
    app = open_page(PAGE, run=str(run_id))
    app.button(key="publish").click().run()
    assert "The result is saved first" not in read_text(app)
    app.button(key="confirm_publish").click().run()
    assert "400 customers in 4 segments** of shop.parquet" in read_text(app)
    assert count_rows(database) == dict(zip(TABLES, (400, 4, 800, 2), strict=True))
    assert not app.exception


def test_publish_into_file_of_sales(
    open_page: Open, database: Path, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Publishing changes the file, not the sales: the result on the pages stays the one that was published."""
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"create table fct_sales as from '{shop}'")
    monkeypatch.setenv("SEGMENTS_SOURCE", f"Shop=duckdb://{database}?table=fct_sales")
    app = open_page(PAGE, k="4")
    app.button(key="publish").click().run()
    app.button(key="confirm_publish").click().run()
    assert "Up to date." in read_titles(app)
    app.run()
    assert "Up to date." in read_titles(app)
    with duckdb.connect(str(database)) as connection:
        connection.execute("delete from fct_sales where customer_id = 'C0000'")
    sources.get_version.clear()  # else it is three seconds old at most
    app = open_page(PAGE, k="4")
    assert "Differs from the current result." in read_titles(app)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("duckdb:///no/such/folder/x.duckdb", "Not published: There is no folder for 'x.duckdb'. Create it"),
        ("postgres://x", "Cannot publish to 'postgres:color[:]//x'."),
        ("duckdb:///x.duckdb?schema=a;b", "'a;b' is not a valid name."),
    ],
)
def test_publish_error_is_shown(
    open_page: Open, database: Path, monkeypatch: pytest.MonkeyPatch, target: str, message: str
) -> None:
    monkeypatch.setenv(publish.TARGET_VARIABLE, target)
    app = open_page(PAGE, k="4")
    if message.startswith("Not published"):
        app.button(key="publish").click().run()
        app.button(key="confirm_publish").click().run()
    assert message in read_titles(app)
    assert "Nothing is published" in read_titles(app) or "publish" not in [button.key for button in app.button]
    assert not app.exception


def test_publish_to_invalid_database_is_shown(open_page: Open, database: Path) -> None:
    database.write_text("not a database" * 500)
    app = open_page(PAGE, k="4")
    assert "'results.duckdb' could not be read." in read_titles(app)
    assert str(database) not in read_titles(app)


def test_publish_target_is_typed_on_local_server_only(
    open_page: Open, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(publish.TARGET_VARIABLE)
    app = open_page(PAGE, k="4")
    app.main.text_input(key="publish_to").set_value(f" duckdb://{database} ").run()
    assert "Nothing is published in results.duckdb ml_results yet." in read_titles(app)
    monkeypatch.delenv("SEGMENTS_LOCAL_FILES")
    app.run()
    assert "No publishing destination is configured." in read_titles(app)
    assert not app.main.text_input
    assert "publish" not in [button.key for button in app.button]


@pytest.mark.parametrize("switch", [None, "0", "true"])
def test_publish_without_local_files_takes_no_place_from_a_visitor(
    open_page: Open, database: Path, monkeypatch: pytest.MonkeyPatch, switch: str | None
) -> None:
    monkeypatch.delenv(publish.TARGET_VARIABLE)
    monkeypatch.delenv("SEGMENTS_LOCAL_FILES")
    if switch is not None:
        monkeypatch.setenv("SEGMENTS_LOCAL_FILES", switch)
    app = open_page(k="4", publish_to=f"duckdb://{database}")
    app.session_state["publish_to"] = f"duckdb://{database}"  # as a client that does not keep to the page may send it
    app.switch_page(PAGES[PAGE]).run()
    assert "No publishing destination is configured." in read_titles(app)
    assert not app.main.text_input
    assert "publish" not in [button.key for button in app.button]
    assert not database.exists()


def test_publish_without_local_files_offers_the_operators_target(
    open_page: Open, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SEGMENTS_LOCAL_FILES")
    app = open_page(PAGE, k="4")
    app.button(key="publish").click().run()
    app.button(key="confirm_publish").click().run()
    assert "Published to results.duckdb ml_results." in read_titles(app)
    assert count_rows(database)["customer_segments"] == 400


def test_publish_is_exclusive_between_sessions(open_page: Open, database: Path) -> None:
    go_on = threading.Event()
    publishing.running_jobs[f"duckdb://{database}"] = Job(lambda _: PublishOutcome(str(go_on.wait(30))))
    app = open_page(PAGE, k="4")
    app.button(key="publish").click().run()
    app.button(key="confirm_publish").click().run()
    go_on.set()
    assert "Another publish is in progress." in read_titles(app)
    assert not database.exists()
