"""Decides whether a retrained run may replace the run it was trained to replace.

Both runs cover windows of equal length. A retrain that only follows the customers passes; one that moves customers
because the model has changed, loses a segment, or was trained on worse data is held for review.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from segmentation.runs.manifest import RunMetadata

MAX_MODEL_SHARE = 0.05
"""If this share of customers (0 to 1) or more change segment because of the model alone, the run is held for review."""
MAX_REJECTED_INCREASE = 0.05
"""Largest increase of the share of rejected lines."""
MIN_SILHOUETTE_TOLERANCE = 0.03
"""Half the width of the silhouette's interval is at least this: sampling alone would make it narrower than the change
of an unchanged shop from month to month (docs/method.md)."""
Z_95 = 1.959964
"""Quantile of the normal distribution for a 95 % interval."""
EXCLUDED_BY_SETTINGS = {"before_start", "on_or_after_as_of", "left_out", "category_left_out"}
"""Reasons of rejected lines that say nothing about their quality."""


@dataclass(frozen=True)
class RetrainDecision:
    """Whether a retrained run may become current."""

    reasons: tuple[str, ...]
    """Why the run is held for review, one sentence each; empty: it may become current."""
    model_share: float | None
    """Share of the customers of both runs, 0 to 1, who change segment because of the model alone: the last model leaves
    them where they were. See `segmentation.customers.monitoring.count_changes`. None: unknown."""

    @property
    def is_accepted(self) -> bool:
        """Whether every check passed."""
        return not self.reasons


def decide_retrain(previous: RunMetadata, run: RunMetadata) -> RetrainDecision:
    """Compare a retrained run with the previous one.

    Args:
        previous: the run that it would replace.
        run: the retrained run, whose segments were matched to those of `previous`.
    """
    model_share = _compute_model_share(run)
    reasons = (
        _check_window(previous, run),
        _check_model_share(model_share),
        _check_features(previous, run),
        _check_segments(previous, run),
        _check_silhouette(previous, run),
        _check_rejected_lines(previous, run),
        _check_last_sale(previous, run),
    )
    return RetrainDecision(tuple(filter(None, reasons)), model_share)


def compute_silhouette_interval(previous: RunMetadata, run: RunMetadata) -> tuple[float, float]:
    """The interval in which the silhouette of a retrain is expected, 95 % if only the sample of customers differs.

    The difference of two means of silhouettes has the standard error sd sqrt(1/n + 1/m) for n and m customers; where
    silhouettes are estimated, half the width of their own intervals is added in quadrature.
    """
    (score, estimated_before), (_, estimated_now) = _get_silhouette(previous), _get_silhouette(run)
    deviation = (run.monitoring or {}).get("silhouette_deviation")
    deviation = math.nan if deviation is None else float(deviation)
    customers = [float(described.segments["customers"].sum()) for described in (previous, run)]
    sampling = Z_95 * deviation * math.sqrt(sum(1 / count for count in customers))
    half_width = math.sqrt(sum(width**2 for width in (sampling, estimated_before, estimated_now) if width == width))
    half_width = max(half_width, MIN_SILHOUETTE_TOLERANCE)
    return score - half_width, score + half_width


def _compute_model_share(run: RunMetadata) -> float | None:
    previous: Mapping[str, Any] = (run.monitoring or {}).get("previous") or {}
    changes: Mapping[str, int] = previous.get("changes") or {}
    customers = sum(count for name, count in changes.items() if name != "joined")
    return changes["model"] / customers if customers else None


def _check_window(previous: RunMetadata, run: RunMetadata) -> str:
    before, now = previous.window_days, run.window_days
    return f"The window has {now:,} days; the window of the last run had {before:,}." if now != before else ""


def _check_model_share(share: float | None) -> str:
    if share is None:
        return "The last run cannot be compared: these sales have hardly any of its customers, or lack a feature."
    if share < MAX_MODEL_SHARE:
        return ""
    limit = 100 * MAX_MODEL_SHARE
    return f"The model alone moves {100 * share:.1f} % of customers to another segment (limit: {limit:.0f} %)."


def _check_features(previous: RunMetadata, run: RunMetadata) -> str:
    constant = [name for name in previous.features if name not in run.features]
    return f"All customers now have the same value of {', '.join(constant)}." if constant else ""


def _check_segments(previous: RunMetadata, run: RunMetadata) -> str:
    lost = [name for number, name in sorted(previous.segment_names.items()) if number not in run.cluster_to_segment]
    return f"Segments not found again: {', '.join(lost)}." if lost else ""


def _check_silhouette(previous: RunMetadata, run: RunMetadata) -> str:
    (before, _), (now, _) = _get_silhouette(previous), _get_silhouette(run)
    low, high = compute_silhouette_interval(previous, run)
    if math.isnan(before) or low <= now <= high:
        return ""
    return f"The silhouette is {now:.3f}, outside the expected interval from {low:.3f} to {high:.3f}."


def _check_rejected_lines(previous: RunMetadata, run: RunMetadata) -> str:
    before, now = _compute_rejected_share(previous), _compute_rejected_share(run)
    if now - before <= MAX_REJECTED_INCREASE + 1e-12:  # the limit itself is not over it, whatever its last bit
        return ""
    points = 100 * (now - before)
    return f"{100 * now:.1f} % of the lines are rejected, {points:.1f} points more than before ({100 * before:.1f} %)."


def _check_last_sale(previous: RunMetadata, run: RunMetadata) -> str:
    before, now = str(previous.window["last_sale"]), str(run.window["last_sale"])
    return f"The last sale is dated {now}, earlier than before ({before})." if now < before else ""


def _get_silhouette(run: RunMetadata) -> tuple[float, float]:
    """The silhouette, and half the width of its interval where it is estimated; NaN where unknown."""
    row = next(row for row in run.scores.to_dict("records") if row["k"] == run.k)
    score = float(row["silhouette_score"])
    return score, float(row.get("silhouette_high", math.nan)) - score


def _compute_rejected_share(run: RunMetadata) -> float:
    """Share of rejected lines, 0 to 1, among those that the settings do not exclude."""
    rejected = pd.DataFrame(run.lines["set_aside"], columns=["reason", "lines"])
    excluded = int(rejected.loc[rejected["reason"].isin(EXCLUDED_BY_SETTINGS), "lines"].sum())
    relevant = int(run.lines["lines_in"]) - excluded
    return 1 - int(run.lines["lines_used"]) / relevant if relevant else 0.0
