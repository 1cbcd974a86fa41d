"""Single customers: the most atypical ones, and one customer compared with all others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from segmentation.errors import DataError
from segmentation.features import registry
from segmentation.results import Segmentation
from segmentation.runtime.array_types import FloatArray


def find_atypical_customers(segmentation: Segmentation, n: int = 10) -> pd.DataFrame:
    """Find the customers farthest from the center of their segment, in the scaled feature space.

    Returns:
        Farthest first: customer_id, segment_id, feature (the one that differs most from the center), value (of this
        feature), distance_ratio (distance to the center / median of this distance over all customers).
    """
    training = segmentation.training
    fit, frame = training.fits[segmentation.k], training.table.frame
    offset = training.scaler.transform(frame)
    offset -= fit.centers[fit.labels]
    distance = np.sqrt((offset**2).sum(axis=1))
    order = np.lexsort((np.arange(len(distance)), -distance))[:n]
    feature = np.array(training.features)[np.abs(offset[order]).argmax(axis=1)]
    typical = float(np.median(distance))
    return pd.DataFrame(
        {
            "customer_id": frame["customer_id"].to_numpy()[order],
            "segment_id": segmentation.segment_ids[order],
            "feature": feature,
            "value": [float(frame[name].to_numpy()[row]) for row, name in zip(order, feature, strict=True)],
            "distance_ratio": distance[order] / typical if typical > 0 else np.full(len(order), np.nan),
        }
    )


@dataclass(frozen=True, eq=False)
class CustomerLookup:
    """One customer compared with all others."""

    customer_id: str
    segment_id: int
    distance: float
    """To the center of the segment, in the scaled feature space."""
    next_segment_id: int
    next_distance: float
    features: pd.DataFrame
    """One row per available feature: feature, value, median, segment_median, below (share of customers with a lower
    value), in_use (whether customers are clustered on it)."""


def look_up_customer(segmentation: Segmentation, customer_id: str) -> CustomerLookup:
    """Look up one customer.

    Raises:
        DataError: no customer has this ID, or the customer has returns only.
    """
    training, table = segmentation.training, segmentation.training.table
    frame = table.frame
    row = int(frame["customer_id"].searchsorted(customer_id))
    if row >= len(frame) or frame["customer_id"].iloc[row] != customer_id:
        if (table.returns_only["customer_id"] == customer_id).any():
            raise DataError("This customer has returns only.", hint="Only customers with a purchase are in a segment.")
        raise DataError(
            "No customer in these sales has this ID.",
            hint="The ID must match your data exactly, including leading zeros and capitals.",
        )
    fit = training.fits[segmentation.k]
    centers, cluster = fit.centers, int(fit.labels[row])
    distances = np.sqrt(((training.scaler.transform(frame.iloc[[row]]) - centers) ** 2).sum(axis=1))
    next_cluster = int(np.where(np.arange(len(centers)) == cluster, np.inf, distances).argmin())
    names = [name for name in registry.REGISTRY if name in frame]
    is_in_segment = segmentation.segment_ids == segmentation.segment_ids[row]
    rows = []
    for name in names:
        values: FloatArray = frame[name].to_numpy(np.float64)
        rows.append(
            (
                name,
                values[row],
                float(np.median(values)),
                float(np.median(values[is_in_segment])),
                float((values < values[row]).mean()),
                name in training.features,
            )
        )
    return CustomerLookup(
        customer_id=customer_id,
        segment_id=int(segmentation.segment_ids[row]),
        distance=float(distances[cluster]),
        next_segment_id=int(segmentation.cluster_to_segment[next_cluster]),
        next_distance=float(distances[next_cluster]),
        features=pd.DataFrame(rows, columns=["feature", "value", "median", "segment_median", "below", "in_use"]),
    )
