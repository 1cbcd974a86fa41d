"""Names of segments that have lapsed or are about to."""

from __future__ import annotations

from segmentation.segments.names.base import Play, SegmentName
from segmentation.segments.segment_traits import HIGH, LOW_FREQUENCY_RANK

CANNOT_LOSE = SegmentName(
    "Cannot Lose",
    definition="Among the best in orders and spend, and inactive for at least 4x their usual purchase interval.",
    condition=lambda s: s.is_valuable and s.is_lapsed and s.is_late(4) and s.frequency >= 0.65 and s.monetary >= 0.65,
    score=lambda s: s.frequency + s.monetary - s.recent,
    play=Play(
        goal="Win them back: {spend} spent each with {orders}, but none for {days} (medians).",
        offer="A personal, generous offer: {spend} each (median) is at stake.",
        channel="A call or letter to the best of the {customers}, a personal e-mail to the others.",
        avoid="No mass mailing: ask why they have not ordered for {days} (median).",
    ),
)

AT_RISK_CUSTOMERS = SegmentName(
    "At-Risk Customers",
    definition="High spend from few orders, and inactive for a long time.",
    condition=lambda s: s.is_valuable and s.is_lapsed and s.frequency <= LOW_FREQUENCY_RANK and s.monetary >= HIGH,
    score=lambda s: s.monetary - s.frequency - s.recent,
    play=Play(
        goal="Bring them back: {spend} spent each with only {orders}, the last {ago} (medians).",
        offer="A meaningful offer relative to {basket} (median).",
        channel="A personal e-mail, then a letter to those who do not answer; {customers} in all.",
        avoid="No small coupons: they mean little beside {basket} (median).",
    ),
)

LAPSING_REGULARS = SegmentName(
    "Lapsing Regulars",
    definition="Used to order as often as others or more, and inactive for at least 3x their usual purchase interval.",
    condition=lambda s: s.is_lapsed and s.is_late(3) and s.frequency > LOW_FREQUENCY_RANK and s.orders >= 3,
    score=lambda s: s.frequency - s.recent,
    play=Play(
        goal="Restore the habit: {orders} each, but none for {days} (medians).",
        offer="A reminder of what they used to buy, with an offer relative to {basket} (median).",
        channel="E-mail and app with a clear date, then one letter; {customers} in all.",
        avoid="Do not wait: it has been {days} since the last order (median).",
    ),
)

LAPSED_BIG_SPENDERS = SegmentName(
    "Lapsed Big Spenders",
    definition="High past spend, and inactive for at least 4x their usual purchase interval.",
    condition=lambda s: s.is_valuable and s.is_lapsed and s.is_late(4) and s.monetary >= HIGH,
    score=lambda s: s.monetary - s.recent,
    play=Play(
        goal="Bring back the large baskets: {spend} spent each, the last order {ago} (medians).",
        offer="New products in the categories they bought, with service rather than low prices, for {basket} (median).",
        channel="A personal e-mail or letter to {customers}.",
        avoid="No everyday coupons: they do not bring back {spend} (median).",
    ),
)

NEED_ATTENTION = SegmentName(
    "Need Attention",
    definition="Average or better in orders and spend, and starting to be overdue.",
    condition=lambda s: (
        0.2 < s.recent < 0.5 and s.frequency >= 0.4 and s.monetary >= 0.4 and s.is_late(1.5) and not s.overdue >= 4
    ),
    score=lambda s: s.frequency + s.monetary,
    play=Play(
        goal="Prevent churn: {orders} and {spend} spent each, but none for {days} (medians).",
        offer="A limited-time offer on what they used to buy, for {basket} or more (median).",
        channel="E-mail and app now, {days} after the last order (median).",
        avoid="Do not treat them as lost: {customers} still {bring} {sales}.",
    ),
)

ABOUT_TO_SLEEP = SegmentName(
    "About to Sleep",
    definition="Below average in orders and spend, and overdue.",
    condition=lambda s: 0.3 <= s.recent < 0.5 and s.frequency < 0.5 and s.monetary < 0.5 and s.is_late(2),
    score=lambda s: -abs(s.recent - 0.4),
    play=Play(
        goal="Reactivate them early: the last order was {ago} (median).",
        offer="Bestsellers and a small incentive that fits {basket} (median).",
        channel="E-mail with one reminder; {customers} in all.",
        avoid="No large vouchers: they spent {spend} each (median).",
    ),
)

HIBERNATING = SegmentName(
    "Hibernating",
    definition="Few orders, low spend, and inactive for a long time.",
    condition=lambda s: s.is_lapsed and s.frequency <= LOW_FREQUENCY_RANK and s.monetary <= 0.5,
    score=lambda s: -s.recent,
    play=Play(
        goal="Reactivate those who respond: {orders} each, the last {ago} (medians).",
        offer="One seasonal offer that fits {basket} (median); then suppress.",
        channel="E-mail on two or three occasions a year to {customers}.",
        avoid="No costly channels: all of them together bring {sales}.",
    ),
)

LAPSED_CUSTOMERS = SegmentName(
    "Lapsed Customers",
    definition="Inactive for longer than their purchase interval explains.",
    condition=lambda s: s.is_lapsed,
    score=lambda s: -s.recent,
    play=Play(
        goal="Find out who may come back: the last order was {ago} (median).",
        offer="A short reminder with one offer that fits {basket} (median).",
        channel="E-mail, in two steps; only those who open the first get the second. {customers} in all.",
        avoid="Do not keep sending the usual newsletter: {days} without an order (median).",
    ),
)

LOST_CUSTOMERS = SegmentName(
    "Lost Customers",
    definition="Last purchase very long ago, with few orders and low spend.",
    condition=lambda s: s.recent <= 0.2 and s.frequency <= 0.3 and s.monetary <= 0.3 and s.is_late(3),
    score=lambda s: -s.recent - s.frequency - s.monetary,
    play=Play(
        goal="Spend as little as possible: {customers} {bring} {sales}.",
        offer="One last offer, and a question about what went wrong {ago} (median).",
        channel="One e-mail to {customers}; remove those who do not respond from the list.",
        avoid="No discounts: {spend} spent each (median) does not pay for any.",
    ),
)
