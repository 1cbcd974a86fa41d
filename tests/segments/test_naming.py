"""Names are true of their segments, unique, and depend on profiles alone."""

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


def build_row(recent: float, frequency: float, monetary: float, **more: float) -> dict[str, float]:
    """A row of a profile by how recent, frequent and high it is (0..1); figures are 100 x the position."""
    row = {
        "customers": 50,
        "share_of_customers": 0.5,
        "net_sales": 1000 * monetary,
        "share_of_sales": monetary,
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


def get_names(*rows: dict[str, float], **kept: Any) -> list[str]:
    return name_segments(frame(list(rows)), **kept)["segment_name"].tolist()


@pytest.mark.parametrize(
    ("row", "name"),
    [
        (build_row(0.8, 0.9, 0.9), "High-Value Customers"),
        (build_row(0.8, 0.8, 0.5), "Loyal Customers"),
        (build_row(0.2, 0.3, 0.8), "At-Risk Customers"),
        (build_row(0.5, 0.5, 0.2, **deals("discount_share", 0.8, 150)), "Price-Sensitive"),
        (build_row(0.5, 0.5, 0.2, **deals("coupon_share", 0.8, 150)), "Price-Sensitive"),
        (build_row(0.5, 0.5, 0.2, **deals("full_price_share", 0.2, 60)), "Price-Sensitive"),
        (build_row(0.8, 0.8, 0.5, **deals("discount_share", 0.8, 323)), "Discount Hunters"),
        (build_row(0.5, 0.5, 0.5, **deals("full_price_share", 0.2, 38)), "Discount Hunters"),
        (build_row(0.9, 0.2, 0.2), "New Customers"),
        (build_row(0.9, 0.2, 0.2, **new()), "New Customers"),
        (build_row(0.9, 0.7, 0.7, **new()), "Rising Stars"),
        (build_row(0.2, 0.9, 0.9), "Cannot Lose"),
        (build_row(0.5, 0.3, 0.9), "Big Spenders"),
        (build_row(0.5, 0.8, 0.3), "Frequent Small Spenders"),
        (build_row(0.8, 0.5, 0.5), "Potential Loyalists"),
        (build_row(0.2, 0.7, 0.5), "Lapsing Regulars"),
        (build_row(0.1, 0.2, 0.1), "Lost Customers"),
        (build_row(0.3, 0.3, 0.3), "Hibernating"),
        (build_row(0.45, 0.3, 0.3), "About to Sleep"),
        (build_row(0.4, 0.45, 0.5, median_frequency=1), "One-Time Buyers"),
        (build_row(0.45, 0.5, 0.5), "Need Attention"),
        (build_row(0.55, 0.5, 0.5), "Regulars"),
        (build_row(0.55, 0.3, 0.5), "Occasional Buyers"),
    ],
)
def test_name_segments_plain_profiles(row: dict[str, float], name: str) -> None:
    assert get_names(row) == [name]


def test_fits_name_new_needs_tenure() -> None:
    long = new(days=300, position=0.3, index=95)
    assert not fits_name("New Customers", build_row(0.9, 0.2, 0.2, **long))
    assert get_names(build_row(0.9, 0.2, 0.2, **long)) == ["Occasional Buyers"]
    assert not fits_name("Loyal Customers", build_row(0.9, 0.8, 0.5, **new()))


def test_fits_name_price_sensitive_needs_high_discount() -> None:
    poor = build_row(0.5, 0.5, 0.2)
    assert not fits_name("Price-Sensitive", poor)
    assert not fits_name("Price-Sensitive", poor | deals("discount_share", 0.8, 101))
    assert not fits_name("Price-Sensitive", poor | deals("discount_share", 0.8, 200, median=0.0))
    assert not fits_name("Price-Sensitive", poor | deals("discount_share", 0.8, 200) | deals("coupon_share", 0.2, 40))
    assert not fits_name("Price-Sensitive", build_row(0.5, 0.5, 0.5) | deals("discount_share", 0.8, 200))


def test_fits_name_discount_hunters() -> None:
    middle = build_row(0.6, 0.6, 0.6)
    assert not fits_name("Discount Hunters", middle | deals("discount_share", 0.8, 140))
    assert not fits_name("Discount Hunters", middle | deals("discount_share", 0.65, 200))
    assert not fits_name(
        "Discount Hunters", middle | deals("discount_share", 0.8, 200) | deals("coupon_share", 0.2, 40)
    )
    assert not fits_name("Discount Hunters", build_row(0.2, 0.6, 0.6) | deals("discount_share", 0.8, 200))


def test_fits_name_overdue_by_eight_intervals() -> None:
    late = {"median_typical_gap_days": 28.0, "median_frequency": 9}
    assert not fits_name("Need Attention", build_row(0.3, 0.6, 0.6, median_recency_days=237.0, **late))
    assert fits_name("Need Attention", build_row(0.3, 0.6, 0.6, median_recency_days=60.0, **late))


def test_fits_name_frequent_buyers_within_interval() -> None:
    weekly = build_row(0.1, 0.2, 0.1, median_frequency=9, median_recency_days=14.0)
    rhythm = {"median_typical_gap_days": 21.0, "position_typical_gap_days": 0.9}
    assert get_names(weekly) == ["Lost Customers"]
    assert get_names(weekly | rhythm) == ["Occasional Buyers"]
    assert not any(fits_name(name, weekly | rhythm) for name in ("Hibernating", "Lapsed Customers", "Need Attention"))


def test_fits_name_identical_profiles() -> None:
    row = build_row(0.5, 0.5, 0.5, median_frequency=1)
    result = name_segments(frame([row, row | {"customers": 20}]))
    assert result["segment_name"].tolist()[0] == "Average Customers"
    assert result["segment_name"].tolist()[1].startswith("Average Customers, ")
    text = " ".join([*result["segment_name"], *result["reason"], *result["sentence"]])
    assert not any(word in text for word in ("high", "many", "few", "low ", "fairly recent", "very recent"))


def test_name_segments_highest_score_gets_name() -> None:
    assert get_names(build_row(0.8, 0.8, 0.8), build_row(0.8, 0.95, 0.95)) == ["Core Customers", "High-Value Customers"]
    lost, more_lost = build_row(0.1, 0.2, 0.2), build_row(0.05, 0.05, 0.05, median_frequency=2)
    assert get_names(lost, more_lost) == ["Hibernating", "Lost Customers"]


def test_name_segments_composed_name_has_distinguishing_qualifier() -> None:
    rows = [
        build_row(0.55, 0.2, 0.5, position_avg_order_value=0.5),
        build_row(0.55, 0.25, 0.5, position_avg_order_value=0.2),
        build_row(0.55, 0.25, 0.5, position_avg_order_value=0.5, median_monetary=480.0),
    ]
    assert get_names(*rows) == [
        "Occasional Buyers",
        "Occasional Buyers, small baskets",
        "Occasional Buyers, 5 orders",
    ]


def test_name_segments_identical_profiles_get_unique_names() -> None:
    row = build_row(0.5, 0.5, 0.5)
    assert len(set(get_names(*[row] * 12))) == 12


def test_name_segments_retains_true_names() -> None:
    rows = [build_row(0.8, 0.8, 0.8), build_row(0.8, 0.95, 0.95)]
    retained = {1: "High-Value Customers", 2: "Our Friends", 9: "Gone"}
    result = name_segments(frame(rows), retained)
    assert result["segment_name"].tolist() == ["High-Value Customers", "Our Friends"]
    assert result["reason"].str.startswith("Name kept from the previous run. ").all()
    result = name_segments(frame(rows), {1: "Lost Customers", 2: ""})
    assert result["segment_name"].tolist() == ["Core Customers", "High-Value Customers"]
    assert result["reason"][0].startswith("Renamed: Lost Customers is no longer true. High spend, many orders, recent.")


def test_name_segments_never_repeats_retained_name() -> None:
    rows = [build_row(0.8, 0.8, 0.8), build_row(0.8, 0.95, 0.95)]
    result = name_segments(frame(rows), {1: "Our Friends", 2: "our friends"})
    assert result["segment_name"].tolist() == ["Our Friends", "High-Value Customers"]
    assert "another segment keeps the name" in result["reason"][1]
    assert get_names(*rows, retained={1: "high-value customers"}) == ["high-value customers", "Core Customers"]


def test_fits_name_needs_every_qualifier() -> None:
    row = build_row(0.55, 0.3, 0.45, position_avg_order_value=0.2)
    assert fits_name("Occasional Buyers, small baskets", row)
    assert not fits_name("Occasional Buyers, large baskets", row)
    assert not fits_name("Lost Customers, small baskets", row)
    assert fits_name("Occasional Buyers, 6 orders", row)
    assert not fits_name("Occasional Buyers, 1,240 spent", row)
    assert fits_name("Loyal Customers, Berlin", row), "a name the user made is the user's business"


def test_fits_name_some_name_fits_every_profile() -> None:
    positions = np.arange(0.0, 1.0001, 0.025)
    for recent, frequency, monetary in product(positions, positions, positions):
        traits = SegmentTraits.from_row(build_row(recent, frequency, monetary))
        assert any(name.fits(traits) for name in NAMES), (recent, frequency, monetary)


def test_name_segments_sentence_cites_medians() -> None:
    row = build_row(
        0.9, 0.8, 0.9, customers=1211, median_monetary=1240.4, median_recency_days=5.0, median_frequency=30.0
    )
    text = name_segments(frame([row]))["sentence"][0]
    assert text == "1,211 customers who placed 30 orders and spent 1,240 each; last order 5 days ago (medians)."
    text = name_segments(frame([row | {"median_typical_gap_days": 12.0}]))["sentence"][0]
    message = "1,211 customers who order about every 12 days and spent 1,240 each; last order 5 days ago (medians)."
    assert text == message
    once = row | {"median_frequency": 1.0, "median_recency_days": 1.0}
    text = name_segments(frame([once | {"mean_frequency": 1.0}]))["sentence"][0]
    assert text == "1,211 customers who ordered once, 1 day ago, and spent 1,240 each (medians)."
    message = (
        "1,211 customers, most of whom ordered once only, and who spent 1,240 each; last order 1 day ago (medians)."
    )
    for mean in (1 + 1 / 1211, 1.15):  # one of them, or many, came back
        text = name_segments(frame([once | {"mean_frequency": mean}]))["sentence"][0]
        assert text == message
    text = name_segments(frame([row | {"customers": 1, "median_monetary": -9.5}]))["sentence"][0]
    assert text == "1 customer who placed 30 orders and returned 9.50 more than they spent; last order 5 days ago."


def test_name_segments_reason_cites_medians() -> None:
    text = name_segments(frame([build_row(0.95, 0.3, 0.21, **new(days=20))]))["reason"][0]
    assert text == (
        "Low spend, few orders, very recent. Medians, with their percentile among all customers: 6 orders (30th), "
        "210 spent (21st), 5 days since the last order (5th), 20 days since the first order (10th)."
    )
    text = name_segments(frame([build_row(0.5, 0.5, 0.2, **deals("coupon_share", 0.8, 150))]))["reason"][0]
    assert text.endswith("30\N{NO-BREAK SPACE}% of orders with a coupon (80th).")


def test_name_segments_missing_columns() -> None:
    with pytest.raises(ColumnError, match="no column position_monetary"):
        name_segments(frame([build_row(0.5, 0.5, 0.5)]).drop(columns="position_monetary"))
