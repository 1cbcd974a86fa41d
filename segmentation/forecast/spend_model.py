"""Gamma-Gamma model: how much a customer spends on a purchase day.

Source: Fader and Hardie (2013), The Gamma-Gamma Model of Monetary Value. Money per purchase is gamma distributed with
shape p and a rate of the customer's own, which is gamma distributed with shape q and rate gamma.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
from scipy import special

from segmentation.errors import DataError
from segmentation.forecast.optimization import minimize_from_starts
from segmentation.runtime.array_types import FloatArray

MAX_SPEND_CUSTOMERS = 50_000
"""The model is fitted to at most this many customers with repeat purchases."""
_STARTS = ((6.0, 4.0, 4.0), (1.5, 2.0, 1.0))
_MIN_MOMENT = 0.5
"""Least value of shape - 1 and shape - 2, which are 0 or less where a mean or a variance is infinite."""


@dataclass(frozen=True)
class SpendModel:
    """A fitted Gamma-Gamma model; gamma is in money."""

    p: float
    q: float
    gamma: float

    @property
    def parameters(self) -> dict[str, float]:
        """Parameters by name."""
        return asdict(self)

    def compute_expected_spend(self, purchases: FloatArray, mean_spend: FloatArray) -> FloatArray:
        """(n,) expected money per purchase day, between the customer's own mean and that of all customers.

        Args:
            purchases: (n,) purchase days, 1 or more.
            mean_spend: (n,) net sales per purchase day; below 0, where more was returned than bought, counts as 0.
        """
        return self.p * self._compute_rate(purchases, mean_spend) / self._compute_shape_less(purchases, 1)

    def compute_expected_spend_sql(self, purchases: ir.Value, net_sales: ir.Value) -> ir.Value:
        """`compute_expected_spend` as an expression; net_sales (money) are those of all purchase days together."""
        rate = self.gamma + ibis.greatest(net_sales, 0.0)
        return self.p * rate / ibis.greatest(self.p * purchases + (self.q - 1), _MIN_MOMENT)

    def compute_squared_spend(self, purchases: FloatArray, mean_spend: FloatArray) -> FloatArray:
        """(n,) expected square of a customer's mean spend per purchase day."""
        rate = self._compute_rate(purchases, mean_spend)
        return (self.p * rate) ** 2 / (self._compute_shape_less(purchases, 1) * self._compute_shape_less(purchases, 2))

    def _compute_rate(self, purchases: FloatArray, mean_spend: FloatArray) -> FloatArray:
        """The rate of the customer's posterior: gamma + all their money."""
        return self.gamma + purchases * np.maximum(mean_spend, 0.0)

    def _compute_shape_less(self, purchases: FloatArray, order: int) -> FloatArray:
        """The shape of the customer's posterior, p purchases + q, less 1 for a mean or 2 for a mean square."""
        return np.maximum(self.p * purchases + self.q - order, _MIN_MOMENT)


def fit_spend_model(purchases: FloatArray, mean_spend: FloatArray, seed: int = 42) -> tuple[SpendModel, float]:
    """Fit the model by maximum likelihood; return it and the log-likelihood.

    Args:
        purchases: (n,) number of purchases of each customer, 1 or more.
        mean_spend: (n,) mean money per purchase; customers without positive money are left out.
        seed: draws the customers, if there are more than MAX_SPEND_CUSTOMERS.

    Raises:
        DataError: fewer than two customers have positive money, or the likelihood has no maximum that can be found.
    """
    usable = np.flatnonzero((mean_spend > 0) & (purchases > 0))
    if len(usable) < 2:
        raise DataError("No customer with repeat purchases has positive net sales.", hint="Check the amounts.")
    if len(usable) > MAX_SPEND_CUSTOMERS:
        usable = np.sort(np.random.default_rng(seed).choice(usable, MAX_SPEND_CUSTOMERS, replace=False))
    x, scale = purchases[usable], float(mean_spend[usable].mean())
    m = mean_spend[usable] / scale

    def evaluate(log_parameters: FloatArray) -> tuple[float, FloatArray]:
        parameters = p, q, gamma = np.exp(log_parameters)
        log_rate = np.log(gamma + m * x)
        value = (
            special.gammaln(p * x + q)
            - special.gammaln(p * x)
            - special.gammaln(q)
            + q * np.log(gamma)
            + (p * x - 1) * np.log(m)
            + p * x * np.log(x)
            - (p * x + q) * log_rate
        )
        both = special.digamma(p * x + q)
        gradient = np.array(
            [
                (x * (both - special.digamma(p * x) + np.log(m) + np.log(x) - log_rate)).mean(),
                (both - special.digamma(q) + np.log(gamma) - log_rate).mean(),
                (q / gamma - (p * x + q) / (gamma + m * x)).mean(),
            ]
        )
        return -float(value.mean()), -gradient * parameters

    best, minimum = minimize_from_starts(evaluate, _STARTS, "spend model")
    p, q, gamma = (float(value) for value in np.exp(best))
    # The density of money is that of scaled money divided by the scale.
    return SpendModel(p, q, gamma * scale), float(-minimum * len(x) - len(x) * np.log(scale))
