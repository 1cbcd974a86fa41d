"""Property tests: names of arbitrary profiles."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from segmentation.segments.names.catalog import BY_TEXT, NAMES
from segmentation.segments.naming import fits_name, name_segments
from tests.segments.test_naming import OPTIONAL, build_row, frame


@st.composite
def draw_profiles(draw: st.DrawFn) -> list[dict[str, float]]:
    """Two to twelve rows, with ties, equal rows, and optional features that are missing, unknown or any figure."""
    present = draw(st.lists(st.sampled_from(OPTIONAL), unique=True))
    maybe = st.one_of(st.just(math.nan), figures)
    row = st.builds(
        lambda r, f, m, size, orders, remaining: (
            build_row(r, f, m, customers=size, median_frequency=orders)
            | {f"{kind}_{name}": value for (kind, name), value in zip(product(KINDS, present), remaining, strict=True)}
        ),
        positions,
        positions,
        positions,
        st.integers(1, 99),
        st.sampled_from([1.0, 1.5, 2.0, 4.0, 30.0]),
        st.tuples(
            *[
                maybe if kind != "position" else st.one_of(st.just(math.nan), positions)
                for kind in KINDS
                for _ in present
            ]
        ),
    )
    rows = draw(st.lists(row, min_size=2, max_size=12))
    if draw(st.booleans()):
        rows = [rows[draw(st.integers(0, 1))] for _ in rows]
    return rows


positions = st.one_of(st.sampled_from([0.0, 0.1, 0.25, 0.4, 0.45, 0.5, 0.6, 0.75, 1.0]), st.floats(0, 1))
figures = st.one_of(st.sampled_from([0.0, 1.0, 2.0, 7.0]), st.floats(0, 2000))
KINDS = ("median", "index", "position")


@settings(max_examples=150, deadline=None)
@given(draw_profiles(), st.randoms(use_true_random=False))
def test_name_segments_true_unique_and_order_independent(rows: list[dict[str, float]], chance: Any) -> None:
    table = frame(rows)
    result = name_segments(table)
    given_names = result["segment_name"].tolist()
    assert len({name.casefold() for name in given_names}) == len(rows)
    assert result.notna().all().all()
    assert (result[["segment_name", "sentence", "reason"]] != "").all().all()
    for name, row in zip(given_names, rows, strict=True):
        assert fits_name(name, row), name
        assert "recent" not in name.casefold() or row["position_recency_days"] <= 0.5
        base = name.split(", ")[0]
        if base in ("New Customers", "Potential Loyalists", "Promising", "Recent Buyers", "High-Value Customers"):
            assert row["position_recency_days"] < 0.5
        if base == "New Customers" and not math.isnan(row.get("position_tenure_days", math.nan)):
            assert row["position_tenure_days"] <= 0.4
        if base == "Price-Sensitive":
            assert row["position_monetary"] < 0.5
            assert any(row.get(f"position_{share}", math.nan) > 0.5 for share in OPTIONAL[-3:-1]) or (
                row.get("position_full_price_share", math.nan) < 0.5
            )
    pd.testing.assert_frame_equal(result, name_segments(table))
    # a name retained from the same run stays
    retained = name_segments(table, dict(zip(result["segment_id"], given_names, strict=True)))
    assert retained["segment_name"].tolist() == given_names

    order = list(range(len(rows)))
    chance.shuffle(order)
    moved = [rows[position] for position in order]
    other = name_segments(frame(moved, ids=[40 - position for position in order]))
    key = [repr(sorted(row.items())) for row in rows]
    by_profile = sorted(zip(key, given_names, strict=True))
    assert sorted(zip([key[position] for position in order], other["segment_name"], strict=True)) == by_profile


def test_names_are_unique() -> None:
    assert len(BY_TEXT) == len(NAMES)
    assert all("," not in name for name in BY_TEXT)
