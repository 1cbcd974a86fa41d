"""Names of recently acquired and recently active segments."""

from __future__ import annotations

from segmentation.segments.names.base import Play, SegmentName
from segmentation.segments.segment_traits import HIGH, LOW_FREQUENCY_RANK

# New, and already above the typical customer.
RISING_STARS = SegmentName(
    "Rising Stars",
    definition="New customers who bought recently and already spend more than the typical customer.",
    condition=lambda s: s.is_valuable and s.is_recent and s.frequency >= 0.5 and s.monetary >= 0.55 and s.new is True,
    score=lambda s: s.frequency + s.monetary,
    play=Play(
        goal="Make a habit of a fast start: {orders} and {spend} spent, {since} (medians).",
        offer="Show the rest of the range; a thank-you that fits {basket} (median).",
        channel="Welcome series by e-mail, while the last order is {days} old (median).",
        avoid="No heavy discounts: they reached {spend} (median) early.",
    ),
)

# Tenure is optional: without it, few recent orders are enough.
NEW_CUSTOMERS = SegmentName(
    "New Customers",
    definition="Bought recently, with few orders so far and a short customer tenure.",
    condition=lambda s: s.is_recent and s.frequency <= LOW_FREQUENCY_RANK and s.new is not False,
    score=lambda s: s.recent - s.frequency + (s.new is True),
    play=Play(
        goal="Win the next order: {orders} and {spend} spent so far (medians).",
        offer="A welcome offer for the next order, in proportion to {basket} (median).",
        channel="Welcome series by e-mail; the last order was {ago} (median).",
        avoid="No full newsletter program yet: it is early, with {orders} each (median).",
    ),
)

PROMISING = SegmentName(
    "Promising",
    definition="Bought recently, with little spend so far and a short customer tenure.",
    condition=lambda s: s.is_recent and s.frequency < 0.5 and s.monetary <= HIGH and s.young is not False,
    score=lambda s: s.recent,
    play=Play(
        goal="Turn a good start into a habit: {orders} so far, the last {ago} (medians).",
        offer="A reason for the next order: bestsellers priced near {basket} (median).",
        channel="E-mail with products that go with the last order, {ago} (median).",
        avoid="No loyalty tiers that look out of reach from {spend} (median).",
    ),
)

POTENTIAL_LOYALISTS = SegmentName(
    "Potential Loyalists",
    definition="Bought recently and more than once, with a short customer tenure.",
    condition=lambda s: (
        s.is_recent
        and s.frequency >= 0.4
        and s.monetary >= 0.35
        and s.orders >= 2
        and (s.frequency < 0.65 if s.young is None else s.young)
    ),
    score=lambda s: s.recent + s.frequency,
    play=Play(
        goal="Make regular customers of them: {orders} so far, the last {ago} (medians).",
        offer="Membership, or a small reward in proportion to {basket} (median).",
        channel="E-mail and app, while the last order is {days} old (median).",
        avoid="No deep one-off discount: they placed {orders} each (median) already.",
    ),
)

RECENT_BUYERS = SegmentName(
    "Recent Buyers",
    definition="Bought recently; no other characteristic stands out.",
    condition=lambda s: s.is_recent,
    score=lambda s: s.recent,
    play=Play(
        goal="Act now: the last order was {ago} (median).",
        offer="Products that go with the last order, in proportion to {basket} (median).",
        channel="E-mail in the next few days; {customers} in all.",
        avoid="No win-back offers unless a customer is overdue: they ordered {ago} (median).",
    ),
)
