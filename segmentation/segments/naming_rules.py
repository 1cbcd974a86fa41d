"""The names a segment can have, in order, each with the condition that must hold for it to be true.

High, low, recent and the like are always relative to all customers of the run: a position is the percentile of the
segment's median (0.5: as the typical customer). Where all customers have the same value the position is 0.5, so that
nobody is high or low. Nothing here knows an id or a cluster number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

HIGH, LOW = 0.6, 0.4
"""Up from HIGH a median is high (or recent), down from LOW it is low (or long ago)."""
LOW_FREQUENCY_RANK = 0.45
"""Down from here a segment orders less than the typical customer: enough for the names that say 'few orders'."""
DISTANT_RANK = 0.7
"""Up from here a share of discounts is far above the typical customer's."""
RENAME_TOLERANCE = 0.05
"""A name from an earlier run stays while it is true within this much, so that a hair's breadth renames nobody."""
MIN_ORDERS_FOR_GAP = 4
"""Orders from which the time between them says how often a customer comes."""


@dataclass(frozen=True)
class SegmentTraits:
    """What the names ask of a segment, read from one row of the profile. A missing figure is NaN or None."""

    recent: float
    """1 - position_recency_days: 1 is the latest."""
    frequency: float
    monetary: float
    orders: float
    """Median number of orders."""
    new: bool | None
    """Customers for a much shorter time than the others: lower 40 % and at most half the mean tenure."""
    young: bool | None
    """Customers for a shorter time: lower 45 % and at most three quarters of the mean tenure."""
    discount_driven: bool | None
    """Buys on discount: a discount, coupon or full-price share clearly says so, and none says the contrary."""
    discount_heavy: bool
    """And much more than others do: half as much again, or three fifths at full price."""
    overdue: float
    """Days since the last order / usual days between two orders; NaN where too few orders tell."""

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> SegmentTraits:
        """Read them from a row of the profile."""
        tenure, index = get_number(row, "position_tenure_days"), get_number(row, "index_tenure_days")
        known = not math.isnan(tenure)
        return cls(
            recent=1 - get_number(row, "position_recency_days"),
            frequency=get_number(row, "position_frequency"),
            monetary=get_number(row, "position_monetary"),
            orders=get_number(row, "median_frequency"),
            new=tenure <= 0.4 and not index > 50 if known else None,
            young=tenure <= 0.45 and not index > 75 if known else None,
            discount_driven=_is_discount_driven(row),
            discount_heavy=_is_discount_driven(row) is True and _is_discount_heavy(row),
            overdue=_compute_overdue_ratio(row),
        )

    def neighbors(self) -> Iterator[SegmentTraits]:
        """These facts, and those within KEEPS of them."""
        for recent, frequency, monetary in product((0.0, -RENAME_TOLERANCE, RENAME_TOLERANCE), repeat=3):
            yield replace(
                self,
                recent=self.recent + recent,
                frequency=self.frequency + frequency,
                monetary=self.monetary + monetary,
            )

    @property
    def is_active(self) -> bool:
        """The last order is not long ago, or no longer ago than this segment's rhythm explains."""
        return self.recent > LOW or self.overdue < 2

    def is_late(self, times: float) -> bool:
        """The last order is at least so many usual gaps ago, as far as that is known."""
        return not self.overdue < times

    @property
    def is_lapsed(self) -> bool:
        """The last order is long ago, and longer than this segment's rhythm explains."""
        return self.recent <= LOW and self.is_late(2)


@dataclass(frozen=True)
class NameRule:
    """One name: what it claims, when that is true, and which of several such segments it suits best."""

    text: str
    fits: Callable[[SegmentTraits], bool]
    """False also where a figure it needs is missing."""
    score: Callable[[SegmentTraits], float]
    """The highest gets the name."""


