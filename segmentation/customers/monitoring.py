"""Monitoring values stored with a run: what the next run is compared with, and the comparison with the previous run."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from segmentation.clustering.silhouette import compute_exact_silhouettes
from segmentation.clustering.sweep import predict_labels
from segmentation.clustering.validation.agreement import compute_adjusted_rand_of_table
from segmentation.customers.segment_model import SegmentModel
from segmentation.customers.store import CustomerStore
from segmentation.errors import SettingsError
from segmentation.features.drift import describe_features, measure_drift
from segmentation.runtime.array_types import FloatArray, IntArray, Labels

DEVIATION_ROWS = 2_000
"""Customers from whom the standard deviation of the silhouette is estimated."""


@dataclass(frozen=True, eq=False)
class PreviousModel:
    """The model of the previous run."""

    run_id: str
    window_days: int
    """Length of the window of its sales."""
    model: SegmentModel
    labels: IntArray
    """(n,) segment_id, in the previous run, of each customer in memory; -1: not in that run."""
    distributions: Mapping[str, Mapping[str, Any]]
    """Distributions of its features; empty in runs of early versions."""


def compute_data_digest(frame: pd.DataFrame, features: tuple[str, ...]) -> str:
    """SHA-256 of the customers and their features: equal for the same sales, however and wherever they are stored.

    Args:
        frame: the customers in memory: customer_id and features; in any order.
        features: those of the model.
    """
    frame = frame.sort_values("customer_id")
    digest = hashlib.sha256("\0".join(frame["customer_id"]).encode())
    for name in sorted({*features, "recency_days", "frequency", "monetary"} & set(frame)):
        digest.update(name.encode() + np.ascontiguousarray(frame[name], np.float64).tobytes())
    return digest.hexdigest()


def estimate_silhouette_deviation(X: FloatArray, labels: Labels, seed: int) -> float:
    """Standard deviation of the silhouettes of the customers, estimated from a sample; NaN with one segment.

    Args:
        X: (n, d) scaled features.
        labels: (n,) clusters.
        seed: determines the sample.
    """
    if len(X) > DEVIATION_ROWS:
        rows = np.random.default_rng(seed).choice(len(X), DEVIATION_ROWS, replace=False)
        X, labels = X[rows], labels[rows]
    labels = np.unique(labels, return_inverse=True)[1].astype(np.uint8)
    return float(compute_exact_silhouettes(X, labels[None, :])[0].std()) if labels.any() else float("nan")


def count_changes(before: IntArray, by_previous: IntArray, now: IntArray) -> dict[str, int]:
    """Count customers by what changed: their behavior or the model.

    Args:
        before: (n,) segments by the previous model on the earlier sales; -1: not a customer then.
        by_previous: (n,) segments by the previous model on the new sales.
        now: (n,) segments by the new model on the new sales.

    Returns:
        stayed: all three are equal. customer: the previous model already sees the move. model: only the new model does.
        both: the other earlier customers. joined: not a customer before, and counted in no other class.

    >>> count_changes(np.array([1, 1, 1, 1, 1, -1]), np.array([1, 2, 1, 2, 2, 1]), np.array([1, 2, 2, 1, 3, 2]))
    {'stayed': 1, 'customer': 1, 'model': 1, 'both': 2, 'joined': 1}
    """
    known, has_moved, is_redrawn = before >= 0, before != by_previous, by_previous != now
    classes = {
        "stayed": ~has_moved & ~is_redrawn,
        "customer": has_moved & ~is_redrawn,
        "model": ~has_moved & is_redrawn,
        "both": has_moved & is_redrawn,
    }
    return {name: int((known & belongs).sum()) for name, belongs in classes.items()} | {"joined": int((~known).sum())}


def compare_with_previous(store: CustomerStore, previous: PreviousModel, model: SegmentModel) -> dict[str, Any]:
    """Compare the segments of the previous model and the new one on the same sales, and count what changed.

    Returns:
        flows (segment_before, segment_now, customers, net_sales) and adjusted_rand of all customers; changes, from
        `count_changes`, of those in memory. Each is None if the previous model cannot assign these customers: a feature
        is missing, or it uses ranks and the customers are in the engine.
    """
    frame = store.frame
    unknown = dict.fromkeys(("flows", "adjusted_rand", "changes"))
    if not set(previous.model.scaler.features) <= set(frame):
        return unknown
    try:
        flows = store.count_flows(previous.model, model)
    except SettingsError:
        return unknown
    counts = flows.pivot(index="segment_before", columns="segment_now", values="customers").fillna(0)
    return {
        "flows": flows,
        "adjusted_rand": compute_adjusted_rand_of_table(counts.to_numpy(np.float64)),
        "changes": count_changes(previous.labels, previous.model.assign(frame), model.assign(frame)),
    }


def build_monitoring(
    store: CustomerStore,
    source_version: str,
    model: SegmentModel,
    seed: int,
    previous: PreviousModel | None,
) -> dict[str, Any]:
    """Everything about a run that the next one is compared with, as plain values for the manifest.

    Args:
        store: all customers.
        source_version: version of the source when it was read.
        model: of the run, with the labels of the customers in memory.
        seed: determines the sample for the deviation of the silhouette.
        previous: the model of the previous run; None: there is none.

    Returns:
        source_version, data_digest, silhouette_deviation, distributions (see `segmentation.features.drift`), and
        previous: run_id, window_days, drift, and what `compare_with_previous` returns; None without a previous run.
    """
    frame, features = store.frame, tuple(name for name in model.scaler.features if name in store.frame)
    X = model.scaler.transform(frame)
    labels = predict_labels(X, model.centers) if model.labels is None else model.labels
    return {
        "source_version": source_version,
        "data_digest": compute_data_digest(frame, features),
        "silhouette_deviation": estimate_silhouette_deviation(X, labels, seed),
        "distributions": describe_features(frame, features),
        "previous": None
        if previous is None
        else {
            "run_id": previous.run_id,
            "window_days": previous.window_days,
            "drift": measure_drift(previous.distributions, frame, previous.model.scaler),
            **compare_with_previous(store, previous, model),
        },
    }
