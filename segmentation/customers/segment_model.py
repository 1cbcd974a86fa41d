"""Assigns customers to segments, in memory or as an expression on their source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

import ibis
import numpy as np
import pandas as pd

from segmentation.clustering.prediction_sql import predict_sql
from segmentation.clustering.sweep import predict_labels
from segmentation.clustering.validation.bootstrap import compute_certainty
from segmentation.features.scaling import Scaler
from segmentation.features.scaling_sql import scale_sql
from segmentation.runtime.array_types import FloatArray, IntArray, Labels


class StoredModel(Protocol):
    """The model of a run, as `segmentation.runs.manifest.RunMetadata` stores it."""

    @property
    def scaler(self) -> Mapping[str, Any]:
        """What `Scaler.from_dict` reads."""

    @property
    def centers(self) -> FloatArray:
        """(k, d), scaled."""

    @property
    def cluster_to_segment(self) -> Sequence[int]:
        """Index: cluster; value: segment_id."""

    @property
    def resample_centers(self) -> FloatArray | None:
        """See `SegmentModel.resample_centers`."""


@dataclass(frozen=True, eq=False)
class SegmentModel:
    """Assigns customers to segments by the nearest center."""

    scaler: Scaler
    centers: FloatArray
    """(k, d), scaled."""
    cluster_to_segment: Sequence[int]
    """Index: cluster; value: segment_id."""
    labels: Labels | None = None
    """(n,) cluster of each customer in memory; None: to be predicted."""
    resample_centers: FloatArray | None = None
    """(resamples, k, d) bootstrap centers in the order of `centers`; None: not known, so certainty is not either."""

    @classmethod
    def from_run(cls, run: StoredModel) -> Self:
        """The frozen model of a run, saved or in memory; without labels, so it assigns any customers."""
        return cls(
            Scaler.from_dict(run.scaler), run.centers, run.cluster_to_segment, resample_centers=run.resample_centers
        )

    @property
    def has_sql(self) -> bool:
        """Whether `assign_sql` can express it."""
        return self.scaler.scaling != "ranks"

    def assign(self, frame: pd.DataFrame) -> IntArray:
        """(n,) segment_id of each customer in memory."""
        labels = predict_labels(self.scaler.transform(frame), self.centers) if self.labels is None else self.labels
        return np.asarray(self.cluster_to_segment, np.int64)[labels]

    def add_certainty(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Add certainty, if known: the share of resamples in which a customer keeps the segment, 0 to 1.

        Args:
            frame: one row per customer: segment_id and the features of the scaler.
        """
        if self.resample_centers is None:
            return frame
        clusters = np.argsort(self.cluster_to_segment)  # by segment_id
        labels = clusters[np.searchsorted(np.sort(self.cluster_to_segment), frame["segment_id"])].astype(np.uint8)
        return frame.assign(certainty=compute_certainty(self.scaler.transform(frame), labels, self.resample_centers))

    def assign_sql(self, customers: ibis.Table) -> ibis.Table:
        """`customers` with segment_id and squared_distance, as an expression on their source.

        Raises:
            SettingsError: the scaling is 'ranks', which has no SQL expression.
        """
        predicted = predict_sql(customers, scale_sql(customers, self.scaler), self.centers)
        # The last cluster needs no condition: every customer has a nearest center.
        cases = [(predicted.cluster == cluster, int(number)) for cluster, number in enumerate(self.cluster_to_segment)]
        return predicted.mutate(segment_id=ibis.cases(*cases[:-1], else_=cases[-1][1]).cast("int64")).drop("cluster")
