"""The difference between the arms: strata weighted to the contacted, adjusted by CUPED, with Welch's interval.

Everything is computed from the counts, sums and cross products of each stratum and arm, so that the same code serves
one assignment and a thousand re-draws at once (leading axis: draws).

CUPED: Deng, Xu, Kohavi, Walker (2013), "Improving the sensitivity of online controlled experiments by utilizing
pre-experiment data". The interval: Welch (1947), with the Satterthwaite degrees of freedom over strata and arms.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from segmentation.runtime.array_types import BoolArray, FloatArray, IntArray

CONFIDENCE = 0.95
MIN_PER_ARM = 2
"""Customers that a stratum needs in each arm for its variance."""
MIN_BUYERS_WELCH = 500
"""Buyers in the smaller arm from which on Welch's interval is used."""
MAX_SKEWNESS_WELCH = 0.1
"""Skewness of the difference up to which it is used. By the Edgeworth expansion of the t statistic (Hall, 1987) either
tail of 2.5 % changes by at most 0.085 times as much: less than one percentage point."""
RANDOMIZATION, WELCH = "randomization", "welch"


@dataclass(frozen=True, eq=False)
class Moments:
    """Counts, sums and cross products of m variables, the outcome first, by draw, stratum and arm (held back: 0)."""

    counts: IntArray
    """(S, 2): the same in every draw."""
    sums: FloatArray
    """(D, S, 2, m)"""
    products: FloatArray
    """(D, S, 2, m, m)"""

    def transform(self, weights: FloatArray) -> Moments:
        """The moments of linear combinations of the variables; weights: (new, m)."""
        return Moments(self.counts, self.sums @ weights.T, weights @ self.products @ weights.T)


@dataclass(frozen=True, eq=False)
class Difference:
    """Contacted less held back, by draw: for all strata together and for each."""

    theta: FloatArray
    """(D, m - 1): coefficients of the covariates."""
    total: FloatArray
    """(D,)"""
    variance: FloatArray
    """(D,)"""
    by_stratum: FloatArray
    """(D, S)"""
    stratum_variance: FloatArray
    """(D, S)"""
    df: FloatArray
    """(D,): degrees of freedom of the total."""
    stratum_df: FloatArray
    """(D, S)"""


def compute_moments(outcome: FloatArray, covariates: FloatArray, strata: IntArray, is_contacted: BoolArray) -> Moments:
    """The moments of one assignment.

    Args:
        outcome: (n,) money.
        covariates: (n, k), known before the launch.
        strata: (n,) 0 to S - 1.
        is_contacted: (n,) bool.

    Returns:
        the moments of the centered variables, with D = 1.
    """
    variables = center_variables(np.column_stack([outcome, covariates]))
    n_strata, m = int(strata.max()) + 1, variables.shape[1]
    group = strata * 2 + is_contacted
    counts = np.bincount(group, minlength=2 * n_strata).reshape(n_strata, 2)
    sums, products = np.zeros((2 * n_strata, m)), np.zeros((2 * n_strata, m, m))
    for cell in range(2 * n_strata):
        rows = variables[group == cell]
        sums[cell], products[cell] = rows.sum(axis=0), rows.T @ rows
    return Moments(counts, sums.reshape(1, n_strata, 2, m), products.reshape(1, n_strata, 2, m, m))


def center_variables(variables: FloatArray) -> FloatArray:
    """Subtract the mean of each column, against cancellation in sums of squares; no difference or variance changes."""
    centered: FloatArray = variables - variables.mean(axis=0)
    return centered


def compute_difference(moments: Moments) -> Difference:
    """The adjusted difference, from sums and cross products.

    With y the outcome and x the covariates: theta is the pooled regression of y on x within the arms, one for all
    strata. The difference of stratum s is that of the means of y - theta x, the total weights it by its share of the
    contacted customers, w_s, and variance = sum of w_s^2 (v_s1 / n_s1 + v_s0 / n_s0), v the variance of y - theta x.
    """
    counts = moments.counts.astype(np.float64)
    theta = _compute_theta(moments)
    weights = np.concatenate([np.ones((len(theta), 1)), -theta], axis=1)  # (D, m)
    sums = np.einsum("dsam,dm->dsa", moments.sums, weights)
    squares = np.einsum("dsamn,dm,dn->dsa", moments.products, weights, weights, optimize=True)
    means = sums / counts
    variances = np.maximum(squares - sums * means, 0.0) / (counts - 1)
    error = variances / counts  # (D, S, 2)
    by_stratum, stratum_variance = means[..., 1] - means[..., 0], error.sum(axis=2)
    share = counts[:, 1] / counts[:, 1].sum()
    variance = stratum_variance @ share**2
    spread = error**2 / (counts - 1)
    return Difference(
        theta=theta,
        total=by_stratum @ share,
        variance=variance,
        by_stratum=by_stratum,
        stratum_variance=stratum_variance,
        df=_divide_or_default(variance**2, spread.sum(axis=2) @ share**4),
        stratum_df=_divide_or_default(stratum_variance**2, spread.sum(axis=2)),
    )


