"""The habits of the made-up web shop's customers, as data: behaviors, seasons, categories, coupons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Ints = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class ShopperProfile:
    """How one kind of customer buys. Days count from 0, the first day of the year, to 365."""

    name: str
    share: float
    """Of customers."""
    orders: float
    """Mean number of orders."""
    min_orders: int
    evenness: float
    """Shape of the gamma distribution of the mean number of orders: large, and all order about as often."""
    lines: float
    """Mean number of lines of an order."""
    level: float
    """Median price paid, with 1 for the shop's usual."""
    coupon: float
    """Share of orders with a coupon."""
    starts: tuple[int, int]
    """The days between which the first order may come first; below 0, the customer was there before the year."""
    ends: tuple[int, int]
    """The days between which no order comes any more; equal to `starts`: one day only."""
    favorites: tuple[int, ...]
    """Places in CATEGORIES of what is bought three times as often as by others."""


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
"""Of the median price of one piece, by category."""
RETURN_WEIGHTS = np.array([0.2, 0.7, 1.5, 0.3, 0.8, 0.1, 1.2, 1.5, 0.2, 0.4, 4.0, 5.0])
"""How readily a line of each category is sent back."""
COUPON_STATUS = ("Not Used", "Clicked", "Used")
DICTIONARY_COLUMNS = ["product_category", "coupon_status", "quantity", "transaction_date"]
"""Columns with few different values."""
_HEAVY_TAIL = 2.2
"""Exponent of the Pareto distribution by which big spenders differ: a few spend many times as much."""
_MAX_ORDERS = 300
_POPULAR = np.array([1.4, 0.7, 0.5, 1.5, 0.8, 1.6, 0.7, 0.3, 1.2, 0.9, 1.3, 0.6])
_CALENDAR = np.arange("2025-01-01", "2026-01-01", dtype="datetime64[D]")
_MONTH = (_CALENDAR.astype("datetime64[M]").astype(int) % 12).astype(np.int8)


def _compute_seasonality() -> Floats:
    """How much is bought on each day, 1 being usual: quiet summers, weekends, the weeks before the holidays."""
    weight = np.array([0.9, 0.9, 1.0, 1.05, 1.0, 0.95, 0.8, 0.8, 1.0, 1.05, 1.35, 1.6])[_MONTH]
    weekday = (np.arange(365) + 2) % 7  # 2025 begins on a Wednesday; Monday is 0
    weight = weight * np.where(weekday >= 5, 1.25, 1.0)
    weight[(np.arange(365) >= 331) & (np.arange(365) <= 334)] *= 2.2  # the sale at the end of November
    weight[357:360] *= 0.4
    return weight


_UNTIL = np.concatenate([[0.0], np.cumsum(_compute_seasonality())])
"""What is bought before each day."""
SALE_DAYS = np.isin(np.arange(365), [*range(3, 18), *range(180, 194), *range(327, 337)])
"""January, July, and the end of November."""


def _compute_category_probabilities() -> Floats:
    """(behavior, month, category) cumulated, ending with 1: what is bought by whom, when."""
    when = np.ones((12, len(CATEGORIES)))
    when[2:7, 1] = 3.0  # garden in spring
    when[10:, [2, 4]] = 2.5  # gifts
    who = np.ones((len(SHOPPER_PROFILES), len(CATEGORIES)))
    for row, behavior in zip(who, SHOPPER_PROFILES, strict=True):
        row[list(behavior.favorites)] = 3.0
    weight = _POPULAR * when[None, :, :] * who[:, None, :]
    share = np.cumsum(weight / weight.sum(axis=2, keepdims=True), axis=2)
    share[:, :, -1] = 1.0
    return share


_CATEGORY = _compute_category_probabilities().astype(np.float32)


@dataclass(frozen=True, eq=False)
class CustomerTraits:
    """What each customer of a block was given."""

    orders: Ints
    further_lines: Floats
    """Mean lines of an order after its first."""
    level: Floats
    """Price level."""
    first: Ints
    """The first day on which the customer may order."""
    until: Ints
    """The day from which on no more orders come."""

    def draw_days(self, rng: np.random.Generator, customer: Ints) -> Ints:
        """A day for each order, by season within the customer's days, in order."""
        low, high = _UNTIL[self.first[customer]], _UNTIL[self.until[customer]]
        place = low + rng.random(len(customer)) * (high - low)
        day = np.minimum(np.searchsorted(_UNTIL, place, side="right") - 1, self.until[customer] - 1)
        return np.sort(customer * 365 + day) - customer * 365


def draw_customer_traits(rng: np.random.Generator, profile_index: Ints) -> CustomerTraits:
    """Draw each customer's own habits around those of the behavior (an index of BEHAVIORS)."""
    size = len(profile_index)

    def of(name: str) -> Any:
        return np.array([getattr(behavior, name) for behavior in SHOPPER_PROFILES])[profile_index]

    evenness = of("evenness")
    mean = (of("orders") - of("min_orders")) * rng.standard_gamma(evenness) / evenness
    starts, ends = of("starts"), of("ends")
    first = np.maximum(rng.integers(starts[:, 0], starts[:, 1]), 0)
    once = np.array([behavior.starts == behavior.ends for behavior in SHOPPER_PROFILES])[profile_index]
    until = np.where(once, first + 1, rng.integers(ends[:, 0], ends[:, 1] + 1))
    level = of("level") * np.exp(0.25 * rng.standard_normal(size))
    big = profile_index == next(
        place for place, behavior in enumerate(SHOPPER_PROFILES) if behavior.name == "big spenders"
    )
    level[big] *= 0.75 * (1 + rng.pareto(_HEAVY_TAIL, int(big.sum())))
    return CustomerTraits(
        orders=np.minimum(of("min_orders") + rng.poisson(mean), _MAX_ORDERS),
        further_lines=(of("lines") - 1) * rng.standard_gamma(6.0, size) / 6.0,
        level=level,
        first=first,
        until=until,
    )


def draw_categories(rng: np.random.Generator, profile_index: Ints, day: Ints) -> np.ndarray[Any, np.dtype[np.int8]]:
    """A category (an index of CATEGORIES) for each line, by behavior and season."""
    flat = _CATEGORY.reshape(-1, len(CATEGORIES)) + np.arange(len(SHOPPER_PROFILES) * 12, dtype=np.float64)[:, None]
    row = profile_index * 12 + _MONTH[day]
    place = np.searchsorted(flat.ravel(), row + rng.random(len(row)), side="right")
    return np.minimum(place - row * len(CATEGORIES), len(CATEGORIES) - 1).astype(np.int8)


def draw_coupons(
    rng: np.random.Generator, profile_index: Ints, day: Ints
) -> tuple[np.ndarray[Any, np.dtype[np.int8]], Floats]:
    """For each order an index of COUPON_STATUS, and the share of the price that is taken off."""
    on_sale = SALE_DAYS[day]
    wants = np.array([behavior.coupon for behavior in SHOPPER_PROFILES])[profile_index]
    draw = rng.random(len(profile_index))
    used = draw < np.minimum(wants + 0.1 * on_sale, 0.95)
    clicked = ~used & (draw > 0.85)
    rate = np.where(used, np.array([0.10, 0.15, 0.20, 0.30])[rng.integers(0, 4, len(profile_index))], 0.0)
    rate = rate + np.where(on_sale & (rng.random(len(profile_index)) < 0.4), 0.10, 0.0)
    return np.where(used, 2, np.where(clicked, 1, 0)).astype(np.int8), rate
