"""Features -> the space in which distance means something.

A `Scaler` is numbers: it goes into the manifest of a run and comes back from there, bit for bit. `to_sklearn` writes
the same numbers as a scikit-learn transformer, for those who want to use the model elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from segmentation.errors import DataError

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Scaler:
    """(x - mean) / scale per feature, under 'log' after log1p(max(x, 0)), shares without the logarithm."""

    scaling: str
    features: tuple[str, ...]
    logged: tuple[bool, ...]
    """Whether the feature is taken by its logarithm; those that are stand before those that are not."""
    mean: tuple[float, ...]
    scale: tuple[float, ...]

    def transform(self, customers: pd.DataFrame) -> Array:
        """The features of `customers` in the space of K-means: (n, d), no unit."""
        values = customers.loc[:, list(self.features)].to_numpy(np.float64, copy=True)
        _shape(values, self.scaling, self.logged)
        values -= np.array(self.mean)
        values /= np.array(self.scale)
        return values

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values; `from_dict` reads them back."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Scaler:
        """The scaler that `to_dict` wrote."""
        read: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
        }
        return cls(**read)

    def to_sklearn(self) -> Any:
        """A fitted scikit-learn transformer that takes the features in order and gives the same bits."""
        from sklearn.compose import ColumnTransformer
        from sklearn.pipeline import Pipeline
        from sklearn.preprocessing import FunctionTransformer, StandardScaler

        width = len(self.features)
        standardise = StandardScaler().fit(np.zeros((1, width)))
        standardise.mean_ = np.array(self.mean)
        standardise.scale_ = np.array(self.scale)
        standardise.var_ = standardise.scale_**2
        steps: list[tuple[str, Any]] = []
        if self.scaling == "log":
            logged = sum(self.logged)
            parts = [
                ("log1p", FunctionTransformer(np.log1p), list(range(logged))),
                ("share", "passthrough", list(range(logged, width))),
            ]
            steps = [
                ("at_least_0", FunctionTransformer(np.clip, kw_args={"a_min": 0.0, "a_max": None})),
                ("shape", ColumnTransformer([part for part in parts if part[2]])),
            ]
        pipeline = Pipeline([*steps, ("standardise", standardise)])
        if steps:
            pipeline[:-1].fit(np.zeros((2, width)))
        return pipeline


def fit_scaler(
    customers: pd.DataFrame, features: Sequence[str], shares: Sequence[str], scaling: str
) -> tuple[Scaler, tuple[str, ...]]:
    """Fit the scaler of `features`.

    Args:
        customers: one row per customer with the features as columns.
        features: names in manifest order, shares last.
        shares: those of them that are shares.
        scaling: 'log' or 'standard'.

    Returns:
        the scaler, and the features it leaves out because they have one value only.

    Raises:
        DataError: every feature has one value only.
    """
    from sklearn.preprocessing import StandardScaler

    values = customers.loc[:, list(features)].to_numpy(np.float64, copy=True)
    logged = tuple(scaling == "log" and name not in shares for name in features)
    _shape(values, scaling, logged)
    varies = values.max(axis=0) > values.min(axis=0)
    constant = tuple(name for name, keeps in zip(features, varies, strict=True) if not keeps)
    if not varies.any():
        raise DataError(
            f"All customers are alike in {', '.join(features)}.", hint="Choose a feature in which they differ."
        )
    fitted = StandardScaler().fit(values[:, varies])
    kept = tuple(name for name in features if name not in constant)
    scaler = Scaler(
        scaling=scaling,
        features=kept,
        logged=tuple(flag for flag, keeps in zip(logged, varies, strict=True) if keeps),
        mean=tuple(float(value) for value in fitted.mean_),
        scale=tuple(float(value) for value in fitted.scale_),
    )
    return scaler, constant


def _shape(values: Array, scaling: str, logged: Sequence[bool]) -> None:
    """Under 'log', values below 0 count as 0 and what is not a share is taken by log1p; in place."""
    if scaling == "log":
        np.clip(values, 0.0, None, out=values)
        for column in np.flatnonzero(logged):
            np.log1p(values[:, column], out=values[:, column])
