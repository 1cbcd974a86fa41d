"""The retrain gate: each criterion at its limit, worked by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from segmentation.analysis.retrain_gate import compute_silhouette_interval, decide_retrain
from segmentation.runs.manifest import RunRecord


def with_changes(record: RunRecord, model: int, of: int = 1000) -> RunRecord:
    """The record of a retrain in which `model` of `of` customers change segment because of the model alone."""
    changes = {"stayed": of - model - 250, "customer": 200, "model": model, "both": 50, "joined": 77}
    return replace(record, monitoring={"previous": {"changes": changes}, "silhouette_deviation": 0.2})


def with_silhouette(record: RunRecord, score: float) -> RunRecord:
    scores = record.scores.assign(silhouette_score=[0.3, score, 0.2], silhouette_high=[0.3, score, 0.2])
    return replace(record, scores=scores)


def with_lines(record: RunRecord, used: int, **set_aside: int) -> RunRecord:
    rejected = [{"reason": reason, "lines": lines, "money": None} for reason, lines in set_aside.items()]
    lines: dict[str, Any] = {"lines_in": used + sum(set_aside.values()), "lines_used": used, "set_aside": rejected}
    return replace(record, lines=lines)


def test_decide_retrain_accepts_a_retrain_that_follows_the_customers(record: RunRecord) -> None:
    decision = decide_retrain(record, with_changes(record, model=49))
    assert decision.is_accepted
    assert decision.reasons == ()
    assert decision.model_share == 0.049


def test_decide_retrain_holds_from_five_percent_of_customers_on(record: RunRecord) -> None:
    decision = decide_retrain(record, with_changes(record, model=50))
    assert decision.reasons == ("The model alone moves 5.0 % of customers to another segment (limit: 5 %).",)
    assert not decision.is_accepted
    assert decision.model_share == 0.05


def test_decide_retrain_holds_where_the_last_model_cannot_be_applied(record: RunRecord) -> None:
    decision = decide_retrain(record, replace(record, monitoring={"previous": None}))
    assert decision.model_share is None
    assert decision.reasons[0].startswith("The last run cannot be compared")


def test_decide_retrain_holds_where_a_segment_is_not_found_again(record: RunRecord) -> None:
    decision = decide_retrain(record, replace(with_changes(record, 0), cluster_to_segment=(3, 1, 4)))
    assert decision.reasons == ("Segments not found again: Promising.",)


def test_decide_retrain_holds_where_a_feature_has_become_constant(record: RunRecord) -> None:
    decision = decide_retrain(record, replace(with_changes(record, 0), features=("recency_days", "monetary")))
    assert decision.reasons == ("All customers now have the same value of frequency.",)


@pytest.mark.parametrize(("score", "is_accepted"), [(0.26, False), (0.262, True), (0.339, True), (0.341, False)])
def test_decide_retrain_silhouette_interval(record: RunRecord, score: float, *, is_accepted: bool) -> None:
    """Two samples of 200 customers: 1.96 x 0.2 x sqrt(2 / 200) = 0.0392 to either side of 0.3."""
    before, now = with_silhouette(record, 0.3), with_silhouette(with_changes(record, 0), score)
    low, high = compute_silhouette_interval(before, now)
    assert (low, high) == (pytest.approx(0.2608, abs=1e-4), pytest.approx(0.3392, abs=1e-4))
    assert decide_retrain(before, now).is_accepted is is_accepted


def test_silhouette_interval_has_a_minimum_width_and_adds_that_of_estimates(record: RunRecord) -> None:
    many = replace(with_silhouette(record, 0.3), segments=record.segments.assign(customers=1_000_000))
    assert compute_silhouette_interval(many, with_changes(many, 0)) == (pytest.approx(0.27), pytest.approx(0.33))
    scores = many.scores.assign(silhouette_high=many.scores["silhouette_score"] + 0.05)
    low, _ = compute_silhouette_interval(many, replace(with_changes(many, 0), scores=scores))
    assert low == pytest.approx(0.3 - 0.05, abs=1e-4)


def test_decide_retrain_counts_rejected_lines_but_not_those_outside_the_period(record: RunRecord) -> None:
    before = with_lines(record, 990, no_customer=10, before_start=500)  # 1 % of 1,000
    passes = with_lines(with_changes(record, 0), 940, no_date=60, before_start=9_000, category_left_out=100)  # 6 %
    assert decide_retrain(before, passes).is_accepted
    decision = decide_retrain(before, with_lines(with_changes(record, 0), 939, no_date=61))
    assert decision.reasons == ("6.1 % of the lines are rejected, 5.1 points more than before (1.0 %).",)


def test_decide_retrain_holds_for_sales_that_end_earlier(record: RunRecord) -> None:
    run = with_changes(record, 0)
    assert decide_retrain(record, run).is_accepted  # the same day
    decision = decide_retrain(record, replace(run, window={**run.window, "last_sale": "2019-12-30"}))
    assert decision.reasons == ("The last sale is dated 2019-12-30, earlier than before (2019-12-31).",)


def test_decide_retrain_holds_for_another_window(record: RunRecord) -> None:
    decision = decide_retrain(record, replace(with_changes(record, 0), window_days=181))
    assert decision.reasons == ("The window has 181 days; the window of the last run had 365.",)


def test_decide_retrain_gives_every_reason(record: RunRecord) -> None:
    run = replace(with_changes(record, 300), cluster_to_segment=(3, 1, 4))
    assert len(decide_retrain(record, run).reasons) == 2
