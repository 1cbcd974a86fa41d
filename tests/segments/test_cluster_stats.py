"""Statistics of all k at once equal those of each k alone, and NumPy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from segmentation.segments import cluster_stats as module
from segmentation.segments.cluster_stats import ClusterStats, compute_cluster_stats
from segmentation.segments.profile import build_profile, compute_profile

NAMES = ("sizes", "sums", "means", "medians", "positions", "overall")


def generate_shop(customers: int, seed: int = 0) -> tuple[pd.DataFrame, list[np.ndarray]]:
    """Customers with money, many ties, missing values, a feature that hardly anybody has; labels for k=1..12."""
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "monetary": np.round(draw.lognormal(3, 2, customers), 2) - 5,
            "frequency": draw.geometric(0.4, customers).astype(float),
            "gap": np.where(draw.random(customers) < 0.3, np.nan, draw.lognormal(size=customers)),
            "rare": np.where(np.arange(customers) == 3, 7.0, np.nan),
        }
    )
    position = draw.random(customers)
    return frame, [np.minimum((position * k).astype(np.uint8), k - 1).astype(np.uint8) for k in range(1, 13)]


def assert_identical(one: ClusterStats, other: ClusterStats) -> None:
    for name in NAMES:
        left, right = getattr(one, name), getattr(other, name)
        for key in left if isinstance(left, dict) else [slice(None)]:
            np.testing.assert_array_equal(left[key], right[key])


@pytest.mark.parametrize("customers", [13, 700, 150_000])
def test_compute_cluster_stats_together_equal_single(customers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    frame, labelings = generate_shop(customers)
    together = compute_cluster_stats(frame, labelings, list(frame))
    for labels, result in zip(labelings, together, strict=True):
        assert_identical(result, compute_cluster_stats(frame, [labels], list(frame))[0])
    monkeypatch.setattr(module, "parallel_map", lambda work, tasks, threads=None: [work(task) for task in tasks])
    for result, alone in zip(together, compute_cluster_stats(frame, labelings, list(frame)), strict=True):
        assert_identical(result, alone)


@pytest.mark.parametrize("customers", [13, 700, 150_000])
def test_compute_cluster_stats_equal_numpy(customers: int) -> None:
    frame, labelings = generate_shop(customers, seed=1)
    for labels, result in zip(labelings, compute_cluster_stats(frame, labelings, list(frame)), strict=True):
        assert result.sizes.tolist() == np.bincount(labels).tolist()
        for name in frame:
            every = frame[name].to_numpy()
            known = np.sort(every[~np.isnan(every)])
            assert result.overall[name] == known.mean()
            for cluster in range(len(result.sizes)):
                mine = every[(labels == cluster) & ~np.isnan(every)]
                text = [getattr(result, part)[name][cluster] for part in ("medians", "means", "positions", "sums")]
                if not len(mine):
                    assert np.isnan(text[:3]).all()
                    assert text[3] == 0
                    continue
                median = np.median(mine)
                assert text[0] == median
                assert text[1] == pytest.approx(mine.mean(), rel=1e-12)
                assert text[2] == ((known < median).sum() + (known <= median).sum()) / 2 / len(known)
                assert text[3] == pytest.approx(mine.sum(), rel=1e-12)


def test_compute_cluster_stats_empty_cluster_and_many_clusters() -> None:
    frame = pd.DataFrame({"monetary": np.arange(600.0)})
    result = compute_cluster_stats(frame, [np.array([2] * 600), np.arange(600)], ["monetary"])
    assert result[0].sizes.tolist() == [0, 0, 600]
    assert result[0].medians["monetary"].tolist()[2] == 299.5
    assert np.isnan(result[0].means["monetary"][:2]).all()
    assert result[1].medians["monetary"].tolist() == list(range(600))
    assert build_profile(result[0], (7, 8, 9), ["monetary"])["segment_id"].tolist() == [9]


def test_compute_cluster_stats_combination_overflow() -> None:
    frame, labelings = generate_shop(5_000)
    many = [labels for labels in labelings for _ in range(4)]
    for labels, result in zip(many, compute_cluster_stats(frame, many, ["monetary"]), strict=True):
        assert_identical(result, compute_cluster_stats(frame, [labels], ["monetary"])[0])


def test_build_profile_equals_compute_profile() -> None:
    frame, labelings = generate_shop(700)
    to_segment = (4, 2, 9, 1)
    names = ["frequency", "gap"]
    full = compute_profile(frame, np.array(to_segment)[labelings[3]], names)
    result = compute_cluster_stats(frame, labelings, ["monetary", *names])[3]
    pd.testing.assert_frame_equal(full, build_profile(result, to_segment, names), check_exact=True)


AT_WORK = """
from segmentation.segments.cluster_stats import compute_cluster_stats, warm_up_jit
from segmentation.segments.cluster_stats_jit import accumulate_sums, compute_cluster_medians
from tests.segments.test_cluster_stats import generate_shop

warm_up_jit()
before = [*accumulate_sums.signatures, *compute_cluster_medians.signatures]
for customers in (13, 150_000):
    frame, labelings = generate_shop(customers)
    compute_cluster_stats(frame, labelings, list(frame))
assert [*accumulate_sums.signatures, *compute_cluster_medians.signatures] == before
"""


def test_warm_up_jit_leaves_nothing_to_compile() -> None:
    subprocess.run([sys.executable, "-c", AT_WORK], cwd=Path(__file__).parents[2], check=True, timeout=300)
