"""Recommendation of k: exclusions, choice, and rationale."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from segmentation.clustering.k_selection import find_elbow, recommend_k
from segmentation.clustering.scores import compute_scores
from segmentation.clustering.sweep import sweep_k
from segmentation.pipeline import CustomerTable, train_every_k
from segmentation.settings import ModelSettings
from tests.clustering.test_sweep import blobs


def table(inertia: list[float], silhouette: list[float], smallest: list[int]) -> pd.DataFrame:
    ks = range(2, 2 + len(inertia))
    return pd.DataFrame({"k": ks, "inertia": inertia, "silhouette_score": silhouette, "smallest_segment": smallest})


def test_recommend_k_clear_groups() -> None:
    space = blobs(2_000)
    scores = compute_scores(space, sweep_k(space, range(2, 13), seed=0), seed=0).by_k
    advice = recommend_k(scores, 2_000, (3, 8))
    assert (advice.k, advice.elbow) == (3, 3)
    assert advice.summary.startswith("Take 3 segments: up to 3")
    assert advice.rationale[0] == "Elbow: the inertia curve bends at 3."


def test_recommend_k_noise_has_no_elbow() -> None:
    space = np.random.default_rng(0).standard_normal((4_000, 5))
    advice = recommend_k(compute_scores(space, sweep_k(space, range(2, 13), seed=0), seed=0).by_k, 4_000, (3, 8))
    assert advice.elbow is None
    assert "none from 3 to 8" in advice.rationale[0]
    assert "there is no clear elbow" in advice.summary


def test_recommend_k_excludes_small_segments() -> None:
    scores = table([100, 50, 20, 18, 17, 16, 15], [0.5, 0.5, 0.9, 0.4, 0.3, 0.3, 0.3], [400, 200, 3, 150, 90, 90, 90])
    advice = recommend_k(scores, 1_000, (3, 8))
    assert advice.k == 3
    assert advice.rationale[2].endswith("Excluded because a segment would be below 2\N{NO-BREAK SPACE}%: 4.")


def test_recommend_k_all_segments_small() -> None:
    scores = table([100, 60, 40, 30, 25, 22, 20], [0.9, 0.4, 0.5, 0.3, 0.3, 0.3, 0.3], [9, 5, 5, 5, 5, 5, 1])
    advice = recommend_k(scores, 1_000, (3, 8))
    assert advice.k == 4
    assert "Every number considered has a segment below 2\N{NO-BREAK SPACE}%" in advice.rationale[2]


def test_recommend_k_rejects_elbow_with_low_silhouette() -> None:
    scores = table([100, 90, 40, 38, 37, 36, 35], [0.5, 0.6, 0.4, 0.3, 0.3, 0.3, 0.3], [100] * 7)
    advice = recommend_k(scores, 1_000, (3, 8))
    assert (advice.elbow, advice.k) == (4, 3)
    assert "better than with 4, where the inertia curve bends" in advice.summary


def test_recommend_k_two_only_if_requested() -> None:
    scores = table([100, 50, 30], [0.9, 0.4, 0.3], [100, 100, 100])
    assert recommend_k(scores, 300, (3, 8)).k in (3, 4)
    assert recommend_k(scores, 300, (2, 8)).k == 2
    assert recommend_k(scores.iloc[:1], 300, (3, 8)).k == 2


def test_find_elbow_inertia_zero() -> None:
    assert find_elbow(table([10.0, 0.0, 0.0], [1, 1, 1], [1, 1, 1]), [3]) == 3


def test_recommend_k_real_sales(real_customers: CustomerTable) -> None:
    advice = train_every_k(real_customers, ModelSettings()).recommendation
    assert (advice.k, advice.elbow) == (5, 5)
    assert advice.summary.endswith("The smallest has 186 customers.")


@pytest.mark.parametrize("among", [(3, 8), (2, 12), (4, 4)])
def test_recommend_k_is_among_candidates(among: tuple[int, int]) -> None:
    space = blobs(600)
    scores = compute_scores(space, sweep_k(space, range(2, 13), seed=0), seed=0).by_k
    assert among[0] <= recommend_k(scores, 600, among).k <= among[1]
