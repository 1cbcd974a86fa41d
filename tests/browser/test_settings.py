"""Presets, weights and the settings search in Chromium, reflected on pages and in the URL."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open, expand, find_violations, fresh, get_button, go_to, settled

pytestmark = pytest.mark.browser


def test_preset_and_weight_can_be_undone(open_page: Open) -> None:
    page = open_page("export", "k=4")
    preset = page.locator(".st-key-preset").get_by_role("combobox")
    preset.scroll_into_view_if_needed()  # scrolling closes a list of options that a click opens meanwhile
    preset.click()
    page.get_by_role("option", name="RFM + value").click()
    expect(
        page.get_by_text("compared by days since last order, orders, net sales, average order value")
    ).to_be_visible()
    expect(page).to_have_url(re.compile("avg_order_value=true"))
    settled(page)
    expand(fresh(page, "finer").locator("summary"))
    page.locator(".st-key-weight_monetary").get_by_text("2x").click()
    expect(page.get_by_text("net sales (weight 2x)")).to_be_visible()
    expect(page).to_have_url(re.compile("weight_monetary=2x"))
    expect(page.locator(".st-key-preset").get_by_role("combobox")).to_have_value("Custom")
    settled(page)
    get_button(page, "undo").click()
    expect(page.get_by_text("net sales (weight 2x)")).to_have_count(0)
    expect(page.locator(".st-key-preset").get_by_role("combobox")).to_have_value("RFM + value")
    settled(page)
    get_button(page, "reset").click()
    expect(page.get_by_text("2,469 customers in 6 segments (recommended)")).to_be_visible()
    expect(page.locator(".st-key-preset").get_by_role("combobox")).to_have_value("RFM")


def test_expander_opens_without_layout_shift(open_page: Open) -> None:
    """A button that moves between press and release gets no click."""
    page = open_page("glossary")
    heights = (
        fresh(page, "more_features")
        .locator("details")
        .evaluate(
            """async details => {
            const heights = [];
            details.querySelector("summary").click();
            for (const wait of [50, 100, 400, 600]) {
                await new Promise(resolve => setTimeout(resolve, wait));
                heights.push(details.getBoundingClientRect().height);
            }
            return heights;
        }"""
        )
    )
    assert heights[0] > 200
    assert len(set(heights)) == 1


def test_compare_settings_apply_row(open_page: Open) -> None:
    page = open_page("try", "source=Web shop (demo)")
    get_button(page, "compare_settings").click()
    expect(page.get_by_role("heading", name="All 112 results")).to_be_visible()
    expect(get_button(page, "compare_settings")).to_have_count(0)
    settled(page)
    assert find_violations(page) == []
    row = page.locator(".st-key-tuning_row").get_by_role("combobox")
    row.click()
    row.fill("RFM + value, 6 segments, log")
    page.get_by_role("option", name=re.compile("RFM \\+ value, 6 segments, log scale")).click()
    settled(page)
    get_button(page, "apply_row").click()
    expect(page.get_by_text("1,468 customers in 6 segments (chosen)")).to_be_visible()
    expect(page.get_by_text("net sales, average order value")).to_be_visible()
    expect(get_button(page, "apply_row")).to_have_text(re.compile("In use"))
    expect(page).to_have_url(re.compile("k=6"))
    settled(page)
    go_to(page, "segments")
    expect(page.locator("[class*='st-key-card_']")).to_have_count(6)
