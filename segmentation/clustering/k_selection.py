"""Recommend the number of segments k, and say why.

One rule everywhere. If gaps separate groups of customers, their number is recommended. Otherwise more segments tell
more, as long as they are reliable: the largest k is recommended whose segments are all reproducible and large
enough for a campaign. Elbow and silhouette are reported, but do not decide: on log-scaled sales the
silhouette nearly always prefers two segments, which is of no use to a marketer.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from segmentation.clustering.validation.descriptions import describe_groups, describe_stability
from segmentation.clustering.validation.evidence import ValidationResult
from segmentation.messages import Message
from segmentation.presentation.number_format import add_percent_sign

SMALLEST_SHARE = 0.02
"""A segment below this share of customers is too small to plan a campaign for."""
_SMALLEST = add_percent_sign(f"{100 * SMALLEST_SHARE:.0f}")
ELBOW_RATIO = 1.4
"""How much faster the inertia must fall before an elbow than after it. Noise with the covariance of real sales reached
1.39 by chance."""


@dataclass(frozen=True)
class KRecommendation:
    """The recommended number of segments, with the reasons."""

    k: int
    summary: str
    """For a marketer: which k to use and why."""
    rationale: tuple[str, ...]
    """What each measure says, one sentence each."""
    elbow: int | None
    """The k at which the inertia curve bends; None if it does not."""
    more_detail: int | None = None
    """A larger k whose segments are all reproducible, where `k` is the number of separate groups."""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, under the keys that manifests have always had."""
        return {
            "k": self.k,
            "sentence": self.summary,
            "reasons": list(self.rationale),
            "elbow": self.elbow,
            "more_detail": self.more_detail,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> KRecommendation:
        """The recommendation that `to_dict` wrote, including earlier versions."""
        reasons = tuple(values["reasons"])
        return cls(values["k"], values["sentence"], reasons, values["elbow"], values.get("more_detail"))

    @classmethod
    def from_early_run(cls, k: int) -> KRecommendation:
        """The number of segments of a run of an early version, which saved no recommendation."""
        return cls(k, f"This run was saved with {k} segments and no recommendation.", (), None)


def recommend_k(
    scores: pd.DataFrame, customers: int, candidates: tuple[int, int], validation: ValidationResult
) -> KRecommendation:
    """Recommend a number of segments.

    The number of separate groups if there are two or more. Otherwise the largest candidate whose segments are all
    reproducible and hold at least SMALLEST_SHARE of the customers each; if there is none, the candidate with the
    highest minimum Jaccard similarity.

    Args:
        scores: one row per k with inertia, silhouette_score and smallest_segment (customers).
        customers: number of customers that were clustered.
        candidates: lowest and highest k to choose from; ignored if the data allow none of them.
        validation: of the same fits, complete or quick; stability of at least the candidates.
    """
    in_range = scores[scores["k"].between(*candidates) & scores["k"].isin(validation.bootstrap)]
    in_range = scores[scores["k"].isin(validation.bootstrap)] if in_range.empty else in_range
    ks = sorted(int(k) for k in in_range["k"])
    large = in_range["k"][in_range["smallest_segment"] >= SMALLEST_SHARE * customers].astype(int).tolist()
    reliable = [k for k in ks if k in large and validation.is_reproducible(k)]
    groups, more_detail = validation.separate_groups, None
    if groups > 1:
        k = min(max(groups, ks[0]), ks[-1])
        more_detail = max((candidate for candidate in reliable if candidate > k), default=None)
        summary = f"Take {k} segments, one for each separate group of customers."
        if k != groups:
            summary = f"Take {k} segments, as close as possible to the {groups} separate groups of customers."
        if more_detail is not None:
            summary += f" For more detail, {more_detail} segments are reproducible too."
    elif reliable:
        k = reliable[-1]
        summary = (
            f"Take {k} segments: the largest number up to {ks[-1]} whose segments are all reproducible and hold at "
            f"least {_SMALLEST} of customers each."
        )
    else:
        jaccard = validation.tabulate_by_k().set_index("k")["least_jaccard"]
        k = max(ks, key=lambda k: (float(np.nan_to_num(jaccard[k])), -k))
        summary = (
            f"Take {k} segments with reservations: no number from {ks[0]} to {ks[-1]} gives segments that are all "
            f"reproducible and hold at least {_SMALLEST} of customers each; {k} come closest."
        )
    row = scores.loc[scores["k"] == k].iloc[0]
    elbow = find_elbow(scores, ks)
    rationale = (
        describe_groups(validation.separate_groups),
        describe_stability(validation, k),
        _describe_smallest_segment(row, customers, ks, large),
        _describe_elbow(elbow, ks),
        _describe_silhouette(row, in_range),
    )
    smallest = int(row["smallest_segment"])
    summary = Message(f"{summary} The smallest has {{customers:,}} customers.", {"customers": smallest})
    return KRecommendation(k, summary, rationale, elbow, more_detail)


def find_elbow(scores: pd.DataFrame, candidates: list[int]) -> int | None:
    """The k among `candidates` at which the inertia curve bends most, or None.

    On data without groups the inertia falls as a power of k, a straight line on a log-log scale. An elbow is a k before
    which this line falls at least ELBOW_RATIO times as steeply as after it.

    Args:
        scores: one row per k, with k and inertia.
        candidates: only one of these can be the elbow.

    >>> find_elbow(pd.DataFrame({"k": [2, 3, 4, 5], "inertia": [50.0, 10.0, 9.0, 8.0]}), [3, 4])
    3
    >>> find_elbow(pd.DataFrame({"k": [2, 3, 4, 5], "inertia": [30.0, 20.0, 15.0, 12.0]}), [3, 4]) is None
    True
    """
    ordered = scores.sort_values("k")
    ks = ordered["k"].to_numpy()
    inertia = np.maximum(ordered["inertia"].to_numpy(float), np.finfo(float).tiny)
    falls = -np.diff(np.log(inertia)) / np.diff(np.log(ks))
    ratios = {
        int(ks[i]): slope_before / max(slope_after, 1e-12)
        for i, (slope_before, slope_after) in enumerate(itertools.pairwise(falls), start=1)
        if int(ks[i]) in candidates
    }
    if not ratios:
        return None
    k = max(ratios, key=lambda k: (ratios[k], -k))
    return k if ratios[k] >= ELBOW_RATIO else None


def _describe_elbow(elbow: int | None, ks: list[int]) -> str:
    if elbow is None:
        return f"Elbow: none from {ks[0]} to {ks[-1]}; the inertia curve falls evenly."
    return f"Elbow: the inertia curve bends at {elbow}."


def _describe_silhouette(row: pd.Series, in_range: pd.DataFrame) -> str:
    best = in_range.iloc[int(in_range["silhouette_score"].argmax())]
    text, values = f"Silhouette: {{silhouette:.2f}} with {int(row['k'])}", {"silhouette": row["silhouette_score"]}
    if int(row["k"]) == int(best["k"]):
        return Message(f"{text}, the highest from {in_range['k'].min()} to {in_range['k'].max()}.", values)
    values["best"] = best["silhouette_score"]
    return Message(f"{text}; the highest is {{best:.2f}} with {int(best['k'])}.", values)


def _describe_smallest_segment(row: pd.Series, customers: int, ks: list[int], large: list[int]) -> str:
    size = int(row["smallest_segment"])
    values = {"customers": size, "percent": 100 * size / customers}
    text = f"Smallest segment: {{customers:,}} customers, {add_percent_sign('{percent:.1f}')} of all."
    too_small = [k for k in ks if k not in large]
    if len(too_small) == len(ks):
        return Message(f"{text} Every number considered has a segment below {_SMALLEST}: check its size.", values)
    if too_small:
        text += f" Excluded because a segment would be below {_SMALLEST}: {', '.join(map(str, too_small))}."
    return Message(text, values)
