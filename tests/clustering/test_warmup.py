"""JIT warm-up leaves nothing to compile, for any number of customers and features."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from segmentation.clustering.kmeans import jit

ROOT = Path(__file__).parents[2]
RUN_AFTER_WARMUP = """
import numpy as np
from numba.core import event

from segmentation.clustering.kmeans.warmup import warm_up_jit
from segmentation.clustering.scores import compute_scores
from segmentation.clustering.validation.bootstrap import fit_kmeans
from segmentation.clustering.sweep import predict_labels, sweep_k


class CompileListener(event.Listener):
    def on_start(self, event):
        print(event.data["dispatcher"].py_func.__name__, event.data["args"])

    def on_end(self, event):
        pass


warm_up_jit()
event.register("numba:compile", CompileListener())
for customers, features in ((40, 1), (3_500, 6), (12_000, 3), (70_000, 2)):
    X = np.random.default_rng(1).standard_normal((customers, features))
    fits = sweep_k(X, range(2, 5), 0)
    compute_scores(X, fits, 0)
    predict_labels(X, fits[3].centers)
    fit_kmeans(X[:500], 3, (1, 2))
"""


def test_warm_up_jit_leaves_nothing_to_compile() -> None:
    output = subprocess.run(
        [sys.executable, "-c", RUN_AFTER_WARMUP], cwd=ROOT, capture_output=True, text=True, check=True, timeout=300
    )
    assert output.stdout == ""


def test_invalidate_stale_cache_deletes_changed_code(tmp_path: Path) -> None:
    retained = tmp_path / "__pycache__" / "loops.label-3.py311.1.nbc"
    retained.parent.mkdir()
    for source, stays in (("first", False), ("first", True), ("second", False), ("second", True)):
        (tmp_path / "loops.py").write_text(f"@jit\ndef {source}(): ...")
        (tmp_path / "words.py").write_text(source if stays else "of no loop")
        retained.write_text("compiled")
        jit.invalidate_stale_cache(tmp_path)
        assert retained.exists() is stays


def test_invalidate_stale_cache_ignores_read_only_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "loops.py").write_text("first")

    def raise_permission_error(path: Path, text: str) -> None:
        raise PermissionError(path)

    monkeypatch.setattr(Path, "write_text", raise_permission_error)
    jit.invalidate_stale_cache(tmp_path)
