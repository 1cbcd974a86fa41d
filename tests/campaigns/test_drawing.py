"""Exclusions before the draw, the plan, and the list that was sent."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from segmentation.campaigns import storage
from segmentation.campaigns.campaign import CampaignDesign, to_permille
from segmentation.campaigns.drawing import DrawContext, Exclusions, draw_campaign, find_global_hold_out
from segmentation.campaigns.engine_draw import draw_in_engine
from segmentation.campaigns.power import plan_hold_out
from segmentation.campaigns.sent_list import check_sent_list
from segmentation.errors import CampaignError, SettingsError
from segmentation.export.campaign_lists import write_campaign_lists
from segmentation.settings import SalesSettings
from tests.campaigns.frames import make_campaign
from tests.campaigns.test_assignment import HOSTILE_IDS

CONTEXT = DrawContext("20240601T120000Z-ab12cd34", "sales.csv", SalesSettings("sales.csv"))
DESIGN = CampaignDesign("summer", date(2024, 6, 15), 30, 100)


def make_customers(n: int = 100) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": [f"{number:05d}" for number in range(n)],
            "segment_id": 1,
            "segment_name": "New",
            "rfm_monetary": np.arange(n, dtype=float),
            "certainty": np.linspace(0, 1, n),
            "net_before": 0.0,
            "forecast": np.nan,
        }
    )


def test_draw_campaign_excludes_before_the_draw() -> None:
    others = [make_campaign(20), make_campaign(40, "earlier", launch=DESIGN.launch - timedelta(days=30))]
    exclusions = Exclusions(in_overlapping_campaign=True, min_certainty=0.5, at_most=30)
    campaign = draw_campaign(DESIGN, make_customers(), CONTEXT, exclusions, others)
    assert dict(campaign.excluded) == {"running_campaign": 20, "borderline": 30, "beyond_at_most": 20}
    assert sorted(campaign.assignments["customer_id"]) == [f"{number:05d}" for number in range(70, 100)]
    assert campaign.sizes == {"contacted": 27, "held_back": 3}


def test_draw_campaign_prefers_the_forecast_as_expected_value() -> None:
    customers = make_customers(10).assign(forecast=[float(10 - n) for n in range(10)])
    campaign = draw_campaign(
        CampaignDesign("summer", date(2024, 6, 15), 30, 500), customers, CONTEXT, Exclusions(at_most=4)
    )
    assert sorted(campaign.assignments["customer_id"]) == ["00000", "00001", "00002", "00003"]


@pytest.mark.parametrize("has_history", [True, False])
def test_draw_in_engine_equals_the_draw_in_memory(tmp_path: Path, has_history: bool) -> None:
    ids = [*HOSTILE_IDS, *(f"C{number}" for number in range(3000))]
    customers = make_customers(len(ids)).assign(
        customer_id=ids,
        segment_id=[1 + number % 3 for number in range(len(ids))],
        segment_name=[("New", '=Odd,\n"name"', "Zoë")[number % 3] for number in range(len(ids))],
        rfm_monetary=[float(number // 2) for number in range(len(ids))],  # with ties
        net_before=[number / 8 if number % 5 else 0.0 for number in range(len(ids))],
    )
    other = make_campaign(20, launch=DESIGN.launch)
    other.assignments["customer_id"] = ids[: len(other.assignments)]
    exclusions = Exclusions(0.1, in_overlapping_campaign=True, min_certainty=0.25, at_most=1501)
    known = customers if has_history else customers.assign(net_before=np.nan)
    expected = draw_campaign(DESIGN, known, CONTEXT, exclusions, [other])
    shuffled = customers.sample(frac=1, random_state=1).drop(columns=["net_before", "forecast"])
    before = customers.loc[customers["net_before"] > 0, ["customer_id", "net_before"]]
    history = [pa.Table.from_pandas(before, preserve_index=False)] if has_history else []
    with draw_in_engine(DESIGN, [shuffled[:999], shuffled[999:]], history, CONTEXT, exclusions, [other]) as campaign:
        assert (campaign.sizes, campaign.excluded) == (expected.sizes, expected.excluded)
        pd.testing.assert_frame_equal(campaign.segments, expected.segments, check_dtype=False)
        for name, drawn in (("engine", campaign), ("memory", expected)):
            storage.save_campaign(drawn, tmp_path / name)
            (tmp_path / f"{name}_lists").mkdir()
            write_campaign_lists(drawn, tmp_path / f"{name}_lists")
    for file in (f"{DESIGN.campaign_id}/campaign_assignments.csv",):
        assert (tmp_path / "engine" / file).read_bytes() == (tmp_path / "memory" / file).read_bytes()
    for file in ("contacted.csv", "held_back.csv"):
        assert (tmp_path / "engine_lists" / file).read_bytes() == (tmp_path / "memory_lists" / file).read_bytes()
    stored = storage.open_campaign(tmp_path / "engine", DESIGN.campaign_id)
    pd.testing.assert_frame_equal(stored.assignments, expected.assignments, check_dtype=False)


def test_draw_in_engine_refuses_what_the_draw_in_memory_refuses() -> None:
    for customers, exclusions, message in (
        (make_customers(5), Exclusions(), "0 would be held back"),
        (make_customers().drop(columns="certainty"), Exclusions(min_certainty=0.5), "how certain"),
        (make_customers(), Exclusions(min_certainty=0.5, global_hold_out=1.0), "All 100 customers"),
    ):
        for draw in (
            lambda rows=customers, left_out=exclusions: draw_campaign(DESIGN, rows, CONTEXT, left_out),
            lambda rows=customers, left_out=exclusions: draw_in_engine(
                DESIGN, [rows], [], CONTEXT, left_out
            ).__enter__(),
        ):
            with pytest.raises(CampaignError, match=message):
                draw()


def test_draw_campaign_without_anybody_held_back() -> None:
    with pytest.raises(CampaignError, match="0 would be held back"):
        draw_campaign(DESIGN, make_customers(5), CONTEXT)


def test_draw_campaign_certainty_of_early_runs_is_unknown() -> None:
    with pytest.raises(CampaignError, match="how certain"):
        draw_campaign(DESIGN, make_customers().drop(columns="certainty"), CONTEXT, Exclusions(min_certainty=0.5))


def test_find_global_hold_out_is_lasting() -> None:
    ids = pd.Series([f"C{n}" for n in range(5000)])
    small, large = (find_global_hold_out(ids, share) for share in (0.05, 0.1))
    assert 0.04 < small.mean() < 0.06
    assert 0.085 < large.mean() < 0.115
    assert not (small & ~large).any()
    assert find_global_hold_out(ids[100:200], 0.1).tolist() == large[100:200].tolist()


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5, 0.0001, 0.12345, float("nan")])
def test_to_permille_refuses(share: float) -> None:
    with pytest.raises(SettingsError, match="held back"):
        to_permille(share)


def test_plan_hold_out_agrees_with_the_formula_for_even_spend() -> None:
    """Nearly normal spend: smallest lift = (1.96 + 0.84) x standard error / mean."""
    rng = np.random.default_rng(0)
    n = 4000
    spend = pd.DataFrame({"segment_id": 1, "net": rng.normal(100, 40, n), "net_before": rng.normal(100, 40, n)})
    plan = plan_hold_out(spend, pd.Series({1: n}), 60, target_lift=0.05)
    for option in plan.options:
        error = 40 * np.sqrt(1 / option.held_back + 1 / option.contacted)
        assert option.smallest_lift == pytest.approx(2.8 * error / 100, abs=0.01)
        assert option.cost == pytest.approx(option.held_back * plan.mean_spend * option.smallest_lift)
    assert plan.suggested is not None
    assert plan.suggested.permille == 200
    assert plan.get_option(100).held_back == 400


def test_plan_hold_out_shrinks_with_more_customers_than_are_known() -> None:
    rng = np.random.default_rng(1)
    spend = pd.DataFrame({"segment_id": 1, "net": rng.gamma(2, 50, 2000), "net_before": 0.0})
    small, large = (
        plan_hold_out(spend, pd.Series({1: n}), 60, target_lift=0.1, permilles=[200]) for n in (2000, 200_000)
    )
    lifts = [plan.options[0].smallest_lift for plan in (small, large)]
    assert lifts[0] is not None
    assert lifts[1] == pytest.approx(lifts[0] / 10, abs=0.005)


def test_plan_hold_out_without_spend_or_customers() -> None:
    spend = pd.DataFrame({"segment_id": [1] * 10, "net": 0.0, "net_before": 0.0})
    plan = plan_hold_out(spend, pd.Series({1: 10, 2: 5}), 60, target_lift=0.1)
    assert {option.smallest_lift for option in plan.options} == {None}
    assert plan.suggested is None


def test_check_sent_list_notices_changed_ids() -> None:
    campaign = make_campaign(200)
    contacted = campaign.assignments.query("arm == 'contacted'")["customer_id"].tolist()
    held = campaign.assignments.query("arm == 'held_back'")["customer_id"].tolist()
    check = check_sent_list(campaign.assignments, contacted)
    assert (check.sent, check.missing, check.is_sound) == (160, 0, True)
    check = check_sent_list(campaign.assignments, [str(int(text)) for text in contacted])
    assert (check.sent, check.mangled, check.is_sound) == (160, 160, False)
    assert check.mangled_examples[0] == (str(int(contacted[0])), contacted[0])
    check = check_sent_list(campaign.assignments, [*contacted[:100], *held[:7], "nobody", contacted[0]])
    assert (check.rows, check.sent, check.missing, check.held_back_sent, check.unknown) == (109, 100, 60, 7, 1)
    assert not check.is_sound
    half = campaign.assignments.query("arm == 'contacted' and segment_id == 1")["customer_id"]
    assert check_sent_list(campaign.assignments, half).p_value < 0.001


def test_check_sent_list_scientific_notation_and_ambiguity() -> None:
    groups = pd.DataFrame(
        {
            "customer_id": ["1234567890123", "555", "0555", "55.0", "A7"],
            "segment_id": 1,
            "arm": ["contacted", "contacted", "contacted", "held_back", "contacted"],
        }
    )
    check = check_sent_list(groups, ["1.23457E+12", "00555", "a7"])
    assert dict(check.mangled_examples) == {"1.23457E+12": "1234567890123", "a7": "A7"}
    assert (check.sent, check.ambiguous, check.unknown) == (2, 1, 1)
