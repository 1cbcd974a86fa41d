"""Names of active segments with high spend or frequency."""

from __future__ import annotations

from segmentation.segments.names.base import Play, SegmentName
from segmentation.segments.segment_traits import HIGH, LOW

HIGH_VALUE_CUSTOMERS = SegmentName(
    "High-Value Customers",
    definition="High order frequency, high spend, and a recent purchase.",
    condition=lambda s: s.is_valuable and s.is_recent and s.frequency >= HIGH and s.monetary >= 0.65,
    score=lambda s: s.recent + s.frequency + 2 * s.monetary,
    play=Play(
        goal="Keep them: {customers} {bring} {sales}.",
        offer="Early access, service and recognition that match {spend} spent each (median).",
        channel="A personal message, soon: their last order was {ago} (median).",
        avoid="No standing discounts: they would come off {sales}.",
    ),
)

# As High-Value Customers, one step below.
CORE_CUSTOMERS = SegmentName(
    "Core Customers",
    definition="High order frequency, high spend and a recent purchase; one step below the most valuable.",
    condition=lambda s: s.is_valuable and s.is_recent and s.frequency >= HIGH and s.monetary >= HIGH and s.orders >= 2,
    score=lambda s: s.recent + s.frequency + s.monetary,
    play=Play(
        goal="Move them up to the top tier: they spend {spend} each (median) and {bring} {sales} together.",
        offer="Membership benefits that begin a little above {spend} (median).",
        channel="E-mail and app, at their purchase interval: {rhythm} (median).",
        avoid="No price cuts for all of them: they would come off {sales}.",
    ),
)

LOYAL_CUSTOMERS = SegmentName(
    "Loyal Customers",
    definition="High order frequency and a recent purchase, with moderate spend.",
    condition=lambda s: (
        s.is_recent and s.frequency >= HIGH and 0.35 <= s.monetary <= 0.7 and s.orders >= 2 and s.new is not True
    ),
    score=lambda s: s.recent + s.frequency - abs(s.monetary - 0.5),
    play=Play(
        goal="Keep them, and make each order a little larger: they bring {sales}.",
        offer="Points or bundles that reward the next step up from {basket} (median).",
        channel="E-mail and app, at their purchase interval: {rhythm} (median).",
        avoid="No win-back messages unless a customer is overdue: the last order was {ago} (median).",
    ),
)

BIG_SPENDERS = SegmentName(
    "Big Spenders",
    definition="High spend, and still active.",
    condition=lambda s: s.is_valuable and s.is_active and s.monetary >= 0.65,
    score=lambda s: s.monetary,
    play=Play(
        goal="Increase order frequency: {spend} spent each with {orders} (medians).",
        offer="Premium products, sets and advice rather than low prices, starting from {basket} (median).",
        channel="A personal message to {customers}, with a reason to come back: the last order was {ago} (median).",
        avoid="No small coupons: they weigh little against {spend} spent each (median).",
    ),
)

REGULARS = SegmentName(
    "Regulars",
    definition="Steady orders, at least three, the last one not long ago.",
    condition=lambda s: s.is_within_recent_days and s.recent >= 0.5 and s.frequency >= LOW and s.orders >= 3,
    score=lambda s: s.frequency + s.recent,
    play=Play(
        goal="Keep the frequency and widen the basket: {orders} each (median), {sales} together.",
        offer="Cross-sell products that complete {basket} (median).",
        channel="E-mail and app, at their purchase interval: {rhythm} (median).",
        avoid="No win-back messages unless a customer is overdue: they are active and last ordered {ago} (median).",
    ),
)

FREQUENT_BUYERS = SegmentName(
    "Frequent Buyers",
    definition="High order frequency, and still active.",
    condition=lambda s: s.is_active and s.frequency >= HIGH and s.orders >= 3,
    score=lambda s: s.frequency,
    play=Play(
        goal="Keep the habit of ordering: {rhythm} (median).",
        offer="Subscriptions, lists or points that make {basket} (median) easy to repeat.",
        channel="App and e-mail before the next order is due; the last was {ago} (median).",
        avoid="Do not contact them more often than they order: {rhythm} (median).",
    ),
)

FREQUENT_SMALL_SPENDERS = SegmentName(
    "Frequent Small Spenders",
    definition="High order frequency, low spend, and still active.",
    condition=lambda s: s.is_active and s.frequency >= HIGH and s.monetary <= LOW and s.orders >= 3,
    score=lambda s: s.frequency - s.monetary,
    play=Play(
        goal="Make baskets larger: {orders} brought {spend} each (medians).",
        offer="Free delivery or a gift for a little more than {basket} (median).",
        channel="In store and at checkout, because they order often: {rhythm} (median).",
        avoid="No offers that ask for several times {basket} (median).",
    ),
)
