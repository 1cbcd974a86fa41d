"""What is known about every k beyond its scores: does the cut repeat, are the groups real, does another story fit?

Three questions that are often taken for one. In the words of a marketer, for the advice and for each segment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from segmentation.clustering.k_selection import SMALLEST_SHARE, KRecommendation
from segmentation.clustering.sweep import Array, KMeansFit
from segmentation.clustering.validation.bootstrap import (
    DISSOLVED,
    DOUBTFUL,
    STABLE,
    AlternativePartition,
    Bootstrap,
    CancelCheck,
    Progress,
    bootstrap_stability,
    compute_prediction_strength,
    find_alternative_partition,
)
from segmentation.clustering.validation.null_models import (
    GapStatistic,
    NullTest,
    compare_with_nulls,
    compute_gap_statistic,
)
from segmentation.presentation.number_format import add_percent_sign

CLEARLY = 0.1
"""Groups lie apart when segments leave at least a tenth less unexplained than they do in noise."""
WELL_PREDICTED = 0.8
"""Prediction strength from which a number of groups is taken as well supported (Tibshirani and Walther 2005)."""


@dataclass(frozen=True, eq=False)
class ValidationResult:
    """What speaks for and against each k."""

    bootstrap: Mapping[int, Bootstrap]
    prediction_strength: Mapping[int, float]
    gap: GapStatistic
    null_tests: Mapping[int, NullTest]
    alternatives: Mapping[int, AlternativePartition | None]

    def by_k(self) -> pd.DataFrame:
        """One row per k: k, least_jaccard, mean_jaccard, adjusted_rand, prediction_strength, unexplained (share),
        noise_unexplained and noise_chance (of the kind of noise that comes closest), real, gap, gap_error,
        other_story (agreement with it; NaN where there is none)."""
        at = {k: place for place, k in enumerate(self.gap.ks)}
        rows = []
        for k, found in self.bootstrap.items():
            story, noise = self.alternatives[k], self.null_tests[k]
            rows.append(
                {
                    "k": k,
                    "least_jaccard": float(np.nanmin(found.jaccard)),
                    "mean_jaccard": float(np.nanmean(found.jaccard)),
                    "adjusted_rand": found.adjusted_rand,
                    "prediction_strength": self.prediction_strength[k],
                    "unexplained": noise.unexplained_variance,
                    "noise_unexplained": noise.expected[noise.closest_null],
                    "noise_chance": noise.p_value[noise.closest_null],
                    "real": noise.is_significant,
                    "gap": float(self.gap.gap[at[k]]),
                    "gap_error": float(self.gap.error[at[k]]),
                    "other_story": np.nan if story is None else story.agreement,
                }
            )
        return pd.DataFrame(rows)

    def is_reproducible(self, k: int) -> bool:
        """Whether every segment of this k is found again more often than doubtfully."""
        return is_stable(float(np.nanmin(self.bootstrap[k].jaccard)))


def validate_clusters(
    X: Array,
    fits: Mapping[int, KMeansFit],
    seed: int,
    *,
    resamples: int = 50,
    threads: int | None = None,
    on_progress: Progress | None = None,
    is_cancelled: CancelCheck | None = None,
) -> ValidationResult:
    """All evidence on every k in `fits`; seconds, on a sample where there are many customers.

    Raises:
        Stopped: `is_cancelled` said so.
    """

    def part(start: float, end: float) -> Progress:
        return lambda share: on_progress(start + (end - start) * share) if on_progress is not None else None

    ks = sorted(fits)
    centers = {k: fits[k].centers for k in ks}
    repeated = bootstrap_stability(
        X, centers, seed, resamples=resamples, threads=threads, on_progress=part(0.0, 0.5), is_cancelled=is_cancelled
    )
    strength = compute_prediction_strength(
        X, ks, seed, threads=threads, on_progress=part(0.5, 0.6), is_cancelled=is_cancelled
    )
    gap = compute_gap_statistic(
        X, range(1, ks[-1] + 1), seed, threads=threads, on_progress=part(0.6, 0.7), is_cancelled=is_cancelled
    )
    noise, stories = {}, {}
    for place, k in enumerate(ks):
        start = 0.7 + 0.3 * place / len(ks)
        noise[k] = compare_with_nulls(
            X, k, seed, threads=threads, on_progress=part(start, start + 0.3 / len(ks)), is_cancelled=is_cancelled
        )
        stories[k] = find_alternative_partition(X, centers[k], seed, threads=threads, cancelled=is_cancelled)
    return ValidationResult(repeated, strength, gap, noise, stories)


def revise_recommendation(
    recommendation: KRecommendation,
    scores: pd.DataFrame,
    evidence: ValidationResult,
    customers: int,
    candidates: tuple[int, int],
) -> KRecommendation:
    """The advice in the light of the evidence: a k that does not repeat gives way to one that does.

    Args:
        recommendation: from the scores alone.
        scores: one row per k with silhouette_score and smallest_segment.
        evidence: on the same fits.
        customers: how many there are.
        candidates: least and most k to choose from.
    """
    k, note = recommendation.k, ""
    if not evidence.is_reproducible(k):
        usable = scores[scores["k"].between(*candidates) & (scores["smallest_segment"] >= SMALLEST_SHARE * customers)]
        repeating = usable[[evidence.is_reproducible(int(number)) for number in usable["k"]]]
        if not repeating.empty:
            row = repeating.iloc[int(repeating["silhouette_score"].argmax())]
            k = int(row["k"])
            note = (
                f"Take {k} segments rather than {recommendation.k}: when customers are drawn again, {k} segments come out the "
                f"same and {recommendation.k} do not. The smallest has {int(row['smallest_segment']):,} customers."
            )
    sentence = f"{note or recommendation.summary} {describe_separation(evidence, k)}"
    return replace(
        recommendation,
        k=k,
        summary=sentence,
        rationale=(*recommendation.rationale, describe_stability(evidence, k), describe_null_tests(evidence, k)),
    )


def describe_stability(evidence: ValidationResult, k: int) -> str:
    """Whether the cut repeats, from the recall and the Jaccard similarity."""
    found = evidence.bootstrap[k]
    again = round(100 * float(np.nanmin(found.recall)))
    if evidence.is_reproducible(k):
        return (
            f"The cut repeats: draw your customers again, and at least {again} of 100 in every segment would be in it "
            f"again ({found.resamples} draws)."
        )
    weak = int((found.jaccard < DOUBTFUL).sum())
    return (
        f"The cut does not fully repeat: draw your customers again, and {weak} of the {k} segments would come out "
        f"differently; in the weakest only {again} of 100 would be together again."
    )


def describe_separation(evidence: ValidationResult, k: int) -> str:
    """Whether there are groups, and what it means for campaigns when there are none."""
    noise = evidence.null_tests[k]
    if noise.is_significant and noise.unexplained_variance > (1 - CLEARLY) * noise.expected[noise.closest_null]:
        return (
            "The groups are real but lie close together: segments tell customers apart only a little better than they "
            "would in data without groups, so two customers near a border are alike."
        )
    if noise.is_significant:
        return "The groups are real: segments tell customers apart better than they would in data without groups."
    return (
        "There are no separate groups in these figures: customers go on smoothly from one segment to the next. "
        "The segments are a way to divide them, useful for deciding whom to write to first; two customers near a "
        "border are alike, so do not build very different campaigns on which side of it they stand."
    )


def describe_null_tests(evidence: ValidationResult, k: int) -> str:
    """The figures behind `describe_separation`, and the gap statistic's own answer."""
    noise, groups = evidence.null_tests[k], evidence.gap.k
    expected, chance = noise.expected[noise.closest_null], noise.p_value[noise.closest_null]
    gap = "one group" if groups == 1 else f"{groups} groups"
    stricter = ", a test that asks for groups well apart," if groups == 1 and noise.is_significant else ""
    left, usual = (add_percent_sign(f"{100 * part:.0f}") for part in (noise.unexplained_variance, expected))
    return (
        f"Against noise: the segments leave {left} of the differences unexplained, and {usual} in made-up customers "
        f"without groups; at most {round(100 * chance)} of 100 sets of those come as low. "
        f"The gap statistic{stricter} sees {gap}."
    )


