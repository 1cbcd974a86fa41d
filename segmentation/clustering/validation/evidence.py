"""Validation of every k beyond its scores: stability, separate groups, alternative partitions.

Three questions that are often confused: do the segments reappear in resampled data, are there groups at all, and
does another partition fit as well?
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from segmentation.clustering.sweep import KMeansFit
from segmentation.clustering.validation.alternatives import AlternativePartition, find_alternative_partition
from segmentation.clustering.validation.bootstrap import (
    DOUBTFUL,
    RESAMPLES,
    Bootstrap,
    bootstrap_stability,
)
from segmentation.clustering.validation.gaps import Border, GapAnalysis, find_separate_groups
from segmentation.runtime.array_types import FloatArray
from segmentation.runtime.progress import Progress

QUICK_RESAMPLES = 20
"""Resamples for the first recommendation, which is shown at once."""


@dataclass(frozen=True, eq=False)
class ValidationResult:
    """Validation of each k; mappings are keyed by k."""

    bootstrap: Mapping[int, Bootstrap]
    gaps: GapAnalysis
    alternatives: Mapping[int, AlternativePartition | None]
    """Empty if only candidates were validated."""

    @property
    def separate_groups(self) -> int:
        """Number of separate groups; 1 means that customers form a continuum."""
        return self.gaps.separate_groups

    def get_borders(self, k: int) -> tuple[Border, ...]:
        """The borders between neighboring clusters of this k that could be tested."""
        return self.gaps.borders.get(k, ())

    def tabulate_by_k(self) -> pd.DataFrame:
        """One row per k: k, least_jaccard and its least_low and least_high, mean_jaccard, adjusted_rand, borders, gaps
        (how many of the borders are gaps), alternative (adjusted Rand index with the alternative partition; NaN if
        there is none)."""
        rows = []
        for k, bootstrap in self.bootstrap.items():
            alternative, weakest = self.alternatives.get(k), int(np.nan_to_num(bootstrap.jaccard).argmin())
            rows.append(
                {
                    "k": k,
                    "least_jaccard": float(bootstrap.jaccard[weakest]),
                    "least_low": float(bootstrap.low[weakest]),
                    "least_high": float(bootstrap.high[weakest]),
                    "mean_jaccard": float(np.nanmean(bootstrap.jaccard)),
                    "adjusted_rand": bootstrap.adjusted_rand,
                    "borders": len(self.get_borders(k)),
                    "gaps": sum(border.gap for border in self.get_borders(k)),
                    "alternative": np.nan if alternative is None else alternative.agreement,
                }
            )
        return pd.DataFrame(rows)

    def is_reproducible(self, k: int) -> bool:
        """Whether the lower end of the interval of every segment's mean Jaccard similarity is above DOUBTFUL (0.75)."""
        return bool((np.nan_to_num(self.bootstrap[k].low) > DOUBTFUL).all())


def validate_clusters(
    X: FloatArray,
    fits: Mapping[int, KMeansFit],
    seed: int,
    *,
    X_without_ties: FloatArray | None = None,
    resamples: int = RESAMPLES,
    threads: int | None = None,
    on_progress: Progress | None = None,
) -> ValidationResult:
    """Validate every k in `fits`: gaps, bootstrap, alternatives.

    Takes seconds; above a few thousand customers each step uses a sample.

    Args:
        X: (n, d) as given to `sweep_k`.
        fits: k -> the fit to validate, as `sweep_k` returns them.
        seed: determines samples, resamples and starts.
        X_without_ties: (m, d) all or a sample of the customers, with equal values spread
            (`segmentation.features.rounding`); None: `X` has no equal values.
        resamples: bootstrap resamples per k.
        threads: worker threads; None: one per available core.
        on_progress: called with the completed share, 0 to 1.

    Raises:
        WorkCancelled: the work of this context was cancelled; checked between tasks.
    """

    def map_progress(start: float, end: float) -> Progress:
        return lambda share: on_progress(start + (end - start) * share) if on_progress is not None else None

    ks = sorted(fits)
    centers = {k: fits[k].centers for k in ks}
    gaps = find_separate_groups(X if X_without_ties is None else X_without_ties, centers, seed)
    report = map_progress(0.05, 0.8)
    bootstraps = bootstrap_stability(X, centers, seed, resamples=resamples, threads=threads, on_progress=report)
    alternatives = {}
    for index, k in enumerate(ks):
        alternatives[k] = find_alternative_partition(X, centers[k], seed, threads=threads)
        map_progress(0.8, 1.0)((index + 1) / len(ks))
    return ValidationResult(bootstraps, gaps, alternatives)


def validate_candidates(
    X: FloatArray,
    fits: Mapping[int, KMeansFit],
    candidates: tuple[int, int],
    seed: int,
    *,
    X_without_ties: FloatArray | None = None,
    resamples: int = RESAMPLES,
) -> ValidationResult:
    """The part of `validate_clusters` that a recommendation is based on.

    Args:
        X, fits, seed, X_without_ties, resamples: as in `validate_clusters`.
        candidates: lowest and highest k to assess the stability of.
    """
    centers = {k: fit.centers for k, fit in sorted(fits.items())}
    low, high = candidates
    assessed = {k: of_k for k, of_k in centers.items() if low <= k <= high} or centers
    gaps = find_separate_groups(X if X_without_ties is None else X_without_ties, centers, seed)
    return ValidationResult(bootstrap_stability(X, assessed, seed, resamples=resamples), gaps, {})


def tabulate_validation(
    validation: ValidationResult, k: int, cluster_to_segment: Sequence[int], recommended_k: int
) -> dict[str, Any]:
    """The findings on the segments of one k as plain values, under the keys of evaluation_metrics.json.

    Returns:
        recommended_k; separate_groups; borders: segment_a and segment_b (segment_id, ascending), gap, p_value,
        valley_depth; stability: segment_id, customers (resampled), jaccard, low and high (95 % interval), resamples,
        dissolved (share of resamples). If only candidates were validated, the others have no stability.
    """
    borders = []
    for border in validation.get_borders(k):
        a, b = sorted((cluster_to_segment[border.cluster_a], cluster_to_segment[border.cluster_b]))
        values = {"gap": border.gap, "p_value": border.p_value, "valley_depth": border.valley_depth}
        borders.append({"segment_a": a, "segment_b": b, **values})
    stability = []
    if k in validation.bootstrap:
        bootstrap = validation.bootstrap[k]
        figures = {name: getattr(bootstrap, name) for name in ("jaccard", "low", "high", "dissolved")}
        for cluster, segment_id in enumerate(cluster_to_segment):
            values = {name: float(figure[cluster]) for name, figure in figures.items()}
            size = int(bootstrap.sizes[cluster])
            stability.append({"segment_id": segment_id, "customers": size, "resamples": bootstrap.resamples, **values})
    return {
        "recommended_k": recommended_k,
        "separate_groups": validation.separate_groups,
        "borders": sorted(borders, key=lambda border: (border["segment_a"], border["segment_b"])),
        "stability": sorted(stability, key=lambda row: row["segment_id"]),
    }
