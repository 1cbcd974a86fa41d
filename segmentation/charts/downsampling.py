"""Reduced data for charts: quantiles instead of all rows, and samples of customers without IDs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

QUANTILES = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}
MAX_POINTS = 500


def sample_customers(x: pd.Series, y: pd.Series, segment_ids: np.ndarray, max_points: int = MAX_POINTS) -> pd.DataFrame:
    """Draw about `max_points` customers, stratified by segment with at least five each; deterministic.

    Returns segment_id, x, y and nothing that names a customer.
    """
    rows_in_sample = sample_indices(segment_ids, max_points)
    return pd.DataFrame(
        {
            "segment_id": segment_ids[rows_in_sample],
            "x": x.to_numpy()[rows_in_sample],
            "y": y.to_numpy()[rows_in_sample],
        }
    )


def sample_customers_3d(
    axes: Sequence[pd.Series], segment_ids: np.ndarray, max_points: int = MAX_POINTS
) -> pd.DataFrame:
    """As `sample_customers`, with three features: segment_id, x, y, z."""
    rows_in_sample = sample_indices(segment_ids, max_points)
    values = {name: axis.to_numpy()[rows_in_sample] for name, axis in zip("xyz", axes, strict=True)}
    return pd.DataFrame({"segment_id": segment_ids[rows_in_sample], **values})


def sample_indices(segment_ids: np.ndarray, max_points: int) -> np.ndarray:
    """Row numbers of about `max_points` customers, stratified by segment with at least five each; deterministic."""
    rng = np.random.default_rng(0)
    rows = []
    for segment_id in np.unique(segment_ids):
        members = np.flatnonzero(segment_ids == segment_id)
        size = min(len(members), max(5, round(max_points * len(members) / len(segment_ids))))
        rows.append(np.sort(rng.choice(members, size, replace=False)))
    return np.concatenate(rows)
