"""The recommended k: one rule, followed to the letter, and sentences that say what happened."""

from __future__ import annotations

import numpy as np
import pandas as pd

from segmentation.clustering.k_selection import KRecommendation, find_elbow, recommend_k
from segmentation.clustering.validation.bootstrap import Bootstrap
from segmentation.clustering.validation.evidence import ValidationResult
from segmentation.clustering.validation.gaps import GapAnalysis
from segmentation.pipeline import CustomerTable, train_every_k
from segmentation.settings import ModelSettings


def table(inertia: list[float], silhouette: list[float], smallest: list[int]) -> pd.DataFrame:
    ks = range(2, 2 + len(inertia))
    return pd.DataFrame({"k": ks, "inertia": inertia, "silhouette_score": silhouette, "smallest_segment": smallest})


SCORES = table([100, 60, 40, 30, 25, 22, 20], [0.9, 0.4, 0.5, 0.45, 0.3, 0.3, 0.3], [100] * 7)


def make_bootstrap(k: int, jaccard: float, low: float, size: float = 100) -> Bootstrap:
    """All segments alike, but for the first, which has these figures."""
    alike, first = np.full(k, 0.95), np.arange(k) == 0
    return Bootstrap(
        k=k,
        resamples=100,
        sizes=np.full(k, size),
        jaccard=np.where(first, jaccard, alike),
        low=np.where(first, low, alike - 0.01),
        high=np.where(first, 2 * jaccard - low, alike + 0.01),
        dissolved=np.where(first, 0.25, 0.0),
        recall=np.where(first, jaccard, alike),
        adjusted_rand=0.9,
        centers=np.zeros((100, k, 2)),
    )


def make_validation(lows: dict[int, float], groups: int = 1) -> ValidationResult:
    """A validation in which the weakest segment of each k has this lower end, 0.02 below its mean."""
    bootstraps = {k: make_bootstrap(k, low + 0.02, low) for k, low in lows.items()}
    return ValidationResult(bootstraps, GapAnalysis({}, (), groups), {})


def test_recommend_k_takes_the_largest_reproducible_k_of_a_continuum() -> None:
    validation = make_validation({2: 0.9, 3: 0.8, 4: 0.7, 5: 0.76, 6: 0.7, 7: 0.75, 8: 0.6})
    advice = recommend_k(SCORES, 1_000, (2, 8), validation)
    assert advice.k == 5  # 7 is at the limit, not above it
    assert advice.more_detail is None
    assert advice.summary == (
        "Take 5 segments: the largest number up to 8 whose segments are all reproducible and hold at least "
        "2\N{NO-BREAK SPACE}% of customers each. The smallest has 100 customers."
    )
    assert advice.rationale[0].startswith("Customers form a continuum")
    assert advice.rationale[1].startswith("Segments are reproducible: in 100 bootstrap resamples")


def test_recommend_k_takes_the_number_of_separate_groups_and_offers_more_detail() -> None:
    validation = make_validation({2: 0.9, 3: 0.8, 4: 0.7, 5: 0.76, 6: 0.7, 7: 0.5, 8: 0.6}, groups=2)
    advice = recommend_k(SCORES, 1_000, (2, 8), validation)
    assert (advice.k, advice.more_detail) == (2, 5)
    assert advice.summary.startswith(
        "Take 2 segments, one for each separate group of customers. For more detail, 5 segments are reproducible too."
    )
    assert advice.rationale[0].startswith("There are 2 separate groups")


def test_recommend_k_stays_among_the_candidates() -> None:
    lows = dict.fromkeys(range(2, 9), 0.9)
    assert recommend_k(SCORES, 1_000, (2, 8), make_validation(lows, groups=11)).k == 8
    advice = recommend_k(SCORES, 1_000, (4, 6), make_validation(lows, groups=2))
    assert (advice.k, advice.more_detail) == (4, 6)
    assert "as close as possible to the 2 separate groups" in advice.summary
    assert recommend_k(SCORES, 1_000, (3, 4), make_validation(lows)).k == 4
    assert recommend_k(SCORES.iloc[:1], 1_000, (3, 8), make_validation(lows)).k == 2  # no candidate is possible


def test_recommend_k_excludes_a_small_segment() -> None:
    scores = SCORES.assign(smallest_segment=[100, 100, 100, 100, 19, 20, 19])
    advice = recommend_k(scores, 1_000, (2, 8), make_validation(dict.fromkeys(range(2, 9), 0.9)))
    assert advice.k == 7
    assert advice.rationale[2].endswith("Excluded because a segment would be below 2\N{NO-BREAK SPACE}%: 6, 8.")


def test_recommend_k_with_nothing_reproducible_takes_the_least_bad_and_says_so() -> None:
    validation = make_validation({2: 0.5, 3: 0.7, 4: 0.6, 5: 0.5, 6: 0.5, 7: 0.5, 8: 0.5})
    advice = recommend_k(SCORES, 1_000, (2, 8), validation)
    assert advice.k == 3
    assert advice.summary.startswith("Take 3 segments with reservations: no number from 2 to 8 gives segments")
    assert "1 of the 3 segments may come out differently" in advice.rationale[1]


def test_recommend_k_with_tiny_segments_everywhere_says_so() -> None:
    scores = SCORES.assign(smallest_segment=[9, 5, 5, 5, 5, 5, 1])
    advice = recommend_k(scores, 1_000, (2, 8), make_validation({k: 0.9 - k / 100 for k in range(2, 9)}))
    assert advice.k == 2
    assert "Every number considered has a segment below 2\N{NO-BREAK SPACE}%" in advice.rationale[2]


def test_recommend_k_reports_elbow_and_silhouette_as_evidence() -> None:
    validation = make_validation(dict.fromkeys(range(2, 9), 0.9))
    scores = SCORES.assign(inertia=[100.0, 90, 40, 38, 37, 36, 35])
    advice = recommend_k(scores, 1_000, (2, 8), validation)
    assert (advice.k, advice.elbow) == (8, 4)
    assert advice.rationale[3:] == (
        "Elbow: the inertia curve bends at 4.",
        "Silhouette: 0.30 with 8; the highest is 0.90 with 2.",
    )
    smooth = SCORES.assign(inertia=[100 / k for k in range(2, 9)])
    assert recommend_k(smooth, 1_000, (2, 8), validation).rationale[3].startswith("Elbow: none from 2 to 8")


def test_find_elbow_with_an_inertia_of_0() -> None:
    assert find_elbow(table([10.0, 0.0, 0.0], [1, 1, 1], [1, 1, 1]), [3]) == 3


def test_recommendation_survives_the_manifest_also_of_earlier_versions() -> None:
    advice = KRecommendation(3, "Take 3.", ("Because.",), None, 5)
    assert KRecommendation.from_dict(advice.to_dict()) == advice
    early = {"k": 3, "sentence": "Take 3.", "reasons": ["Because."], "elbow": 3}
    assert KRecommendation.from_dict(early) == KRecommendation(3, "Take 3.", ("Because.",), 3)
    assert KRecommendation.from_early_run(4).k == 4


def test_recommendation_for_the_real_sales_is_five(real_customers: CustomerTable) -> None:
    training = train_every_k(real_customers, ModelSettings())
    assert (training.recommendation.k, training.recommendation.elbow) == (5, 5)
    assert training.recommendation.summary.endswith("The smallest has 186 customers.")
    assert training.validation is not None
    assert training.validation.separate_groups == 1
