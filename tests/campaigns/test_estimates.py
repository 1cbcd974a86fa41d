"""Verdicts, intervals and money of a campaign, in all and by segment."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest

from segmentation.campaigns.reading import build_covariates, compute_result
from tests.campaigns.frames import make_campaign, make_outcomes


@pytest.mark.parametrize(("customers", "method"), [(600, "randomization"), (4000, "welch")])
@pytest.mark.parametrize(("lift", "verdict"), [(0.5, "brought more"), (-0.4, "brought less"), (0.0, "cannot be told")])
def test_compute_result_verdicts(customers: int, method: str, lift: float, verdict: str) -> None:
    campaign = make_campaign(customers)
    result = compute_result(campaign, make_outcomes(campaign, lift, buyers=0.9))
    assert (result.total.verdict, result.total.method) == (verdict, method)
    assert {segment.verdict for segment in result.segments} == {verdict}
    interval = result.total.interval
    assert interval is not None
    assert interval.low < result.total.per_contacted.net < interval.high
    assert result.covariates == ("net_before",)


def test_compute_result_adds_up_to_the_cent() -> None:
    campaign = make_campaign(501, permille=137)
    table = make_outcomes(campaign, 0.1)
    result = compute_result(campaign, table)
    for name in ("net", "gross", "discount"):
        parts = sum(round(100 * asdict(segment.total)[name]) for segment in result.segments)
        assert parts == round(100 * asdict(result.total.total)[name])
    for estimate in (result.total, *result.segments):
        for money in (estimate.total, estimate.contacted, estimate.held_back):
            assert round(100 * money.gross) - round(100 * money.discount) == round(100 * money.net)
        assert estimate.per_contacted.gross - estimate.per_contacted.discount == pytest.approx(
            estimate.per_contacted.net, abs=1e-9
        )
    in_all = result.total.per_contacted.net * result.total.contacted.customers
    assert result.total.total.net == pytest.approx(in_all, abs=0.02)
    for arm in ("contacted", "held_back"):
        rows = table[table["arm"] == arm]
        totals = getattr(result.total, arm)
        assert (totals.customers, totals.buyers) == (len(rows), (rows["orders"] > 0).sum())
        assert totals.net == pytest.approx(rows["net"].sum(), abs=0.005)


def test_compute_result_too_few_buyers() -> None:
    campaign = make_campaign(400, permille=100)
    result = compute_result(campaign, make_outcomes(campaign, 3.0, buyers=0.3))
    assert result.total.held_back.buyers < 20
    assert result.total.verdict == "too few to tell"
    assert result.total.interval is None
    assert result.total.p_value is None


def test_compute_result_merges_segments_without_held_back_customers() -> None:
    campaign = make_campaign(400)
    table = make_outcomes(campaign, 0.2, buyers=1.0)
    tiny = table.index[table["arm"] == "contacted"][:3]
    table.loc[tiny, ["segment_id", "segment_name"]] = [9, "Tiny"]
    result = compute_result(campaign, table)
    assert [segment.segment_id for segment in result.segments] == [1, 2, 9]
    assert result.segments[2].verdict == "too few to tell"
    assert result.segments[2].contacted.customers == 3
    assert round(sum(100 * segment.total.net for segment in result.segments)) == round(100 * result.total.total.net)
    # The segment that the tiny one joins keeps its verdict.
    large = result.segments[0]
    assert large.interval is not None
    assert large.interval.low < large.per_contacted.net < large.interval.high
    assert large.p_value is not None


def test_compute_result_capped_spend_limits_a_single_order() -> None:
    campaign = make_campaign(600)
    table = make_outcomes(campaign)
    whale = table.index[table["arm"] == "contacted"][0]
    table.loc[whale, ["net", "gross"]] = 1e6
    result = compute_result(campaign, table)
    assert result.cap < 1e5
    assert abs(result.capped.per_contacted.net) < 100 < result.total.per_contacted.net


def test_compute_result_is_the_same_every_time() -> None:
    campaign = make_campaign(300)
    table = make_outcomes(campaign, 0.1)
    first, second = (compute_result(campaign, table) for _ in range(2))
    assert first.total == second.total
    assert first.segments == second.segments


def test_build_covariates_drops_constants_and_fills_gaps() -> None:
    table = pd.DataFrame({"net_before": [1.0, 1.0, 1.0], "forecast": [2.0, np.nan, 4.0]})
    assert build_covariates(table).to_dict("list") == {"forecast": [2.0, 3.0, 4.0]}
    assert build_covariates(table.assign(forecast=[np.nan, np.nan, 4.0])).shape == (3, 0)
