"""Layout in a browser: nothing is cut off or overflows on a phone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import open_tab, settled

pytestmark = pytest.mark.browser
WIDTH = 375
LAST_WORDS = {
    "": "Data quality",
    "customers": "Outliers",
    "choose_k": "All scores",
    "segments": "Data quality",
    "segment": "Borderline customers",
    "compare": "3D map",
    "export": "Save result",
}
"""The last heading of each page: the rest is there once it is."""
SETTINGS = "k=12&discount_share=true&tenure_days=true&lines_per_order=true"
OVERFLOWS = """charts => charts.flatMap(chart => {
    const outer = chart.getBoundingClientRect();
    const texts = [...chart.querySelectorAll("text")].filter(text => {
        const box = text.getBoundingClientRect();
        return box.width && (box.left < outer.left - 1 || box.right > outer.right + 1
            || box.top < outer.top - 1 || box.bottom > outer.bottom + 1);
    });
    const fits = outer.width && outer.left >= 0 && outer.right <= innerWidth;
    const cut = fits ? [] : [`a chart from ${outer.left} to ${outer.right}`];
    return [...cut, ...texts.map(text => text.textContent)];
})"""
"""Charts that are hidden or leave the window, and the texts that leave their chart by more than a pixel."""


@pytest.fixture(scope="module")
def tab(server: str, context: BrowserContext) -> Iterator[Page]:
    page = open_tab(context, f"{server}/?{SETTINGS}", width=WIDTH)
    yield page
    page.close()


@pytest.mark.parametrize("path", LAST_WORDS)
def test_pages_fit_a_phone(server: str, tab: Page, path: str) -> None:
    tab.goto(f"{server}/{path}?{SETTINGS}")
    settled(tab)
    expect(tab.get_by_role("heading", name=LAST_WORDS[path])).to_be_visible()
    assert tab.evaluate("document.documentElement.scrollWidth") <= WIDTH
    assert tab.locator(".js-plotly-plot").evaluate_all(OVERFLOWS) == []