def get_stability_label(jaccard: float) -> str:
    """How well a segment is found again, in a word or two; empty where that is not known."""
    if np.isnan(jaccard):
        return ""
    return (
        "Stable"
        if jaccard > STABLE
        else "A pattern, not quite stable"
        if jaccard > DOUBTFUL
        else "Doubtful"
        if jaccard > DISSOLVED
        else "Dissolves"
    )


def is_stable(jaccard: float) -> bool:
    """Whether a segment is found again more often than doubtfully."""
    return bool(jaccard >= DOUBTFUL)


def describe_segment_stability(jaccard: float, recall: float, name: str) -> str:
    """How sure one segment is: the word goes by the Jaccard similarity, which is told beside the recall."""
    if np.isnan(jaccard):
        return "Not known: hardly anybody of this small segment is drawn again."
    return (
        f"{get_stability_label(jaccard)}: draw your customers again, and {round(100 * recall)} of 100 {name} would be {name} again. "
        f"Others would join them: likeness {round(100 * jaccard)} of 100."
    )


def describe_alternative(story: AlternativePartition | None, k: int) -> str:
    """That two stories fit, where they do; else nothing."""
    if story is None:
        return ""
    above = 100 * max(story.inertia_above, 0.0001)
    return (
        f"Two stories fit: another way to make {k} segments fits within {add_percent_sign(f'{above:.2f}')} as well and puts "
        f"many customers elsewhere (agreement {story.agreement:.2f}; 1 is the same, 0 is chance)."
    )
