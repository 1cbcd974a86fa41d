"""Estimates for all segments together and for each: money, interval, p-value, and verdict."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd

from segmentation.campaigns.assignment import CONTACTED
from segmentation.campaigns.estimation import (
    RANDOMIZATION,
    WELCH,
    Difference,
    adjust_holm,
    choose_method,
    compute_difference,
    compute_moments,
    compute_skewness,
    compute_welch_interval,
    compute_welch_p,
    merge_small_strata,
)
from segmentation.campaigns.randomization import SIGNIFICANCE, RandomizationTest
from segmentation.runtime.array_types import BoolArray, FloatArray, IntArray

MORE, LESS, UNCLEAR, TOO_FEW = "brought more", "brought less", "cannot be told", "too few to tell"
MIN_BUYERS = 20
"""Held-back customers with an order below which no verdict is stated."""
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class ArmTotals:
    """Sums of one arm over the reading period."""

    customers: int
    buyers: int
    """Customers with an order."""
    orders: int
    gross: float
    discount: float
    net: float


@dataclass(frozen=True)
class Money:
    """An amount split into its parts: net = gross - discount."""

    net: float
    gross: float
    discount: float


@dataclass(frozen=True)
class Interval:
    """A 95 % interval, in money."""

    low: float
    high: float

    def scale(self, factor: float, shift: float = 0.0) -> Interval:
        """Both limits times `factor` plus `shift`."""
        return Interval(self.low * factor + shift, self.high * factor + shift)


@dataclass(frozen=True)
class Estimate:
    """What the campaign brought in one segment, or in all together."""

    segment_id: int | None
    """None: all segments together."""
    segment_name: str
    contacted: ArmTotals
    held_back: ArmTotals
    per_contacted: Money
    """Adjusted difference, contacted less held back."""
    interval: Interval | None
    """Of per_contacted.net; None where there are too few buyers to tell."""
    total: Money
    """per_contacted times the contacted customers, in cents."""
    p_value: float | None
    """Two-sided; of a segment corrected by Holm."""
    method: str
    """RANDOMIZATION or WELCH."""
    verdict: str
    """MORE, LESS, UNCLEAR or TOO_FEW."""

    @property
    def total_interval(self) -> Interval | None:
        """The interval of total.net."""
        return None if self.interval is None else self.interval.scale(self.contacted.customers)


@dataclass(frozen=True)
class UnadjustedDifference:
    """Plain means per customer, contacted less held back."""

    per_contacted: Money
    interval: Interval
    """Of the net sales, by Welch."""


def estimate_campaign(
    table: pd.DataFrame, covariates: pd.DataFrame, seed: int, *, with_segments: bool = True
) -> tuple[Estimate, tuple[Estimate, ...], UnadjustedDifference]:
    """Estimate the difference of all segments together, of each segment, and without adjustment.

    Args:
        table: one row per customer: segment_id, segment_name, arm, orders, gross, discount, net.
        covariates: (n, k) columns known before the launch, without gaps.
        seed: of the re-draws.
        with_segments: False leaves out the segments.

    Returns:
        the estimate of all segments together; one per segment, by segment_id, with p-values corrected by Holm (empty
        without `with_segments`); and the plain difference of the means.
    """
    is_contacted = (table["arm"] == CONTACTED).to_numpy()
    strata = merge_small_strata(table["segment_id"].to_numpy(), is_contacted)
    x = covariates.to_numpy(np.float64).reshape(len(table), -1)
    net, gross = table["net"].to_numpy(np.float64), table["gross"].to_numpy(np.float64)
    differences = {
        "net": compute_difference(compute_moments(net, x, strata, is_contacted)),
        "gross": compute_difference(compute_moments(gross, x, strata, is_contacted)),
    }
    inference = _Inference(differences["net"], net, x, strata, is_contacted, seed)
    segments = []
    for segment_id, rows in table.groupby("segment_id", sort=True):
        stratum = int(strata[table.index.get_indexer(rows.index[:1])[0]])
        money = _split_money(*(float(differences[name].by_stratum[0, stratum]) for name in ("net", "gross")))
        segments.append(_build_estimate(rows, int(str(segment_id)), money, inference, stratum))
    total_money = _split_money(*(float(differences[name].total[0]) for name in ("net", "gross")))
    total = _build_estimate(table, None, total_money, inference, None)
    total = replace(total, total=_add_money([segment.total for segment in segments]))
    corrected = _correct_verdicts(segments) if with_segments else ()
    return total, corrected, _compute_unadjusted_difference(net, gross, is_contacted)


class _Inference:
    """Intervals and p-values of the total and of each stratum; the re-draws are made once, if they are needed."""

    def __init__(
        self,
        difference: Difference,
        net: FloatArray,
        x: FloatArray,
        strata: IntArray,
        is_contacted: BoolArray,
        seed: int,
    ) -> None:
        self._difference, self._inputs, self._seed = difference, (net, x, strata, is_contacted), seed
        self._test: RandomizationTest | None = None
        self._skewness, self._stratum_skewness = compute_skewness(net, x, strata, is_contacted, difference)

    def choose_method(self, stratum: int | None, buyers: int) -> str:
        """RANDOMIZATION with few buyers in the smaller arm, or very uneven spend; otherwise WELCH."""
        return choose_method(buyers, self._skewness if stratum is None else float(self._stratum_skewness[stratum]))

    def compute_interval_and_p(self, stratum: int | None, method: str) -> tuple[tuple[float, float], float, str]:
        """The interval of a stratum, or of all (None), its p-value, and the method that was used.

        Without any spend of the contacted there is no interval by randomization, and Welch's is used instead.
        """
        if method == RANDOMIZATION:
            if self._test is None:
                self._test = RandomizationTest(*self._inputs, self._seed)
            interval = self._test.compute_interval(stratum)
            if interval is not None:
                total, by_stratum = self._test.compute_p_values(1.0)
                return interval, total if stratum is None else float(by_stratum[stratum]), method
        numbers = self._difference
        values = (
            (numbers.total[0], numbers.variance[0], numbers.df[0])
            if stratum is None
            else (
                numbers.by_stratum[0, stratum],
                numbers.stratum_variance[0, stratum],
                numbers.stratum_df[0, stratum],
            )
        )
        return compute_welch_interval(*values), compute_welch_p(*values), WELCH


def _build_estimate(
    rows: pd.DataFrame, segment_id: int | None, money: Money, inference: _Inference, stratum: int | None
) -> Estimate:
    """The estimate of one segment, or of all (segment_id None).

    stratum: that of the segment, to which segments too small for one of their own may have been merged; None for all.
    """
    is_contacted = rows["arm"] == CONTACTED
    contacted, held_back = _sum_arm(rows[is_contacted]), _sum_arm(rows[~is_contacted])
    method = inference.choose_method(stratum, min(contacted.buyers, held_back.buyers))
    interval, p_value, verdict = None, None, TOO_FEW
    if min(contacted.buyers, held_back.buyers) >= MIN_BUYERS:
        limits, p_value, method = inference.compute_interval_and_p(stratum, method)
        interval = Interval(*limits)
        verdict = _choose_verdict(interval.low > 0, interval.high < 0)
    return Estimate(
        segment_id=segment_id,
        segment_name="All segments" if segment_id is None else str(rows["segment_name"].iloc[0]),
        contacted=contacted,
        held_back=held_back,
        per_contacted=money,
        interval=interval,
        total=_scale_to_cents(money, contacted.customers),
        p_value=p_value,
        method=method,
        verdict=verdict,
    )


def _correct_verdicts(segments: list[Estimate]) -> tuple[Estimate, ...]:
    """Correct the p-values of the segments for their number, and decide by them."""
    tested = [number for number, segment in enumerate(segments) if segment.p_value is not None]
    adjusted = adjust_holm(np.array([segments[number].p_value for number in tested], np.float64))
    for number, p_value in zip(tested, adjusted.tolist(), strict=True):
        is_clear, net = p_value < SIGNIFICANCE, segments[number].per_contacted.net
        verdict = _choose_verdict(is_clear and net > 0, is_clear and net < 0)
        segments[number] = replace(segments[number], p_value=p_value, verdict=verdict)
    return tuple(segments)


def _choose_verdict(is_more: bool, is_less: bool) -> str:
    return MORE if is_more else LESS if is_less else UNCLEAR


def _sum_arm(rows: pd.DataFrame) -> ArmTotals:
    gross, net = round(float(rows["gross"].sum()), 2), round(float(rows["net"].sum()), 2)
    orders = rows["orders"]
    return ArmTotals(len(rows), int((orders > 0).sum()), int(orders.sum()), gross, round(gross - net, 2), net)


def _split_money(net: float, gross: float) -> Money:
    return Money(net, gross, gross - net)


def _scale_to_cents(money: Money, factor: int) -> Money:
    net, gross = (Decimal(value * factor).quantize(_CENT, ROUND_HALF_UP) for value in (money.net, money.gross))
    return Money(float(net), float(gross), float(gross - net))


def _add_money(parts: list[Money]) -> Money:
    """The sum in cents, so that the parts add up to it exactly."""
    net, gross = (sum((Decimal(str(getattr(part, name))) for part in parts), Decimal(0)) for name in ("net", "gross"))
    return Money(float(net), float(gross), float(gross - net))


def _compute_unadjusted_difference(net: FloatArray, gross: FloatArray, is_contacted: BoolArray) -> UnadjustedDifference:
    single, none = np.zeros(len(net), np.int64), np.zeros((len(net), 0))
    plain = compute_difference(compute_moments(net, none, single, is_contacted))
    plain_gross = compute_difference(compute_moments(gross, none, single, is_contacted))
    limits = compute_welch_interval(plain.total[0], plain.variance[0], plain.df[0])
    return UnadjustedDifference(
        _split_money(float(plain.total[0]), float(plain_gross.total[0])), Interval(*map(float, limits))
    )
