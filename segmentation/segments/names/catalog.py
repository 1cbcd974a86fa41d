"""All segment names, in order of precedence."""

from __future__ import annotations

from segmentation.segments.names import lapsed, occasional, recent, valuable
from segmentation.segments.names.base import Play, SegmentName

NAMES: tuple[SegmentName, ...] = (
    recent.RISING_STARS,
    valuable.HIGH_VALUE_CUSTOMERS,
    recent.NEW_CUSTOMERS,
    lapsed.CANNOT_LOSE,
    lapsed.AT_RISK_CUSTOMERS,
    occasional.PRICE_SENSITIVE,
    occasional.DISCOUNT_HUNTERS,
    valuable.LOYAL_CUSTOMERS,
    valuable.CORE_CUSTOMERS,
    valuable.BIG_SPENDERS,
    valuable.FREQUENT_SMALL_SPENDERS,
    recent.POTENTIAL_LOYALISTS,
    recent.PROMISING,
    lapsed.LAPSING_REGULARS,
    lapsed.LAPSED_BIG_SPENDERS,
    occasional.ONE_TIME_BUYERS,
    lapsed.LOST_CUSTOMERS,
    lapsed.NEED_ATTENTION,
    lapsed.HIBERNATING,
    lapsed.ABOUT_TO_SLEEP,
    valuable.REGULARS,
    valuable.FREQUENT_BUYERS,
    occasional.OCCASIONAL_BUYERS,
    lapsed.LAPSED_CUSTOMERS,
    recent.RECENT_BUYERS,
    occasional.SMALL_SPENDERS,
    occasional.REPEAT_BUYERS,
    occasional.AVERAGE_CUSTOMERS,
)
"""Tried from first to last: each name goes to the segment with the highest score among those it fits."""

BY_TEXT = {name.text: name for name in NAMES}
DEFINITIONS = {name.text: name.definition for name in NAMES}

DEFAULT_PLAY = Play(
    goal="Learn what they want: {customers} {bring} {sales}.",
    offer="Test two offers against a control group, for {basket} (median).",
    channel="E-mail first; the last order was {ago} (median).",
    avoid="No costly campaign before a test shows that it pays at {spend} each (median).",
)
"""For a segment that no name fits."""
