"""A save that is killed or runs out of space leaves the previous run complete and current."""

from __future__ import annotations

import errno
import io
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from segmentation.errors import RunError
from segmentation.runs.load import ARTIFACT_NAMES, open_run
from segmentation.runs.manifest import RunRecord
from segmentation.runs.save import save_run

ROOT = Path(__file__).resolve().parents[2]
STEPS = ["mkdir", "fsync", "rename", "replace", "symlink", "unlink", "rmdir"]
"""What changes a folder, besides opening a file to write."""


class Killed(BaseException):
    """Simulates the end of the process."""


class Steps:
    """Lets a number of changes of the disk pass, then fails: at one step, or, as a dead process, from there on."""

    def __init__(self, patch: pytest.MonkeyPatch, error: BaseException, passes: int, *, for_good: bool) -> None:
        self.error, self.passes, self.for_good, self.taken = error, passes, for_good, 0
        for name in STEPS:
            patch.setattr(os, name, self.count_steps(getattr(os, name)))
        patch.setattr(io, "open", self.count_steps(io.open, lambda arguments: "r" not in arguments[1]))

    def count_steps(self, step: Callable[..., Any], counts: Callable[..., bool] = lambda _: True) -> Callable[..., Any]:
        def take(*arguments: Any, **options: Any) -> Any:
            if counts(arguments):
                self.taken += 1
                if self.taken == self.passes + 1 or (self.for_good and self.taken > self.passes):
                    raise self.error
            return step(*arguments, **options)

        return take


def is_complete(models: Path) -> str:
    """The current run, after everything of it was looked at."""
    run = open_run(models)
    run.check_files()
    assert len(run.get_labels()) == 200
    for name in ARTIFACT_NAMES:
        assert (models / name).read_bytes() == (run.folder / name).read_bytes()
    return run.run_id


def test_save_run_killed_at_every_step(record: RunRecord, later: RunRecord, tmp_path: Path) -> None:
    seen = set()
    for passes in range(100):
        models = tmp_path / str(passes)
        save_run(record, models)
        try:
            with pytest.MonkeyPatch.context() as patch:
                Steps(patch, Killed(), passes, for_good=True)
                save_run(later, models)
        except Killed:
            seen.add(is_complete(models))
            save_run(later, models)
            assert is_complete(models) == later.run_id
        else:
            break
    assert 15 < passes < 99
    assert seen == {record.run_id, later.run_id}


def test_save_run_first_save_killed_at_every_step(record: RunRecord, tmp_path: Path) -> None:
    for passes in range(100):
        models = tmp_path / str(passes)
        try:
            with pytest.MonkeyPatch.context() as patch:
                Steps(patch, Killed(), passes, for_good=True)
                save_run(record, models)
        except Killed:
            if os.path.lexists(models / "current"):
                assert is_complete(models) == record.run_id
            else:
                with pytest.raises(RunError, match=r"no saved run|no folder"):
                    open_run(models)
            save_run(record, models)
            assert is_complete(models) == record.run_id
        else:
            break
    assert 15 < passes < 99


def test_save_run_disk_full_at_every_step(record: RunRecord, later: RunRecord, tmp_path: Path) -> None:
    complaints = []
    for passes in range(100):
        models = tmp_path / str(passes)
        save_run(record, models)
        with pytest.MonkeyPatch.context() as patch:
            steps = Steps(patch, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), passes, for_good=False)
            try:
                save_run(later, models)
            except RunError as error:
                complaints.append(error.message)
        assert is_complete(models) in {record.run_id, later.run_id}
        if steps.taken <= passes:
            break
        save_run(later, models)
        assert is_complete(models) == later.run_id
    assert len(complaints) > 12
    assert all(complaint == "The run could not be saved: the disk is full." for complaint in complaints)


SAVE = """
import dataclasses, pickle, resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from segmentation.runs.save import save_run
from segmentation.errors import RunError
models = Path(sys.argv[2])
record = pickle.loads(Path(sys.argv[3]).read_bytes())
print("ready", flush=True)
"""
SAVE_FOR_EVER = "for n in range(9999): save_run(dataclasses.replace(record, run_id=f'run-{n}'), models)"
SAVE_SHORT_OF_SPACE = """
resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))
try:
    save_run(record, models)
except RunError as error:
    print(error)
"""


def start(script: str, models: Path, record: RunRecord) -> subprocess.Popen[str]:
    """Another process that saves runs; without scikit-learn's objects it starts sooner."""
    provided = models.parent / "record"
    provided.write_bytes(pickle.dumps(replace(record, model=0, scaler_model=0)))
    command = [sys.executable, "-c", SAVE + script, str(ROOT), str(models), str(provided)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_save_run_killed_process(record: RunRecord, later: RunRecord, models: Path) -> None:
    save_run(record, models)
    for seconds in (0.03, 0.1, 0.33):
        with start(SAVE_FOR_EVER, models, later) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(seconds)
            process.kill()
        assert is_complete(models)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of a file")
def test_save_run_file_size_limit(record: RunRecord, later: RunRecord, models: Path) -> None:
    save_run(record, models)
    before = sorted(path.name for path in models.iterdir())
    with start(SAVE_SHORT_OF_SPACE, models, later) as process:
        text, _ = process.communicate(timeout=60)
    assert "could not be saved" in text
    assert is_complete(models) == record.run_id
    assert sorted(path.name for path in models.iterdir()) == before
