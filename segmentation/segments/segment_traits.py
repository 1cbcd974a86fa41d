"""The traits of a segment that its name depends on, read from one row of the profile.

High, low, recent and the like are always relative to all customers of the run: a position is the percentile of the
segment's median (0.5: as the typical customer). If all customers have the same value, the position is 0.5, and no
segment is high or low. No trait depends on an ID or a cluster number.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

HIGH, LOW = 0.6, 0.4
"""Positions from which a median is high (or recent), and up to which it is low (or long ago)."""
LOW_FREQUENCY_RANK = 0.45
"""Up to this position, a segment orders less than the typical customer: enough for names that say 'few orders'."""
DISTANT_RANK = 0.7
"""Minimum position of a discount share that is far above the typical customer's."""
RENAME_TOLERANCE = 0.05
"""Hysteresis for renaming: a name from an earlier run stays while it is true within this tolerance."""
RECENT_INTERVALS, RECENT_WINDOW_SHARE = 2, 0.1
"""A last order is recent within two reorder intervals of the shop, or within a tenth of the window if that is longer:
in a shop with daily orders, last week is still recent."""
MAX_ACTIVE_WINDOW_SHARE = 0.5
"""Nothing beyond half the window is recent, active or new, whatever its rank."""
MIN_SINGLE_ORDER_SHARE = 0.75
"""Minimum share of one-time buyers in a segment of that name."""
MIN_CUSTOMERS = 10
"""Smaller segments get a neutral name: the median of a few customers says little about who will join them."""
MIN_ORDERS_FOR_GAP = 4
"""Minimum number of orders for a meaningful purchase interval."""


@dataclass(frozen=True)
class SegmentTraits:
    """Traits of one segment, from one row of the profile. A missing value is NaN or None."""

    recent: float
    """1 - position_recency_days: 1 is the latest."""
    frequency: float
    monetary: float
    orders: float
    """Median number of orders."""
    new: bool | None
    """Customers for a much shorter time than the others: lower 40 % and at most half the mean tenure and the window."""
    young: bool | None
    """Customers for a shorter time: lower 45 %, and at most three quarters of the mean tenure and half the window."""
    discount_driven: bool | None
    """Buys on discount: at least one of the discount, coupon and full-price shares says so, none contradicts, and the
    mean discount share is above that of all customers."""
    discount_heavy: bool
    """And far more than others: at least 1.5x the mean discount share, or at most 0.6x the full-price share."""
    overdue: float
    """Days since the last order / usual purchase interval; NaN with fewer orders than MIN_ORDERS_FOR_GAP."""
    days: float = math.nan
    """Median days since the last order."""
    tenure_days: float = math.nan
    """Median days since the first order."""
    reorder_interval_days: float = math.nan
    """Of the shop; NaN in runs saved without it, which pass every test against it."""
    window_days: float = math.nan
    single_order_share: float = math.nan
    """Share of the customers with one order, 0 to 1."""
    sales_ratio: float = math.nan
    """Share of sales / share of customers."""
    customers: float = math.nan

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> SegmentTraits:
        """Read the traits from a row of the profile."""
        tenure, index = get_number(row, "position_tenure_days"), get_number(row, "index_tenure_days")
        days, tenure_days = get_number(row, "median_recency_days"), get_number(row, "median_tenure_days")
        window_days = get_number(row, "window_days")
        can_be_new = not tenure_days > MAX_ACTIVE_WINDOW_SHARE * window_days
        known = not math.isnan(tenure)
        share_of_customers = get_number(row, "share_of_customers")
        is_discount_driven = _is_discount_driven(row)
        return cls(
            recent=1 - get_number(row, "position_recency_days"),
            frequency=get_number(row, "position_frequency"),
            monetary=get_number(row, "position_monetary"),
            orders=get_number(row, "median_frequency"),
            new=tenure <= 0.4 and not index > 50 and can_be_new if known else None,
            young=tenure <= 0.45 and not index > 75 and can_be_new if known else None,
            discount_driven=is_discount_driven,
            discount_heavy=is_discount_driven is True and _is_discount_heavy(row),
            overdue=_compute_overdue_ratio(row),
            days=days,
            tenure_days=tenure_days,
            reorder_interval_days=get_number(row, "reorder_interval_days"),
            window_days=window_days,
            single_order_share=get_number(row, "single_order_share"),
            sales_ratio=get_number(row, "share_of_sales") / share_of_customers if share_of_customers > 0 else math.nan,
            customers=get_number(row, "customers"),
        )

    def neighbors(self) -> Iterator[SegmentTraits]:
        """These traits, and all combinations within RENAME_TOLERANCE of them."""
        for recent, frequency, monetary in product((0.0, -RENAME_TOLERANCE, RENAME_TOLERANCE), repeat=3):
            yield replace(
                self,
                recent=self.recent + recent,
                frequency=self.frequency + frequency,
                monetary=self.monetary + monetary,
            )

    @property
    def is_small(self) -> bool:
        """Too few customers for a name that characterizes them."""
        return self.customers < MIN_CUSTOMERS

    @property
    def is_valuable(self) -> bool:
        """The share of sales is above the share of customers."""
        return self.sales_ratio > 1

    @property
    def is_within_recent_days(self) -> bool:
        """The last order is recent by the pace of the shop."""
        # An unknown interval makes every comparison with it false; `max` then ignores an unknown window as well.
        is_beyond_pace = self.days > max(
            RECENT_INTERVALS * self.reorder_interval_days, RECENT_WINDOW_SHARE * self.window_days
        )
        return not is_beyond_pace and not self.is_beyond_half_window

    @property
    def is_beyond_half_window(self) -> bool:
        """The last order is in the first half of the window."""
        return self.days > MAX_ACTIVE_WINDOW_SHARE * self.window_days

    @property
    def is_recent(self) -> bool:
        """The last order is recent, both among all customers and by the pace of the shop."""
        return self.recent >= HIGH and self.is_within_recent_days

    @property
    def is_active(self) -> bool:
        """The last order is not long ago by rank and pace, or within twice the segment's own purchase interval."""
        is_current = self.recent > LOW and self.is_within_recent_days
        return (is_current or self.overdue < 2) and not self.is_beyond_half_window

    @property
    def has_single_orders(self) -> bool:
        """At least three quarters ordered once; if that is unknown, at least half."""
        return self.orders == 1 and not self.single_order_share < MIN_SINGLE_ORDER_SHARE

    def is_late(self, times: float) -> bool:
        """The last order is at least `times` of the segment's own purchase intervals ago.

        If that interval is unknown: at least one reorder interval of the shop; if that is unknown as well, True.
        """
        return self.overdue >= times if not math.isnan(self.overdue) else not self.days < self.reorder_interval_days

    @property
    def is_lapsed(self) -> bool:
        """The last order is long ago, and at least two usual purchase intervals."""
        return self.recent <= LOW and self.is_late(2)


