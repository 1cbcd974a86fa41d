"""Single customers: who is unusual, and how one stands among all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from segmentation.errors import DataError
from segmentation.features import registry
from segmentation.results import Segmentation


def find_atypical_customers(segmentation: Segmentation, n: int = 10) -> pd.DataFrame:
    """The customers who fit their segment least: farthest from its middle, in the space that segments are made in.

    Returns:
        the farthest first: customer_id, segment_id, feature (the one in which the customer differs from the segment
        most), value of it, times (how many times as far from the middle as the typical customer of all).
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
            "times": distance[order] / typical if typical > 0 else np.full(len(order), np.nan),
        }
    )


@dataclass(frozen=True, eq=False)
class CustomerLookup:
    """How one customer stands among all."""

    customer_id: str
    segment_id: int
    distance: float
    """To the middle of the segment, in the space that segments are made in."""
    next_segment_id: int
    next_distance: float
    features: pd.DataFrame
    """One row per feature the data allow: feature, value, median, segment_median, below (share of customers who have
    less), in_use (whether segments are made from it)."""


def lookup_customer(segmentation: Segmentation, customer_id: str) -> CustomerLookup:
    """Look one customer up.

    Raises:
        DataError: nobody has this id, or the customer has returns only.
    """
    training, table = segmentation.training, segmentation.training.table
    frame = table.frame
    row = int(frame["customer_id"].searchsorted(customer_id))
    if row >= len(frame) or frame["customer_id"].iloc[row] != customer_id:
        if (table.returns_only["customer_id"] == customer_id).any():
            raise DataError("This customer only gave things back.", hint="Without a purchase there is no segment.")
        raise DataError(
            "Nobody in these sales has this id.",
            hint="The ID must match your data exactly, including leading zeros and capitals.",
        )
    centers, own = training.fits[segmentation.k].centers, int(training.fits[segmentation.k].labels[row])
    distances = np.sqrt(((training.scaler.transform(frame.iloc[[row]]) - centers) ** 2).sum(axis=1))
    others = np.where(np.arange(len(centers)) == own, np.inf, distances)
    following = int(others.argmin())
    names = [name for name in registry.REGISTRY if name in frame]
    peers = segmentation.segment_ids == segmentation.segment_ids[row]
    rows = []
    for name in names:
        values: np.ndarray[Any, np.dtype[np.float64]] = frame[name].to_numpy(np.float64)
        rows.append(
            (
                name,
                values[row],
                float(np.median(values)),
                float(np.median(values[peers])),
                float((values < values[row]).mean()),
                name in training.features,
            )
        )
    return CustomerLookup(
        customer_id=customer_id,
        segment_id=int(segmentation.segment_ids[row]),
        distance=float(distances[own]),
        next_segment_id=int(segmentation.cluster_to_segment[following]),
        next_distance=float(distances[following]),
        features=pd.DataFrame(rows, columns=["feature", "value", "median", "segment_median", "below", "in_use"]),
    )
