"""Every name has a play, and its sentences cite the segment's statistics."""

from __future__ import annotations

import re
from string import Formatter

import pandas as pd
import pytest

from segmentation.errors import ColumnError
from segmentation.segments.names.catalog import BY_TEXT, DEFAULT_PLAY, NAMES
from segmentation.segments.recommended_actions import recommend_actions

ROW = {
    "segment_id": 3,
    "customers": 1211,
    "share_of_customers": 0.2,
    "share_of_sales": 0.452,
    "median_recency_days": 5.0,
    "position_recency_days": 0.1,
    "median_frequency": 24.0,
    "position_frequency": 0.9,
    "median_monetary": 1240.0,
    "position_monetary": 0.9,
}
PARTS = ["goal", "offer", "channel", "avoid"]


def recommend(name: str, **more: float) -> dict[str, str]:
    result = recommend_actions(pd.DataFrame([ROW | more | {"segment_name": name}]))
    assert list(result.columns) == ["segment_id", *PARTS]
    assert result["segment_id"].tolist() == [3]
    return result.iloc[0][PARTS].to_dict()


@pytest.mark.parametrize("name", [*BY_TEXT, "Anything"])
def test_recommend_actions_cite_the_segment(name: str) -> None:
    for sentence in BY_TEXT[name].play if name in BY_TEXT else DEFAULT_PLAY:
        assert [field for _, field, _, _ in Formatter().parse(sentence) if field]
        assert not re.search(r"\d", sentence)
        assert sentence.endswith(".")
    for sentence in recommend(name).values():
        assert re.search(r"\d", sentence)
        assert not re.search(r"[{}]|nan|unknown", sentence)


def test_recommend_actions_values_are_medians() -> None:
    text = recommend("High-Value Customers")
    assert text["goal"] == "Keep them: 1,211 customers bring 45\xa0% of sales."
    assert text["offer"] == "Early access, service and recognition that match 1,240 spent each (median)."
    assert text["channel"] == "A personal message, soon: their last order was 5 days ago (median)."
    assert recommend("High-Value Customers", customers=1)["goal"] == "Keep them: 1 customer brings 45\xa0% of sales."
    text = recommend("Regulars", median_typical_gap_days=6.6, median_avg_order_value=51.2)
    assert text["channel"] == "E-mail and app, at their purchase interval: about every 7 days (median)."
    assert text["offer"] == "Cross-sell products that complete an order of 51 (median)."


def test_recommend_actions_cite_clearest_discount() -> None:
    shares = {
        "median_discount_share": 0.22,
        "position_discount_share": 0.7,
        "median_full_price_share": 0.1,
        "position_full_price_share": 0.2,
    }
    assert "10\xa0% bought at full price" in recommend("Price-Sensitive", **shares)["goal"]
    shares["position_full_price_share"] = 0.4
    assert "22\xa0% off list prices" in recommend("Price-Sensitive", **shares)["goal"]


def test_recommend_actions_composed_name_uses_base() -> None:
    assert recommend("Occasional Buyers, small baskets") == recommend("Occasional Buyers")


def test_recommend_actions_user_name_uses_profile() -> None:
    assert recommend("Our Friends") == recommend("High-Value Customers")
    middle = {"position_recency_days": float("nan"), "position_frequency": float("nan"), "position_monetary": 0.5}
    assert recommend("Our Friends", **middle)["goal"] == "Learn what they want: 1,211 customers bring 45\xa0% of sales."


def test_recommend_actions_without_sales() -> None:
    assert recommend("Lost Customers", share_of_sales=float("nan"))["goal"].endswith("bring an unknown part of sales.")


def test_recommend_actions_missing_columns() -> None:
    with pytest.raises(ColumnError, match="no column segment_name"):
        recommend_actions(pd.DataFrame([ROW]))


def test_no_play_contradicts_the_list_of_lapsing_regulars() -> None:
    """That list holds customers of every segment, so advice against winning back must exempt those who are overdue."""
    for name in NAMES:
        avoid = name.play.avoid.lower()
        speaks_against = re.search(r"win[- ](them )?back|reactivat|remind", avoid)
        assert not speaks_against or "unless a customer is overdue" in avoid, name.text
