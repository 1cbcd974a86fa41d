"""The scaler as SQL expressions, for customers that stay in the engine."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from segmentation.errors import SettingsError
from segmentation.features.scaling import Scaler


def scale_sql(customers: ibis.Table, scaler: Scaler) -> list[ir.Value]:
    """Scale features with an expression each; the counterpart of `Scaler.transform`.

    Args:
        customers: one row per customer with the scaler's features as columns, in their own units.
        scaler: fitted, with any scaling except ranks.

    Returns:
        The d scaled features (no unit), in the order of the scaler.

    Raises:
        SettingsError: the scaling is ranks, which would need an expression with up to 1,000 quantiles per feature.
    """
    if scaler.scaling == "ranks":
        raise SettingsError(
            "The scaling 'ranks' cannot be computed where the sales are.",
            hint="Choose log, standard or robust, or fetch the customers here.",
        )
    coordinates = []
    for name, is_logged, mean, scale in zip(
        scaler.features, scaler.log_transformed, scaler.mean, scaler.scale, strict=True
    ):
        value = customers[name]
        if scaler.scaling == "log":
            value = (value > 0).ifelse(value, 0.0)
            value = (value + 1.0).ln() if is_logged else value  # no engine-neutral log1p; equal for money and days
        coordinates.append((value - mean) / scale)
    return coordinates
