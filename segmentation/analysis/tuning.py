"""Settings search: every combination of preset, scaling and k, ranked, each with the reason for its rank.

A silhouette is measured in the space of its own features and scaling. Distances in different spaces are not comparable,
so silhouettes of rows with different features or scalings do not show which is better. Every partition is therefore
scored a second time in one common space: all features tried, under the scaling `log`. Rows are ranked by this common
silhouette. It is not neutral either: it slightly favors `log`, and many features over few.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from segmentation import pipeline
from segmentation.analysis.explain import recommend_fully
from segmentation.clustering.k_selection import SMALLEST_SHARE
from segmentation.clustering.silhouette import compute_silhouettes
from segmentation.clustering.sweep import count_distinct_rows, sweep_k
from segmentation.clustering.validation.agreement import compute_adjusted_rand
from segmentation.errors import DataError
from segmentation.features import registry
from segmentation.features.presets import PRESETS
from segmentation.features.scaling import fit_scaler
from segmentation.messages import Message
from segmentation.presentation.number_format import add_percent_sign
from segmentation.results import CustomerTable
from segmentation.runtime.array_types import FloatArray
from segmentation.settings import RECOMMENDED_K_RANGE, SCALINGS, ModelSettings

SAMPLE_ROWS = 5_000
"""With more customers, a sample of this size is used."""
SEEDS = 3
MIN_SEED_AGREEMENT = 0.9
"""Minimum mean adjusted Rand index over pairs of seeds for a partition to count as reproducible."""


def search_settings(
    table: CustomerTable,
    seed: int = 42,
    on_progress: Callable[[float, str], None] | None = None,
    scalings: Iterable[str] = tuple(SCALINGS),
) -> pd.DataFrame:
    """Try every preset that the data allow, with every scaling and k from 2 to 8; the best first.

    For each preset and scaling, one k is recommended, by the rule that training follows; these rows come first.
    Rows whose smallest segment is too small for a campaign (below 2 %) come last, before them those that other seeds
    do not find again; within each kind, the one with the higher common silhouette comes first.

    Returns:
        rank, preset (name), label, scaling, k, silhouette (in its own space), common_silhouette (to compare rows by),
        smallest_share (0..1), agreement (between seeds, 1: the same), recommended, usable, reason.

    Raises:
        DataError: there are too few distinct customers.
    """
    frame = _sample_customers(table.frame, seed)
    offered = [preset for preset in PRESETS.values() if not preset.explain_unavailable(table.unavailable_features)]
    everything = registry.validate_features(
        set().union(*(preset.features for preset in offered)), table.unavailable_features
    )
    common = _scale_features(frame, everything, "log")
    tries = list(itertools.product(offered, scalings))
    rows = []
    for number, (preset, scaling) in enumerate(tries):
        if on_progress is not None:
            on_progress(number / len(tries), f"Trying {preset.label}, scaling {scaling}")
        space = _scale_features(frame, registry.validate_features(preset.features, table.unavailable_features), scaling)
        max_k = min(count_distinct_rows(space, RECOMMENDED_K_RANGE[1]), len(space) - 1)
        ks = range(RECOMMENDED_K_RANGE[0], max_k + 1)
        if not ks:
            continue
        training = pipeline.train_every_k(table, ModelSettings(tuple(preset.features), scaling, seed))
        recommended = recommend_fully(training).k
        first = training.fits if len(frame) == len(table.frame) else sweep_k(space, ks, seed)
        sweeps = [first, *(sweep_k(space, ks, seed + other) for other in range(1, SEEDS))]
        labels = np.stack([sweeps[0][k].labels for k in ks])
        own_silhouettes = compute_silhouettes(space, labels, seed).mean
        common_silhouettes = compute_silhouettes(common, labels, seed).mean
        for row, k in enumerate(ks):
            pairs = itertools.combinations([fits[k].labels for fits in sweeps], 2)
            agreement = float(np.mean([compute_adjusted_rand(one, other) for one, other in pairs]))
            smallest = float(np.bincount(labels[row], minlength=k).min() / len(frame))
            figures = (own_silhouettes[row], common_silhouettes[row], smallest, agreement)
            rows.append((preset.name, preset.label, scaling, k, *figures, k == recommended))
    if not rows:
        raise DataError(
            "There are too few distinct customers to compare settings.",
            hint="Three segments need at least four distinct customers.",
        )
    return _rank_results(pd.DataFrame(rows, columns=_COLUMNS))


_COLUMNS = [
    *("preset", "label", "scaling", "k"),
    *("silhouette", "common_silhouette", "smallest_share", "agreement", "recommended"),
]


def _rank_results(tried: pd.DataFrame) -> pd.DataFrame:
    """The table with rank, usable and reason; ties stay in the order of trying."""
    large, repeats = tried["smallest_share"] >= SMALLEST_SHARE, tried["agreement"] >= MIN_SEED_AGREEMENT
    silhouette = -tried["common_silhouette"].round(4)
    order = np.lexsort((np.arange(len(tried)), silhouette, ~repeats, ~large, ~tried["recommended"]))
    table = tried.assign(usable=large & repeats).iloc[order].reset_index(drop=True)
    table.insert(0, "rank", np.arange(1, len(table) + 1))
    reason_columns = ("smallest_share", "agreement", "common_silhouette")
    reasons = [
        _explain_rank(*(float(row[name]) for name in reason_columns), is_recommended=row["recommended"])
        for row in table.to_dict("records")
    ]
    table["reason"] = pd.Series(reasons, dtype=object)  # a column of strings would drop the values of the messages
    return table


def _explain_rank(smallest: float, agreement: float, common: float, *, is_recommended: bool) -> str:
    """Why a row stands where it does.

    >>> _explain_rank(0.01, 0.85, 0.2, is_recommended=False)[:71]
    'Its smallest segment is too small to plan for (1.0\\xa0% of customers); oth'
    """
    size = "is large enough" if smallest >= SMALLEST_SHARE else "is too small to plan for"
    seeds = "the same segments" if agreement >= MIN_SEED_AGREEMENT else "other segments"
    start = "The recommended number of segments for these settings. " if is_recommended else ""
    percent = add_percent_sign("{percent:.1f}" if 0 < smallest < 0.0995 else "{percent:.0f}")
    return Message(
        f"{start}Its smallest segment {size} ({percent} of customers); other random starts find {seeds} "
        "(agreement {agreement:.2f} of 1); silhouette in the common space: {common:.2f}.",
        {"percent": 100 * smallest, "agreement": agreement, "common": common},
    )


def _sample_customers(frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    if len(frame) <= SAMPLE_ROWS:
        return frame
    return frame.iloc[np.sort(np.random.default_rng(seed).choice(len(frame), SAMPLE_ROWS, replace=False))]


def _scale_features(frame: pd.DataFrame, features: tuple[str, ...], scaling: str) -> FloatArray:
    shares = [name for name in features if registry.REGISTRY[name].is_share]
    scaler, _ = fit_scaler(frame, features, shares, scaling)
    return scaler.transform(frame)
