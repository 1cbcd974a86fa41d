"""The play for each name: one sentence each for goal, offer, channel and what to avoid.

Words in braces are figures of the segment; `segmentation.segments.recommended_actions` fills them in. A sentence must stay true
whatever the figures are.
"""

from __future__ import annotations

from typing import NamedTuple


class Play(NamedTuple):
    """What to do with one kind of segment."""

    goal: str
    offer: str
    channel: str
    avoid: str


PLAYS: dict[str, Play] = {
    "High-Value Customers": Play(
        "Keep them: {customers} {bring} {sales}.",
        "Early access, service and recognition that match {spend} spent each (median).",
        "A personal message, soon: their last order was {ago} (median).",
        "No standing discounts: they would come off {sales}.",
    ),
    "Rising Stars": Play(
        "Make a habit of a fast start: {orders} and {spend} spent, {since} (medians).",
        "Show the rest of the range; a thank-you that fits {basket} (median).",
        "Welcome series by e-mail, while the last order is {days} old (median).",
        "No heavy discounts: they reached {spend} (median) early.",
    ),
    "Loyal Customers": Play(
        "Keep them, and make each order a little larger: they bring {sales}.",
        "Points or bundles that reward the next step up from {basket} (median).",
        "E-mail and app, in their own rhythm: {rhythm} (median).",
        "No win-back messages: their last order was {ago} (median).",
    ),
    "Core Customers": Play(
        "Bring them nearer to the top: they spend {spend} each (median) and {bring} {sales} together.",
        "Membership benefits that begin a little above {spend} (median).",
        "E-mail and app, in their own rhythm: {rhythm} (median).",
        "No price cuts for all of them: they would come off {sales}.",
    ),
    "Big Spenders": Play(
        "Have them order more often: {spend} spent each with {orders} (medians).",
        "Premium products, sets and advice rather than low prices, starting from {basket} (median).",
        "A personal message to {customers}, with a reason to come back: the last order was {ago} (median).",
        "No small coupons: they weigh little against {spend} spent each (median).",
    ),
    "Frequent Small Spenders": Play(
        "Make baskets larger: {orders} brought {spend} each (medians).",
        "Free delivery or a gift for a little more than {basket} (median).",
        "In the shop and at the checkout, where they are often: {rhythm} (median).",
        "No offers that ask for several times {basket} (median).",
    ),
    "New Customers": Play(
        "Win the next order: so far {orders} and {spend} spent (medians).",
        "A welcome offer for the next order, in proportion to {basket} (median).",
        "Welcome series by e-mail; the last order was {ago} (median).",
        "No full newsletter programme yet: it is early, with {orders} each (median).",
    ),
    "Promising": Play(
        "Turn a good start into a habit: {orders} so far, the last {ago} (medians).",
        "A reason for the next order: bestsellers within reach of {basket} (median).",
        "E-mail with products that go with the last order, {ago} (median).",
        "No loyalty tiers that look out of reach from {spend} (median).",
    ),
    "Potential Loyalists": Play(
        "Make regular customers of them: {orders} so far, the last {ago} (medians).",
        "Membership, or a small reward in proportion to {basket} (median).",
        "E-mail and app, while the last order is {days} old (median).",
        "No deep one-off discount: they placed {orders} each (median) already.",
    ),
    "Price-Sensitive": Play(
        "Earn on them: {customers} {bring} {sales}; {deals} (median).",
        "Bundles and own brands that lower the price but keep the margin, in proportion to {basket} (median).",
        "Cheap channels only, e-mail and app: {spend} spent each (median) pays for little else.",
        "No discount on top of the discounts: {deals} (median) already.",
    ),
    "Discount Hunters": Play(
        "Earn more on each order: {customers} {bring} {sales}; {deals} (median).",
        "Offers that ask for something back: a larger order than {basket} (median), a set, or the end of a season.",
        "E-mail and app, in their own rhythm: {rhythm} (median).",
        "No discounts that they need not wait or do anything for: {deals} (median) already.",
    ),
    "Cannot Lose": Play(
        "Win them back: {spend} spent each with {orders}, but none for {days} (medians).",
        "A personal, generous offer: {spend} each (median) is at stake.",
        "A call or letter to the best of the {customers}, a personal e-mail to the others.",
        "No mass mailing: ask why nothing came for {days} (median).",
    ),
    "At-Risk Customers": Play(
        "Bring them back: {spend} spent each with only {orders}, the last {ago} (medians).",
        "An offer worth having on {basket} (median).",
        "A personal e-mail, then a letter to those who do not answer; {customers} in all.",
        "No small coupons: they mean little beside {basket} (median).",
    ),
    "Lapsing Regulars": Play(
        "Restore the habit: {orders} each, but none for {days} (medians).",
        "A reminder of what they used to buy, with an offer on {basket} (median).",
        "E-mail and app with a clear date, then one letter; {customers} in all.",
        "Do not wait: it is {days} since the last order (median) already.",
    ),
    "Lapsed Big Spenders": Play(
        "Bring back the large baskets: {spend} spent each, the last order {ago} (medians).",
        "News in the range they bought from, with service instead of low prices, for {basket} (median).",
        "A personal e-mail or letter to {customers}.",
        "No everyday coupons: they do not bring back {spend} (median).",
    ),
    "One-Time Buyers": Play(
        "Win another order from {customers}: the last one was {ago} (median).",
        "One clear offer for the next order, in proportion to {basket} (median).",
        "E-mail, two or three messages at most: the last order was {ago} (median).",
        "No costly win-back: they spent {spend} each (median).",
    ),
    "Need Attention": Play(
        "Stop the drift: {orders} and {spend} spent each, but none for {days} (medians).",
        "An offer for a short time on what they used to buy, for {basket} or more (median).",
        "E-mail and app now, {days} after the last order (median).",
        "Do not treat them as lost: {customers} still {bring} {sales}.",
    ),
    "About to Sleep": Play(
        "Wake them while it is easy: the last order was {ago} (median).",
        "Bestsellers and a small incentive that fits {basket} (median).",
        "E-mail with one reminder; {customers} in all.",
        "No large vouchers: they spent {spend} each (median).",
    ),
    "Hibernating": Play(
        "Wake those who can be woken: {orders} each, the last {ago} (medians).",
        "One seasonal offer that fits {basket} (median); then leave them in peace.",
        "E-mail on two or three occasions a year to {customers}.",
        "No costly channels: all of them together bring {sales}.",
    ),
    "Lost Customers": Play(
        "Spend as little as possible: {customers} {bring} {sales}.",
        "One last offer, and the question what went wrong {ago} (median).",
        "One e-mail; whoever does not answer leaves the list of {customers}.",
        "No discounts for them in the plan: {spend} spent each (median) pays for none.",
    ),
    "Lapsed Customers": Play(
        "Find out who may come back: the last order was {ago} (median).",
        "A short reminder with one offer that fits {basket} (median).",
        "E-mail, in two steps; only those who open the first get the second. {customers} in all.",
        "Do not send the usual newsletter on and on: {days} without an order (median).",
    ),
    "Regulars": Play(
        "Keep the rhythm and widen the basket: {orders} each (median), {sales} together.",
        "Things that go with what they buy, to add to {basket} (median).",
        "E-mail and app, in their own rhythm: {rhythm} (median).",
        "No win-back messages: they are here, the last order was {ago} (median).",
    ),
    "Frequent Buyers": Play(
        "Keep the habit of ordering: {rhythm} (median).",
        "Subscriptions, lists or points that make {basket} (median) easy to repeat.",
        "App and e-mail before the next order is due; the last was {ago} (median).",
        "Do not write more often than they order: {rhythm} (median).",
    ),
    "Occasional Buyers": Play(
        "Add one more occasion a season: {orders} each so far (median).",
        "Reasons to buy, seasonal or by theme, for {basket} (median).",
        "E-mail around the season to {customers}.",
        "Do not write much more often than they order: {rhythm} (median).",
    ),
    "Repeat Buyers": Play(
        "Lead them to the next order: {orders} each so far (median).",
        "A reward for the next order, in proportion to {basket} (median).",
        "E-mail, {days} after the last order (median) with what goes with it.",
        "Do not treat them as strangers: {orders} each (median).",
    ),
    "Recent Buyers": Play(
        "Use the moment: the last order was {ago} (median).",
        "Products that go with the last order, in proportion to {basket} (median).",
        "E-mail in the next days; {customers} in all.",
        "No win-back offers: they ordered {ago} (median).",
    ),
    "Small Spenders": Play(
        "Serve them at low cost, and make baskets a little larger: {customers} {bring} {sales}.",
        "Sets, and free delivery for a little more than {basket} (median).",
        "Automatic e-mail and the shop itself; {spend} spent each (median) pays for no more.",
        "No vouchers that cost more than they bring on {basket} (median).",
    ),
    "Average Customers": Play(
        "Find what moves them: {customers} {bring} {sales}.",
        "Test two offers against none, on {basket} (median).",
        "E-mail, with a group that gets nothing to compare with; {customers} in all.",
        "No special treatment before a test shows that it pays at {spend} each (median).",
    ),
}

DEFAULT_PLAY = Play(
    "Learn what they want: {customers} {bring} {sales}.",
    "Test two offers against none, on {basket} (median).",
    "E-mail first; the last order was {ago} (median).",
    "No costly campaign before a test shows that it pays at {spend} each (median).",
)
"""For a segment that none of the names fits."""
