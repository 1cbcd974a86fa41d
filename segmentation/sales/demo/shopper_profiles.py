"""Parameters of the synthetic web shop: shopper profiles, seasons, categories, coupons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from segmentation.runtime.array_types import FloatArray, IntArray


@dataclass(frozen=True)
class ShopperProfile:
    """How one kind of customer buys. Days count from 0, the first day of the year."""

    name: str
    share: float
    """Of customers."""
    orders: float
    """Mean number of orders."""
    min_orders: int
    evenness: float
    """Shape of the gamma distribution of the mean number of orders; the larger, the more alike customers are."""
    lines: float
    """Mean number of lines of an order."""
    level: float
    """Median price level, relative to the shop."""
    coupon: float
    """Share of orders with a coupon."""
    starts: tuple[int, int]
    """Range of the first day on which orders are possible; below 0 for customers who joined before the year."""
    ends: tuple[int, int]
    """Range of the day after the last possible order; equal to `starts`: orders on one day only."""
    favorites: tuple[int, ...]
    """Indexes of CATEGORIES bought three times as often as by others."""


SHOPPER_PROFILES = (
    ShopperProfile("steady loyals", 0.24, 30, 10, 8, 2.25, 1.0, 0.10, (-160, 60), (365, 365), (0, 5)),
    ShopperProfile("big spenders", 0.07, 17, 5, 6, 3.4, 3.2, 0.06, (-160, 120), (365, 365), (2, 7)),
    ShopperProfile("lapsing", 0.19, 14, 4, 5, 2.2, 1.1, 0.15, (-90, 30), (120, 240), (1, 6)),
    ShopperProfile("coupon hunters", 0.17, 13, 4, 6, 3.1, 0.6, 0.85, (-120, 150), (365, 365), (3, 8)),
    ShopperProfile("newcomers", 0.15, 3.5, 2, 5, 2.0, 1.0, 0.25, (300, 352), (365, 365), (4, 9)),
    ShopperProfile("one-time buyers", 0.18, 1, 1, 5, 1.7, 0.9, 0.20, (0, 310), (0, 310), ()),
)
CATEGORIES = (
    "Coffee & Tea",
    "Garden",
    "Electronics",
    "Household",
    "Toys",
    "Pantry",
    "Sport",
    "Furniture",
    "Drugstore",
    "Books",
    "Clothing",
    "Shoes",
)
LOG_PRICE = np.log([9.0, 24.0, 90.0, 8.0, 19.0, 6.0, 32.0, 130.0, 7.0, 14.0, 35.0, 60.0]).astype(np.float32)
"""Logarithm of the median unit price, by category."""
RETURN_WEIGHTS = np.array([0.2, 0.7, 1.5, 0.3, 0.8, 0.1, 1.2, 1.5, 0.2, 0.4, 4.0, 5.0])
"""Relative return rate of each category."""
COUPON_STATUS = ("Not Used", "Clicked", "Used")
DICTIONARY_COLUMNS = ["product_category", "coupon_status", "quantity", "transaction_date"]
"""Columns with few distinct values."""
_HEAVY_TAIL = 2.2
"""Exponent of the Pareto distribution of big spenders' price levels: a few spend many times as much."""
_MAX_ORDERS = 300
_POPULARITY = np.array([1.4, 0.7, 0.5, 1.5, 0.8, 1.6, 0.7, 0.3, 1.2, 0.9, 1.3, 0.6])
_CALENDAR = np.arange("2025-01-01", "2026-01-01", dtype="datetime64[D]")
_MONTH = (_CALENDAR.astype("datetime64[M]").astype(int) % 12).astype(np.int8)


def _compute_seasonality() -> FloatArray:
    """Relative demand of each day: quiet summers, busy weekends, a peak before the holidays."""
    weight = np.array([0.9, 0.9, 1.0, 1.05, 1.0, 0.95, 0.8, 0.8, 1.0, 1.05, 1.35, 1.6])[_MONTH]
    weekday = (np.arange(365) + 2) % 7  # 2025 begins on a Wednesday; Monday is 0
    weight = weight * np.where(weekday >= 5, 1.25, 1.0)
    weight[(np.arange(365) >= 331) & (np.arange(365) <= 334)] *= 2.2  # the sale at the end of November
    weight[357:360] *= 0.4
    return weight


_CUMULATIVE_DEMAND = np.concatenate([[0.0], np.cumsum(_compute_seasonality())])
"""Cumulative demand before each day."""
SALE_DAYS = np.isin(np.arange(365), [*range(3, 18), *range(180, 194), *range(327, 337)])
"""January, July, and the end of November."""


