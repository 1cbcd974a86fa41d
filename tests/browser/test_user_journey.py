"""A marketer's journey: open, choose k, read, export; and the same view from a copied link."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open, expand, fresh, get_button, go_to, settled

pytestmark = pytest.mark.browser


def in_use(page: Page) -> str:
    return page.get_by_text("Complete Journey (demo) ·").inner_text()


def move_k(page: Page, to: int) -> None:
    slider = page.get_by_role("slider")
    for _ in range(12):
        now = slider.get_attribute("aria-valuetext") or ""
        if now == str(to):
            return
        slider.press("ArrowRight" if now == "auto" or int(now) < to else "ArrowLeft")
        expect(slider).not_to_have_attribute("aria-valuetext", now)


def test_demo_is_default_and_labeled(open_page: Open) -> None:
    page = open_page("choose_k")
    expect(page.get_by_role("heading", name=re.compile("We recommend [2-8] segments"))).to_be_visible()
    assert "2,469 customers" in in_use(page)
    go_to(page, "segments")
    expect(page.get_by_text("simulated from real shopping patterns")).to_be_visible()
    expect(page.get_by_text("1,460,438 of 1,469,307 rows used")).to_be_visible()


def test_k_slider_updates_charts_and_cards(open_page: Open) -> None:
    page = open_page("choose_k")
    move_k(page, 5)
    expect(page.get_by_text("2,469 customers in 5 segments (chosen)")).to_be_visible()
    expect(fresh(page, "elbow")).to_contain_text("5 in use")
    expect(fresh(page, "silhouette_by_segment").locator(".bars .point")).to_have_count(5)
    expect(page).to_have_url(re.compile(r"\?k=5$"))
    page.get_by_role("link", name="View these 5 segments").click()
    cards = page.locator("[class*='st-key-card_']")
    expect(cards).to_have_count(5)
    before = cards.first.inner_text()
    move_k(page, 7)
    expect(cards).to_have_count(7)
    expect(fresh(page, "size_vs_sales").locator(".bars .point")).to_have_count(14)
    settled(page)
    assert cards.first.inner_text() != before
    expect(page).to_have_url(re.compile(r"/segments\?k=7$"))


def test_unselected_feature_updates_results(open_page: Open) -> None:
    page = open_page("segments", "k=4")
    expect(fresh(page, "index")).to_contain_text("Net sales")
    before = page.locator("[class*='st-key-card_']").first.inner_text()
    page.locator(".st-key-monetary label").first.click()
    expect(page.get_by_text("compared by days since last order, orders")).to_be_visible()
    expect(fresh(page, "index")).not_to_contain_text("Net sales")
    settled(page)
    assert page.locator("[class*='st-key-card_']").first.inner_text() != before
    expect(page).to_have_url(re.compile(r"monetary=false"))


def test_copied_link_restores_view(open_page: Open) -> None:
    page = open_page("segments", "k=6")
    expand(page.locator(".st-key-more_features summary"))
    page.locator(".st-key-discount_share label").first.click()
    expect(page.get_by_text(re.compile("compared by .*share given as discount")).first).to_be_visible()
    expect(fresh(page, "index")).to_contain_text("Share given")
    settled(page)
    path, _, query = page.url.rpartition("/")[2].partition("?")
    copy = open_page(path, query)
    expect(copy.locator("[class*='st-key-card_']")).to_have_count(6)
    assert in_use(copy) == in_use(page)
    ours, theirs = (p.locator("[class*='st-key-card_']").all_inner_texts() for p in (page, copy))
    assert ours == theirs


def test_link_to_any_page_of_fresh_server(open_page: Open) -> None:
    """A folder named pages would have the first such link met with 'Page not found'."""
    page = open_page("export", "k=4")
    expect(fresh(page, "download")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_browser_back_restores_previous_settings(open_page: Open) -> None:
    page = open_page("choose_k", "k=5")
    go_to(page, "export")
    expect(fresh(page, "download")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("2,469 customers in 5 segments (chosen)")).to_be_visible()
    expect(page.get_by_role("heading", name="Elbow")).to_be_visible()


def test_export_has_stated_number_of_rows(open_page: Open) -> None:
    page = open_page("export", "k=5")
    selected = page.locator(".st-key-segments [data-tag]:visible")
    expect(selected).to_have_count(5)
    for number in (2, 0):
        selected.nth(number).get_by_role("button").click()
        settled(page)
    expect(selected).to_have_count(3)
    settled(page)
    retained = [re.sub(r"\s+", " ", text).strip() for text in selected.all_inner_texts()]
    expected = sum(int(re.sub(r"\D", "", text.rpartition("(")[2])) for text in retained)
    figure = page.locator('[data-testid="stMetricValue"]')
    expect(figure).to_have_text(f"{expected:,}")
    with page.expect_download() as download:
        get_button(page, "download").click()
    assert re.fullmatch(
        r"3-segments_complete-journey_2018-01-02_\d{8}T\d{6}Z-[0-9a-f]{8}\.csv", download.value.suggested_filename
    )
    data = Path(download.value.path()).read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert len(rows) == expected
    assert len({row["customer_id"] for row in rows}) == expected
    assert {row["segment_name"] for row in rows} == {text.rpartition(" (")[0] for text in retained}


def test_overview_on_first_visit(open_page: Open) -> None:
    page = open_page("", "source=Web shop (demo)")
    expect(page.get_by_role("heading", name="Sales from January 1, 2025 to December 31, 2025")).to_be_visible()
    expect(page.locator('[data-testid="stMetricValue"]').first).to_have_text("1,468")
    expect(page.get_by_text("52,447 of 52,924 rows used")).to_be_visible()
    with page.expect_download() as download:
        get_button(page, "excluded_rows").click()
    assert download.value.suggested_filename.endswith("_web-shop_2026-01-01.csv")
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_bytes().decode("utf-8-sig"))))
    assert len(rows) == 52_924 - 52_447
    assert {row["set_aside_because"] for row in rows if not row["customer_id"]} == {"Missing customer"}
    page.get_by_role("link", name="Open Segments").first.click()
    expect(page.get_by_text("Web shop (demo) · 1,468 customers")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Get started")).to_be_visible()
