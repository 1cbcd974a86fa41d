"""Which number of segments to take, and the reason in words.

No single score decides: on log-scaled sales the silhouette alone nearly always prefers two segments, which is of no use
to a marketer. Sizes rule out, the elbow proposes, the silhouette confirms or chooses.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from segmentation.presentation.number_format import add_percent_sign

SMALLEST_SHARE = 0.02
"""A segment below this share of customers is too small to plan a campaign for."""
_SMALLEST = add_percent_sign(f"{100 * SMALLEST_SHARE:.0f}")
ELBOW_RATIO = 1.4
"""How much faster the inertia must fall before an elbow than behind it. Noise with the covariance of real sales reached
1.39 by chance."""
CLOSE_SILHOUETTE = 0.03
"""Silhouettes that lie closer than this are taken as equally good."""


@dataclass(frozen=True)
class KRecommendation:
    """The advised number of segments."""

    k: int
    summary: str
    """For a marketer: what to take and why."""
    rationale: tuple[str, ...]
    """What each measure says, one sentence each."""
    elbow: int | None
    """Where the inertia curve bends; None when it does not."""

    def to_dict(self) -> dict[str, Any]:
        """As it is stored in a manifest."""
        return {"k": self.k, "sentence": self.summary, "reasons": list(self.rationale), "elbow": self.elbow}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> KRecommendation:
        """The recommendation that `to_dict` wrote."""
        return cls(values["k"], values["sentence"], tuple(values["reasons"]), values["elbow"])


def recommend_k(scores: pd.DataFrame, customers: int, candidates: tuple[int, int]) -> KRecommendation:
    """Advise a number of segments.

    Args:
        scores: one row per k with inertia, silhouette_score and smallest_segment.
        customers: how many there are.
        candidates: least and most k to choose from; widened where the data allow none of them.
    """
    inside = scores[scores["k"].between(*candidates)]
    inside = scores if inside.empty else inside
    usable = inside[inside["smallest_segment"] >= SMALLEST_SHARE * customers]
    too_small = usable.empty
    choice = inside if too_small else usable
    elbow = find_elbow(scores, [int(k) for k in choice["k"]])
    best = choice.iloc[int(choice["silhouette_score"].argmax())]
    k = int(best["k"])
    if elbow is not None:
        at_elbow = choice.loc[choice["k"] == elbow].iloc[0]
        if at_elbow["silhouette_score"] >= best["silhouette_score"] - CLOSE_SILHOUETTE:
            k = elbow
    row = choice.loc[choice["k"] == k].iloc[0]
    reasons = (
        _about_elbow(elbow, choice),
        _about_silhouette(row, best, choice, scores),
        _about_size(row, customers, inside, too_small),
    )
    if k == elbow:
        why = f"up to {k}, each further segment makes customers clearly more alike; beyond, little is gained"
    elif elbow is None:
        why = "no number stands out as an elbow, and with this one customers fit their own segment best"
    else:
        why = f"customers fit their own segment better than with the {elbow} at which the curve bends"
    sentence = f"Take {k} segments: {why}. The smallest has {int(row['smallest_segment']):,} customers."
    return KRecommendation(k, sentence, reasons, elbow)


def find_elbow(scores: pd.DataFrame, candidates: list[int]) -> int | None:
    """The k among `candidates` at which the inertia curve bends most, or None.

    On data without groups the inertia falls as a power of k, a straight line on two log scales. A bend is a k before
    which this line falls at least ELBOW_RATIO times as steeply as behind it.

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
        int(ks[i]): before / max(behind, 1e-12)
        for i, (before, behind) in enumerate(itertools.pairwise(falls), start=1)
        if int(ks[i]) in candidates
    }
    if not ratios:
        return None
    k = max(ratios, key=lambda k: (ratios[k], -k))
    return k if ratios[k] >= ELBOW_RATIO else None


def _about_elbow(elbow: int | None, choice: pd.DataFrame) -> str:
    if elbow is None:
        return f"Elbow: there is none from {choice['k'].min()} to {choice['k'].max()}; the curve falls evenly."
    return f"Elbow: the curve bends at {elbow}."


def _about_silhouette(row: pd.Series, best: pd.Series, choice: pd.DataFrame, scores: pd.DataFrame) -> str:
    here = f"Silhouette: {row['silhouette_score']:.2f} with {int(row['k'])}"
    if int(row["k"]) != int(best["k"]):
        return f"{here}; the best is {best['silhouette_score']:.2f} with {int(best['k'])}, which is close."
    first = int(choice["k"].min())
    fewer = scores[(scores["k"] < first) & (scores["silhouette_score"] > row["silhouette_score"])]
    higher = f"; with {int(fewer['k'].iloc[0])} it is higher, but so few tell little" if len(fewer) else ""
    return f"{here}, the best from {first} to {int(choice['k'].max())}{higher}."


def _about_size(row: pd.Series, customers: int, inside: pd.DataFrame, too_small: bool) -> str:
    share = row["smallest_segment"] / customers
    text = f"Smallest segment: {int(row['smallest_segment']):,} customers, {add_percent_sign(f'{100 * share:.1f}')} of all."
    if too_small:
        return f"{text} Every number considered leaves a segment below {_SMALLEST}: mind its size."
    left_out = [int(k) for k in inside["k"][inside["smallest_segment"] < SMALLEST_SHARE * customers]]
    if left_out:
        text += f" Left out because a segment would be below {_SMALLEST}: {', '.join(map(str, left_out))}."
    return text
