"""Layout in a browser: nothing is cut off or overflows, and every chart has a text alternative."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open

pytestmark = pytest.mark.browser
LAST_WORDS = {
    "": "Data quality",
    "customers": "Outliers",
    "choose_k": "All scores",
    "segments": "Data quality",
    "export": "Save result",
}


@pytest.mark.parametrize("path", LAST_WORDS)
def test_pages_fit_a_phone(open_page: Open, path: str) -> None:
    page = open_page(path, "k=12&discount_share=true&tenure_days=true&lines_per_order=true", width=375)
    expect(page.get_by_role("heading", name=LAST_WORDS[path])).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    for svg in page.locator(".js-plotly-plot").all():
        box = svg.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 375
        for text in svg.locator("text").all():
            texts = text.bounding_box()
            if texts and texts["width"]:
                assert texts["x"] >= box["x"] - 1, text.inner_text()
                assert texts["x"] + texts["width"] <= box["x"] + box["width"] + 1, text.inner_text()
                assert texts["y"] >= box["y"] - 1, text.inner_text()
                assert texts["y"] + texts["height"] <= box["y"] + box["height"] + 1, text.inner_text()


@pytest.mark.parametrize(("path", "number"), [("", 4), ("choose_k", 5), ("segments", 4)])
def test_charts_have_text_alternatives(open_page: Open, path: str, number: int) -> None:
    page = open_page(path, "k=5")
    expect(page.get_by_role("heading", name=LAST_WORDS[path])).to_be_visible()
    charts = page.locator('[data-testid="stPlotlyChart"]')
    expect(charts).to_have_count(number)  # two of them come when the background check has ended
    for chart in charts.all():
        name = chart.get_attribute("aria-label")
        assert name
        assert len(name) > 30
        assert re.search(r"\d", name)