def get_number(row: Mapping[str, Any], column: str) -> float:
    """A number of the profile; NaN if it is missing."""
    value = row.get(column)
    return math.nan if value is None else float(value)


def _is_discount_driven(row: Mapping[str, Any]) -> bool | None:
    votes = []
    for feature, is_higher_discounted in (
        ("discount_share", True),
        ("coupon_share", True),
        ("full_price_share", False),
    ):
        position, index = get_number(row, f"position_{feature}"), get_number(row, f"index_{feature}")
        if math.isnan(position):
            continue
        if not is_higher_discounted:
            position, is_clear = 1 - position, not index > 90
        else:
            is_clear = not index < 110 and get_number(row, f"median_{feature}") > 0
        # The mean must agree with the rank: with many ties, a rank alone says little.
        votes.append(1 if position >= HIGH and is_clear else -1 if position < 0.5 else 0)
    if not votes:
        return None
    return max(votes) > 0 and min(votes) >= 0 and not get_number(row, "index_discount_share") <= 100


def _is_discount_heavy(row: Mapping[str, Any]) -> bool:
    """Whether a discount share is far from both the mean and the median of all customers."""
    has_high_share = any(
        get_number(row, f"position_{feature}") >= DISTANT_RANK and get_number(row, f"index_{feature}") >= 150
        for feature in ("discount_share", "coupon_share")
    )
    return has_high_share or (
        get_number(row, "position_full_price_share") <= 1 - DISTANT_RANK
        and get_number(row, "index_full_price_share") <= 60
    )


def _compute_overdue_ratio(row: Mapping[str, Any]) -> float:
    """Days since the last order / usual interval: the typical gap, else the mean gap over the tenure."""
    days, orders = get_number(row, "median_recency_days"), get_number(row, "median_frequency")
    if not orders >= MIN_ORDERS_FOR_GAP:
        return math.nan
    gap = get_number(row, "median_typical_gap_days")
    if not gap >= 1:  # several orders on one day: the median gap says nothing about the interval
        gap = (get_number(row, "median_tenure_days") - days) / (orders - 1)
    return days / max(gap, 1.0) if gap >= 0 else math.nan
