"""Power before the draw: the smallest lift that a hold-out detects, simulated from the spend of the customers.

For each share held back the campaign is drawn many times from customers whose spend is known. Their spend in a period
of the same length stands for the outcome, that of the period before for the covariate. A lift f multiplies the spend of
the contacted by 1 + f. The critical value is the 97.5th percentile of t without a lift, t the studentized difference
adjusted by CUPED; the power of f is the share of draws whose t exceeds it.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from segmentation.campaigns.assignment import PERMILLE
from segmentation.campaigns.estimation import MIN_PER_ARM, Moments, compute_difference
from segmentation.campaigns.randomization import SIGNIFICANCE, draw_moments, studentize
from segmentation.runtime.array_types import BoolArray, IntArray

POWER = 0.8
"""Share of campaigns in which a lift has to be detected."""
MAX_LIFT = 1.0
"""A doubling; larger lifts are not searched for."""
HOLD_OUTS = (50, 100, 200, 300, 500)
"""Shares held back that are compared, in permille."""
DRAWS = 999
"""Simulated draws for each share held back."""
MAX_SIMULATED = 50_000
"""Above this many customers, a sample is simulated and its errors are scaled to all."""
_SEED = 42
# Multiplied first, so that each lift is the float nearest to its decimal, and equals a target such as 0.1.
_LIFTS = np.arange(201) * MAX_LIFT / 200
"""The lifts that are tried: steps of half a percentage point."""


@dataclass(frozen=True)
class HoldOutPower:
    """What one share held back can detect."""

    permille: int
    held_back: int
    contacted: int
    smallest_lift: float | None
    """Lift of net sales, as a share, detected in POWER of the campaigns; None: even MAX_LIFT would be missed."""
    cost: float | None
    """Net sales that the held-back do not bring if the campaign works that well; None where smallest_lift is."""

    @property
    def hold_out(self) -> float:
        """The share held back, 0 to 1."""
        return self.permille / PERMILLE


@dataclass(frozen=True)
class PowerPlan:
    """The shares held back that were compared."""

    customers: int
    days: int
    mean_spend: float
    """Net sales per customer in `days` without a campaign."""
    options: tuple[HoldOutPower, ...]
    """By increasing share held back."""
    target_lift: float
    """The lift worth detecting, as a share."""

    @property
    def suggested(self) -> HoldOutPower | None:
        """The smallest hold-out that detects `target_lift`; None: none does."""
        detecting = (option for option in self.options if (option.smallest_lift or np.inf) <= self.target_lift)
        return next(detecting, None)

    def get_option(self, permille: int) -> HoldOutPower:
        """The option with this share held back."""
        return next(option for option in self.options if option.permille == permille)


def plan_hold_out(
    spend: pd.DataFrame,
    sizes: pd.Series,
    days: int,
    *,
    target_lift: float,
    permilles: Sequence[int] = HOLD_OUTS,
) -> PowerPlan:
    """Simulate campaigns with each share held back.

    Args:
        spend: one row per customer whose spend is known: segment_id, net (money of a period), net_before (money of
            the period before).
        sizes: segment_id -> customers who will be drawn; a segment without rows in `spend` has no spend.
        days: length of the period.
        target_lift: the lift worth detecting, as a share.
        permilles: shares to compare.
    """
    customers = int(sizes.sum())
    simulated = _resample_customers(spend, sizes)
    scale = np.sqrt(len(simulated) / customers)  # standard errors shrink with the square root of the customers
    mean = float(simulated["net"].mean())
    options = []
    for permille in sorted(set(permilles)):
        held_back = customers * permille // PERMILLE
        lift = _find_smallest_lift(simulated, permille, scale) if held_back >= MIN_PER_ARM and mean > 0 else None
        cost = None if lift is None else held_back * mean * lift
        options.append(HoldOutPower(permille, held_back, customers - held_back, lift, cost))
    return PowerPlan(customers, days, mean, tuple(options), target_lift)


def _resample_customers(spend: pd.DataFrame, sizes: pd.Series) -> pd.DataFrame:
    """As many customers per segment as will be drawn (at most about MAX_SIMULATED in all), with their spend."""
    rng = np.random.default_rng(_SEED)
    share = min(1.0, MAX_SIMULATED / max(int(sizes.sum()), 1))
    parts = []
    for segment_id, size in sizes.items():
        rows = spend.loc[spend["segment_id"] == segment_id, ["segment_id", "net", "net_before"]]
        count = max(round(size * share), 1)
        if rows.empty:
            rows = pd.DataFrame({"segment_id": [segment_id], "net": [0.0], "net_before": [0.0]})
        # the customers themselves where their number fits, so that a rare big spender is neither lost nor doubled
        whole, rest = divmod(count, len(rows))
        positions = np.concatenate([np.tile(np.arange(len(rows)), whole), rng.permutation(len(rows))[:rest]])
        parts.append(rows.iloc[positions])
    return pd.concat(parts, ignore_index=True)


def _find_smallest_lift(simulated: pd.DataFrame, permille: int, scale: float) -> float | None:
    """The smallest lift with POWER, to half a percentage point; None: above MAX_LIFT."""
    strata = np.unique(simulated["segment_id"], return_inverse=True)[1]
    is_contacted = _draw_assignment(strata, permille)
    counts = np.bincount(strata * 2 + is_contacted, minlength=2 * (int(strata.max()) + 1)).reshape(-1, 2)
    if counts.min() < MIN_PER_ARM:  # strata too small for their own variance: one stratum
        strata = np.zeros_like(strata)
        if np.bincount(is_contacted, minlength=2).min() < MIN_PER_ARM:
            return None
    variables = simulated[["net", "net_before"]].to_numpy(np.float64)
    moments = draw_moments(variables, strata, is_contacted, _SEED, DRAWS)
    plain = compute_difference(moments)
    critical = np.quantile(studentize(plain.total, plain.variance), 1 - SIGNIFICANCE / 2)
    mean = simulated["net"].mean()

    def is_detected(step: int) -> bool:
        lifted = compute_difference(_lift_contacted(moments, float(_LIFTS[step]), mean))
        effect = lifted.total - plain.total
        statistics = studentize(plain.total * scale + effect, lifted.variance * scale**2)
        return bool((statistics > critical).mean() >= POWER)

    step = bisect.bisect_left(range(len(_LIFTS)), True, key=is_detected)
    return float(_LIFTS[step]) if step < len(_LIFTS) else None


def _lift_contacted(moments: Moments, lift: float, mean: float) -> Moments:
    """The moments if the outcome of the contacted were (1 + lift) times as large; outcomes are centered at `mean`."""
    sums, products, factor = moments.sums.copy(), moments.products.copy(), 1 + lift
    n, shift = moments.counts[:, 1], lift * mean
    y, yy, yx = sums[:, :, 1, 0].copy(), products[:, :, 1, 0, 0].copy(), products[:, :, 1, 0, 1:].copy()
    # (1 + lift) (y + mean) - mean = factor y + shift
    sums[:, :, 1, 0] = factor * y + n * shift
    products[:, :, 1, 0, 0] = factor**2 * yy + 2 * factor * shift * y + n * shift**2
    products[:, :, 1, 0, 1:] = factor * yx + shift * sums[:, :, 1, 1:]
    products[:, :, 1, 1:, 0] = products[:, :, 1, 0, 1:]
    return Moments(moments.counts, sums, products)


def _draw_assignment(strata: IntArray, permille: int) -> BoolArray:
    """(n,) a random assignment by the scheme of `assignment.draw_held_back`: True for the contacted."""
    order = np.lexsort((np.random.default_rng(_SEED).random(len(strata)), strata))
    positions = np.arange(1, len(order) + 1)
    is_contacted = np.ones(len(order), bool)
    is_contacted[order] = positions * permille // PERMILLE == (positions - 1) * permille // PERMILLE
    return is_contacted