NAMES: tuple[NameRule, ...] = (
    NameRule(
        "Rising Stars",  # new, and already above the typical customer
        lambda s: s.recent >= HIGH and s.frequency >= 0.5 and s.monetary >= 0.55 and s.new is True,
        lambda s: s.frequency + s.monetary,
    ),
    NameRule(
        "High-Value Customers",  # high frequency, high monetary, recent
        lambda s: s.recent >= HIGH and s.frequency >= HIGH and s.monetary >= 0.65,
        lambda s: s.recent + s.frequency + 2 * s.monetary,
    ),
    NameRule(
        "New Customers",  # low frequency, recent; really new where the tenure is known
        lambda s: s.recent >= HIGH and s.frequency <= LOW_FREQUENCY_RANK and s.new is not False,
        lambda s: s.recent - s.frequency + (s.new is True),
    ),
    NameRule(
        "Cannot Lose",  # among the best, and gone quiet
        lambda s: s.is_lapsed and s.is_late(4) and s.frequency >= 0.65 and s.monetary >= 0.65,
        lambda s: s.frequency + s.monetary - s.recent,
    ),
    NameRule(
        "At-Risk Customers",  # low frequency, high monetary, old
        lambda s: s.is_lapsed and s.frequency <= LOW_FREQUENCY_RANK and s.monetary >= HIGH,
        lambda s: s.monetary - s.frequency - s.recent,
    ),
    NameRule(
        "Price-Sensitive",  # low monetary, high discount
        lambda s: s.monetary <= LOW and s.discount_driven is True,
        lambda s: -s.monetary,
    ),
    NameRule(
        "Discount Hunters",  # discounts set them apart more than spend does
        lambda s: s.is_active and s.monetary > LOW and s.discount_heavy,
        lambda s: s.frequency + s.recent,
    ),
    NameRule(
        "Loyal Customers",  # high frequency, moderate monetary, recent
        lambda s: (
            s.recent >= HIGH
            and s.frequency >= HIGH
            and 0.35 <= s.monetary <= 0.7
            and s.orders >= 2
            and s.new is not True
        ),
        lambda s: s.recent + s.frequency - abs(s.monetary - 0.5),
    ),
    NameRule(
        "Core Customers",  # as High-Value, one step below
        lambda s: s.recent >= HIGH and s.frequency >= HIGH and s.monetary >= HIGH and s.orders >= 2,
        lambda s: s.recent + s.frequency + s.monetary,
    ),
    NameRule(
        "Big Spenders",
        lambda s: s.is_active and s.monetary >= 0.65,
        lambda s: s.monetary,
    ),
    NameRule(
        "Frequent Small Spenders",
        lambda s: s.is_active and s.frequency >= HIGH and s.monetary <= LOW and s.orders >= 3,
        lambda s: s.frequency - s.monetary,
    ),
    NameRule(
        "Potential Loyalists",  # recent, came back, not yet for long
        lambda s: (
            s.recent >= HIGH
            and s.frequency >= 0.4
            and s.monetary >= 0.35
            and s.orders >= 2
            and (s.frequency < 0.65 if s.young is None else s.young)
        ),
        lambda s: s.recent + s.frequency,
    ),
    NameRule(
        "Promising",  # recent, little so far, not yet for long
        lambda s: s.recent >= HIGH and s.frequency < 0.5 and s.monetary <= HIGH and s.young is not False,
        lambda s: s.recent,
    ),
    NameRule(
        "Lapsing Regulars",  # used to order as much as others or more
        lambda s: s.is_lapsed and s.is_late(3) and s.frequency > LOW_FREQUENCY_RANK and s.orders >= 3,
        lambda s: s.frequency - s.recent,
    ),
    NameRule(
        "Lapsed Big Spenders",
        lambda s: s.is_lapsed and s.is_late(4) and s.monetary >= HIGH,
        lambda s: s.monetary - s.recent,
    ),
    NameRule(
        "One-Time Buyers",  # 1 order, where others have more
        lambda s: s.orders == 1 and s.frequency < 0.5,
        lambda s: -s.monetary - s.frequency,
    ),
    NameRule(
        "Lost Customers",
        lambda s: s.recent <= 0.2 and s.frequency <= 0.3 and s.monetary <= 0.3 and s.is_late(3),
        lambda s: -s.recent - s.frequency - s.monetary,
    ),
    NameRule(
        "Need Attention",  # in the middle or better, and beginning to be late
        lambda s: (
            0.2 < s.recent < 0.5 and s.frequency >= 0.4 and s.monetary >= 0.4 and s.is_late(1.5) and not s.overdue >= 4
        ),
        lambda s: s.frequency + s.monetary,
    ),
    NameRule(
        "Hibernating",
        lambda s: s.is_lapsed and s.frequency <= LOW_FREQUENCY_RANK and s.monetary <= 0.5,
        lambda s: -s.recent,
    ),
    NameRule(
        "About to Sleep",
        lambda s: 0.3 <= s.recent < 0.5 and s.frequency < 0.5 and s.monetary < 0.5 and s.is_late(2),
        lambda s: -abs(s.recent - 0.4),
    ),
    NameRule(
        "Regulars",
        lambda s: s.recent >= 0.5 and s.frequency >= LOW and s.orders >= 3,
        lambda s: s.frequency + s.recent,
    ),
    NameRule(
        "Frequent Buyers",
        lambda s: s.is_active and s.frequency >= HIGH and s.orders >= 3,
        lambda s: s.frequency,
    ),
    NameRule(
        "Occasional Buyers",
        lambda s: s.is_active and s.frequency <= LOW_FREQUENCY_RANK,
        lambda s: -s.frequency,
    ),
    NameRule(
        "Lapsed Customers",
        lambda s: s.is_lapsed,
        lambda s: -s.recent,
    ),
    NameRule(
        "Recent Buyers",
        lambda s: s.recent >= HIGH,
        lambda s: s.recent,
    ),
    NameRule(
        "Small Spenders",
        lambda s: s.monetary <= LOW,
        lambda s: -s.monetary,
    ),
    NameRule(
        "Repeat Buyers",
        lambda s: s.orders >= 2 and s.frequency >= 0.55,
        lambda s: s.frequency,
    ),
    NameRule(
        "Average Customers",
        lambda s: all(LOW <= place <= HIGH for place in (s.recent, s.frequency, s.monetary)),
        lambda s: -abs(s.recent - 0.5) - abs(s.frequency - 0.5) - abs(s.monetary - 0.5),
    ),
)
"""Tried from first to last: each name goes to the segment that it suits best among those it fits."""

