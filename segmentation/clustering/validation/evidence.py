"""What is known about every k beyond its scores: does the cut repeat, are the groups real, does another story fit?

Three questions that are often taken for one. In the words of a marketer, for the advice and for each segment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from segmentation.clustering.k_selection import SMALLEST_SHARE, Advice
from segmentation.clustering.validation.null_models import Gap, Noise, against_noise, gap_statistic
from segmentation.clustering.validation.bootstrap import (
    DISSOLVED,
    DOUBTFUL,
    STABLE,
    Bootstrap,
    Cancelled,
    Progress,
    Story,
    bootstrap,
    other_story,
    prediction_strength,
)
from segmentation.clustering.sweep import Array, Fit
from segmentation.presentation.number_format import percent

CLEARLY = 0.1
"""Groups lie apart when segments leave at least a tenth less unexplained than they do in noise."""
WELL_PREDICTED = 0.8
"""Prediction strength from which a number of groups is taken as well supported (Tibshirani and Walther 2005)."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """What speaks for and against each k."""

    bootstrap: Mapping[int, Bootstrap]
    prediction_strength: Mapping[int, float]
    gap: Gap
    noise: Mapping[int, Noise]
    stories: Mapping[int, Story | None]

    def by_k(self) -> pd.DataFrame:
        """One row per k: k, least_jaccard, mean_jaccard, adjusted_rand, prediction_strength, unexplained (share),
        noise_unexplained and noise_chance (of the kind of noise that comes closest), real, gap, gap_error,
        other_story (agreement with it; NaN where there is none)."""
        at = {k: place for place, k in enumerate(self.gap.ks)}
        rows = []
        for k, found in self.bootstrap.items():
            story, noise = self.stories[k], self.noise[k]
            rows.append(
                {
                    "k": k,
                    "least_jaccard": float(np.nanmin(found.jaccard)),
                    "mean_jaccard": float(np.nanmean(found.jaccard)),
                    "adjusted_rand": found.adjusted_rand,
                    "prediction_strength": self.prediction_strength[k],
                    "unexplained": noise.unexplained,
                    "noise_unexplained": noise.expected[noise.closest],
                    "noise_chance": noise.chance[noise.closest],
                    "real": noise.real,
                    "gap": float(self.gap.gap[at[k]]),
                    "gap_error": float(self.gap.error[at[k]]),
                    "other_story": np.nan if story is None else story.agreement,
                }
            )
        return pd.DataFrame(rows)

    def repeats(self, k: int) -> bool:
        """Whether every segment of this k is found again more often than doubtfully."""
        return well_found(float(np.nanmin(self.bootstrap[k].jaccard)))


def gather(
    space: Array, fits: Mapping[int, Fit], seed: int, *, resamples: int = 50, threads: int | None = None,
    progress: Progress | None = None, cancelled: Cancelled | None = None,
) -> Evidence:  # fmt: skip
    """All evidence on every k in `fits`; seconds, on a sample where there are many customers.

    Raises:
        Stopped: `cancelled` said so.
    """

    def part(start: float, end: float) -> Progress:
        return lambda share: progress(start + (end - start) * share) if progress is not None else None

    ks = sorted(fits)
    centres = {k: fits[k].centres for k in ks}
    repeated = bootstrap(
        space, centres, seed, resamples=resamples, threads=threads, progress=part(0.0, 0.5), cancelled=cancelled
    )
    strength = prediction_strength(space, ks, seed, threads=threads, progress=part(0.5, 0.6), cancelled=cancelled)
    gap = gap_statistic(
        space, range(1, ks[-1] + 1), seed, threads=threads, progress=part(0.6, 0.7), cancelled=cancelled
    )
    noise, stories = {}, {}
    for place, k in enumerate(ks):
        start = 0.7 + 0.3 * place / len(ks)
        noise[k] = against_noise(
            space, k, seed, threads=threads, progress=part(start, start + 0.3 / len(ks)), cancelled=cancelled
        )
        stories[k] = other_story(space, centres[k], seed, threads=threads, cancelled=cancelled)
    return Evidence(repeated, strength, gap, noise, stories)


def reconsider(
    advice: Advice, scores: pd.DataFrame, evidence: Evidence, customers: int, among: tuple[int, int]
) -> Advice:
    """The advice in the light of the evidence: a k that does not repeat gives way to one that does.

    Args:
        advice: from the scores alone.
        scores: one row per k with silhouette_score and smallest_segment.
        evidence: on the same fits.
        customers: how many there are.
        among: least and most k to choose from.
    """
    k, note = advice.k, ""
    if not evidence.repeats(k):
        usable = scores[scores["k"].between(*among) & (scores["smallest_segment"] >= SMALLEST_SHARE * customers)]
        repeating = usable[[evidence.repeats(int(number)) for number in usable["k"]]]
        if not repeating.empty:
            row = repeating.iloc[int(repeating["silhouette_score"].argmax())]
            k = int(row["k"])
            note = (
                f"Take {k} segments rather than {advice.k}: when customers are drawn again, {k} segments come out the "
                f"same and {advice.k} do not. The smallest has {int(row['smallest_segment']):,} customers."
            )
    sentence = f"{note or advice.sentence} {about_reality(evidence, k)}"
    return replace(
        advice,
        k=k,
        sentence=sentence,
        reasons=(*advice.reasons, about_repeating(evidence, k), about_noise(evidence, k)),
    )


def about_repeating(evidence: Evidence, k: int) -> str:
    """Whether the cut repeats, from the recall and the Jaccard similarity."""
    found = evidence.bootstrap[k]
    again = round(100 * float(np.nanmin(found.recall)))
    if evidence.repeats(k):
        return (
            f"The cut repeats: draw your customers again, and at least {again} of 100 in every segment would be in it "
            f"again ({found.resamples} draws)."
        )
    weak = int((found.jaccard < DOUBTFUL).sum())
    return (
        f"The cut does not fully repeat: draw your customers again, and {weak} of the {k} segments would come out "
        f"differently; in the weakest only {again} of 100 would be together again."
    )


def about_reality(evidence: Evidence, k: int) -> str:
    """Whether there are groups, and what it means for campaigns when there are none."""
    noise = evidence.noise[k]
    if noise.real and noise.unexplained > (1 - CLEARLY) * noise.expected[noise.closest]:
        return (
            "The groups are real but lie close together: segments tell customers apart only a little better than they "
            "would in data without groups, so two customers near a border are alike."
        )
    if noise.real:
        return "The groups are real: segments tell customers apart better than they would in data without groups."
    return (
        "There are no separate groups in these figures: customers go on smoothly from one segment to the next. "
        "The segments are a way to divide them, useful for deciding whom to write to first; two customers near a "
        "border are alike, so do not build very different campaigns on which side of it they stand."
    )


def about_noise(evidence: Evidence, k: int) -> str:
    """The figures behind `about_reality`, and the gap statistic's own answer."""
    noise, groups = evidence.noise[k], evidence.gap.k
    expected, chance = noise.expected[noise.closest], noise.chance[noise.closest]
    gap = "one group" if groups == 1 else f"{groups} groups"
    stricter = ", a test that asks for groups well apart," if groups == 1 and noise.real else ""
    left, usual = (percent(f"{100 * part:.0f}") for part in (noise.unexplained, expected))
    return (
        f"Against noise: the segments leave {left} of the differences unexplained, and {usual} in made-up customers "
        f"without groups; at most {round(100 * chance)} of 100 sets of those come as low. "
        f"The gap statistic{stricter} sees {gap}."
    )


