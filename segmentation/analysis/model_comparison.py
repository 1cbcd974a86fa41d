"""Compares two models on the same sales: where the customers of each segment of the first are in the second.

Both models assign the same customers, so every difference is one between the models: numbers of segments, feature sets,
or the customers they were fitted to. Segments are matched one to one so that as many customers as possible stay
(Hungarian method), whatever their ids and names.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from segmentation.clustering.scores import compute_scores
from segmentation.clustering.sweep import KMeansFit, predict_labels
from segmentation.clustering.validation.agreement import compute_adjusted_rand_of_table
from segmentation.customers.segment_model import SegmentModel
from segmentation.features import registry
from segmentation.features.scaling import fit_scaler
from segmentation.results import CustomerTable
from segmentation.runs.manifest import RunMetadata
from segmentation.runtime.array_types import FloatArray, Labels
from segmentation.scoring import add_run_features, restore_segment_model

MIN_PART_SHARE = 0.2
"""Minimum share (0 to 1) of a segment's customers in another segment that counts as a split or a merge."""
SCORE_SAMPLE_ROWS = 25_000
"""Most customers on whom scores are computed; of more, a sample of this size."""
_SCORES = ("silhouette_score", "calinski_harabasz_score", "davies_bouldin_score")


@dataclass(frozen=True, eq=False)
class ModelComparison:
    """Two models on the same sales."""

    flows: pd.DataFrame
    """One row per pair of segments that have customers in common, ascending: segment_before, segment_now, name_before,
    name_now, customers, net_sales (money), is_matched (whether they are each other's match)."""
    adjusted_rand: float
    """Adjusted Rand index of the two partitions (Hubert and Arabie 1985): 1 the same, 0 as alike as by chance."""
    scores: pd.DataFrame
    """One row per model, in order: k, silhouette_score, calinski_harabasz_score and davies_bouldin_score, each in the
    feature space of the model; common_silhouette, in the space of all their features; smallest_share (0 to 1)."""
    window_days: int
    """Length of the window of the sales."""

    @property
    def share_of_customers(self) -> float:
        """Share of customers who stay with their matched segment, 0 to 1."""
        return self._compute_share("customers")

    @property
    def share_of_sales(self) -> float:
        """Share of net sales that stays with its matched segment; NaN if there are none."""
        return self._compute_share("net_sales")

    @property
    def splits(self) -> dict[int, tuple[int, ...]]:
        """Segment of the first model -> the segments of the second that each get a considerable part of it."""
        return _find_parts(self.flows, "segment_before", "segment_now")

    @property
    def merges(self) -> dict[int, tuple[int, ...]]:
        """Segment of the second model -> the segments of the first that each make up a considerable part of it."""
        return _find_parts(self.flows, "segment_now", "segment_before")

    def _compute_share(self, column: str) -> float:
        total = float(self.flows[column].sum())
        return float(self.flows.loc[self.flows["is_matched"], column].sum()) / total if total else float("nan")


def compare_models(table: CustomerTable, before: RunMetadata, now: RunMetadata) -> ModelComparison:
    """Compare two models by where they put the customers of `table`.

    Args:
        table: the customers, whom both models assign.
        before: the run of the first model.
        now: the run of the second model.

    Raises:
        RunError: a feature of a run cannot be computed from the source.
        SettingsError: the customers are in the engine, and a scaling is 'ranks'.
    """
    for run in (before, now):
        table = add_run_features(run, table)
    models = [restore_segment_model(run, table) for run in (before, now)]
    flows = table.store.count_flows(*models)
    counts = flows.pivot(index="segment_before", columns="segment_now", values="customers").fillna(0)
    matches = _match_segments(counts)
    for side, run in (("before", before), ("now", now)):
        flows[f"name_{side}"] = flows[f"segment_{side}"].map(run.segment_names).astype("str")
    flows["is_matched"] = flows["segment_now"] == flows["segment_before"].map(matches)
    columns = ["segment_before", "segment_now", "name_before", "name_now", "customers", "net_sales", "is_matched"]
    return ModelComparison(
        flows[columns],
        compute_adjusted_rand_of_table(counts.to_numpy(np.float64)),
        _score_models(table, models, now.settings.model.seed),
        table.window.days,
    )


def _match_segments(counts: pd.DataFrame) -> dict[int, int]:
    """Segment of the first model -> segment of the second: one to one, with the most customers in common."""
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(counts.to_numpy(), maximize=True)
    return dict(zip(counts.index[rows].tolist(), counts.columns[columns].tolist(), strict=True))


def _find_parts(flows: pd.DataFrame, segment: str, part: str) -> dict[int, tuple[int, ...]]:
    """Segment -> the segments on the other side that hold MIN_PART_SHARE of its customers, if there are several.

    segment, part: the columns of `flows` with the segments of either side.
    """
    shares = flows["customers"] / flows.groupby(segment)["customers"].transform("sum")
    parts = flows[shares >= MIN_PART_SHARE].groupby(segment)[part].agg(tuple)
    return {segment: ids for segment, ids in zip(parts.index.tolist(), parts, strict=True) if len(ids) > 1}


def _score_models(table: CustomerTable, models: list[SegmentModel], seed: int) -> pd.DataFrame:
    """Scores of both models on the same customers.

    Silhouettes in spaces of different features are not comparable, so both are also measured in one common space: all
    features of both models under the scaling `log`, as in `segmentation.analysis.tuning`.
    """
    frame = table.frame
    if len(frame) > SCORE_SAMPLE_ROWS:
        rows = np.random.default_rng(seed).choice(len(frame), SCORE_SAMPLE_ROWS, replace=False)
        frame = frame.iloc[np.sort(rows)]
    features = registry.validate_features(set().union(*(model.scaler.features for model in models)), {})
    shares = [name for name in features if registry.REGISTRY[name].is_share]
    common, _ = fit_scaler(frame, features, shares, "log")
    scored = []
    for model in models:
        X, k = model.scaler.transform(frame), len(model.centers)
        labels = predict_labels(X, model.centers)
        own, in_common = (_score_partition(space, labels, seed) for space in (X, common.transform(frame)))
        smallest = float(np.bincount(labels, minlength=k).min() / len(labels))
        common_silhouette = in_common["silhouette_score"]
        scored.append({"k": k, **own, "common_silhouette": common_silhouette, "smallest_share": smallest})
    return pd.DataFrame(scored)


def _score_partition(X: FloatArray, labels: Labels, seed: int) -> dict[str, float]:
    """The scores of one partition; NaN if all customers are in one segment."""
    occupied, numbers = np.unique(labels, return_inverse=True)  # a segment without customers has no score
    if len(occupied) < 2:
        return dict.fromkeys(_SCORES, float("nan"))
    fit = KMeansFit(len(occupied), np.empty((0, X.shape[1])), numbers.astype(np.uint8), float("nan"))
    scores = compute_scores(X, {fit.k: fit}, seed).by_k.iloc[0]
    return {name: float(scores[name]) for name in _SCORES}
