"""One simulated campaign, read by each method; used by campaign_coverage.py and campaign_power.py."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from segmentation.campaigns.assignment import compute_assignment_keys, draw_held_back
from segmentation.campaigns.estimation import (
    RANDOMIZATION,
    Difference,
    choose_method,
    compute_difference,
    compute_moments,
    compute_skewness,
    compute_welch_interval,
)
from segmentation.campaigns.randomization import REDRAWS, SIGNIFICANCE, RandomizationTest
from segmentation.runtime.array_types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Verdict:
    """What an interval says."""

    is_covered: bool
    """Whether it holds the true effect."""
    is_win: bool
    is_loss: bool


@dataclass(frozen=True, eq=False)
class SimulatedCampaign:
    """A campaign that multiplied the spend of the contacted by 1 + lift."""

    base: FloatArray
    """(n,) spend without the campaign; money."""
    x: FloatArray
    """(n, k) covariates."""
    strata: IntArray
    """(n,) from `segmentation.campaigns.estimation.merge_small_strata`."""
    is_contacted: BoolArray
    """(n,) bool."""
    lift: float
    seed: int
    """Of the re-draws."""
    redraws: int = REDRAWS

    @cached_property
    def spend(self) -> FloatArray:
        """(n,) what was spent with the campaign; money."""
        return np.where(self.is_contacted, (1 + self.lift) * self.base, self.base)

    @cached_property
    def difference(self) -> Difference:
        """Adjusted by the covariates, by stratum."""
        return compute_difference(compute_moments(self.spend, self.x, self.strata, self.is_contacted))

    @property
    def plain_difference(self) -> Difference:
        """Without strata and covariates."""
        single = np.zeros_like(self.strata)
        return compute_difference(compute_moments(self.spend, self.x[:, :0], single, self.is_contacted))

    def judge_welch(self, difference: Difference) -> Verdict:
        """By Welch's interval."""
        low, high = compute_welch_interval(difference.total[0], difference.variance[0], difference.df[0])
        truth = float((self.lift * self.base)[self.is_contacted].mean())
        return Verdict(bool(low <= truth <= high), bool(low > 0), bool(high < 0))

    def judge_randomized(self) -> Verdict:
        """By inverted randomization: the interval holds the effects that the test does not reject."""
        test = RandomizationTest(self.spend, self.x, self.strata, self.is_contacted, self.seed, self.redraws)
        is_clear = test.compute_p_values(1.0)[0] <= SIGNIFICANCE
        is_covered = test.compute_p_values(1 / (1 + self.lift))[0] > SIGNIFICANCE if self.lift else not is_clear
        estimate = self.difference.total[0]
        return Verdict(bool(is_covered), bool(is_clear and estimate > 0), bool(is_clear and estimate < 0))

    def choose_method(self, is_buyer: BoolArray) -> str:
        """The method of `campaign read`. is_buyer: (n,) whether customers have an order."""
        buyers = min(is_buyer[self.is_contacted].sum(), is_buyer[~self.is_contacted].sum())
        skewness, _ = compute_skewness(self.spend, self.x, self.strata, self.is_contacted, self.difference)
        return choose_method(int(buyers), skewness)

    def judge_as_used(self, is_buyer: BoolArray) -> Verdict:
        """By the method of `campaign read`; is_buyer: (n,) whether customers have an order."""
        if self.choose_method(is_buyer) == RANDOMIZATION:
            return self.judge_randomized()
        return self.judge_welch(self.difference)


def draw_contacted(campaign_id: str, customer_ids: Iterable[str], segments: IntArray, permille: int) -> BoolArray:
    """(n,) whether each customer is contacted, drawn as `campaign draw` does."""
    return ~draw_held_back(compute_assignment_keys(campaign_id, customer_ids), segments, permille)
