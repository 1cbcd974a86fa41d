"""The Saved runs page: none, several and damaged; open, rename, set as current, delete, compare."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from segmentation import pipeline
from segmentation.analysis.apply_overrides import apply_overrides
from segmentation.results import SweepResult
from segmentation.runs.current_pointer import get_current_run_id
from segmentation.runs.load import open_run
from segmentation.runs.previous_segments import PreviousSegments
from segmentation.runs.save import save_run
from segmentation.segments.overrides import SegmentOverride
from tests.ui.conftest import Open, read_text


def press(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


@pytest.fixture
def saved(shop_training: SweepResult, tmp_path: Path) -> list[str]:
    """Two runs: four segments, then six, one of them renamed; the second is current."""
    first = pipeline.build_segmentation(shop_training, 4)
    save_run(first.to_run_record(), tmp_path / "models")
    second = pipeline.build_segmentation(
        shop_training, 6, PreviousSegments.from_saved_run(open_run(tmp_path / "models"))
    )
    second = apply_overrides(second, [SegmentOverride(1, name="Our <i>best</i>")])
    save_run(second.to_run_record(), tmp_path / "models")
    return [first.run_id, second.run_id]


def test_no_saved_runs(open_page: Open) -> None:
    app = open_page("runs")
    assert "No saved runs yet" in app.info[0].value
    assert not app.table
    assert "run" not in [box.key for box in app.sidebar.selectbox]


def test_runs_are_listed(open_page: Open, saved: list[str]) -> None:
    app = open_page("runs")
    table = app.table[0].value
    by_segments = table.set_index("Segments")
    assert by_segments.loc["6 (400 customers)", "Run"].endswith("(current)")
    assert "current" not in by_segments.loc["4 (400 customers)", "Run"]
    assert not app.exception


def test_open_run_is_shown_on_every_page(open_page: Open, saved: list[str]) -> None:
    app = open_page("segments", run=saved[1], k="3")
    assert "in 6 segments (as saved)" in read_text(app)
    assert "1 Our <i>best</i>" in read_text(app)
    assert not app.sidebar.select_slider
    app = app.switch_page("app_pages/campaigns/export.py").run()
    assert any(saved[1] in box.value and "this is the current run" in box.value for box in app.success)
    app = press(app, "Close and edit settings")
    assert app.sidebar.select_slider(key="k").value == 6
    assert "in 6 segments (chosen)" in read_text(app)


def test_opened_run_can_be_made_current(open_page: Open, saved: list[str], tmp_path: Path) -> None:
    app = open_page("runs")
    app.selectbox(key="chosen_run").set_value(saved[0])
    app = press(app, "Open")  # before the page has followed the selection
    assert app.sidebar.selectbox(key="run").value == saved[0]
    assert app.query_params["run"] == saved[0]
    assert any("This run is open" in box.value for box in app.info)
    assert "Open Segments" in [link.proto.label for link in app.main.get("page_link")]
    app = app.switch_page("app_pages/segments/profiles.py").run()
    assert "in 4 segments (as saved)" in read_text(app)
    app = app.switch_page("app_pages/models/runs.py").run()
    app.selectbox(key="chosen_run").set_value(saved[0]).run()
    app = press(app, "Set as current")
    assert "is now the current run" in app.success[0].proto.title
    assert get_current_run_id(tmp_path / "models") == saved[0]


def test_link_to_deleted_run_shows_notice(open_page: Open, saved: list[str]) -> None:
    gone = "20200101T000000Z-00000000"
    assert "no longer exists" in open_page("overview", run=gone).sidebar.warning[0].value
    assert "segments (recommended)" in read_text(open_page(run=gone))


def test_rename_keeps_run_id(open_page: Open, saved: list[str], tmp_path: Path) -> None:
    app = open_page("runs")
    selected = app.selectbox(key="chosen_run").value
    app.text_input(key=f"label_text_{selected}").set_value("*Spring* 1")
    app = press(app, "Rename")
    assert "\\*Spring\\* 1" in app.table[0].value["Run"].tolist()[0]
    assert selected in read_text(app)
    day = f"{pd.Timestamp(selected[:8]):%B} {int(selected[6:8])}, {selected[:4]}"
    assert app.sidebar.selectbox(key="run").options == [
        "None",
        *(f"*Spring* 1 ({day})" if run_id == selected else f"{day} ({run_id[-8:]})" for run_id in sorted(saved)[::-1]),
    ]
    app.sidebar.selectbox(key="run").set_value(selected).run()
    assert app.query_params["run"] == selected
    assert "Saved run open" in "".join(text.value for text in app.sidebar.markdown)
    assert (tmp_path / "models" / selected / "label.txt").read_text() == "*Spring* 1\n"


def test_delete_asks_for_confirmation_and_keeps_current_run(open_page: Open, saved: list[str], tmp_path: Path) -> None:
    app = open_page("runs")
    app.selectbox(key="chosen_run").set_value(saved[1]).run()
    assert app.button(key="delete_run").disabled
    app.selectbox(key="chosen_run").set_value(saved[0]).run()
    app = press(app, "Delete")
    assert (tmp_path / "models" / saved[0]).exists()
    app = press(app, "Cancel")
    app = press(app, "Delete")
    app = press(app, "Delete permanently")
    assert not (tmp_path / "models" / saved[0]).exists()
    assert len(app.table[0].value) == 1
    assert not app.exception


def test_damaged_run_can_be_deleted(open_page: Open, saved: list[str], tmp_path: Path) -> None:
    (tmp_path / "models" / saved[0] / "manifest.json").write_text("{}")
    app = open_page("runs")
    assert "damaged: manifest.json cannot be read" in app.table[0].value["Sales data"].tolist()
    app.selectbox(key="chosen_run").set_value(saved[0]).run()
    assert "damaged" in app.warning[0].proto.title
    assert "open_run" not in [button.key for button in app.button]
    app = press(press(app, "Delete"), "Delete permanently")
    assert not (tmp_path / "models" / saved[0]).exists()


def test_run_comparison_equals_pandas(open_page: Open, saved: list[str], tmp_path: Path) -> None:
    app = open_page("runs")
    app.selectbox(key="chosen_run").set_value(saved[1]).run()
    before, now = (
        open_run(tmp_path / "models", run_id).get_labels().set_index("customer_id")["segment_id"] for run_id in saved
    )
    stayed = int((before == now).sum())
    metrics = {metric.label: metric.value for metric in app.metric}
    assert metrics == {"Stayed": str(stayed), "Moved": str(400 - stayed), "Joined": "0", "Lost": "0"}
    settings = next(table.value for table in app.table if "Setting" in table.value)
    assert settings.set_index("Setting").loc["Number of segments"].tolist() == ["4", "6"]
    flows = next(table.value for table in app.table if "From" in table.value)
    largest = pd.crosstab(before, now).to_numpy().max()
    assert flows["Customers"].tolist()[0] == str(largest)


def test_saved_run_without_local_files_opens_with_the_operators_sales(
    open_page: Open, saved: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SEGMENTS_LOCAL_FILES")
    app = open_page("segments", run=saved[1])
    assert "in 6 segments (as saved)" in read_text(app)
    assert not app.error
    assert not [box for box in app.info if "without its sales" in box.proto.title]


@pytest.mark.parametrize(("switch", "is_read"), [("1", True), (None, False)])
def test_saved_run_of_another_local_file_needs_local_files(
    open_page: Open,
    saved: list[str],
    shop: Path,
    six_customers: Path,
    monkeypatch: pytest.MonkeyPatch,
    switch: str | None,
    is_read: bool,
) -> None:
    """Without the switch it opens as it was saved, and its file is neither read nor named with its folder."""
    monkeypatch.delenv("SEGMENTS_LOCAL_FILES")
    if switch is not None:
        monkeypatch.setenv("SEGMENTS_LOCAL_FILES", switch)
    monkeypatch.setenv("SEGMENTS_SOURCE", f"Another={six_customers}")  # the run's file is not offered any more
    app = open_page("segments", run=saved[1])
    assert "in 6 segments (as saved)" in read_text(app)
    notices = " ".join(box.proto.title for box in app.info).replace("\\", "")
    assert ("Source data unavailable" in notices) is not is_read
    assert is_read or "The source shop.parquet is not configured on this server." in notices
    assert not any(str(path.parent) in read_text(app) + notices for path in (shop, six_customers))
