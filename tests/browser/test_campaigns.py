"""A campaign in a browser: plan, draw, download both lists, read the result at a later date, download the report."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from segmentation.campaigns.assignment import assign_arms
from segmentation.campaigns.storage import open_campaign
from tests.browser.conftest import find_violations, fresh, get_button, new_context, running, settled

pytestmark = pytest.mark.browser


def download(page: Page, key: str, folder: Path) -> Path:
    with page.expect_download() as started:
        get_button(page, key).click()
    path = folder / started.value.suggested_filename
    started.value.save_as(path)
    return path


def test_campaign_from_plan_to_report(chromium: Browser, shop: Path, tmp_path: Path) -> None:
    with running(tmp_path, f"Shop={shop}") as address:
        context = new_context(chromium)
        page = context.new_page()
        page.goto(f"{address}/campaigns?k=4&as_of=2024-11-01")
        settled(page)
        expect(page.get_by_text("Held back 10\xa0% (")).to_be_visible()
        expect(page.get_by_text("No campaign has been drawn yet.")).to_be_visible()
        days = fresh(page, "campaign_days").get_by_role("spinbutton")
        days.fill("45")
        days.press("Enter")
        settled(page)
        name = fresh(page, "campaign_id").get_by_role("textbox")
        name.fill("november")
        name.press("Enter")
        settled(page)
        get_button(page, "draw_campaign").click()
        expect(page.get_by_text("The groups of november have been drawn.")).to_be_visible()
        settled(page)
        page.mouse.move(0, 0)  # the tooltip of the button is outside the landmarks
        expect(page.get_by_role("tooltip")).to_have_count(0)
        assert find_violations(page) == []
        lists = {}
        for arm in ("contacted", "held_back"):
            path = download(page, f"download_{arm}", tmp_path)
            assert path.name == f"november_{arm}.csv"
            with path.open(encoding="utf-8-sig", newline="") as file:
                lists[arm] = {row["customer_id"]: row["group"] for row in csv.DictReader(file)}
            assert set(lists[arm].values()) == {arm}
        expect(page.get_by_text("reading on December 16, 2024; groups as drawn.")).to_be_visible()

        page.goto(f"{address}/campaigns?k=4&as_of=2024-12-01")
        settled(page)
        expect(page.get_by_text("Day 30 of 45; reading on December 16, 2024; groups as drawn.")).to_be_visible()
        assert fresh(page, "campaign_report").count() == 0

        page.goto(f"{address}/campaigns?k=4")
        settled(page)
        expect(page.get_by_text("Net sales").first).to_be_visible()
        report = download(page, "campaign_report", tmp_path)
        assert report.name == "november_report.html"
        page.mouse.move(0, 0)
        expect(page.get_by_role("tooltip")).to_have_count(0)
        assert find_violations(page) == []
        text = report.read_text("utf-8")
        assert "Campaign november" in text
        assert "Launch on November 1, 2024, reading after 45 days on December 16, 2024" in text
        page.set_content(text)
        expect(page.get_by_role("heading", name="Result by segment")).to_be_visible()
        context.close()
    (folder,) = tmp_path.rglob("campaigns")
    groups = open_campaign(folder, "november").assignments
    assert assign_arms("november", groups, 100)["arm"].tolist() == groups["arm"].tolist()
    assert lists["held_back"].keys() == set(groups.loc[groups["arm"] == "held_back", "customer_id"])
    assert lists["contacted"].keys() == set(groups.loc[groups["arm"] == "contacted", "customer_id"])
