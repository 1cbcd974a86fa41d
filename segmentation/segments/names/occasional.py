"""Names of segments defined by discounts, low activity, or nothing else."""

from __future__ import annotations

from segmentation.segments.names.base import Play, SegmentName
from segmentation.segments.segment_traits import HIGH, LOW, LOW_FREQUENCY_RANK

PRICE_SENSITIVE = SegmentName(
    "Price-Sensitive",
    definition="Low spend, mostly on discount or with coupons.",
    condition=lambda s: s.monetary <= LOW and s.discount_driven is True,
    score=lambda s: -s.monetary,
    play=Play(
        goal="Protect the margin: {customers} {bring} {sales}; {deals} (median).",
        offer="Bundles and private labels that lower the price, not the margin, in proportion to {basket} (median).",
        channel="Low-cost channels only, e-mail and app: {spend} spent each (median) pays for little else.",
        avoid="No discount on top of the discounts: {deals} (median) already.",
    ),
)

# Discounts differentiate them more than spend does.
DISCOUNT_HUNTERS = SegmentName(
    "Discount Hunters",
    definition="Spend as much as others or more, and buy on discount or with coupons far more often.",
    condition=lambda s: s.is_active and s.monetary > LOW and s.discount_heavy,
    score=lambda s: s.frequency + s.recent,
    play=Play(
        goal="Increase the margin of each order: {customers} {bring} {sales}; {deals} (median).",
        offer="Conditional offers: a larger order than {basket} (median), a set, or end-of-season stock.",
        channel="E-mail and app, at their purchase interval: {rhythm} (median).",
        avoid="No unconditional discounts: {deals} (median) already.",
    ),
)

ONE_TIME_BUYERS = SegmentName(
    "One-Time Buyers",
    definition="At least three quarters ordered only once, where other customers ordered more often.",
    condition=lambda s: s.has_single_orders and s.frequency < 0.5,
    score=lambda s: -s.monetary - s.frequency,
    play=Play(
        goal="Win another order from {customers}: the last one was {ago} (median).",
        offer="One clear offer for the next order, in proportion to {basket} (median).",
        channel="E-mail, two or three messages at most: the last order was {ago} (median).",
        avoid="No costly campaign: they spent {spend} each (median).",
    ),
)

OCCASIONAL_BUYERS = SegmentName(
    "Occasional Buyers",
    definition="Fewer orders than others, and still active.",
    condition=lambda s: s.is_active and s.frequency <= LOW_FREQUENCY_RANK,
    score=lambda s: -s.frequency,
    play=Play(
        goal="Add one more occasion a season: {orders} each so far (median).",
        offer="Reasons to buy, seasonal or by theme, for {basket} (median).",
        channel="E-mail around the season to {customers}.",
        avoid="Do not contact them much more often than they order: {rhythm} (median).",
    ),
)

SMALL_SPENDERS = SegmentName(
    "Small Spenders",
    definition="Low spend; no other characteristic stands out.",
    condition=lambda s: s.monetary <= LOW,
    score=lambda s: -s.monetary,
    play=Play(
        goal="Serve them at low cost, and make baskets a little larger: {customers} {bring} {sales}.",
        offer="Sets, and free delivery for a little more than {basket} (median).",
        channel="Automated e-mail and on-site messages; {spend} spent each (median) does not pay for more.",
        avoid="No vouchers that cost more than they bring on {basket} (median).",
    ),
)

REPEAT_BUYERS = SegmentName(
    "Repeat Buyers",
    definition="Bought more than once, and order more often than others.",
    condition=lambda s: s.orders >= 2 and s.frequency >= 0.55,
    score=lambda s: s.frequency,
    play=Play(
        goal="Encourage the next order: {orders} each so far (median).",
        offer="A reward for the next order, in proportion to {basket} (median).",
        channel="E-mail with matching products, {days} after the last order (median).",
        avoid="Do not treat them as new customers: {orders} each (median).",
    ),
)

AVERAGE_CUSTOMERS = SegmentName(
    "Average Customers",
    definition="Average recency, order frequency and spend.",
    condition=lambda s: all(LOW <= position <= HIGH for position in (s.recent, s.frequency, s.monetary)),
    score=lambda s: -abs(s.recent - 0.5) - abs(s.frequency - 0.5) - abs(s.monetary - 0.5),
    play=Play(
        goal="Find what moves them: {customers} {bring} {sales}.",
        offer="Test two offers against a control group, for {basket} (median).",
        channel="E-mail with a control group; {customers} in all.",
        avoid="No special treatment before a test shows that it pays at {spend} each (median).",
    ),
)
