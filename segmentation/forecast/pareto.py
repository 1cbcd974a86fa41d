"""Pareto/NBD: an active customer buys at a rate of their own, and may become inactive at any time.

Source: Schmittlein, Morrison and Colombo (1987), Counting Your Customers, Management Science 33; in the notation of
Fader and Hardie (2005), A Note on Deriving the Pareto/NBD Model and Related Expressions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import special

from segmentation.forecast.purchase_model import MAX_MEDIAN_DAYS, PurchaseHistories, PurchaseModel
from segmentation.runtime.array_types import FloatArray

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(40)
_MAX_DECAY = 36.0
"""The integrand is neglected once it has fallen by exp(-36), about the precision of a float."""
_BLOCK_ROWS = 20_000
_BISECTIONS = 50


@dataclass(frozen=True)
class ParetoModel(PurchaseModel):
    """Pareto/NBD; death rates are gamma distributed with shape s and rate beta (days)."""

    s: float
    beta: float

    name: ClassVar[str] = "pareto_nbd"

    @classmethod
    def scale_time(cls, parameters: FloatArray, factor: float) -> FloatArray:
        """alpha and beta are times."""
        return np.asarray(parameters * np.array([1, factor, 1, factor]))

    @classmethod
    def compute_log_likelihood(cls, parameters: FloatArray, histories: PurchaseHistories) -> tuple[float, FloatArray]:
        """The sum of the customers who are active and of those who became inactive since the last purchase."""
        r, alpha, s, beta = parameters
        x, t_x, T = histories.x, histories.t_x, histories.T
        log_active = -(r + x) * np.log(alpha + T) - s * np.log(beta + T)
        log_dead, derivatives = _integrate_death(r, alpha, s, beta, x, t_x, T)
        log_sum = np.logaddexp(log_active, log_dead)
        active, dead = np.exp(log_active - log_sum), np.exp(log_dead - log_sum)
        constant = special.gammaln(r + x) - special.gammaln(r) + r * np.log(alpha) + s * np.log(beta)
        of_active = np.stack([-np.log(alpha + T), -(r + x) / (alpha + T), -np.log(beta + T), -s / (beta + T)])
        of_constant = np.stack(
            [
                special.digamma(r + x) - special.digamma(r) + np.log(alpha),
                np.full(len(x), r / alpha),
                np.full(len(x), np.log(beta)),
                np.full(len(x), s / beta),
            ]
        )
        gradient = (of_constant + active * of_active + dead * derivatives) @ histories.customers
        return float((constant + log_sum) @ histories.customers), gradient

    def compute_active_probability(self, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
        """Share of the likelihood of an active customer in that of the history."""
        log_active = -(self.r + x) * np.log(self.alpha + T) - self.s * np.log(self.beta + T)
        log_dead, _ = _integrate_death(self.r, self.alpha, self.s, self.beta, x, t_x, T)
        return np.asarray(special.expit(log_active - log_dead), np.float64)

    def compute_order_moments(self, x: FloatArray, T: FloatArray, horizon: float) -> tuple[FloatArray, FloatArray]:
        """Moments of a Poisson process that ends at a random time.

        E(Y) = (r + x) / (alpha + T) times the integral of the survival (1 + t / (beta + T))^-s over the horizon, and
        E(Y(Y - 1)) the same with t. Both are written without the poles at s = 1 and s = 2.
        """
        k, rate, scale = self.r + x, self.alpha + T, self.beta + T
        growth = np.log1p(horizon / scale)
        first, second = _integrate_power(1 - self.s, growth), _integrate_power(2 - self.s, growth)
        return k / rate * scale * first, 2 * k * (k + 1) / rate**2 * scale**2 * (second - first)

    def compute_order_probability(self, x: FloatArray, T: FloatArray, horizon: FloatArray | float) -> FloatArray:
        """One less the likelihood of no purchase within the horizon, with the posterior as the population."""
        k, rate, scale = self.r + x, self.alpha + T, self.beta + T
        days = np.broadcast_to(np.asarray(horizon, np.float64), x.shape)
        zero = np.zeros_like(rate)
        log_dead, _ = _integrate_death(k, rate, self.s, scale, zero, zero, days)
        log_active = -k * np.log(rate + days) - self.s * np.log(scale + days)
        log_none = np.logaddexp(log_active, log_dead) + k * np.log(rate) + self.s * np.log(scale)
        return np.asarray(np.clip(-np.expm1(log_none), 0.0, 1.0), np.float64)

    def compute_median_days(self, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
        """By bisection, as there is no closed form; a customer may also become inactive without ever buying again."""
        active = self.compute_active_probability(x, t_x, T)
        # The limit of `compute_order_probability` is below 1, so that it is evaluated at the largest median.
        likely = active * self.compute_order_probability(x, T, MAX_MEDIAN_DAYS) > 0.5
        days = np.full(len(x), np.nan)
        x, T, active = x[likely], T[likely], active[likely]
        low, high = np.zeros(len(x)), np.full(len(x), MAX_MEDIAN_DAYS)
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            is_enough = active * self.compute_order_probability(x, T, middle) >= 0.5
            low, high = np.where(is_enough, low, middle), np.where(is_enough, middle, high)
        days[likely] = high
        return days

    def draw_rates(self, x: FloatArray, T: FloatArray, rng: np.random.Generator) -> dict[str, FloatArray]:
        """Draw from the posterior given that the customer is active."""
        return {
            "rate": rng.gamma(self.r + x) / (self.alpha + T),
            "death_rate": rng.gamma(self.s, size=len(x)) / (self.beta + T),
        }


def _integrate_power(exponent: float, log_growth: FloatArray) -> FloatArray:
    """The integral of w^(exponent - 1) from 1 to exp(log_growth); log_growth where the exponent is 0."""
    if abs(exponent) < 1e-12:
        return log_growth
    return np.asarray(np.expm1(exponent * log_growth) / exponent, np.float64)


def _integrate_death(
    r: float | FloatArray,
    alpha: float | FloatArray,
    s: float,
    beta: float | FloatArray,
    x: FloatArray,
    t_x: FloatArray,
    T: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Log of s times the integral of (alpha + y)^-(r + x) (beta + y)^-(s + 1) over y from t_x to T.

    That is the likelihood of customers who became inactive after their last purchase, usually written with the
    hypergeometric function. Quadrature gives the gradient too: (4, n) with respect to r, alpha, s, beta.
    """
    values = np.full(len(x), -np.inf)
    derivatives = np.zeros((4, len(x)))
    r, alpha, beta = (np.broadcast_to(np.asarray(value, np.float64), x.shape) for value in (r, alpha, beta))
    rows = np.flatnonzero(t_x < T)
    for start in range(0, len(rows), _BLOCK_ROWS):
        block = rows[start : start + _BLOCK_ROWS]
        k, rate, scale, first = (r + x)[block], alpha[block], beta[block], t_x[block]
        # In u = log(origin + y) the integrand decays at least as fast as exp(-decay u), from the first day on.
        origin = np.minimum(rate, scale)
        span = np.log((origin + T[block]) / (origin + first))
        decay = k * (origin + first) / (rate + first) + (s + 1) * (origin + first) / (scale + first) - 1
        span = np.where(decay * span > _MAX_DECAY, _MAX_DECAY / np.maximum(decay, 1e-12), span)
        u = span[:, None] * (1 + _NODES) / 2
        moved = (origin + first)[:, None] * np.exp(u)
        days = moved - origin[:, None]
        log_rate, log_scale = np.log(rate[:, None] + days), np.log(scale[:, None] + days)
        log_terms = -k[:, None] * log_rate - (s + 1) * log_scale + np.log(moved) + np.log(_WEIGHTS)
        peak = log_terms.max(axis=1)
        terms = np.exp(log_terms - peak[:, None])
        total = terms.sum(axis=1)
        values[block] = np.log(s) + peak + np.log(span / 2) + np.log(total)
        share = terms / total[:, None]
        derivatives[:, block] = [
            -(share * log_rate).sum(axis=1),
            -k * (share / (rate[:, None] + days)).sum(axis=1),
            1 / s - (share * log_scale).sum(axis=1),
            -(s + 1) * (share / (scale[:, None] + days)).sum(axis=1),
        ]
    return values, derivatives
