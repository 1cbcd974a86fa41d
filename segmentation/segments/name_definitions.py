"""The names of segments in words: whom each is true of. The conditions are in `segmentation.segments.naming_rules`.

High, low, recent and long ago are relative to all customers of the run: high and recent are about the upper 40 of 100,
low and long ago the lower 40. Late is later than the segment's own rhythm explains.
"""

from __future__ import annotations

DEFINITIONS = {
    "Rising Stars": "Customers for a short time, bought recently, and already spend more than the typical customer.",
    "High-Value Customers": "Order often, spend much, and bought recently.",
    "New Customers": "Bought recently, few orders so far, and not customers for long.",
    "Cannot Lose": "Among the best in orders and spend, and silent for at least four times their usual gap.",
    "At-Risk Customers": "Spend much with few orders, and have not come back for long.",
    "Price-Sensitive": "Spend little, and buy on discount or with coupons.",
    "Discount Hunters": "Spend as others do or more, and buy on discount or with coupons far more than they do.",
    "Loyal Customers": "Order often and recently, with a moderate spend.",
    "Core Customers": "Order often, spend much and bought recently; one step below the most valuable.",
    "Big Spenders": "Spend much, and are still active.",
    "Frequent Small Spenders": "Order often, spend little, and are still active.",
    "Potential Loyalists": "Bought recently, came back at least once, and have not been customers for long.",
    "Promising": "Bought recently and little so far, and have not been customers for long.",
    "Lapsing Regulars": "Used to order as often as others or more, and are late by at least three usual gaps.",
    "Lapsed Big Spenders": "Spent much, and have been silent for at least four times their usual gap.",
    "One-Time Buyers": "Most of them ordered once only, where other customers ordered more often.",
    "Lost Customers": "Last bought very long ago, rarely and for little.",
    "Need Attention": "In the middle or better in orders and spend, and beginning to be late.",
    "Hibernating": "Ordered seldom, spent little, and have not come back for long.",
    "About to Sleep": "Below the middle in orders and spend, and late.",
    "Regulars": "Order steadily, at least three times, and not long ago.",
    "Frequent Buyers": "Order often, and are still active.",
    "Occasional Buyers": "Order less than others, and are still active.",
    "Lapsed Customers": "Have not come back for longer than their rhythm explains.",
    "Recent Buyers": "Bought recently; nothing else sets them apart.",
    "Small Spenders": "Spend little; nothing else sets them apart.",
    "Repeat Buyers": "Came back at least once, and order more than others.",
    "Average Customers": "In the middle in recency, orders and spend.",
}
