"""Names of generated shops contradict no rule; `benchmarks/name_rules.py` checks many more of them."""

from __future__ import annotations

import numpy as np
import pytest

from segmentation.segments.matching import assign_initial_ids
from segmentation.segments.name_qualifiers import is_true
from tests.segments.generated_shops import (
    KINDS,
    RULES,
    SCALINGS,
    find_contradictions,
    find_passed_on_names,
    generate_customers,
    iter_segmentations,
    name_members,
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scaling", ["log", "ranks"])
def test_names_of_generated_shops(kind: str, scaling: str) -> None:
    customers = generate_customers(kind, seed=1, customers=300)
    previous = None
    for k, labels in iter_segmentations(customers, scaling, seed=1):
        segment_ids = np.asarray(assign_initial_ids(customers, labels))[labels]
        names = name_members(customers, segment_ids)
        assert len(set(names.values())) == k
        assert find_contradictions(customers, segment_ids, names) == []
        if previous is not None:
            assert find_passed_on_names(customers, previous[0], labels, previous[1]) == []
        previous = segment_ids, names


def test_find_contradictions_of_untrue_names() -> None:
    """The rules can fail: each is contradicted by the opposite of what a segment is."""
    customers = generate_customers("discount_heavy", seed=2, customers=300)
    recent = (customers["recency_days"] <= customers["recency_days"].median()).to_numpy()
    repeat = (customers["frequency"] > 1).to_numpy()
    little = (customers["monetary"] < customers["monetary"].median()).to_numpy()
    few_deals = (customers["discount_share"] < customers["discount_share"].median()).to_numpy()
    old = (customers["tenure_days"] > 200).to_numpy()
    cases = {
        "one-time buyers": (repeat, "One-Time Buyers"),
        "value": (little, "Big Spenders"),
        "recency": (~recent, "Customers, recent"),
        "lapse": (recent, "Lapsed Customers"),
        "tenure": (old, "Customers, short history"),
        "discount": (few_deals, "Price-Sensitive"),
        "small sample": (np.arange(300) < 9, "Small Spenders"),
    }
    assert cases.keys() == RULES.keys()
    for rule, (members, name) in cases.items():
        found = find_contradictions(customers, np.where(members, 1, 2), {1: name})
        assert (rule, name) in found


def test_scalings_are_all_of_the_model() -> None:
    from segmentation.settings import SCALINGS as OFFERED

    assert set(SCALINGS) == set(OFFERED)


@pytest.mark.parametrize(("position", "days"), [(0.45, 263.5), (0.45, 20.0), (0.44, 263.5)])
def test_recent_qualifier_needs_days_at_the_cut_of_ranks(position: float, days: float) -> None:
    """The cut itself belongs to the phrase "fairly recent", so it needs recent days as well."""
    row = {
        "customers": 100,
        "position_recency_days": position,
        "median_recency_days": days,
        "reorder_interval_days": 18.0,
        "window_days": 365.0,
    }
    assert is_true("fairly recent", row) == (days < 40)