def _compute_category_probabilities() -> FloatArray:
    """(profile, month, category) cumulative probabilities of categories."""
    by_month = np.ones((12, len(CATEGORIES)))
    by_month[2:7, 1] = 3.0  # garden in spring
    by_month[10:, [2, 4]] = 2.5  # gifts
    by_profile = np.ones((len(SHOPPER_PROFILES), len(CATEGORIES)))
    for row, shopper in zip(by_profile, SHOPPER_PROFILES, strict=True):
        row[list(shopper.favorites)] = 3.0
    weight = _POPULARITY * by_month[None, :, :] * by_profile[:, None, :]
    share = np.cumsum(weight / weight.sum(axis=2, keepdims=True), axis=2)
    share[:, :, -1] = 1.0
    return share


_CATEGORY = _compute_category_probabilities().astype(np.float32)


@dataclass(frozen=True, eq=False)
class CustomerTraits:
    """Traits of each customer of a block."""

    orders: IntArray
    further_lines: FloatArray
    """Mean lines of an order after its first."""
    level: FloatArray
    """Price level."""
    first: IntArray
    """The first day on which the customer may order."""
    until: IntArray
    """The day after the last day on which the customer may order."""

    def draw_days(self, rng: np.random.Generator, customer: IntArray) -> IntArray:
        """A day for each order, by demand within the customer's days, sorted."""
        low, high = _CUMULATIVE_DEMAND[self.first[customer]], _CUMULATIVE_DEMAND[self.until[customer]]
        target = low + rng.random(len(customer)) * (high - low)
        day = np.minimum(np.searchsorted(_CUMULATIVE_DEMAND, target, side="right") - 1, self.until[customer] - 1)
        return np.sort(customer * 365 + day) - customer * 365


def draw_customer_traits(rng: np.random.Generator, profile_index: IntArray) -> CustomerTraits:
    """Draw the traits of each customer around those of its profile (an index of SHOPPER_PROFILES)."""
    size = len(profile_index)

    def get_parameter(name: str) -> Any:
        return np.array([getattr(shopper, name) for shopper in SHOPPER_PROFILES])[profile_index]

    evenness = get_parameter("evenness")
    mean = (get_parameter("orders") - get_parameter("min_orders")) * rng.standard_gamma(evenness) / evenness
    starts, ends = get_parameter("starts"), get_parameter("ends")
    first = np.maximum(rng.integers(starts[:, 0], starts[:, 1]), 0)
    once = np.array([shopper.starts == shopper.ends for shopper in SHOPPER_PROFILES])[profile_index]
    until = np.where(once, first + 1, rng.integers(ends[:, 0], ends[:, 1] + 1))
    level = get_parameter("level") * np.exp(0.25 * rng.standard_normal(size))
    big = profile_index == next(
        index for index, shopper in enumerate(SHOPPER_PROFILES) if shopper.name == "big spenders"
    )
    level[big] *= 0.75 * (1 + rng.pareto(_HEAVY_TAIL, int(big.sum())))
    return CustomerTraits(
        orders=np.minimum(get_parameter("min_orders") + rng.poisson(mean), _MAX_ORDERS),
        further_lines=(get_parameter("lines") - 1) * rng.standard_gamma(6.0, size) / 6.0,
        level=level,
        first=first,
        until=until,
    )


def draw_categories(
    rng: np.random.Generator, profile_index: IntArray, day: IntArray
) -> np.ndarray[Any, np.dtype[np.int8]]:
    """A category (an index of CATEGORIES) for each line, by profile and season."""
    flat = _CATEGORY.reshape(-1, len(CATEGORIES)) + np.arange(len(SHOPPER_PROFILES) * 12, dtype=np.float64)[:, None]
    row = profile_index * 12 + _MONTH[day]
    position = np.searchsorted(flat.ravel(), row + rng.random(len(row)), side="right")
    return np.minimum(position - row * len(CATEGORIES), len(CATEGORIES) - 1).astype(np.int8)


def draw_coupons(
    rng: np.random.Generator, profile_index: IntArray, day: IntArray
) -> tuple[np.ndarray[Any, np.dtype[np.int8]], FloatArray]:
    """For each order an index of COUPON_STATUS, and the discount rate."""
    on_sale = SALE_DAYS[day]
    coupon_share = np.array([shopper.coupon for shopper in SHOPPER_PROFILES])[profile_index]
    draw = rng.random(len(profile_index))
    used = draw < np.minimum(coupon_share + 0.1 * on_sale, 0.95)
    clicked = ~used & (draw > 0.85)
    rate = np.where(used, np.array([0.10, 0.15, 0.20, 0.30])[rng.integers(0, 4, len(profile_index))], 0.0)
    rate = rate + np.where(on_sale & (rng.random(len(profile_index)) < 0.4), 0.10, 0.0)
    return np.where(used, 2, np.where(clicked, 1, 0)).astype(np.int8), rate
