"""The catalog of saved runs: list, label, set current and delete, with damaged runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from segmentation.errors import RunError, SettingsError
from segmentation.runs import catalog as module
from segmentation.runs.catalog import delete_run, label_run, list_entries, set_current_run
from segmentation.runs.current_pointer import get_current_run_id
from segmentation.runs.load import ARTIFACT_NAMES, open_run
from segmentation.runs.manifest import RunRecord
from segmentation.runs.save import save_run

FIRST, SECOND = "20260101T120000Z-ab12cd34", "20260201T120000Z-00ff00ff"


@pytest.fixture
def two(record: RunRecord, later: RunRecord, models: Path) -> Path:
    save_run(record, models)
    save_run(later, models)
    return models


def test_list_entries_empty_or_missing_folder(models: Path) -> None:
    assert list_entries(models) == []
    models.mkdir()
    assert list_entries(models) == []


def test_list_entries_newest_first(two: Path) -> None:
    (two / "notes").mkdir()  # not created by the application
    (two / "current_campaign.txt").touch()
    (two / ".saving-20260301T120000Z-11111111-aa").mkdir()
    result = list_entries(two)
    # both were made at the same moment: the id decides
    assert [(retained.run_id, retained.is_current, retained.problem) for retained in result] == [
        (SECOND, True, ""),
        (FIRST, False, ""),
    ]
    assert result[0].run is not None
    assert result[0].run.k == 3
    assert result[0].name == "2026-01-01 12:00"


def test_list_entries_fifty_runs(new_record: Callable[..., RunRecord], models: Path) -> None:
    for number in range(50):
        save_run(new_record(f"20260101T1200{number:02}Z-00000000", customers=20), models)
    result = list_entries(models)
    assert [retained.run_id[13:15] for retained in result] == [f"{number:02}" for number in reversed(range(50))]
    assert [retained.problem for retained in result] == [""] * 50
    assert result[0].is_current


def test_label_run_leaves_saved_files_unchanged(two: Path) -> None:
    assert label_run(two, FIRST, " Spring\n campaign \u202e") == "Spring campaign"
    assert {retained.run_id: retained.name for retained in list_entries(two)} == {
        FIRST: "Spring campaign",
        SECOND: "2026-01-01 12:00",
    }
    open_run(two, FIRST).check_files()
    assert label_run(two, FIRST, " ") == ""
    assert not (two / FIRST / "label.txt").exists()
    assert label_run(two, FIRST, "") == ""
    with pytest.raises(SettingsError, match="61 characters"):
        label_run(two, FIRST, "a" * 61)
    for wrong in ("../x", "notes", "current"):
        with pytest.raises(RunError):
            label_run(two, wrong, "x")


def test_list_entries_damaged_runs(two: Path) -> None:
    (two / FIRST / "manifest.json").write_text("{")
    (two / "20260301T120000Z-22222222").mkdir()
    result = {retained.run_id: retained for retained in list_entries(two)}
    assert result[FIRST].run is None
    assert result[FIRST].problem == "manifest.json cannot be read"
    assert result["20260301T120000Z-22222222"].problem == "manifest.json is missing"
    assert result["20260301T120000Z-22222222"].created == "2026-03-01T12:00:00Z"
    assert str(two) not in "".join(retained.problem for retained in result.values())
    for run_id in (FIRST, "20260301T120000Z-22222222"):
        with pytest.raises(RunError):
            set_current_run(two, run_id)
        delete_run(two, run_id)
    assert [retained.run_id for retained in list_entries(two)] == [SECOND]


def test_set_current_run_rejects_changed_files(two: Path) -> None:
    (two / FIRST / "customer_segments.csv").write_text("customer_id\n")
    with pytest.raises(RunError, match=r"customer_segments\.csv"):
        set_current_run(two, FIRST)
    assert get_current_run_id(two) == SECOND


def test_delete_run_refuses_current_run(two: Path) -> None:
    with pytest.raises(RunError, match="current run"):
        delete_run(two, SECOND)
    assert open_run(two).run_id == SECOND
    set_current_run(two, FIRST)
    assert open_run(two).run_id == FIRST
    delete_run(two, SECOND)
    assert [(retained.run_id, retained.is_current) for retained in list_entries(two)] == [(FIRST, True)]
    assert {path.name for path in two.iterdir()} == {FIRST, "current", *ARTIFACT_NAMES}
    with pytest.raises(RunError, match="no longer exists"):
        delete_run(two, SECOND)


def test_delete_run_restores_run_made_current_meanwhile(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([SECOND, FIRST])
    monkeypatch.setattr(module, "get_current_run_id", lambda folder: next(answers))
    with pytest.raises(RunError, match="current run"):
        delete_run(two, FIRST)
    open_run(two, FIRST).check_files()


def test_delete_run_without_permission(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: Path) -> Path:
        raise PermissionError(13, "no")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(RunError, match="could not be deleted"):
        delete_run(two, FIRST)
    open_run(two, FIRST).check_files()