def compute_skewness(
    outcome: FloatArray, covariates: FloatArray, strata: IntArray, is_contacted: BoolArray, difference: Difference
) -> tuple[float, FloatArray]:
    """The skewness of an adjusted difference, in all and (S,) by stratum: 0 where nothing varies.

    Of independent means, third central moments add up: skewness = sum of w_s^3 m3_s (1 / n_s1^2 - 1 / n_s0^2) over
    (sum of w_s^2 m2_s (1 / n_s1 + 1 / n_s0))^1.5, with m2 and m3 the central moments of y - theta x within the arms.
    They are pooled over both arms: a small arm that happens to lack the largest spenders would hide its own skewness.
    Arms of equal size cancel each other.

    Args:
        outcome, covariates, strata, is_contacted: as in `compute_moments`.
        difference: of the same assignment.
    """
    adjusted = outcome - covariates @ difference.theta[0]
    group, size = strata * 2 + is_contacted, 2 * (int(strata.max()) + 1)
    counts = np.bincount(group, minlength=size).astype(np.float64)
    deviation = adjusted - (np.bincount(group, adjusted, size) / counts)[group]
    n = counts.reshape(-1, 2)
    second, third = (np.bincount(strata, deviation**power) / n.sum(axis=1) for power in (2, 3))
    variance, third = second * (1 / n).sum(axis=1), third * (1 / n[:, 1] ** 2 - 1 / n[:, 0] ** 2)
    share = n[:, 1] / n[:, 1].sum()
    total = _divide_or_default(np.atleast_1d(third @ share**3), np.atleast_1d(variance @ share**2) ** 1.5, 0.0)
    return float(total[0]), _divide_or_default(third, variance**1.5, 0.0)


def choose_method(buyers: int, skewness: float) -> str:
    """RANDOMIZATION with few buyers in the smaller arm or a skewed difference; otherwise WELCH.

    >>> choose_method(499, 0.0), choose_method(500, 0.05), choose_method(500, -0.4)
    ('randomization', 'welch', 'randomization')
    """
    return WELCH if buyers >= MIN_BUYERS_WELCH and abs(skewness) <= MAX_SKEWNESS_WELCH else RANDOMIZATION


def compute_welch_interval(estimate: float, variance: float, df: float) -> tuple[float, float]:
    """Both limits of the CONFIDENCE interval of a difference; without variance both are the estimate."""
    half = float(stats.t.ppf(0.5 + CONFIDENCE / 2, df)) * float(np.sqrt(variance)) if variance > 0 else 0.0
    return estimate - half, estimate + half


def compute_welch_p(estimate: float, variance: float, df: float) -> float:
    """The two-sided p-value of no difference."""
    if variance <= 0:
        return 1.0 if estimate == 0 else 0.0
    return float(2 * stats.t.sf(abs(estimate) / np.sqrt(variance), df))


def adjust_holm(p_values: FloatArray) -> FloatArray:
    """P-values corrected for several tests (Holm, 1979).

    >>> adjust_holm(np.array([0.01, 0.04, 0.03])).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values)
    factors = np.arange(len(p_values), 0, -1)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.maximum.accumulate(p_values[order] * factors), 1.0)
    return adjusted


def merge_small_strata(strata: IntArray, is_contacted: BoolArray) -> IntArray:
    """Number the strata for estimation: (n,) 0 to S - 1; those with fewer than MIN_PER_ARM in an arm are merged.

    A small one joins the others that are too small; if these together are still too small, they join the largest
    stratum, and the result is checked again.
    """
    values, codes = np.unique(strata, return_inverse=True)
    counts = np.bincount(codes * 2 + is_contacted, minlength=2 * len(values)).reshape(-1, 2)
    is_small = counts.min(axis=1) < MIN_PER_ARM
    if not is_small.any():
        return codes
    target = np.arange(len(values))
    target[is_small] = np.flatnonzero(is_small)[0]
    if counts[is_small].sum(axis=0).min() < MIN_PER_ARM:
        target[is_small] = counts.sum(axis=1).argmax()
    merged = np.unique(target[codes], return_inverse=True)[1]
    return merge_small_strata(merged, is_contacted) if len(np.unique(merged)) < len(values) else merged


def _compute_theta(moments: Moments) -> FloatArray:
    """(D, m - 1): the regression of the outcome on the covariates within arms, pooled over both."""
    k = moments.sums.shape[-1] - 1
    if k == 0:
        return np.zeros((len(moments.sums), 0))
    sums, n = moments.sums.sum(axis=1), moments.counts.sum(axis=0)[:, None, None]  # (D, 2, m)
    within = moments.products.sum(axis=1) - sums[..., :, None] * sums[..., None, :] / n
    pooled = within.sum(axis=1)
    theta: FloatArray = np.einsum("dij,dj->di", np.linalg.pinv(pooled[:, 1:, 1:], hermitian=True), pooled[:, 1:, 0])
    return theta


def _divide_or_default(numerator: FloatArray, denominator: FloatArray, default: float = 1.0) -> FloatArray:
    result: FloatArray = np.divide(numerator, denominator, out=np.full_like(numerator, default), where=denominator > 0)
    return result