def band(jaccard: float) -> str:
    """How well a segment is found again, in a word or two; empty where that is not known."""
    if np.isnan(jaccard):
        return ""
    return (
        "Stable" if jaccard > STABLE else "A pattern, not quite stable" if jaccard > DOUBTFUL
        else "Doubtful" if jaccard > DISSOLVED else "Dissolves"
    )  # fmt: skip


def well_found(jaccard: float) -> bool:
    """Whether a segment is found again more often than doubtfully."""
    return bool(jaccard >= DOUBTFUL)


def about_segment(jaccard: float, recall: float, name: str) -> str:
    """How sure one segment is: the word goes by the Jaccard similarity, which is told beside the recall."""
    if np.isnan(jaccard):
        return "Not known: hardly anybody of this small segment is drawn again."
    return (
        f"{band(jaccard)}: draw your customers again, and {round(100 * recall)} of 100 {name} would be {name} again. "
        f"Others would join them: likeness {round(100 * jaccard)} of 100."
    )


def about_story(story: Story | None, k: int) -> str:
    """That two stories fit, where they do; else nothing."""
    if story is None:
        return ""
    above = 100 * max(story.inertia_above, 0.0001)
    return (
        f"Two stories fit: another way to make {k} segments fits within {percent(f'{above:.2f}')} as well and puts "
        f"many customers elsewhere (agreement {story.agreement:.2f}; 1 is the same, 0 is chance)."
    )
