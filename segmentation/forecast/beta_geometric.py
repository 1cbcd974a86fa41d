"""BG/NBD and MBG/NBD: an active customer buys at a rate of their own, and may become inactive after each purchase.

In the modified model (MBG/NBD) this may happen after the first purchase too, so that one-time buyers need not be
active.

Sources: Fader, Hardie and Lee (2005), "Counting Your Customers" the Easy Way, Marketing Science 24; Batislam, Denizel
and Filiztekin (2007), Empirical validation and comparison of models for customer base analysis, International Journal
of Research in Marketing 24.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import linalg, special

from segmentation.forecast.purchase_model import MAX_MEDIAN_DAYS, PurchaseHistories, PurchaseModel
from segmentation.runtime.array_types import FloatArray

QUADRATURE_NODES = 64
"""Relative error of the expectation below 1e-9 for horizons up to a hundred times alpha + T."""
_BLOCK_ROWS = 20_000
"""Limits the memory of the quadrature to about 30 MB."""


@dataclass(frozen=True)
class MBGModel(PurchaseModel):
    """MBG/NBD; dropout probabilities are beta distributed with a and b."""

    a: float
    b: float

    name: ClassVar[str] = "mbg_nbd"
    extra_dropouts: ClassVar[int] = 1
    """Occasions to become inactive beyond the repeat purchases: the first purchase."""

    @classmethod
    def scale_time(cls, parameters: FloatArray, factor: float) -> FloatArray:
        """Only alpha is a time."""
        return np.asarray(parameters * np.array([1, factor, 1, 1]))

    @classmethod
    def compute_log_likelihood(cls, parameters: FloatArray, histories: PurchaseHistories) -> tuple[float, FloatArray]:
        """Fader, Hardie and Lee (2005), equation 6; with one more occasion to become inactive for the MBG/NBD."""
        r, alpha, a, b = parameters
        x, customers = histories.x, histories.customers
        log_T, log_t = np.log(alpha + histories.T), np.log(alpha + histories.t_x)
        # The log odds that the customer has become inactive after the last purchase.
        log_odds = cls._log_dropout_odds(x, a, b) + (r + x) * (log_T - log_t)
        inactive = special.expit(log_odds)
        total = float((customers * (np.logaddexp(0.0, log_odds) - (r + x) * log_T)).sum())
        shape, spread = (customers * inactive * (log_T - log_t)).sum() - (customers * log_T).sum(), r + x
        rate = (
            customers
            * spread
            * (inactive * (1 / (alpha + histories.T) - 1 / (alpha + histories.t_x)) - 1 / (alpha + histories.T))
        ).sum()
        gradient = np.array([shape, rate, 0.0, 0.0])
        # What depends on x alone is computed once per distinct x, and looked up by position, not by x.
        counts, position = np.unique(x, return_inverse=True)
        weight = np.bincount(position, customers)
        dead = np.bincount(position, customers * inactive)
        n, kept = weight.sum(), counts + cls.extra_dropouts
        total += float(weight @ (special.gammaln(r + counts) + special.gammaln(b + kept)))
        total += float(-weight @ special.gammaln(a + b + kept))
        total += n * float(special.gammaln(a + b) - special.gammaln(b) - special.gammaln(r) + r * np.log(alpha))
        gradient[0] += weight @ special.digamma(r + counts) + n * (np.log(alpha) - special.digamma(r))
        gradient[1] += n * r / alpha
        both = n * special.digamma(a + b) - weight @ special.digamma(a + b + kept)
        gradient[2] = both + dead.sum() / a
        gradient[3] = both + weight @ special.digamma(b + kept) - n * special.digamma(b)
        has_occasion = kept > 0
        gradient[3] -= (dead[has_occasion] / (b + kept[has_occasion] - 1)).sum()
        return total, gradient

    @classmethod
    def _log_dropout_odds(cls, x: FloatArray, a: float, b: float) -> FloatArray:
        """Log of B(a + 1, b + k - 1) / B(a, b + k) for k occasions to become inactive; -inf without one."""
        occasions = x + cls.extra_dropouts
        odds = np.full(len(x), -np.inf)
        has_one = occasions > 0
        odds[has_one] = np.log(a) - np.log(b + occasions[has_one] - 1)
        return odds

    def compute_active_probability(self, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
        """Fader, Hardie and Lee (2008), Computing P(alive) using the BG/NBD model."""
        log_ratio = np.log((self.alpha + T) / (self.alpha + t_x))
        log_odds = self._log_dropout_odds(x, self.a, self.b) + (self.r + x) * log_ratio
        return np.asarray(special.expit(-log_odds), np.float64)

    def compute_order_moments(self, x: FloatArray, T: FloatArray, horizon: float) -> tuple[FloatArray, FloatArray]:
        """By Gauss-Jacobi quadrature over the dropout probability p, so that a = 1 is not a special case.

        Given p, with z = p horizon / (alpha + T) and k = r + x: E(Y) = (1 - (1 + z)^-k) / p and E(Y(Y - 1)) =
        2 (1 - p) / p^2 (1 - (1 + z)^-k - k z (1 + z)^(-k - 1)); p is beta distributed with a and b + occasions.
        """
        mean, factorial = np.empty(len(x)), np.empty(len(x))
        for count in np.unique(x):
            rows = np.flatnonzero(x == count)
            nodes, weights = compute_beta_quadrature(self.a, self.b + count + self.extra_dropouts)
            k = self.r + count
            for start in range(0, len(rows), _BLOCK_ROWS):
                block = rows[start : start + _BLOCK_ROWS]
                z = horizon / (self.alpha + T[block, None]) * nodes
                log_growth = np.log1p(z)
                surviving = -np.expm1(-k * log_growth)
                mean[block] = surviving @ (weights / nodes)
                second = surviving - k * z * np.exp(-(k + 1) * log_growth)
                # The difference cancels where z is small; its series starts with k (k + 1) z^2 / 2.
                second = np.where(k * z < 1e-4, k * (k + 1) * z**2 / 2, second)
                factorial[block] = second @ (2 * weights * (1 - nodes) / nodes**2)
        return mean, factorial

    def compute_order_probability(self, x: FloatArray, T: FloatArray, horizon: FloatArray | float) -> FloatArray:
        """Of a gamma mixture of exponential waiting times: 1 - ((alpha + T) / (alpha + T + horizon))^(r + x)."""
        return np.asarray(-np.expm1(-(self.r + x) * np.log1p(horizon / (self.alpha + T))), np.float64)

    def compute_median_days(self, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
        """(alpha + T) ((1 - 0.5 / active)^(-1 / (r + x)) - 1) where a customer is active with more than 0.5."""
        active = self.compute_active_probability(x, t_x, T)
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            days = (self.alpha + T) * np.expm1(-np.log1p(-0.5 / active) / (self.r + x))
        return np.where((active > 0.5) & (days <= MAX_MEDIAN_DAYS), days, np.nan)

    def draw_rates(self, x: FloatArray, T: FloatArray, rng: np.random.Generator) -> dict[str, FloatArray]:
        """Draw from the posterior given that the customer is active."""
        return {
            "rate": rng.gamma(self.r + x) / (self.alpha + T),
            "dropout": rng.beta(self.a, self.b + x + self.extra_dropouts),
        }


@dataclass(frozen=True)
class BGModel(MBGModel):
    """BG/NBD: the first purchase is no occasion to become inactive, so every one-time buyer counts as active."""

    name: ClassVar[str] = "bg_nbd"
    extra_dropouts: ClassVar[int] = 0


def compute_beta_quadrature(a: float, b: float) -> tuple[FloatArray, FloatArray]:
    """Nodes (0 to 1) and weights (sum 1) for expectations over a beta distribution, by Golub and Welsch (1969).

    >>> nodes, weights = compute_beta_quadrature(2.0, 3.0)
    >>> round(float(weights @ nodes), 12)
    0.4
    """
    i = np.arange(1, QUADRATURE_NODES, dtype=np.float64)
    # Jacobi polynomials with exponents b - 1 at +1 and a - 1 at -1.
    low, high = a - 1, b - 1
    total = 2 * i + low + high
    diagonal = np.concatenate([[(low - high) / (low + high + 2)], (low**2 - high**2) / (total * (total + 2))])
    # The factor (i + low + high) / (total - 1) is 1 for i = 1, where it may be 0 / 0.
    ratio = np.ones_like(i)
    ratio[1:] = (i[1:] + low + high) / (total[1:] - 1)
    squares = 4 * i * (i + low) * (i + high) * ratio / (total**2 * (total + 1))
    eigenvalues, vectors = linalg.eigh_tridiagonal(diagonal, np.sqrt(squares))
    nodes = np.clip((1 + eigenvalues) / 2, 1e-300, 1.0)
    return nodes, vectors[0] ** 2
