"""Evidence on every k, and words that say no more than it does."""

from __future__ import annotations

import numpy as np
import pytest

from segmentation.clustering.k_selection import recommend_k
from segmentation.clustering.scores import compute_scores
from segmentation.clustering.sweep import sweep_k
from segmentation.clustering.validation.bootstrap import AlternativePartition, Bootstrap, ValidationCancelled
from segmentation.clustering.validation.evidence import (
    ValidationResult,
    describe_alternative,
    describe_segment_stability,
    describe_stability,
    revise_recommendation,
    validate_clusters,
)
from segmentation.clustering.validation.null_models import GapStatistic, NullTest
from tests.clustering.test_k_selection import table
from tests.clustering.test_sweep import blobs


def made(jaccards: dict[int, float], real: bool) -> ValidationResult:
    """Evidence in which each k has segments of one Jaccard similarity."""
    ks = tuple(range(1, max(jaccards) + 1))
    chance = {"covariance": 0.01, "shuffled": 0.01, "both": 0.01 if real else 0.4}
    return ValidationResult(
        {k: Bootstrap(k, 50, np.full(k, value), np.full(k, value), value) for k, value in jaccards.items()},
        dict.fromkeys(jaccards, 0.5),
        GapStatistic(ks, np.zeros(len(ks)), np.zeros(len(ks)), 1),
        {k: NullTest(k, 0.4, dict.fromkeys(chance, 0.41), chance) for k in jaccards},
        dict.fromkeys(jaccards),
    )


SCORES = table([100, 60, 40, 30, 25, 22, 20], [0.9, 0.4, 0.5, 0.45, 0.3, 0.3, 0.3], [100] * 7)


def test_clear_groups_repeat_and_are_real() -> None:
    space = blobs(800)
    fits = sweep_k(space, range(2, 6), seed=0)
    scores = compute_scores(space, fits, seed=0).by_k
    told: list[float] = []
    evidence = validate_clusters(space, fits, seed=0, resamples=20, on_progress=told.append)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.0)
    advice = revise_recommendation(recommend_k(scores, 800, (3, 8)), scores, evidence, 800, (3, 8))
    assert advice.k == 3
    assert "The groups are real" in advice.summary
    assert any(
        reason.startswith("Segments are stable: in 20 bootstrap resamples of your customers, at least")
        for reason in advice.rationale
    )
    rows = evidence.by_k().set_index("k")
    assert rows["least_jaccard"].idxmax() in (2, 3)
    assert rows.loc[3, "prediction_strength"] > 0.9
    assert evidence.gap.k == 3


def test_noise_is_called_smooth_and_what_that_means_is_said() -> None:
    space = np.random.default_rng(0).standard_normal((700, 4))
    fits = sweep_k(space, range(2, 5), seed=0)
    scores = compute_scores(space, fits, seed=0).by_k
    advice = revise_recommendation(
        recommend_k(scores, 700, (3, 8)), scores, validate_clusters(space, fits, seed=0, resamples=10), 700, (3, 8)
    )
    assert "There are no separate groups" in advice.summary
    assert "do not build very different campaigns" in advice.summary
    assert "real" not in advice.summary


def test_a_k_that_does_not_repeat_gives_way_to_one_that_does() -> None:
    first = recommend_k(SCORES, 1_000, (3, 8))
    assert first.k == 4
    advice = revise_recommendation(
        first, SCORES, made({2: 0.9, 3: 0.8, 4: 0.6, 5: 0.9, 6: 0.5, 7: 0.5, 8: 0.5}, True), 1_000, (3, 8)
    )
    assert advice.k == 5  # of those that repeat, 3 and 5, the one with the better silhouette
    assert advice.summary.startswith(
        "Take 5 segments rather than 4: in bootstrap resamples, 5 segments are stable and 4"
    )


def test_when_nothing_repeats_it_is_said_and_nothing_is_changed() -> None:
    advice = revise_recommendation(
        recommend_k(SCORES, 1_000, (3, 8)), SCORES, made(dict.fromkeys(range(2, 9), 0.5), False), 1_000, (3, 8)
    )
    assert advice.k == 4
    assert "Segments are only partly stable" in advice.rationale[-2]
    assert "4 of the 4 segments come out differently" in advice.rationale[-2]


def test_words_for_each_band() -> None:
    assert describe_segment_stability(0.80, 0.88, "Regulars").startswith("Pattern, not fully stable: ")
    assert describe_segment_stability(0.70, 0.8, "Regulars").startswith("Doubtful: ")
    assert describe_segment_stability(0.50, 0.6, "Regulars") == (
        "Dissolved: in bootstrap resamples, 60\N{NO-BREAK SPACE}% of Regulars reappear "
        "(mean Jaccard similarity 0.50, which also counts customers who join)."
    )
    assert describe_segment_stability(float("nan"), float("nan"), "Regulars").startswith("Not known")
    assert "at least 90\N{NO-BREAK SPACE}% of each segment reappears" in describe_stability(made({3: 0.9}, True), 3)


def test_two_stories_are_told() -> None:
    assert describe_alternative(None, 4) == ""
    text = describe_alternative(AlternativePartition(np.zeros((4, 2)), 0.0021, 0.48), 4)
    assert text.startswith(
        "Alternative segmentation found: another way to form 4 segments fits within 0.21\xa0% as well"
    )


def test_it_can_be_cancelled() -> None:
    space = blobs(200)
    with pytest.raises(ValidationCancelled):
        validate_clusters(space, sweep_k(space, [2, 3], seed=0), seed=0, is_cancelled=lambda: True)
