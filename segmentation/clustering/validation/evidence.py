"""Validation of every k beyond its scores: stability, significance, alternatives.

Three questions that are often taken for one: do the segments reappear in resampled data, are there groups at all, and
does another partition fit as well? The findings are described in a marketer's terms, overall and for each segment.
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
from segmentation.messages import Message
from segmentation.presentation.number_format import add_percent_sign

CLEARLY = 0.1
"""Groups are well separated if the unexplained variance is at least this share below that of the closest null model."""


@dataclass(frozen=True, eq=False)
class ValidationResult:
    """Validation of each k; all mappings are keyed by k."""

    bootstrap: Mapping[int, Bootstrap]
    prediction_strength: Mapping[int, float]
    gap: GapStatistic
    null_tests: Mapping[int, NullTest]
    alternatives: Mapping[int, AlternativePartition | None]

    def by_k(self) -> pd.DataFrame:
        """One row per k: k, least_jaccard, mean_jaccard, adjusted_rand, prediction_strength, unexplained (share of
        variance), noise_unexplained and noise_chance (p-value) under the closest null model, real, gap, gap_error,
        other_story (adjusted Rand index with the alternative partition; NaN if there is none)."""
        position = {k: index for index, k in enumerate(self.gap.ks)}
        rows = []
        for k, bootstrap in self.bootstrap.items():
            alternative, null_test = self.alternatives[k], self.null_tests[k]
            rows.append(
                {
                    "k": k,
                    "least_jaccard": float(np.nanmin(bootstrap.jaccard)),
                    "mean_jaccard": float(np.nanmean(bootstrap.jaccard)),
                    "adjusted_rand": bootstrap.adjusted_rand,
                    "prediction_strength": self.prediction_strength[k],
                    "unexplained": null_test.unexplained_variance,
                    "noise_unexplained": null_test.expected[null_test.closest_null],
                    "noise_chance": null_test.p_value[null_test.closest_null],
                    "real": null_test.is_significant,
                    "gap": float(self.gap.gap[position[k]]),
                    "gap_error": float(self.gap.error[position[k]]),
                    "other_story": np.nan if alternative is None else alternative.agreement,
                }
            )
        return pd.DataFrame(rows)

    def is_reproducible(self, k: int) -> bool:
        """Whether every segment of this k has a mean Jaccard similarity of at least DOUBTFUL (0.75)."""
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
    """Validate every k in `fits`: bootstrap, prediction strength, gap statistic, null models, alternatives.

    Takes seconds; above a few thousand customers each step uses a sample.

    Args:
        X: (n, d) as given to `sweep_k`.
        fits: k -> the fit to validate, as `sweep_k` returns them.
        seed: determines samples, resamples and starts.
        resamples: bootstrap resamples per k.
        threads: worker threads; None: one per available core.
        on_progress: called with the completed share, 0 to 1.
        is_cancelled: polled between tasks.

    Raises:
        ValidationCancelled: `is_cancelled` returned True.
    """

    def part(start: float, end: float) -> Progress:
        return lambda share: on_progress(start + (end - start) * share) if on_progress is not None else None

    ks = sorted(fits)
    centers = {k: fits[k].centers for k in ks}
    bootstraps = bootstrap_stability(
        X, centers, seed, resamples=resamples, threads=threads, on_progress=part(0.0, 0.5), is_cancelled=is_cancelled
    )
    strength = compute_prediction_strength(
        X, ks, seed, threads=threads, on_progress=part(0.5, 0.6), is_cancelled=is_cancelled
    )
    gap = compute_gap_statistic(
        X, range(1, ks[-1] + 1), seed, threads=threads, on_progress=part(0.6, 0.7), is_cancelled=is_cancelled
    )
    null_tests, alternatives = {}, {}
    for index, k in enumerate(ks):
        start = 0.7 + 0.3 * index / len(ks)
        null_tests[k] = compare_with_nulls(
            X, k, seed, threads=threads, on_progress=part(start, start + 0.3 / len(ks)), is_cancelled=is_cancelled
        )
        alternatives[k] = find_alternative_partition(X, centers[k], seed, threads=threads, is_cancelled=is_cancelled)
    return ValidationResult(bootstraps, strength, gap, null_tests, alternatives)


def revise_recommendation(
    recommendation: KRecommendation,
    scores: pd.DataFrame,
    evidence: ValidationResult,
    customers: int,
    candidates: tuple[int, int],
) -> KRecommendation:
    """Revise a recommendation by its validation: an unstable k is replaced by a stable one, if there is any.

    Args:
        recommendation: from the scores alone.
        scores: one row per k with silhouette_score and smallest_segment (customers).
        evidence: validation of the same fits.
        customers: number of customers that were clustered.
        candidates: lowest and highest k to choose from.
    """
    k, summary = recommendation.k, recommendation.summary
    if not evidence.is_reproducible(k):
        usable = scores[scores["k"].between(*candidates) & (scores["smallest_segment"] >= SMALLEST_SHARE * customers)]
        stable = usable[[evidence.is_reproducible(int(candidate)) for candidate in usable["k"]]]
        if not stable.empty:
            row = stable.iloc[int(stable["silhouette_score"].argmax())]
            k = int(row["k"])
            summary = Message(
                "Take {k} segments rather than {rejected}: in bootstrap resamples, {k} segments are stable "
                "and {rejected} are not. The smallest has {customers:,} customers.",
                {"k": k, "rejected": recommendation.k, "customers": int(row["smallest_segment"])},
            )
    return replace(
        recommendation,
        k=k,
        summary=Message("{summary} {separation}", {"summary": summary, "separation": describe_separation(evidence, k)}),
        rationale=(*recommendation.rationale, describe_stability(evidence, k), describe_null_tests(evidence, k)),
    )


def describe_stability(evidence: ValidationResult, k: int) -> str:
    """Bootstrap stability of all segments of one k: decided by the Jaccard similarity, illustrated by the recall."""
    bootstrap = evidence.bootstrap[k]
    reappearing = add_percent_sign(f"{round(100 * float(np.nanmin(bootstrap.recall)))}")
    if evidence.is_reproducible(k):
        return (
            f"Segments are stable: in {bootstrap.resamples} bootstrap resamples of your customers, at least "
            f"{reappearing} of each segment reappears."
        )
    weak = int((bootstrap.jaccard < DOUBTFUL).sum())
    return (
        f"Segments are only partly stable: in {bootstrap.resamples} bootstrap resamples of your customers, {weak} of "
        f"the {k} segments come out differently; of the weakest, only {reappearing} reappears."
    )


def describe_separation(evidence: ValidationResult, k: int) -> str:
    """Whether there are groups at all, and what it means for campaigns if there are none."""
    test = evidence.null_tests[k]
    if test.is_significant and test.unexplained_variance > (1 - CLEARLY) * test.expected[test.closest_null]:
        return (
            "The groups are real but close together: the segments separate customers only slightly better than they "
            "would in data without groups, so customers near a border are alike."
        )
    if test.is_significant:
        return "The groups are real: the segments separate customers better than they would in data without groups."
    return (
        "There are no separate groups: customers form a continuum. The segments still help to decide whom to contact "
        "first, but customers near a border are alike, so do not build very different campaigns on which side of it "
        "they are."
    )


def describe_null_tests(evidence: ValidationResult, k: int) -> str:
    """The figures behind `describe_separation`, and the number of groups by the gap statistic."""
    test, groups = evidence.null_tests[k], evidence.gap.k
    gap = "one group" if groups == 1 else f"{groups} groups"
    stricter = ", a test that requires well-separated groups," if groups == 1 and test.is_significant else ""
    unexplained, expected = (
        add_percent_sign(f"{100 * share:.0f}")
        for share in (test.unexplained_variance, test.expected[test.closest_null])
    )
    return Message(
        f"Null-model test: the segments leave {unexplained} of the variance unexplained, and {expected} in simulated "
        f"customers without groups (p-value {{p_value:.2f}}). The gap statistic{stricter} finds {gap}.",
        {"p_value": test.p_value[test.closest_null]},
    )


def get_stability_label(jaccard: float) -> str:
    """The band of a mean Jaccard similarity (Hennig 2007), in a word or two; empty if it is NaN."""
    if np.isnan(jaccard):
        return ""
    return (
        "Stable"
        if jaccard > STABLE
        else "Pattern, not fully stable"
        if jaccard > DOUBTFUL
        else "Doubtful"
        if jaccard > DISSOLVED
        else "Dissolved"
    )


def is_stable(jaccard: float) -> bool:
    """Whether the mean Jaccard similarity of a segment is at least DOUBTFUL (0.75)."""
    return bool(jaccard >= DOUBTFUL)


def describe_segment_stability(jaccard: float, recall: float, name: str) -> str:
    """Stability of one segment: the band by its Jaccard similarity, with the recall as an illustration."""
    if np.isnan(jaccard):
        return "Not known: the segment is too small for bootstrap resamples."
    reappearing = add_percent_sign(f"{round(100 * recall)}")
    return Message(
        f"{get_stability_label(jaccard)}: in bootstrap resamples, {reappearing} of {{name}} reappear "
        "(mean Jaccard similarity {jaccard:.2f}, which also counts customers who join).",
        {"name": name, "jaccard": jaccard},
    )


def describe_alternative(alternative: AlternativePartition | None, k: int) -> str:
    """The alternative partition in a sentence; empty if there is none."""
    if alternative is None:
        return ""
    above = add_percent_sign("{above:.2f}")
    return Message(
        f"Alternative segmentation found: another way to form {k} segments fits within {above} as well and assigns "
        "many customers differently (adjusted Rand index {agreement:.2f}; 1 is identical, 0 is chance).",
        {"above": 100 * max(alternative.inertia_above, 0.0001), "agreement": alternative.agreement},
    )
