"""Saved runs: files on disk, and values after loading."""

from __future__ import annotations

import csv
import dataclasses
import errno
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from segmentation.errors import RunError
from segmentation.runs.catalog import list_entries, set_current_run
from segmentation.runs.load import ARTIFACT_NAMES, MANIFEST, open_run
from segmentation.runs.manifest import RunRecord
from segmentation.runs.save import save_run

PREDICT = Path(__file__).parent / "predict_alone.py"


def test_open_run_restores_exact_values(record: RunRecord, models: Path) -> None:
    path = save_run(record, models)
    run = open_run(models)
    assert (path, run.folder) == (models / record.run_id, models / record.run_id)
    for field in ("run_id", "settings", "source_name", "window", "features", "scaler", "cluster_to_segment"):
        assert getattr(run, field) == getattr(record, field), field
    assert run.centers.tobytes() == np.ascontiguousarray(record.centers).tobytes()
    assert run.k == 3
    assert run.created == "2026-01-01T12:00:00Z"
    pd.testing.assert_frame_equal(run.segments, record.segments)
    pd.testing.assert_frame_equal(run.scores, record.scores.replace(np.inf, np.nan))
    assert run.matching == [{"segment_id": 1, "cluster": 1, "previous_name": "Old name", "how": "kept"}]
    assert run.lines["set_aside"] == [{"reason": "no_customer", "lines": 10, "money": 12.34}]
    assert {"python", "numpy", "scikit-learn"} <= set(run.versions)
    run.check_files()


def test_customers_restores_ids(record: RunRecord, models: Path) -> None:
    run = open_run(save_run(record, models))
    expected = record.customers.assign(prediction_timestamp="2026-01-01T12:00:00Z")
    pd.testing.assert_frame_equal(run.read_customers(), expected)
    pd.testing.assert_frame_equal(run.get_labels(), expected[["customer_id", "segment_id"]])


