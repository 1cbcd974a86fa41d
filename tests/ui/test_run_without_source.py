"""A saved run without its sales: an expired upload, an unreadable file, or an unconfigured source."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from segmentation import pipeline
from segmentation.campaigns.storage import open_campaign
from segmentation.runs.current_pointer import get_current_run_id
from segmentation.runs.load import open_run
from segmentation.runs.save import save_run
from segmentation.sales import upload_store
from segmentation.segments.migration import build_migration_matrix, count_migrations
from segmentation.settings import ModelSettings, SalesSettings
from tests.ui.conftest import Open, read_text, save_button, set_up_app, upload_file
from ui.data import results, sources
from ui.views import export

pytestmark = pytest.mark.slow

GONE = "The file My shop.csv was uploaded in a session that has ended."


@pytest.fixture(scope="module")
def saved_models(shop: Path, lines: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """Two results of a visitor's file, saved in that visit: the recommended one, then five segments."""
    models = tmp_path_factory.mktemp("saved") / "models"
    with pytest.MonkeyPatch.context() as monkeypatch:
        app = set_up_app(shop, models, monkeypatch)("upload")
        upload_file(app, lines.to_csv(index=False).encode(), "My shop.csv")
        app.button(key="segment").click().run()
        app = save(app)
        first = get_current_run_id(models)
        app.sidebar.select_slider(key="k").set_value(5).run()
        save(app)
    upload_store.remove_all_uploads()
    return models, [str(first), str(get_current_run_id(models))]


@pytest.fixture
def runs(saved_models: tuple[Path, list[str]], tmp_path: Path) -> list[str]:
    """The saved runs in a folder of the test, which may change them."""
    models, run_ids = saved_models
    shutil.copytree(models, tmp_path / "models", symlinks=True)
    return run_ids


def save(app: AppTest) -> AppTest:
    app.switch_page("app_pages/campaigns/export.py").run()
    save_button(app).click().run()
    assert "Saved as" in app.success[0].value
    return app


def test_segments_statistics_and_list_equal_saved_ones(
    runs: list[str], open_page: Open, lines: pd.DataFrame, tmp_path: Path
) -> None:
    run = open_run(tmp_path / "models", runs[1])
    net = lines.groupby("customer_id")["net_sales_amount"].sum()
    net = net[lines[lines["net_sales_amount"] > 0].groupby("customer_id").size().index]
    segment_of = run.get_labels().set_index("customer_id")["segment_id"]
    other = open_page("segments", run=runs[1])
    assert not other.error
    assert other.info[0].proto.title == f"Source data unavailable. Showing saved results. {GONE}"
    assert "upload the file again under the same name" in other.info[0].value
    assert "My shop.csv · 400 customers in 5 segments (as saved)" in read_text(other)
    metrics = [metric.value for metric in other.main.metric if metric.label == "Customers"]
    by_sales = net.groupby(segment_of).sum().sort_values(ascending=False).index
    assert metrics == [str(n) for n in segment_of.value_counts()[by_sales]]
    sizes = next(table.value for table in other.table if "Of sales" in table.value)
    sums = net.groupby(segment_of).sum()
    assert sizes["Net sales"].tolist() == [f"{x:,.2f}" for x in [*sums, net.sum()]]
    assert other.selectbox(key="spread").options == ["Days since last order", "Orders", "Net sales"]
    spread = next(table.value for table in other.table if "25th percentile" in table.value)
    assert len(spread) == 5
    balance = next(table.value for table in other.table if "Sales data" in table.value).set_index("Sales data")
    assert balance.loc["Rows used"].tolist() == [f"{len(lines):,}", "unknown"]
    assert "No customer has returns only" not in read_text(other)
    assert "rules" not in read_text(other)
    assert "Details and edit" not in [link.proto.label for link in other.main.get("page_link")]

    state = other.session_state["app"]
    assert state.sales.source == f"saved:{runs[1]}"
    other.switch_page("app_pages/campaigns/export.py").run()
    assert other.metric[0].value == "400"
    segmentation = results.get_segmentation(state)
    data = export.render_file(
        segmentation, segmentation.segments["segment_name"].tolist(), ["customer_id", "segment_id"], "csv"
    )
    listed = pd.read_csv(io.BytesIO(data), dtype={"customer_id": str}).set_index("customer_id")["segment_id"]
    assert listed.to_dict() == segment_of.to_dict()
    assert any(runs[1] in box.value and "this is the current run" in box.value for box in other.success)


