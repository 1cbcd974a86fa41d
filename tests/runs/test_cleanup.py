"""Removal of files left by killed processes, and of no others."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from segmentation.errors import RunError
from segmentation.runs import catalog
from segmentation.runs.catalog import delete_run, set_current_run
from segmentation.runs.cleanup import remove_unfinished
from segmentation.runs.current_pointer import get_current_run_id
from segmentation.runs.load import ARTIFACT_NAMES, open_run
from segmentation.runs.manifest import RunRecord
from segmentation.runs.save import save_run
from segmentation.runtime.atomic_files import atomic_write

ROOT = Path(__file__).resolve().parents[2]
HOLD = """
import sys, time
from contextlib import ExitStack
from pathlib import Path
from segmentation.runtime.atomic_files import create_working_dir
with ExitStack() as stack:
    for folder in sys.argv[1:]:
        stack.enter_context(create_working_dir(Path(folder)))
    print("ready", flush=True)
    time.sleep(60)
"""
STOP_WHILE_WRITING = """
import os, signal, sys
from pathlib import Path
from segmentation.runtime.atomic_files import atomic_write
with atomic_write(Path(sys.argv[1])) as handle:
    handle.write(b"half")
    handle.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""
pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no locks on folders")


@pytest.fixture
def two_runs(record: RunRecord, later: RunRecord, models: Path) -> Path:
    """Two runs; `later` is current."""
    save_run(record, models)
    save_run(later, models)
    return models


def make_old(path: Path) -> None:
    """Set the time of the last change to before the grace period."""
    os.utime(path, (time.time() - 60,) * 2)


def list_names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_remove_unfinished_removes_only_work_of_dead_processes(two_runs: Path, record: RunRecord) -> None:
    before = list_names(two_runs)
    run_folder = two_runs / record.run_id
    unfinished = [
        *(two_runs / name for name in (".saving-x-00000000", ".deleting-x-00000000", ".current-00000000")),
        run_folder / ".segments-writing-00000000",
    ]
    command = [sys.executable, "-c", HOLD, *map(str, unfinished)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            for folder in unfinished:
                (folder / "part").write_text("half")
                make_old(folder)
            remove_unfinished(two_runs)
            assert all((folder / "part").exists() for folder in unfinished)
        finally:
            process.kill()
    remove_unfinished(two_runs)
    assert list_names(two_runs) == before
    open_run(two_runs, record.run_id).check_files()
    assert not (run_folder / ".segments-writing-00000000").exists()


def test_remove_unfinished_ignores_other_files_and_missing_folders(models: Path) -> None:
    remove_unfinished(models)
    names = {".hidden", "notes", ".savings"}
    for name in names:
        (models / name).mkdir(parents=True)
        make_old(models / name)
    remove_unfinished(models)
    assert list_names(models) == names


def test_remove_unfinished_removes_links_after_an_hour(two_runs: Path, later: RunRecord) -> None:
    """Pointers of versions that created the new link beside the old one, where it cannot be locked."""
    link = two_runs / ".current-00000000"
    link.symlink_to(later.run_id)
    remove_unfinished(two_runs)
    assert link.is_symlink()
    os.utime(link, (time.time() - 3601,) * 2, follow_symlinks=False)
    remove_unfinished(two_runs)
    assert not link.is_symlink()
    open_run(two_runs, later.run_id).check_files()


def test_atomic_write_removes_files_of_killed_processes(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("before")
    subprocess.run([sys.executable, "-c", STOP_WHILE_WRITING, str(path)], cwd=ROOT, timeout=60)
    left_over = list_names(tmp_path) - {"list.csv"}
    assert len(left_over) == 1
    assert path.read_text() == "before"
    make_old(tmp_path / left_over.pop())
    with atomic_write(tmp_path / "other.csv") as handle:
        handle.write(b"new")
    assert list_names(tmp_path) == {"list.csv", "other.csv"}


def test_set_current_leaves_nothing_behind(two_runs: Path, record: RunRecord, later: RunRecord) -> None:
    set_current_run(two_runs, record.run_id)
    assert list_names(two_runs) == {record.run_id, later.run_id, "current", *ARTIFACT_NAMES}


def test_delete_run_is_not_finished_by_another_process(
    two_runs: Path, record: RunRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that becomes current while it is deleted is put back, complete: no sweep may touch it until then."""
    answers = iter(["none", record.run_id])

    def read_current(folder: Path) -> str:
        for renamed in folder.glob(".deleting-*"):
            make_old(renamed)
            remove_unfinished(folder)  # as another process: the lock belongs to the open folder
            assert renamed.exists()
        return next(answers)

    monkeypatch.setattr(catalog, "get_current_run_id", read_current)
    with pytest.raises(RunError, match="current run"):
        delete_run(two_runs, record.run_id)
    monkeypatch.undo()
    open_run(two_runs, record.run_id).check_files()
    set_current_run(two_runs, record.run_id)
    assert get_current_run_id(two_runs) == record.run_id