def test_save_run_csv_keeps_ids(record: RunRecord, models: Path) -> None:
    save_run(record, models)
    with (models / "customer_segments.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == list(record.customers.columns)
    assert [row[0] for row in rows[1:]] == record.customers["customer_id"].tolist()
    assert (models / "customer_segments.csv").read_bytes().startswith(b"customer_id,segment_id,segment_name,")


def test_save_run_metrics_are_strict_json(record: RunRecord, models: Path) -> None:
    save_run(record, models)

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    metrics = json.loads((models / "evaluation_metrics.json").read_text("utf-8"), parse_constant=refuse)
    counts = record.customers["segment_id"].value_counts()
    assert metrics["segment_counts"] == {str(segment): int(counts[segment]) for segment in (1, 2, 3)}
    assert metrics["silhouette_score"] == 0.1 + 0.2
    assert metrics["inertia"] == float(record.model.inertia_)
    assert [row["k"] for row in metrics["scores_by_k"]] == [2, 3, 4]
    assert set(metrics["scores_by_k"][2]) == {
        *("k", "inertia", "silhouette_score", "calinski_harabasz_score", "davies_bouldin_score", "smallest_segment")
    }
    assert metrics["scores_by_k"][2]["silhouette_score"] is None
    assert metrics["run_id"] == record.run_id
    assert metrics["settings"] == record.settings.to_dict()
    assert metrics["data_window"] == record.window
    assert (metrics["lines"]["lines_in"], metrics["lines"]["lines_used"]) == (1000, 990)
    assert metrics["versions"]["python"]


def test_save_run_pickles_need_only_scikit_learn(record: RunRecord, models: Path) -> None:
    path = save_run(record, models)
    command = [sys.executable, "-W", "error", str(PREDICT)]
    done = subprocess.run(command, cwd=path, capture_output=True, text=True, timeout=120)
    assert (done.stdout.split(), done.stderr) == (["KMeans", "200"], "")


def test_save_run_make_current(record: RunRecord, later: RunRecord, models: Path) -> None:
    save_run(record, models)
    save_run(later, models)
    set_current_run(models, record.run_id)
    assert open_run(models).run_id == record.run_id
    assert open_run(models, later.run_id).run_id == later.run_id
    save_run(later, models)
    assert open_run(models).run_id == later.run_id
    assert [entry.run_id for entry in list_entries(models)] == [later.run_id, record.run_id]
    for name in ARTIFACT_NAMES:
        assert (models / name).is_symlink()
        assert (models / name).read_bytes() == (models / later.run_id / name).read_bytes()


def test_save_run_twice(record: RunRecord, later: RunRecord, models: Path) -> None:
    path = save_run(record, models)
    before = {file.name: file.read_bytes() for file in path.iterdir()}
    save_run(later, models)
    save_run(record, models)
    assert open_run(models).run_id == record.run_id
    assert {file.name: file.read_bytes() for file in path.iterdir()} == before
    other = dataclasses.replace(later, run_id=record.run_id)
    with pytest.raises(RunError, match="Another run is already saved"):
        save_run(other, models)
    assert {file.name: file.read_bytes() for file in path.iterdir()} == before


@pytest.mark.parametrize("name", [*ARTIFACT_NAMES, "current"])
def test_save_run_keeps_foreign_files(record: RunRecord, models: Path, name: str) -> None:
    models.mkdir()
    (models / name).write_text("mine, with spaces")
    with pytest.raises(RunError, match="already exists"):
        save_run(record, models)
    assert [(path.name, path.read_text()) for path in models.iterdir()] == [(name, "mine, with spaces")]


def test_save_run_keeps_foreign_links_and_folders(record: RunRecord, models: Path) -> None:
    models.mkdir()
    (models / "customer_segments.csv").symlink_to("/nowhere")
    with pytest.raises(RunError, match="already exists"):
        save_run(record, models)
    (models / "customer_segments.csv").unlink()
    (models / "current").mkdir()
    with pytest.raises(RunError, match="already exists"):
        save_run(record, models)


@pytest.mark.parametrize("code", [errno.EPERM, errno.ENOTSUP])
def test_save_run_without_symlinks(
    record: RunRecord, later: RunRecord, models: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "symlink", refuse)
    for run in (record, later):
        save_run(run, models)
        assert open_run(models).run_id == run.run_id
    assert sorted(path.name for path in models.iterdir()) == sorted([record.run_id, later.run_id, "current"])
    monkeypatch.undo()
    save_run(record, models)
    assert open_run(models / "current").run_id == record.run_id
    assert all((models / name).exists() for name in ARTIFACT_NAMES)


@pytest.mark.parametrize("run_id", ["../x", "a/b", "..", ".", "", "/etc", "a\\b", "a\n", ".hidden", "a" * 65, "ä"])
def test_check_run_id_rejects_paths(record: RunRecord, models: Path, run_id: str) -> None:
    save_run(record, models)
    with pytest.raises(RunError, match="not a run ID"):
        open_run(models, run_id)
    with pytest.raises(RunError, match="not a run ID"):
        save_run(dataclasses.replace(record, run_id=run_id), models)
    (models / "current").unlink()
    if run_id and "\n" not in run_id:
        (models / "current").symlink_to(run_id)
        with pytest.raises(RunError, match="not a run ID"):
            open_run(models)


def edit(change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    def apply(path: Path) -> None:
        values = json.loads((path / MANIFEST).read_text("utf-8"))
        change(values)
        (path / MANIFEST).write_text(json.dumps(values), "utf-8")

    return apply


@pytest.mark.parametrize(
    ("harm", "complaint"),
    [
        (lambda path: (path / MANIFEST).unlink(), "no saved run"),
        (lambda path: (path / MANIFEST).write_bytes(b"\xff\x00"), "cannot be read"),
        (lambda path: (path / MANIFEST).write_text("[]"), "cannot be read"),
        (lambda path: (path / MANIFEST).write_text("{}"), "cannot be read"),
        (lambda path: os.truncate(path / MANIFEST, 500), "cannot be read"),
        (edit(lambda values: values["centres"][0].__setitem__(0, 9.9)), "has been changed"),
        (edit(lambda values: values.pop("checksum")), "has been changed"),
        (edit(lambda values: values.update(format=3)), "format 3; this version reads up to 2"),
        (lambda path: shutil.rmtree(path), "no saved run|no folder"),
    ],
)
def test_open_run_damaged(record: RunRecord, models: Path, harm: Callable[[Path], None], complaint: str) -> None:
    harm(save_run(record, models))
    with pytest.raises(RunError, match=complaint) as caught:
        open_run(models)
    assert caught.value.hint
    assert not any(entry.run for entry in list_entries(models))


@pytest.mark.parametrize("harm", [lambda path: path.unlink(), lambda path: path.write_text("customer_id\n")])
def test_customers_rejects_changed_file(record: RunRecord, models: Path, harm: Callable[[Path], None]) -> None:
    harm(save_run(record, models) / "customer_segments.csv")
    with pytest.raises(RunError, match=r"customer_segments\.csv"):
        open_run(models).read_customers()
    with pytest.raises(RunError, match=r"customer_segments\.csv"):
        save_run(record, models)


def test_open_run_missing(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no saved run in"):
        open_run(tmp_path)
    with pytest.raises(RunError, match="no folder"):
        open_run(tmp_path / "nowhere")
    with pytest.raises(RunError, match="no saved run at"):
        open_run(tmp_path, "20260101T120000Z-ab12cd34")


def test_open_run_never_unpickles(record: RunRecord, models: Path) -> None:
    path = save_run(record, models)
    for name in ("customer_segmentation_model.pkl", "feature_scaler.pkl"):
        (path / name).write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    assert len(open_run(models).get_labels()) == 200
    with pytest.raises(RunError, match="pkl is missing or has been changed"):
        open_run(models).check_files()


HOLD = """
import sys, time
from pathlib import Path
from segmentation.runtime.atomic_files import create_working_dir
with create_working_dir(Path(sys.argv[1])):
    print("ready", flush=True)
    time.sleep(60)
"""


def test_save_run_removes_folders_of_dead_processes(record: RunRecord, models: Path) -> None:
    models.mkdir()
    folder = models / ".saving-x-00000000"
    command = [sys.executable, "-c", HOLD, str(folder)]
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            os.utime(folder, (time.time() - 7200,) * 2)
            save_run(record, models)
            assert folder.is_dir()  # however old: its process lives
        finally:
            process.kill()
    save_run(record, models)
    assert not folder.exists()


def test_save_run_removes_unlocked_folders(record: RunRecord, models: Path) -> None:
    models.mkdir()
    names = [".saving-x-00000000", ".current-00000000", "other"]
    for name in names:
        (models / name).mkdir()
        os.utime(models / name, (time.time() - 60,) * 2)
    save_run(record, models)
    assert [(models / name).is_dir() for name in names] == [False, False, True]
