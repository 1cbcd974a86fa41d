"""The findings of a validation in sentences, overall and for each segment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from segmentation.clustering.validation.alternatives import AlternativePartition
from segmentation.clustering.validation.bootstrap import DISSOLVED, DOUBTFUL, STABLE, Bootstrap
from segmentation.clustering.validation.evidence import ValidationResult
from segmentation.messages import Message
from segmentation.presentation.number_format import add_percent_sign


def describe_stability(validation: ValidationResult, k: int) -> str:
    """Bootstrap stability of all segments of one k: decided by the Jaccard similarity, illustrated by the recall."""
    bootstrap = validation.bootstrap[k]
    reappearing = add_percent_sign(f"{round(100 * float(np.nanmin(bootstrap.recall)))}")
    if validation.is_reproducible(k):
        return (
            f"Segments are reproducible: in {bootstrap.resamples} bootstrap resamples of your customers, at least "
            f"{reappearing} of each segment reappears."
        )
    weak = int((~(bootstrap.low > DOUBTFUL)).sum())
    return (
        f"Segments are only partly reproducible: in {bootstrap.resamples} bootstrap resamples of your customers, "
        f"{weak} of the {k} segments may come out differently; of the weakest, {reappearing} reappears."
    )


def describe_groups(groups: int) -> str:
    """The number of separate groups, and what it means for campaigns if there is only one."""
    if groups > 1:
        return (
            f"There are {groups} separate groups: gaps divide your customers, with few of them in between. "
            "Segments that follow the gaps can be treated quite differently."
        )
    return (
        "Customers form a continuum, as in most shops: no gap separates them into groups. Segments are still useful "
        "slices of it, but customers on either side of a border are nearly alike: avoid very different campaigns for "
        "neighboring segments."
    )


def describe_borders(borders: Sequence[bool]) -> str:
    """How many of the borders between segments are gaps.

    Args:
        borders: for each border, whether it is a gap.
    """
    gaps = sum(borders)
    if not borders:
        return "The segments are too small to test the borders between them."
    if len(borders) == 1:
        return f"The border between the two segments is {'a gap' if gaps else 'gradual'}."
    if gaps in (0, len(borders)):
        return f"All {len(borders)} borders between neighboring segments are {'gaps' if gaps else 'gradual'}."
    counted = "1 is a gap" if gaps == 1 else f"{gaps} are gaps"
    return f"Of the {len(borders)} borders between neighboring segments, {counted}; the others are gradual."


def get_stability_label(low: float, high: float) -> str:
    """The band that the interval of a mean Jaccard similarity lies in (Hennig 2007); both bands if it reaches over two.

    >>> get_stability_label(0.88, 0.93), get_stability_label(0.83, 0.88), get_stability_label(0.4, 0.8)
    ('Stable', 'Pattern to stable', 'Dissolved to pattern')
    """
    if np.isnan(low) or np.isnan(high):
        return ""
    worst, best = _get_band(low), _get_band(high)
    return worst if worst == best else f"{worst} to {best.lower()}"


def _get_band(jaccard: float) -> str:
    bands = ((STABLE, "Stable"), (DOUBTFUL, "Pattern"), (DISSOLVED, "Doubtful"))
    return next((label for limit, label in bands if jaccard > limit), "Dissolved")


def is_unstable(bootstrap: Bootstrap, cluster: int) -> bool:
    """Whether the whole interval of a segment's mean Jaccard similarity is below DOUBTFUL (0.75), or unknown."""
    return not bootstrap.high[cluster] >= DOUBTFUL


def describe_segment_stability(bootstrap: Bootstrap, cluster: int, name: str) -> str:
    """Stability of one segment: its band, with the recall as an illustration, and how often it dissolved."""
    low, high = float(bootstrap.low[cluster]), float(bootstrap.high[cluster])
    if np.isnan(low):
        return "Not known: the segment is too small for bootstrap resamples."
    reappearing, dissolved = (
        add_percent_sign(f"{round(100 * float(share[cluster]))}") for share in (bootstrap.recall, bootstrap.dissolved)
    )
    text = (
        f"{get_stability_label(low, high)}: in bootstrap resamples, {reappearing} of {{name}} reappear "
        "(mean Jaccard similarity {jaccard:.2f}, 95\N{NO-BREAK SPACE}% interval {low:.2f} to {high:.2f}, which also "
        f"counts customers who join). It dissolved in {dissolved} of the resamples."
    )
    if not bootstrap.is_reliable[cluster]:
        text += f" With {bootstrap.sizes[cluster]:.0f} customers, these figures are unreliable."
    return Message(text, {"name": name, "jaccard": bootstrap.jaccard[cluster], "low": low, "high": high})


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
