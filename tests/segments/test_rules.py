"""Segment rules against an independent computation, and on the real sales."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pytest

from segmentation.analysis import explain
from segmentation.analysis.customer_lookup import look_up_customer
from segmentation.pipeline import build_segmentation, train_every_k
from segmentation.results import CustomerTable, Segmentation
from segmentation.segments.rules import MAX_CONDITIONS, Condition, Rules, find_rules
from segmentation.settings import ModelSettings

INF = float("inf")


def generate_boxes(n: int, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    """Three segments that are boxes: recent, frequent among the others, and the rest."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"recency_days": rng.integers(1, 366, n) * 1.0, "frequency": rng.integers(1, 41, n) * 1.0})
    ids = np.where(frame["recency_days"] <= 30, 1, np.where(frame["frequency"] >= 12, 2, 3))
    return frame, ids


def find_rules_of(frame: pd.DataFrame, ids: np.ndarray) -> Rules:
    def predict(customers: pd.DataFrame) -> np.ndarray:
        return np.where(customers["recency_days"] <= 30, 1, np.where(customers["frequency"] >= 12, 2, 3))

    return find_rules(frame, ids, ["recency_days", "frequency"], ["recency_days", "frequency"], predict, seed=0)


def test_find_rules_exact_boundaries() -> None:
    result = find_rules_of(*generate_boxes(3_000))
    by_id = {rule.segment_id: rule for rule in result.rules}
    assert by_id[1].conditions == (Condition("recency_days", -INF, 30.0),)
    assert set(by_id[2].conditions) == {Condition("recency_days", 31.0, INF), Condition("frequency", 12.0, INF)}
    assert set(by_id[3].conditions) == {Condition("recency_days", 31.0, INF), Condition("frequency", -INF, 11.0)}
    assert all((rule.recall, rule.false_positives) == (1.0, 0) for rule in result.rules)
    assert (result.fidelity, result.n_test) == (1.0, 900)


def test_find_rules_importance_by_hand() -> None:
    frame, ids = generate_boxes(4_000)
    result = find_rules_of(frame, ids)
    recent, frequent = (ids == 1).mean(), (frame["frequency"] >= 12).mean()
    # shuffled recency moves who becomes or ceases to be recent; shuffled frequency who crosses 12 among the others
    expected = {"recency_days": 2 * recent * (1 - recent), "frequency": (1 - recent) * 2 * frequent * (1 - frequent)}
    for name, share in expected.items():
        assert result.importance[name] == pytest.approx(100 * share, abs=2.5)


@pytest.fixture(scope="module")
def segmented(real_customers: CustomerTable) -> Segmentation:
    return build_segmentation(train_every_k(real_customers, ModelSettings()), 5)


def test_find_rules_real_sales(segmented: Segmentation) -> None:
    result = explain.derive_rules(segmented)
    frame, ids = segmented.training.table.frame, segmented.segment_ids
    assert result.fidelity > 0.8
    assert {rule.segment_id for rule in result.rules} == set(ids)
    for rule in result.rules:
        assert 1 <= len(rule.conditions) <= MAX_CONDITIONS
        inside = np.ones(len(frame), bool)
        for condition in rule.conditions:
            inside &= frame[condition.feature].between(condition.low, condition.high).to_numpy()
            for threshold in (condition.low, condition.high):
                if np.isfinite(threshold):
                    assert len(f"{threshold:g}".replace(".", "").strip("0")) <= 4  # a figure one can say
        assert rule.recall == pytest.approx((inside & (ids == rule.segment_id)).sum() / (ids == rule.segment_id).sum())
        assert rule.false_positives == (inside & (ids != rule.segment_id)).sum()


def test_to_sql_equals_predict(segmented: Segmentation) -> None:
    result = explain.derive_rules(segmented)
    frame = segmented.training.table.frame
    names = dict(zip(segmented.segments["segment_id"], segmented.segments["segment_name"], strict=True))
    names[1] = "Anna's best"  # a quote in a user's own name
    text = duckdb.sql(f"select {result.to_sql(names)} from frame").fetchall()
    expected = [names.get(int(number)) for number in result.predict(frame)]
    assert [row[0] for row in text] == expected


def test_find_counterfactuals_move_the_customer(segmented: Segmentation) -> None:
    frame = segmented.training.table.frame
    moved = 0
    for customer_id in frame["customer_id"][::100]:
        lookup = look_up_customer(segmented, customer_id)
        for change in explain.find_counterfactuals(segmented, lookup):
            one = frame[frame["customer_id"] == customer_id].copy()
            one[change.feature] = change.target
            assert explain.assign_segments(segmented, one)[0] == lookup.next_segment_id
            moved += 1
    assert moved > 5
