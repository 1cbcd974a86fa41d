"""Scale features so that Euclidean distance is meaningful.

A `Scaler` consists of numbers: it is stored in the manifest of a run and restored bit for bit. `to_sklearn` exports the
same numbers as a scikit-learn transformer.

- log: (log1p(max(x, 0)) - mean) / standard deviation. The default: reduces the effect of a few very large values.
- standard: (x - mean) / standard deviation. Reproduces older work.
- robust: (x - median) / (interquartile range / 1.349). Very large values stand out and may form their own segment.
- ranks: the quantile of x among the customers, 0 to 1, then as standard. Only the order counts.

Shares (0 to 1) are standardized under log and robust.

Robust: 1.349 is the interquartile range of the standard normal distribution, so features and shares have the same
scale. If the middle half of customers has one value (most bought once), the interquartile range is 0 and the standard
deviation is used. A share is bounded, so it has no outliers, and if three quarters of customers have none, its
interquartile range is 0.

Ranks: equal values share the middle of their quantiles, also at the minimum and the maximum. Later values
beyond them approach 0 and 1. In runs saved by earlier versions, the minimum has 0 and the maximum 1.

A weight multiplies the differences in a feature and is part of `scale`. Weights are powers of two: no rounding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from segmentation.errors import DataError, RunError
from segmentation.runtime.array_types import FloatArray

QUANTILES = 1_000
"""Maximum number of quantiles of the data between which ranks are interpolated; exact with fewer customers."""
_ROWS = 500_000  # customers per block while fitting: avoids a copy of the full data


@dataclass(frozen=True)
class Scaler:
    """(x - mean) / scale per feature, after the logarithm or rank transform of the scaling, if any."""

    scaling: str
    features: tuple[str, ...]
    log_transformed: tuple[bool, ...]
    """Per feature, whether log1p is applied; these features come first."""
    mean: tuple[float, ...]
    """The value that becomes 0: the mean, or the median under 'robust' except for shares."""
    scale: tuple[float, ...]
    """The distance that becomes 1: the standard deviation or scaled interquartile range, divided by the weight."""
    quantiles: tuple[tuple[float, ...], ...] = ()
    """Under 'ranks', the values of each feature at evenly spaced quantiles from 0 to 1."""

    def transform(self, customers: pd.DataFrame) -> FloatArray:
        """The scaled features of `customers`: (n, d), no unit."""
        values = np.empty((len(self.features), len(customers)))  # feature-major: compiled loops use it without a copy
        for name, row in zip(self.features, values, strict=True):
            row[:] = customers[name]
        _transform_inplace(values.T, self.scaling, self.log_transformed, self.quantiles)
        values -= np.array(self.mean)[:, None]
        values /= np.array(self.scale)[:, None]
        return values.T

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, under the keys that manifests have always had; `from_dict` restores them."""
        values = asdict(self)
        values["logged"] = values.pop("log_transformed")
        values["quantiles"] = [list(values_at_quantiles) for values_at_quantiles in self.quantiles]
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Scaler:
        """Restore the scaler that `to_dict` wrote, including versions without ranks.

        Raises:
            RunError: a part of it is missing.
        """
        if not {"scaling", "features", "logged", "mean", "scale"} <= set(values):
            raise RunError("The scaler of this run is incomplete.", hint="Take another run, or train again.")
        read: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
        }
        read["log_transformed"] = read.pop("logged")
        read["quantiles"] = tuple(tuple(values_at_quantiles) for values_at_quantiles in read.get("quantiles", ()))
        return cls(**read)

    def to_sklearn(self) -> Any:
        """A fitted scikit-learn transformer that takes the features in order and returns identical values."""
        from sklearn.pipeline import Pipeline
        from sklearn.preprocessing import RobustScaler, StandardScaler

        width = len(self.features)
        if self.scaling == "robust":
            last = RobustScaler(unit_variance=True).fit(np.zeros((1, width)))
            last.center_ = np.array(self.mean)
        else:
            last = StandardScaler().fit(np.zeros((1, width)))
            last.mean_ = np.array(self.mean)
            last.var_ = np.array(self.scale) ** 2
        last.scale_ = np.array(self.scale)
        pipeline = Pipeline([*self._build_sklearn_steps(), ("standardize", last)])
        if self.scaling == "log":
            pipeline[:-1].fit(np.zeros((2, width)))
        return pipeline

    def _build_sklearn_steps(self) -> list[tuple[str, Any]]:
        """The steps before the final standardization."""
        from sklearn.compose import ColumnTransformer
        from sklearn.preprocessing import FunctionTransformer, QuantileTransformer

        width = len(self.features)
        if self.scaling == "log":
            n_logged = sum(self.log_transformed)
            parts = [
                ("log1p", FunctionTransformer(np.log1p), list(range(n_logged))),
                ("share", "passthrough", list(range(n_logged, width))),
            ]
            return [
                ("at_least_0", FunctionTransformer(np.clip, kw_args={"a_min": 0.0, "a_max": None})),
                ("shape", ColumnTransformer([part for part in parts if part[2]])),
            ]
        if self.scaling == "ranks":
            n_quantiles = len(self.quantiles[0])
            ranks = QuantileTransformer(n_quantiles=n_quantiles, subsample=None).fit(np.zeros((n_quantiles, width)))
            ranks.quantiles_ = np.array(self.quantiles).T.copy()
            return [("ranks", ranks)]
        return []


