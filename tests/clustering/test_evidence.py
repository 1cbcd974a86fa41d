"""Validation of every k, and sentences that say no more than it does."""

from __future__ import annotations

import numpy as np
import pytest

from segmentation.clustering.sweep import sweep_k
from segmentation.clustering.validation.alternatives import AlternativePartition
from segmentation.clustering.validation.descriptions import (
    describe_alternative,
    describe_borders,
    describe_groups,
    describe_segment_stability,
    describe_stability,
    is_unstable,
)
from segmentation.clustering.validation.evidence import (
    ValidationResult,
    tabulate_validation,
    validate_candidates,
    validate_clusters,
)
from segmentation.clustering.validation.gaps import Border, GapAnalysis
from segmentation.runtime.cancellation import CancelToken, WorkCancelled, cancellable
from tests.clustering.test_k_selection import make_bootstrap, make_validation
from tests.clustering.test_sweep import blobs

PERCENT = "\N{NO-BREAK SPACE}%"


def test_validate_clusters_finds_clear_groups() -> None:
    X = blobs(800)
    reported: list[float] = []
    found = validate_clusters(X, sweep_k(X, range(2, 6), seed=0), seed=0, resamples=20, on_progress=reported.append)
    assert reported == sorted(reported)
    assert reported[-1] == pytest.approx(1.0)
    assert found.separate_groups == 3
    rows = found.tabulate_by_k().set_index("k")
    assert found.is_reproducible(3)
    assert not found.is_reproducible(5)
    assert rows.loc[3, "gaps"] == rows.loc[3, "borders"] > 0
    assert rows.loc[5, "gaps"] < rows.loc[5, "borders"]
    assert (rows["least_low"] <= rows["least_jaccard"]).all()
    assert (rows["least_jaccard"] <= rows["least_high"]).all()


def test_validate_candidates_agrees_with_the_complete_validation() -> None:
    X = np.random.default_rng(0).standard_normal((700, 4))
    fits = sweep_k(X, range(2, 6), seed=0)
    some = validate_candidates(X, fits, (2, 4), seed=0, resamples=5)
    complete = validate_clusters(X, fits, seed=0, resamples=5)
    assert some.gaps.borders == complete.gaps.borders
    assert some.separate_groups == complete.separate_groups == 1
    assert sorted(some.bootstrap) == [2, 3, 4]
    np.testing.assert_array_equal(some.bootstrap[4].low, complete.bootstrap[4].low)
    assert sorted(validate_candidates(X, fits, (9, 10), seed=0, resamples=2).bootstrap) == [2, 3, 4, 5]


def test_validate_clusters_can_be_cancelled() -> None:
    X = blobs(200)
    fits, token = sweep_k(X, [2, 3], seed=0), CancelToken()
    token.cancel()
    with cancellable(token), pytest.raises(WorkCancelled):
        validate_clusters(X, fits, seed=0)


def test_tabulate_validation_names_segments_not_clusters() -> None:
    borders = {3: (Border(0, 1, True, 0.0001, 0.6), Border(1, 2, False, 0.4, 0.1))}
    validation = ValidationResult({3: make_bootstrap(3, 0.8, 0.78)}, GapAnalysis(borders, (), 2), {})
    found = tabulate_validation(validation, 3, (3, 1, 2), recommended_k=2)
    assert found["recommended_k"] == 2
    assert found["separate_groups"] == 2
    assert found["borders"] == [
        {"segment_a": 1, "segment_b": 2, "gap": False, "p_value": 0.4, "valley_depth": 0.1},
        {"segment_a": 1, "segment_b": 3, "gap": True, "p_value": 0.0001, "valley_depth": 0.6},
    ]
    assert [row["segment_id"] for row in found["stability"]] == [1, 2, 3]
    assert found["stability"][2] == {
        "segment_id": 3,
        "customers": 100,
        "resamples": 100,
        "jaccard": 0.8,
        "low": 0.78,
        "high": pytest.approx(0.82),
        "dissolved": 0.25,
    }
    assert tabulate_validation(validation, 9, range(9), 2)["stability"] == []


def test_describe_groups_says_what_a_continuum_means() -> None:
    assert "avoid very different campaigns" in describe_groups(1)
    assert describe_groups(4).startswith("There are 4 separate groups")


def test_describe_borders_counts_gaps() -> None:
    borders = ([True], [True, False], [True, True], [False, False, False], [])
    assert [describe_borders(gaps) for gaps in borders] == [
        "The border between the two segments is a gap.",
        "Of the 2 borders between neighboring segments, 1 is a gap; the others are gradual.",
        "All 2 borders between neighboring segments are gaps.",
        "All 3 borders between neighboring segments are gradual.",
        "The segments are too small to test the borders between them.",
    ]


def test_describe_segment_stability_names_the_band_only_where_the_interval_lies_in_it() -> None:
    assert describe_segment_stability(make_bootstrap(2, 0.80, 0.78), 0, "Regulars") == (
        f"Pattern: in bootstrap resamples, 80{PERCENT} of Regulars reappear (mean Jaccard similarity 0.80, "
        f"95{PERCENT} interval 0.78 to 0.82, which also counts customers who join). "
        f"It dissolved in 25{PERCENT} of the resamples."
    )
    assert describe_segment_stability(make_bootstrap(2, 0.85, 0.80), 0, "R").startswith("Pattern to stable: ")
    assert describe_segment_stability(make_bootstrap(2, 0.70, 0.55), 0, "R").startswith("Dissolved to pattern: ")
    few = describe_segment_stability(make_bootstrap(2, 0.9, 0.88, size=49), 0, "R")
    assert few.endswith("With 49 customers, these figures are unreliable.")
    assert "unreliable" not in describe_segment_stability(make_bootstrap(2, 0.9, 0.88, size=50), 0, "R")
    assert describe_segment_stability(make_bootstrap(2, np.nan, np.nan), 0, "R").startswith("Not known")


def test_is_unstable_needs_the_whole_interval_below_the_limit() -> None:
    assert is_unstable(make_bootstrap(2, 0.70, 0.68), 0)
    assert not is_unstable(make_bootstrap(2, 0.74, 0.70), 0)
    assert is_unstable(make_bootstrap(2, np.nan, np.nan), 0)


def test_describe_stability_counts_the_weak_segments() -> None:
    assert f"at least 92{PERCENT} of each segment reappears" in describe_stability(make_validation({3: 0.9}), 3)
    text = describe_stability(make_validation({3: 0.7}), 3)
    assert text.startswith("Segments are only partly reproducible")
    assert "1 of the 3 segments may come out differently" in text


def test_describe_alternative() -> None:
    assert describe_alternative(None, 4) == ""
    text = describe_alternative(AlternativePartition(np.zeros((4, 2)), 0.0021, 0.48), 4)
    assert text.startswith(
        "Alternative segmentation found: another way to form 4 segments fits within 0.21\xa0% as well"
    )
