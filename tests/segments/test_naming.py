"""Names are true of their segments, unique, and depend on the profiles alone."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest

from segmentation.errors import ColumnError
from segmentation.segments.names.catalog import NAMES
from segmentation.segments.naming import fits_name, name_segments
from segmentation.segments.segment_traits import SegmentTraits

OPTIONAL = (
    "avg_order_value",
    "tenure_days",
    "typical_gap_days",
    "category_count",
    "discount_share",
    "coupon_share",
    "full_price_share",
)


def segment(recent: float, frequency: float, monetary: float, **more: float) -> dict[str, float]:
    """A row of a profile by how recent, frequent and high it is (0..1); figures are 100 x the position."""
    row = {
        "customers": 50,
        "share_of_customers": 0.5,
        "net_sales": 100.0,
        "share_of_sales": 0.5,
        "median_recency_days": 100 * (1 - recent),
        "position_recency_days": 1 - recent,
        "median_frequency": max(1.0, round(20 * frequency)),
        "position_frequency": frequency,
        "median_monetary": 1000 * monetary,
        "position_monetary": monetary,
    }
    return row | more


def new(days: float = 20, position: float = 0.1, index: float = 15) -> dict[str, float]:
    return {"median_tenure_days": days, "position_tenure_days": position, "index_tenure_days": index}


def deals(share: str, position: float, index: float, median: float = 0.3) -> dict[str, float]:
    return {f"median_{share}": median, f"position_{share}": position, f"index_{share}": index}


def frame(rows: list[dict[str, float]], ids: list[int] | None = None) -> pd.DataFrame:
    table = pd.DataFrame(rows)
    table.insert(0, "segment_id", ids or range(1, len(rows) + 1))
    return table


def names(*rows: dict[str, float], **kept: Any) -> list[str]:
    return name_segments(frame(list(rows)), **kept)["segment_name"].tolist()


@pytest.mark.parametrize(
    ("row", "name"),
    [
        (segment(0.8, 0.9, 0.9), "High-Value Customers"),
        (segment(0.8, 0.8, 0.5), "Loyal Customers"),
        (segment(0.2, 0.3, 0.8), "At-Risk Customers"),
        (segment(0.5, 0.5, 0.2, **deals("discount_share", 0.8, 150)), "Price-Sensitive"),
        (segment(0.5, 0.5, 0.2, **deals("coupon_share", 0.8, 150)), "Price-Sensitive"),
        (segment(0.5, 0.5, 0.2, **deals("full_price_share", 0.2, 60)), "Price-Sensitive"),
        (segment(0.8, 0.8, 0.5, **deals("discount_share", 0.8, 323)), "Discount Hunters"),
        (segment(0.5, 0.5, 0.5, **deals("full_price_share", 0.2, 38)), "Discount Hunters"),
        (segment(0.9, 0.2, 0.2), "New Customers"),
        (segment(0.9, 0.2, 0.2, **new()), "New Customers"),
        (segment(0.9, 0.7, 0.7, **new()), "Rising Stars"),
        (segment(0.2, 0.9, 0.9), "Cannot Lose"),
        (segment(0.5, 0.3, 0.9), "Big Spenders"),
        (segment(0.5, 0.8, 0.3), "Frequent Small Spenders"),
        (segment(0.8, 0.5, 0.5), "Potential Loyalists"),
        (segment(0.2, 0.7, 0.5), "Lapsing Regulars"),
        (segment(0.1, 0.2, 0.1), "Lost Customers"),
        (segment(0.3, 0.3, 0.3), "Hibernating"),
        (segment(0.45, 0.3, 0.3), "About to Sleep"),
        (segment(0.4, 0.45, 0.5, median_frequency=1), "One-Time Buyers"),
        (segment(0.45, 0.5, 0.5), "Need Attention"),
        (segment(0.55, 0.5, 0.5), "Regulars"),
        (segment(0.55, 0.3, 0.5), "Occasional Buyers"),
    ],
)
def test_name_segments_plain_profiles(row: dict[str, float], name: str) -> None:
    assert names(row) == [name]


def test_fits_name_new_needs_tenure() -> None:
    long = new(days=300, position=0.3, index=95)
    assert not fits_name("New Customers", segment(0.9, 0.2, 0.2, **long))
    assert names(segment(0.9, 0.2, 0.2, **long)) == ["Occasional Buyers"]
    assert not fits_name("Loyal Customers", segment(0.9, 0.8, 0.5, **new()))


def test_fits_name_price_sensitive_needs_high_discount() -> None:
    poor = segment(0.5, 0.5, 0.2)
    assert not fits_name("Price-Sensitive", poor)
    assert not fits_name("Price-Sensitive", poor | deals("discount_share", 0.8, 101))
    assert not fits_name("Price-Sensitive", poor | deals("discount_share", 0.8, 200, median=0.0))
    assert not fits_name("Price-Sensitive", poor | deals("discount_share", 0.8, 200) | deals("coupon_share", 0.2, 40))
    assert not fits_name("Price-Sensitive", segment(0.5, 0.5, 0.5) | deals("discount_share", 0.8, 200))


def test_fits_name_discount_hunters() -> None:
    middle = segment(0.6, 0.6, 0.6)
    assert not fits_name("Discount Hunters", middle | deals("discount_share", 0.8, 140))
    assert not fits_name("Discount Hunters", middle | deals("discount_share", 0.65, 200))
    assert not fits_name(
        "Discount Hunters", middle | deals("discount_share", 0.8, 200) | deals("coupon_share", 0.2, 40)
    )
    assert not fits_name("Discount Hunters", segment(0.2, 0.6, 0.6) | deals("discount_share", 0.8, 200))


def test_fits_name_overdue_by_eight_intervals() -> None:
    late = {"median_typical_gap_days": 28.0, "median_frequency": 9}
    assert not fits_name("Need Attention", segment(0.3, 0.6, 0.6, median_recency_days=237.0, **late))
    assert fits_name("Need Attention", segment(0.3, 0.6, 0.6, median_recency_days=60.0, **late))


def test_fits_name_frequent_buyers_within_interval() -> None:
    weekly = segment(0.1, 0.2, 0.1, median_frequency=9, median_recency_days=14.0)
    rhythm = {"median_typical_gap_days": 21.0, "position_typical_gap_days": 0.9}
    assert names(weekly) == ["Lost Customers"]
    assert names(weekly | rhythm) == ["Occasional Buyers"]
    assert not any(fits_name(name, weekly | rhythm) for name in ("Hibernating", "Lapsed Customers", "Need Attention"))


def test_fits_name_identical_profiles() -> None:
    row = segment(0.5, 0.5, 0.5, median_frequency=1)
    found = name_segments(frame([row, row | {"customers": 20}]))
    assert found["segment_name"].tolist()[0] == "Average Customers"
    assert found["segment_name"].tolist()[1].startswith("Average Customers, ")
    told = " ".join([*found["segment_name"], *found["reason"], *found["sentence"]])
    assert not any(word in told for word in ("high", "many", "few", "low ", "fairly recent", "very recent"))


def test_name_segments_highest_score_gets_name() -> None:
    assert names(segment(0.8, 0.8, 0.8), segment(0.8, 0.95, 0.95)) == ["Core Customers", "High-Value Customers"]
    lost, more_lost = segment(0.1, 0.2, 0.2), segment(0.05, 0.05, 0.05, median_frequency=2)
    assert names(lost, more_lost) == ["Hibernating", "Lost Customers"]


def test_name_segments_composed_name_has_distinguishing_qualifier() -> None:
    rows = [
        segment(0.55, 0.2, 0.5, position_avg_order_value=0.5),
        segment(0.55, 0.25, 0.5, position_avg_order_value=0.2),
        segment(0.55, 0.25, 0.5, position_avg_order_value=0.5, median_monetary=480.0),
    ]
    assert names(*rows) == [
        "Occasional Buyers",
        "Occasional Buyers, small baskets",
        "Occasional Buyers, 5 orders",
    ]


def test_name_segments_identical_profiles_get_unique_names() -> None:
    row = segment(0.5, 0.5, 0.5)
    assert len(set(names(*[row] * 12))) == 12


def test_name_segments_retains_true_names() -> None:
    rows = [segment(0.8, 0.8, 0.8), segment(0.8, 0.95, 0.95)]
    kept = {1: "High-Value Customers", 2: "Our Friends", 9: "Gone"}
    found = name_segments(frame(rows), kept)
    assert found["segment_name"].tolist() == ["High-Value Customers", "Our Friends"]
    assert found["reason"].str.startswith("Name kept from the earlier run. ").all()
    found = name_segments(frame(rows), {1: "Lost Customers", 2: ""})
    assert found["segment_name"].tolist() == ["Core Customers", "High-Value Customers"]
    assert found["reason"][0].startswith("Renamed: Lost Customers is no longer true. High spend, many orders, recent.")


def test_name_segments_never_repeats_retained_name() -> None:
    rows = [segment(0.8, 0.8, 0.8), segment(0.8, 0.95, 0.95)]
    found = name_segments(frame(rows), {1: "Our Friends", 2: "our friends"})
    assert found["segment_name"].tolist() == ["Our Friends", "High-Value Customers"]
    assert "another segment keeps the name" in found["reason"][1]
    assert names(*rows, retained={1: "high-value customers"}) == ["high-value customers", "Core Customers"]


def test_fits_name_needs_every_qualifier() -> None:
    row = segment(0.55, 0.3, 0.45, position_avg_order_value=0.2)
    assert fits_name("Occasional Buyers, small baskets", row)
    assert not fits_name("Occasional Buyers, large baskets", row)
    assert not fits_name("Lost Customers, small baskets", row)
    assert fits_name("Occasional Buyers, 6 orders", row)
    assert not fits_name("Occasional Buyers, 1,240 spent", row)
    assert fits_name("Loyal Customers, Berlin", row), "a name the user made is the user's business"


def test_fits_name_some_name_fits_every_profile() -> None:
    places = np.arange(0.0, 1.0001, 0.025)
    for recent, frequency, monetary in product(places, places, places):
        facts = SegmentTraits.from_row(segment(recent, frequency, monetary))
        assert any(name.fits(facts) for name in NAMES), (recent, frequency, monetary)


def test_name_segments_sentence_cites_medians() -> None:
    row = segment(0.9, 0.8, 0.9, customers=1211, median_monetary=1240.4, median_recency_days=5.0, median_frequency=30.0)
    said = name_segments(frame([row]))["sentence"][0]
    assert said == "1,211 customers who placed 30 orders and spent 1,240 each; last order 5 days ago (medians)."
    said = name_segments(frame([row | {"median_typical_gap_days": 12.0}]))["sentence"][0]
    told = "1,211 customers who order about every 12 days and spent 1,240 each; last order 5 days ago (medians)."
    assert said == told
    once = row | {"median_frequency": 1.0, "median_recency_days": 1.0}
    said = name_segments(frame([once | {"mean_frequency": 1.0}]))["sentence"][0]
    assert said == "1,211 customers who ordered once, 1 day ago, and spent 1,240 each (medians)."
    told = "1,211 customers, most of whom ordered once only, and who spent 1,240 each; last order 1 day ago (medians)."
    for mean in (1 + 1 / 1211, 1.15):  # one of them, or many, came back
        said = name_segments(frame([once | {"mean_frequency": mean}]))["sentence"][0]
        assert said == told
    said = name_segments(frame([row | {"customers": 1, "median_monetary": -9.5}]))["sentence"][0]
    assert said == "1 customer who placed 30 orders and took back 9.50 more than they spent; last order 5 days ago."


def test_name_segments_reason_cites_medians() -> None:
    said = name_segments(frame([segment(0.95, 0.3, 0.21, **new(days=20))]))["reason"][0]
    assert said == (
        "Low spend, few orders, very recent. Medians, with their percentile among all customers: 6 orders (30th), "
        "210 spent (21st), 5 days since the last order (5th), 20 days since the first order (10th)."
    )
    said = name_segments(frame([segment(0.5, 0.5, 0.2, **deals("coupon_share", 0.8, 150))]))["reason"][0]
    assert said.endswith("30\N{NO-BREAK SPACE}% of orders with a coupon (80th).")


def test_name_segments_missing_columns() -> None:
    with pytest.raises(ColumnError, match="no column position_monetary"):
        name_segments(frame([segment(0.5, 0.5, 0.5)]).drop(columns="position_monetary"))