def fit_scaler(
    customers: pd.DataFrame,
    features: Sequence[str],
    shares: Sequence[str],
    scaling: str,
    weights: Mapping[str, float] | None = None,
) -> tuple[Scaler, tuple[str, ...]]:
    """Fit the scaler of `features`.

    Args:
        customers: one row per customer with the features as columns.
        features: names in manifest order, shares last.
        shares: those of them that are shares.
        scaling: 'log', 'standard', 'robust' or 'ranks'.
        weights: feature -> one of WEIGHTS; 1 if absent.

    Returns:
        The scaler, and the constant features, which it excludes.

    Raises:
        DataError: every feature is constant.
    """
    from sklearn.preprocessing import StandardScaler

    log_transformed = [scaling == "log" and name not in shares for name in features]
    fitted = StandardScaler()
    minimum, maximum = np.full(len(features), np.inf), np.full(len(features), -np.inf)
    for values in _iter_blocks(customers, features):
        if scaling == "log":
            _transform_inplace(values, scaling, log_transformed, ())
        minimum, maximum = np.minimum(minimum, values.min(axis=0)), np.maximum(maximum, values.max(axis=0))
        with np.errstate(invalid="ignore"):  # rounding can leave the variance of a constant feature below 0
            fitted.partial_fit(values)
    varies = maximum > minimum  # not the standard deviation, which rounding can leave slightly above 0
    constant = tuple(name for name, is_varying in zip(features, varies, strict=True) if not is_varying)
    if not varies.any():
        raise DataError(
            f"All customers are alike in {', '.join(features)}.", hint="Choose a feature in which they differ."
        )
    varying = [name for name in features if name not in constant]
    mean, scale = fitted.mean_[varies], fitted.scale_[varies]
    quantiles = tuple(_compute_quantiles(customers[name]) for name in varying) if scaling == "ranks" else ()
    if scaling == "ranks":
        fitted = StandardScaler()
        for values in _iter_blocks(customers, varying):
            _transform_inplace(values, scaling, (), quantiles)
            fitted.partial_fit(values)
        mean, scale = fitted.mean_, fitted.scale_
    if scaling == "robust":
        for position, name in enumerate(varying):
            if name not in shares:
                mean[position], scale[position] = _fit_robust(customers[[name]], fallback=scale[position])
    weighted = scale / np.array([(weights or {}).get(name, 1.0) for name in varying])
    scaler = Scaler(
        scaling=scaling,
        features=tuple(varying),
        log_transformed=tuple(flag for flag, is_varying in zip(log_transformed, varies, strict=True) if is_varying),
        mean=tuple(float(value) for value in mean),
        scale=tuple(float(value) for value in weighted),
        quantiles=quantiles,
    )
    return scaler, constant


def _fit_robust(customers: pd.DataFrame, fallback: float) -> tuple[float, float]:
    """Median and scaled interquartile range of one feature; `fallback` for the latter if it is 0."""
    from sklearn.preprocessing import RobustScaler

    values = customers.to_numpy(np.float64)
    low, high = np.percentile(values, [25, 75])
    fitted = RobustScaler(unit_variance=True).fit(values)
    return fitted.center_[0], fitted.scale_[0] if high > low else fallback


def _iter_blocks(customers: pd.DataFrame, features: Sequence[str]) -> Iterator[FloatArray]:
    """The features in blocks of customers: (rows, d) copies that may be modified."""
    for start in range(0, len(customers), _ROWS):
        part = customers.iloc[start : start + _ROWS]
        yield np.column_stack([part[name].to_numpy(np.float64) for name in features])


def _compute_quantiles(column: pd.Series[Any]) -> tuple[float, ...]:
    """Values at evenly spaced quantiles, from all customers, with one more value a full range beyond either end.

    QuantileTransformer gives its first and last values 0 and 1; beyond the data, they leave the middle rank to
    customers tied at the minimum, such as all who ordered once, and at the maximum.
    """
    from sklearn.preprocessing import QuantileTransformer

    values = column.to_numpy(np.float64)[:, None]
    fitted = QuantileTransformer(n_quantiles=min(QUANTILES, len(values)), subsample=None).fit(values)
    values = fitted.quantiles_[:, 0]
    width = values[-1] - values[0]
    return tuple(float(value) for value in (values[0] - width, *values, values[-1] + width))


def _transform_inplace(
    values: FloatArray, scaling: str, log_transformed: Sequence[bool], quantiles: Sequence[Sequence[float]]
) -> None:
    """Apply the logarithm or the rank transform, in place.

    Under 'log', negative values become 0, and log1p is applied to features that are not shares. Under 'ranks', a value
    becomes its quantile as in scikit-learn's QuantileTransformer: interpolating from both ends and averaging gives tied
    values the middle of their quantiles; the first of `quantiles` has 0 and the last 1.
    """
    if scaling == "log":
        np.clip(values, 0.0, None, out=values)
        for column in np.flatnonzero(log_transformed):
            np.log1p(values[:, column], out=values[:, column])
    elif scaling == "ranks":
        for value, feature_quantiles in zip(values.T, quantiles, strict=True):
            knots, levels = np.array(feature_quantiles), np.linspace(0, 1, len(feature_quantiles))
            is_minimum, is_maximum = value == knots[0], value == knots[-1]
            value[:] = 0.5 * (np.interp(value, knots, levels) - np.interp(-value, -knots[::-1], -levels[::-1]))
            value[is_maximum] = 1.0
            value[is_minimum] = 0.0
