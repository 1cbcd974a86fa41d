"""Drift: how far the distribution of a feature has moved since an earlier run.

The population stability index (Siddiqi, Credit Risk Scorecards, 2006) compares the shares of customers between the
deciles of the earlier run: the sum of (now - before) ln(now / before). Below 0.1 is little, above 0.25 a lot. Half a
customer is added to each bin, so that an empty one does not make it infinite.

The largest quantile shift says where the distribution moved: of the nine deciles, the one that is farthest from what it
was, measured in the scaling of the earlier run so that features are comparable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from segmentation.features.scaling import Scaler
from segmentation.runtime.array_types import FloatArray, IntArray

LEVELS = tuple(tenth / 10 for tenth in range(1, 10))
"""Of the deciles."""
MODERATE_PSI, LARGE_PSI = 0.1, 0.25
"""Lower bounds of a moderate and a large population stability index, by convention."""


@dataclass(frozen=True)
class Distribution:
    """The distribution of one feature over the customers of a run."""

    customers: int
    deciles: tuple[float, ...]
    """(9,) ascending, in the unit of the feature; equal where many customers share a value."""
    shares: tuple[float, ...]
    """Shares of customers, 0 to 1, up to each distinct decile and above the last one."""

    @classmethod
    def from_values(cls, values: FloatArray) -> Distribution:
        """The distribution of `values`, (n,).

        >>> Distribution.from_values(np.array([1.0, 1, 1, 1, 1, 1, 2, 3, 4, 5])).shares
        (0.6, 0.1, 0.1, 0.1, 0.1)
        """
        deciles = np.quantile(values, LEVELS, method="inverted_cdf")  # observed values, so that ties stay ties
        counts = _count_by_bin(values, deciles)
        return cls(len(values), tuple(deciles.tolist()), tuple((counts / len(values)).tolist()))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Distribution:
        """The inverse of `dataclasses.asdict`."""
        return cls(values["customers"], tuple(values["deciles"]), tuple(values["shares"]))

    def compute_psi(self, values: FloatArray) -> float:
        """The population stability index of `values`, (n,), against this distribution.

        >>> before = Distribution.from_values(np.arange(1000.0))
        >>> round(before.compute_psi(np.arange(1000.0)), 4), round(before.compute_psi(np.arange(200.0, 1200.0)), 2)
        (0.0, 1.27)
        """
        bins = len(self.shares)
        before = (np.array(self.shares) * self.customers + 0.5) / (self.customers + 0.5 * bins)
        now = (_count_by_bin(values, self.deciles) + 0.5) / (len(values) + 0.5 * bins)
        return float(((now - before) * np.log(now / before)).sum())


def describe_features(frame: pd.DataFrame, features: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Feature -> its distribution as plain values, for the manifest.

    Args:
        frame: one row per customer.
        features: columns of it.
    """
    return {name: asdict(Distribution.from_values(frame[name].to_numpy(np.float64))) for name in features}


def measure_drift(before: Mapping[str, Mapping[str, Any]], frame: pd.DataFrame, scaler: Scaler) -> list[dict[str, Any]]:
    """Drift of each feature since an earlier run, the largest first.

    Args:
        before: the distributions of the earlier run, from `describe_features`.
        frame: the customers now, one row each.
        scaler: of the earlier run.

    Returns:
        For each feature of the earlier run: feature, psi; and of its largest quantile shift: quantile (0 to 1),
        value_before and value_now in the unit of the feature, and shift in standard deviations of the scaling. Empty
        if not all of its features are known in both.
    """
    known = {name: Distribution.from_dict(values) for name, values in before.items() if name in frame}
    if not set(scaler.features) <= set(known):
        return []
    deciles_now = {name: np.quantile(frame[name], LEVELS, method="inverted_cdf") for name in known}
    scaled_before, scaled_now = (
        pd.DataFrame(scaler.transform(pd.DataFrame(deciles)), columns=list(scaler.features))
        for deciles in ({name: list(distribution.deciles) for name, distribution in known.items()}, deciles_now)
    )
    rows = []
    for name in scaler.features:
        shifts = (scaled_now[name] - scaled_before[name]).to_numpy()
        largest = int(np.abs(shifts).argmax())
        rows.append(
            {
                "feature": name,
                "psi": known[name].compute_psi(frame[name].to_numpy(np.float64)),
                "quantile": LEVELS[largest],
                "value_before": known[name].deciles[largest],
                "value_now": float(deciles_now[name][largest]),
                "shift": float(shifts[largest]),
            }
        )
    return sorted(rows, key=lambda row: -row["psi"])


def _count_by_bin(values: FloatArray, deciles: Sequence[float] | FloatArray) -> IntArray:
    """Values up to each distinct decile, and above the last one."""
    edges = np.unique(deciles)
    return np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1)
