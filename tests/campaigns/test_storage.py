"""Saved campaigns: read back as drawn, refused twice, damaged, forgotten."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from segmentation.campaigns import storage
from segmentation.errors import CampaignError, SettingsError
from tests.campaigns.frames import make_campaign
from tests.run_records import ODD_IDS


def test_save_campaign_reads_back_hostile_ids(tmp_path: Path) -> None:
    campaign = make_campaign(len(ODD_IDS))
    odd = campaign.assignments.assign(customer_id=[*ODD_IDS])
    path = storage.save_campaign(replace(campaign, assignments=odd), tmp_path / "campaigns")
    assert sorted(entry.name for entry in path.iterdir()) == ["campaign.json", "campaign_assignments.csv"]
    opened = storage.open_campaign(tmp_path / "campaigns", "spring")
    pd.testing.assert_frame_equal(opened.assignments, odd, check_dtype=False)
    for name in ("design", "run_id", "created", "source_name", "sales", "excluded", "forgotten"):
        assert getattr(opened, name) == getattr(campaign, name)
    assert [entry.name for entry in (tmp_path / "campaigns").iterdir()] == ["spring"]


@pytest.mark.parametrize("campaign_id", ["spring", "SPRING"])
def test_save_campaign_refuses_a_second_draw(tmp_path: Path, campaign_id: str) -> None:
    storage.save_campaign(make_campaign(), tmp_path)
    before = (tmp_path / "spring" / "campaign_assignments.csv").read_bytes()
    with pytest.raises(CampaignError, match="already been drawn"):
        storage.save_campaign(make_campaign(40, campaign_id), tmp_path)
    assert (tmp_path / "spring" / "campaign_assignments.csv").read_bytes() == before
    assert storage.list_campaign_ids(tmp_path) == ["spring"]


@pytest.mark.parametrize("campaign_id", ["", "..", "../spring", "a/b", ".hidden", "a" * 65, "a\nb", "end.", "ä"])
def test_open_campaign_refuses_ids_that_are_no_folder_names(tmp_path: Path, campaign_id: str) -> None:
    with pytest.raises(SettingsError, match="not a campaign ID"):
        storage.open_campaign(tmp_path, campaign_id)


def test_open_campaign_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(CampaignError, match="Draw it first"):
        storage.open_campaign(tmp_path / "none", "spring")
    storage.save_campaign(make_campaign(), tmp_path)
    with pytest.raises(CampaignError, match="Campaigns: spring"):
        storage.open_campaign(tmp_path, "autumn")


@pytest.mark.parametrize("name", ["campaign.json", "campaign_assignments.csv"])
@pytest.mark.parametrize("text", ["", "{}", "held_back"])
def test_open_campaign_notices_damage(tmp_path: Path, name: str, text: str) -> None:
    path = storage.save_campaign(make_campaign(), tmp_path) / name
    path.write_text(text)
    with pytest.raises(CampaignError, match="damaged"):
        storage.open_campaign(tmp_path, "spring")
    assert storage.list_campaigns(tmp_path)[0] == []
    assert "damaged" in storage.list_campaigns(tmp_path)[1]["spring"]


def test_open_campaign_notices_an_edited_design(tmp_path: Path) -> None:
    path = storage.save_campaign(make_campaign(), tmp_path) / "campaign.json"
    values = json.loads(path.read_text())
    path.write_text(json.dumps(values | {"days": 10}))
    with pytest.raises(CampaignError, match="changed since it was drawn"):
        storage.open_campaign(tmp_path, "spring")


def test_forget_customer_deletes_the_customer_only(tmp_path: Path) -> None:
    for campaign_id in ("spring", "autumn"):
        storage.save_campaign(make_campaign(campaign_id=campaign_id), tmp_path)
    assert storage.forget_customer(tmp_path, "00007") == ["autumn", "spring"]
    assert storage.forget_customer(tmp_path, "00007") == []
    assert storage.forget_customer(tmp_path, "00008", ["spring"]) == ["spring"]
    opened = storage.open_campaign(tmp_path, "spring")
    original = make_campaign().assignments
    expected = original[~original["customer_id"].isin(["00007", "00008"])]
    pd.testing.assert_frame_equal(opened.assignments, expected.reset_index(drop=True), check_dtype=False)
    assert opened.forgotten == 2
    assert len(storage.open_campaign(tmp_path, "autumn").assignments) == 59
    for file in (tmp_path / "spring").iterdir():
        assert "00007" not in file.read_text()
    assert len(list((tmp_path / "spring").iterdir())) == 2


def test_list_campaigns_latest_launch_first(tmp_path: Path) -> None:
    first = make_campaign(campaign_id="a")
    later = make_campaign(campaign_id="b", launch=first.design.reading_day)
    for campaign in (first, later):
        storage.save_campaign(campaign, tmp_path)
    (tmp_path / "stray").mkdir()
    assert [campaign.campaign_id for campaign in storage.list_campaigns(tmp_path)[0]] == ["b", "a"]


def test_get_campaigns_folder_of_models_and_of_a_run(tmp_path: Path) -> None:
    run = tmp_path / "20240601T120000Z-ab12cd34"
    run.mkdir()
    (run / "manifest.json").write_text("{}")
    (tmp_path / "current").symlink_to(run.name)
    for path in (tmp_path, run, tmp_path / "current"):
        assert storage.get_campaigns_folder(path) == tmp_path.resolve() / "campaigns"


def test_read_results_returns_what_was_saved(tmp_path: Path) -> None:
    storage.save_campaign(make_campaign(), tmp_path)
    assert storage.read_results(tmp_path, "spring") is None
    storage.save_results(tmp_path, "spring", {"verdict": "brought more", "low": float("nan")})
    assert storage.read_results(tmp_path, "spring") == {"verdict": "brought more", "low": None}
