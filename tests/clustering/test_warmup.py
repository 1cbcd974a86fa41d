"""After `make_ready` nothing is left to compile, whatever the number of customers and features."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from segmentation.clustering.kmeans import jit

ROOT = Path(__file__).parents[2]
AT_WORK = """
import numpy as np
from numba.core import event

from segmentation.clusters.ready import make_ready
from segmentation.clusters.scores import score
from segmentation.clusters.stability import cluster
from segmentation.clusters.sweep import predict, sweep


class Told(event.Listener):
    def on_start(self, event):
        print(event.data["dispatcher"].py_func.__name__, event.data["args"])

    def on_end(self, event):
        pass


make_ready()
event.register("numba:compile", Told())
for customers, features in ((40, 1), (3_500, 6), (12_000, 3), (70_000, 2)):
    space = np.random.default_rng(1).standard_normal((customers, features))
    fits = sweep(space, range(2, 5), 0)
    score(space, fits, 0)
    predict(space, fits[3].centers)
    cluster(space[:500], 3, (1, 2))
"""


def test_nothing_is_compiled_at_work() -> None:
    told = subprocess.run(
        [sys.executable, "-c", AT_WORK], cwd=ROOT, capture_output=True, text=True, check=True, timeout=300
    )
    assert told.stdout == ""


def test_what_was_compiled_from_other_source_is_dropped(tmp_path: Path) -> None:
    kept = tmp_path / "__pycache__" / "loops.label-3.py311.1.nbc"
    kept.parent.mkdir()
    for source, stays in (("first", False), ("first", True), ("second", False), ("second", True)):
        (tmp_path / "loops.py").write_text(f"@jit\ndef {source}(): ...")
        (tmp_path / "words.py").write_text(source if stays else "of no loop")
        kept.write_text("compiled")
        jit.invalidate_stale_cache(tmp_path)
        assert kept.exists() is stays


def test_a_folder_that_cannot_be_written_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "loops.py").write_text("first")

    def refused(path: Path, text: str) -> None:
        raise PermissionError(path)

    monkeypatch.setattr(Path, "write_text", refused)
    jit.invalidate_stale_cache(tmp_path)
