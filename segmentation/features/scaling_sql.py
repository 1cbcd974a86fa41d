"""The scaler as expressions: each customer's place in the space of K-means, worked out where the lines live."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from segmentation.errors import SettingsError
from segmentation.features.scaling import Scaler


def scale_sql(customers: ibis.Table, scaler: Scaler) -> list[ir.Value]:
    """The features of `customers` in the space of K-means, in the order of the scaler.

    Args:
        customers: one row per customer with the scaler's features as columns.
        scaler: fitted, with any scaling but ranks.

    Raises:
        SettingsError: the scaling is ranks, which no expression of reasonable length says.
    """
    if scaler.scaling == "ranks":
        raise SettingsError(
            "The scaling 'ranks' cannot be worked out where the sales are.",
            hint="Choose log, standard or robust, or fetch the customers here.",
        )
    places = []
    for name, logged, mean, scale in zip(
        scaler.features, scaler.log_transformed, scaler.mean, scaler.scale, strict=True
    ):
        value = customers[name]
        if scaler.scaling == "log":
            value = (value > 0).ifelse(value, 0.0)
            value = (value + 1.0).ln() if logged else value
        places.append((value - mean) / scale)
    return places
