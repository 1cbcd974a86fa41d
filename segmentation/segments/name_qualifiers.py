"""Words for how a segment compares with all customers: in the reason of a name, and to tell two alike apart."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from segmentation.presentation.phrases import format_money, pluralize
from segmentation.segments.segment_traits import SegmentTraits, get_number

SCALE = (0.1, 0.3, 0.45, 0.55, 0.7, 0.9)
"""Positions where the words change: very low, low, rather low, moderate, rather high, high, very high."""

NEITHER = "last order neither recent nor long ago"
"""Said in a reason; too long, and telling too little, for a name."""

WORDS = {
    "monetary": (
        "very low spend",
        "low spend",
        "rather low spend",
        "moderate spend",
        "rather high spend",
        "high spend",
        "very high spend",
    ),
    "frequency": (
        "very few orders",
        "few orders",
        "rather few orders",
        "a moderate number of orders",
        "rather many orders",
        "many orders",
        "very many orders",
    ),
    "recency_days": (
        "very recent",
        "recent",
        "fairly recent",
        NEITHER,
        "last order some time ago",
        "last order long ago",
        "last order very long ago",
    ),
    "avg_order_value": (
        "very small baskets",
        "small baskets",
        "rather small baskets",
        "",
        "rather large baskets",
        "large baskets",
        "very large baskets",
    ),
    "discount_share": ("very few discounts", "few discounts", "", "", "", "many discounts", "very many discounts"),
    "coupon_share": ("very few coupons", "few coupons", "", "", "", "many coupons", "very many coupons"),
    "full_price_share": ("", "little at full price", "", "", "", "much at full price", ""),
    "tenure_days": ("very short history", "short history", "", "", "", "long history", "very long history"),
    "category_count": ("very narrow range", "narrow range", "", "", "", "wide range", "very wide range"),
}

FIGURES: dict[str, Callable[[float], str]] = {
    "frequency": lambda value: pluralize(value, "order"),
    "monetary": lambda value: f"{format_money(value)} spent",
    "recency_days": lambda value: f"{pluralize(value, 'day')} since the last order",
    "avg_order_value": lambda value: f"{format_money(value)} an order",
    "tenure_days": lambda value: f"{pluralize(value, 'day')} since the first order",
}
FIGURE = re.compile(r"-?[\d.,]+ (orders?|spent|days? since the (last|first) order|an order)|group \d+")


def describe_rank(facts: SegmentTraits) -> str:
    """Spend, orders and recency against all customers, as the beginning of a sentence.

    >>> describe_rank(SegmentTraits(0.95, 0.8, 0.5, 12.0, None, None, None, False, 0.5))
    'Moderate spend, many orders, very recent'
    """
    places = {"monetary": facts.monetary, "frequency": facts.frequency, "recency_days": 1 - facts.recent}
    words = [word for word in (_word(feature, place) for feature, place in places.items()) if word]
    return ", ".join(words).capitalize() or "Nothing is known of their orders"


def list_qualifiers(row: Mapping[str, Any]) -> list[str]:
    """The words that are true of a segment, the most telling first.

    >>> list_qualifiers({"position_monetary": 0.2, "position_avg_order_value": 0.95, "position_tenure_days": 0.5})
    ['low spend', 'very large baskets']
    """
    words = (_word(feature, get_number(row, f"position_{feature}")) for feature in WORDS)
    return [word for word in words if word and word != NEITHER]


def list_numeric_qualifiers(row: Mapping[str, Any]) -> Iterator[str]:
    """Figures that can stand in a name, where words do not tell two segments apart."""
    for feature, say in FIGURES.items():
        value = get_number(row, f"median_{feature}")
        if not math.isnan(value):
            yield say(value)


def is_generated(detail: str) -> bool:
    """Whether a part of a name is one that this module makes."""
    return FIGURE.fullmatch(detail) is not None or any(detail in words for words in WORDS.values())


def is_true(detail: str, row: Mapping[str, Any]) -> bool:
    """Whether a word or figure in a name is true of a segment."""
    return detail.startswith("group ") or detail in list_qualifiers(row) or detail in list_numeric_qualifiers(row)


def _word(feature: str, position: float) -> str:
    if math.isnan(position):
        return ""
    low = sum(position > cut for cut in SCALE[:3])
    return WORDS[feature][low + sum(position >= cut for cut in SCALE[3:])]
