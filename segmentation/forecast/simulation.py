"""Random purchases from a purchase model: what could happen next, given what is known about each customer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segmentation.forecast.purchase_model import PurchaseModel
from segmentation.runtime.array_types import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class SimulatedPurchases:
    """Purchases of one simulation, in no order."""

    customer: IntArray
    """(purchases,) row of the customer in the arguments."""
    days: FloatArray
    """(purchases,) days after the end of the history, above 0 and at most the horizon; not rounded."""


def simulate_purchases(
    model: PurchaseModel, x: FloatArray, t_x: FloatArray, T: FloatArray, horizon: float, rng: np.random.Generator
) -> SimulatedPurchases:
    """Draw the purchases of each customer in the next `horizon` days.

    Args:
        model: a fitted model.
        x, t_x, T: (n,) purchase histories; zeros for new customers, whose first purchase is not among the result.
        horizon: days to simulate.
        rng: source of randomness; equal states give equal purchases.
    """
    is_active = rng.random(len(x)) < model.compute_active_probability(x, t_x, T)
    rates = model.draw_rates(x, T, rng)
    rate = rates["rate"]
    dropout = rates.get("dropout", np.zeros(len(x)))
    until = np.full(len(x), float(horizon))
    if "death_rate" in rates:
        with np.errstate(divide="ignore"):
            until = np.minimum(until, rng.exponential(size=len(x)) / rates["death_rate"])
    rows, now = np.flatnonzero(is_active), np.zeros(len(x))
    customers, days = [], []
    while len(rows):
        with np.errstate(divide="ignore"):
            now[rows] += rng.exponential(size=len(rows)) / rate[rows]
        rows = rows[now[rows] <= until[rows]]
        customers.append(rows)
        days.append(now[rows])
        rows = rows[rng.random(len(rows)) >= dropout[rows]]
    return SimulatedPurchases(
        np.concatenate(customers) if customers else np.empty(0, np.int64),
        np.concatenate(days) if days else np.empty(0),
    )