def test_scores_and_recommendation_equal_saved_ones(runs: list[str], open_page: Open, tmp_path: Path) -> None:
    run = open_run(tmp_path / "models", runs[1])
    assert run.recommendation is not None
    other = open_page("choose_k", run=runs[1])
    assert not other.error
    assert f"We recommend {run.recommendation['k']} segments" in read_text(other)
    assert str(run.recommendation["sentence"]) in read_text(other)
    table = next(table.value for table in other.table if "Silhouette" in table.value and len(table.value) > 5)
    assert table["Silhouette"].tolist() == [f"{x:.3f}" for x in run.scores["silhouette_score"]]
    assert "use_recommended" not in [button.key for button in other.button]


def test_compare_runs_without_source(runs: list[str], open_page: Open, tmp_path: Path) -> None:
    other = open_page("runs", run=runs[0])
    other.selectbox(key="chosen_run").set_value(runs[1]).run()
    customers = [
        open_run(tmp_path / "models", run_id).read_customers().rename(columns={"rfm_monetary": "money"})
        for run_id in runs
    ]
    counts = count_migrations(build_migration_matrix(*customers))
    metrics = {metric.label: metric.value for metric in other.metric}
    labels = {"stayed": "Stayed", "moved": "Moved", "joined": "Joined", "left": "Lost"}
    assert metrics == {labels[name]: str(n) for name, n in counts.items()}
    assert counts["moved"] > 0


@pytest.mark.parametrize("page", ["overview", "customers", "one", "compare", "history", "tuning"])
def test_page_that_needs_sales_shows_notice(runs: list[str], open_page: Open, page: str) -> None:
    other = open_page(page, run=runs[0])
    assert not other.error
    assert not other.exception
    assert "This page needs the source data." in read_text(other)
    labels = [link.proto.label for link in other.main.get("page_link")]
    assert labels[:2] == ["Upload file", "Open Segments"]
    assert not other.main.metric


def test_uploading_the_file_restores_everything(
    runs: list[str], open_page: Open, hand_over: Open, lines: pd.DataFrame
) -> None:
    other = open_page("upload", run=runs[0])
    assert "The open saved run was created from My shop.csv" in other.info[0].value
    other = hand_over(lines.to_csv(index=False).encode(), "My shop.csv", other)
    assert "now uses this file" in other.success[0].value
    other.switch_page("app_pages/data/overview.py").run()
    assert other.session_state["app"].missing_reason == ""
    assert other.session_state["app"].open_run_id == runs[0]
    assert other.metric[0].value == "400"


def test_closed_and_deleted_run_leaves_nothing(runs: list[str], open_page: Open) -> None:
    other = open_page("segments", run=runs[0])
    assert not other.sidebar.select_slider
    other.button(key="close_open_run").click().run()
    assert other.session_state["app"].source == "Our shop"
    assert other.session_state["app"].open_run_id is None
    other.switch_page("app_pages/models/runs.py").run()
    other.selectbox(key="chosen_run").set_value(runs[0]).run()
    other.button(key="delete_run").click().run()
    other.button(key="confirm_delete").click().run()
    assert "was deleted" in other.success[0].proto.title
    assert not other.exception


def test_unreadable_or_unconfigured_source(
    open_page: Open, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moving = tmp_path / "moving.parquet"
    moving.write_bytes(shop.read_bytes())
    trained = pipeline.train_every_k(pipeline.load_customers(SalesSettings(source=str(moving))), ModelSettings())
    segmentation = pipeline.build_segmentation(trained, 4)
    save_run(segmentation.to_run_record(), tmp_path / "models")
    monkeypatch.setenv("SEGMENTS_SOURCE", f"Our shop={shop};Moving={moving}")
    app = open_page("segments", run=segmentation.run_id)
    assert all(info.proto.title == "Data limitations" for info in app.info)
    moving.unlink()
    sources.get_version.clear()
    app = open_page("segments", run=segmentation.run_id)
    assert "moving" in app.info[0].proto.title
    assert str(tmp_path) not in app.info[0].proto.title
    assert "once the source is available again" in app.info[0].value
    assert "400 customers in 4 segments (as saved)" in read_text(app)
    monkeypatch.setenv("SEGMENTS_SOURCE", f"Our shop={shop}")
    monkeypatch.setattr("ui.sidebar.saved_run_picker.are_paths_allowed", lambda: False)
    app = open_page("segments", run=segmentation.run_id)
    assert "not configured on this server" in app.info[0].proto.title
    assert "400 customers in 4 segments (as saved)" in read_text(app)


def test_campaign_is_drawn_without_the_sales(runs: list[str], open_page: Open, tmp_path: Path) -> None:
    app = open_page("campaigns", run=runs[0])
    assert not app.exception
    app.text_input(key="campaign_id").set_value("spring").run()
    app.button(key="draw_campaign").click().run()
    assert not app.exception
    assignments = open_campaign(tmp_path / "models" / "campaigns", "spring").assignments
    assert len(assignments) == 400
    assert assignments["net_before"].isna().all()
    assert "Choose a sales source in the sidebar to read the result." in [box.value for box in app.info]
