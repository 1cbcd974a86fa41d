"""Recommend the number of segments k from the scores, and say why.

No single score decides: on log-scaled sales the silhouette alone nearly always prefers two segments, which is of no use
to a marketer. The smallest segment excludes, the elbow proposes, the silhouette confirms or chooses.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from segmentation.messages import Message
from segmentation.presentation.number_format import add_percent_sign

SMALLEST_SHARE = 0.02
"""A segment below this share of customers is too small to plan a campaign for."""
_SMALLEST = add_percent_sign(f"{100 * SMALLEST_SHARE:.0f}")
ELBOW_RATIO = 1.4
"""How much faster the inertia must fall before an elbow than after it. Noise with the covariance of real sales reached
1.39 by chance."""
CLOSE_SILHOUETTE = 0.03
"""Silhouettes within this distance of the best count as equally good."""


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

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, under the keys that manifests have always had."""
        return {"k": self.k, "sentence": self.summary, "reasons": list(self.rationale), "elbow": self.elbow}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> KRecommendation:
        """The recommendation that `to_dict` wrote."""
        return cls(values["k"], values["sentence"], tuple(values["reasons"]), values["elbow"])


def recommend_k(scores: pd.DataFrame, customers: int, candidates: tuple[int, int]) -> KRecommendation:
    """Recommend a number of segments.

    Args:
        scores: one row per k with inertia, silhouette_score and smallest_segment (customers).
        customers: number of customers that were clustered.
        candidates: lowest and highest k to choose from; ignored if the data allow none of them.
    """
    in_range = scores[scores["k"].between(*candidates)]
    in_range = scores if in_range.empty else in_range
    usable = in_range[in_range["smallest_segment"] >= SMALLEST_SHARE * customers]
    all_too_small = usable.empty
    choice = in_range if all_too_small else usable
    elbow = find_elbow(scores, [int(k) for k in choice["k"]])
    best = choice.iloc[int(choice["silhouette_score"].argmax())]
    k = int(best["k"])
    if elbow is not None:
        at_elbow = choice.loc[choice["k"] == elbow].iloc[0]
        if at_elbow["silhouette_score"] >= best["silhouette_score"] - CLOSE_SILHOUETTE:
            k = elbow
    row = choice.loc[choice["k"] == k].iloc[0]
    rationale = (
        _describe_elbow(elbow, choice),
        _describe_silhouette(row, best, choice, scores),
        _describe_smallest_segment(row, customers, in_range, all_too_small),
    )
    if k == elbow:
        why = (
            f"up to {k}, each additional segment makes its customers clearly more alike; beyond that, little is gained"
        )
    elif elbow is None:
        why = "there is no clear elbow, and with this number customers fit their own segment best"
    else:
        why = f"customers fit their own segment better than with {elbow}, where the inertia curve bends"
    summary = Message(
        "Take {k} segments: {why}. The smallest has {customers:,} customers.",
        {"k": k, "why": why, "customers": int(row["smallest_segment"])},
    )
    return KRecommendation(k, summary, rationale, elbow)


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


def _describe_elbow(elbow: int | None, choice: pd.DataFrame) -> str:
    if elbow is None:
        return f"Elbow: none from {choice['k'].min()} to {choice['k'].max()}; the inertia curve falls evenly."
    return f"Elbow: the inertia curve bends at {elbow}."


def _describe_silhouette(row: pd.Series, best: pd.Series, choice: pd.DataFrame, scores: pd.DataFrame) -> str:
    text, values = "Silhouette: {silhouette:.2f} with {k}", {"silhouette": row["silhouette_score"], "k": int(row["k"])}
    if int(row["k"]) != int(best["k"]):
        values |= {"best": best["silhouette_score"], "best_k": int(best["k"])}
        return Message(f"{text}; the best is {{best:.2f}} with {{best_k}}, which is close.", values)
    lowest = int(choice["k"].min())
    fewer = scores[(scores["k"] < lowest) & (scores["silhouette_score"] > row["silhouette_score"])]
    higher = f"; with {int(fewer['k'].iloc[0])} it is higher, but too coarse to act on" if len(fewer) else ""
    return Message(f"{text}, the best from {lowest} to {int(choice['k'].max())}{higher}.", values)


def _describe_smallest_segment(row: pd.Series, customers: int, in_range: pd.DataFrame, all_too_small: bool) -> str:
    size = int(row["smallest_segment"])
    values = {"customers": size, "percent": 100 * size / customers}
    text = f"Smallest segment: {{customers:,}} customers, {add_percent_sign('{percent:.1f}')} of all."
    if all_too_small:
        return Message(f"{text} Every number considered has a segment below {_SMALLEST}: check its size.", values)
    excluded = [int(k) for k in in_range["k"][in_range["smallest_segment"] < SMALLEST_SHARE * customers]]
    if excluded:
        text += f" Excluded because a segment would be below {_SMALLEST}: {', '.join(map(str, excluded))}."
    return Message(text, values)
