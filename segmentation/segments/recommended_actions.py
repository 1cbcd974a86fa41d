"""Recommended actions per segment: goal, offer, channel and what to avoid, with the segment's statistics."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import isnan
from typing import Any

import pandas as pd

from segmentation.errors import ColumnError
from segmentation.presentation.formatting import format_compact, format_percent, format_rounded_currency, format_value
from segmentation.segments.names.base import Play
from segmentation.segments.names.catalog import BY_TEXT, DEFAULT_PLAY, NAMES
from segmentation.segments.profile import to_rows
from segmentation.segments.segment_traits import SegmentTraits, get_number


def recommend_actions(named_profile: pd.DataFrame, overridden_names: Collection[int] = ()) -> pd.DataFrame:
    """Recommend a goal, an offer, a channel and what to avoid for every segment.

    A generated name determines the play; a composed name has that of its base. A segment named by the user gets the
    play of the first generated name that fits its profile, so that actions follow behavior rather than the name.

    Args:
        named_profile: the profile with a column segment_name.
        overridden_names: IDs of the segments named by the user, possibly with a generated name.

    Returns:
        One row per row of `named_profile`: segment_id, goal, offer, channel, avoid. Every sentence cites medians or
        totals of that segment.

    Raises:
        ColumnError: a required column is missing.

    >>> row = {"segment_id": 4, "segment_name": "Lost Customers", "customers": 85, "share_of_sales": 0.004,
    ...        "median_recency_days": 144.0, "median_frequency": 2.0, "median_monetary": 31.0}
    >>> recommend_actions(pd.DataFrame([row]))["goal"][0]
    'Spend as little as possible: 85 customers bring 0.4\\xa0% of sales.'
    """
    needed = ("segment_id", "segment_name", "customers", "share_of_sales")
    missing = [name for name in needed if name not in named_profile.columns]
    if missing:
        raise ColumnError(f"The named profile has no column {', '.join(missing)}.")
    actions = []
    for row in to_rows(named_profile):
        play, values = _choose_play(row, row["segment_id"] in overridden_names), _build_phrases(row)
        actions.append(
            {
                "segment_id": row["segment_id"],
                "goal": play.goal.format_map(values),
                "offer": play.offer.format_map(values),
                "channel": play.channel.format_map(values),
                "avoid": play.avoid.format_map(values),
            }
        )
    return pd.DataFrame(actions, columns=["segment_id", "goal", "offer", "channel", "avoid"])


def _choose_play(row: Mapping[str, Any], is_overridden: bool) -> Play:
    base = str(row["segment_name"]).split(", ")[0]
    if is_overridden or base not in BY_TEXT:
        traits = SegmentTraits.from_row(row)
        base = next((name.text for name in NAMES if name.fits(traits)), "")
    return BY_TEXT[base].play if base in BY_TEXT else DEFAULT_PLAY


def _build_phrases(row: Mapping[str, Any]) -> dict[str, str]:
    """Values for the fields of a play; each is a complete phrase, with a fallback if its feature is missing."""
    spend = format_rounded_currency(get_number(row, "median_monetary"))
    orders = format_value(get_number(row, "median_frequency"), "orders")
    days = get_number(row, "median_recency_days")
    basket, gap = get_number(row, "median_avg_order_value"), get_number(row, "median_typical_gap_days")
    traits = SegmentTraits.from_row(row)
    tenure = get_number(row, "median_tenure_days")
    rhythm = gap >= 1.5 and not isnan(traits.overdue)
    customers = int(row["customers"])
    return {
        "customers": format_value(customers, "customers"),
        "bring": "bring" if customers != 1 else "brings",
        "sales": f"{format_percent(get_number(row, 'share_of_sales'), 'an unknown part')} of sales",
        "spend": spend,
        "orders": orders,
        "days": format_value(days, "days"),
        "ago": f"{format_value(days, 'days')} ago",
        "basket": f"an order of {format_rounded_currency(basket)}" if not isnan(basket) else f"spending of {spend}",
        "rhythm": f"about every {format_compact(round(gap))} days" if rhythm else f"{orders} so far",
        "deals": _describe_discount(row) or f"{spend} spent each",
        "since": f"{format_value(tenure, 'days')} after their first order" if not isnan(tenure) else f"after {orders}",
    }


def _describe_discount(row: Mapping[str, Any]) -> str:
    """The share that shows best how much a segment buys on discount; "" if none is known."""
    candidates = []
    for feature, sign, description in (
        ("discount_share", 1, "off list prices"),
        ("coupon_share", 1, "of orders with a coupon"),
        ("full_price_share", -1, "bought at full price"),
    ):
        share, position = get_number(row, f"median_{feature}"), get_number(row, f"position_{feature}")
        if not isnan(share) and not isnan(position):
            candidates.append((sign * (position - 0.5), f"{format_percent(share)} {description}"))
    return max(candidates)[1] if candidates else ""