BY_TEXT = {name.text: name for name in NAMES}


def get_number(row: Mapping[str, Any], column: str) -> float:
    """A number of the profile, NaN where the profile has none."""
    value = row.get(column)
    return math.nan if value is None else float(value)


def _is_discount_driven(row: Mapping[str, Any]) -> bool | None:
    signs = []
    for feature, more_means_deals in (("discount_share", True), ("coupon_share", True), ("full_price_share", False)):
        place, index = get_number(row, f"position_{feature}"), get_number(row, f"index_{feature}")
        if math.isnan(place):
            continue
        if not more_means_deals:
            place, clear = 1 - place, not index > 90
        else:
            clear = not index < 110 and get_number(row, f"median_{feature}") > 0
        signs.append(1 if place >= HIGH and clear else -1 if place < 0.5 else 0)
    return max(signs) > 0 and min(signs) >= 0 if signs else None


def _is_discount_heavy(row: Mapping[str, Any]) -> bool:
    """Whether a share of discounts is far from the mean of all customers, and from their middle."""
    more = any(
        get_number(row, f"position_{feature}") >= DISTANT_RANK and get_number(row, f"index_{feature}") >= 150
        for feature in ("discount_share", "coupon_share")
    )
    return more or (
        get_number(row, "position_full_price_share") <= 1 - DISTANT_RANK
        and get_number(row, "index_full_price_share") <= 60
    )


def _compute_overdue_ratio(row: Mapping[str, Any]) -> float:
    """Days since the last order / usual gap; the gap is the typical one, else the mean one over the tenure."""
    days, orders = get_number(row, "median_recency_days"), get_number(row, "median_frequency")
    if not orders >= MIN_ORDERS_FOR_GAP:
        return math.nan
    gap = get_number(row, "median_typical_gap_days")
    if not gap >= 1:  # several orders on one day: their gap tells nothing about the rhythm
        gap = (get_number(row, "median_tenure_days") - days) / (orders - 1)
    return days / max(gap, 1.0) if gap >= 0 else math.nan
