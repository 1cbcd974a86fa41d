"""Accessibility: no axe violation (WCAG 2.2 AA) on any page, charts with a text, an export with the keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import (
    COLOR_RULES,
    ROOT,
    Open,
    find_violations,
    fresh,
    get_nav_link,
    go_to,
    open_tab,
    settled,
    switch_theme,
)

pytestmark = pytest.mark.browser


def list_page_paths(app: str) -> list[str]:
    """The addresses of the pages in the navigation, from app.py; the default page's is empty."""
    results = []
    for block in app.split("st.Page(")[1:]:
        if 'visibility="hidden"' in block.split("st.Page(")[0]:  # redirects
            continue
        named = re.search(r'url_path="([^"]+)"', block.split("st.Page(")[0])
        file = re.search(r'"app_pages/\w+/(\w+)\.py"', block)
        assert file
        results.append("" if "default=True" in block else named[1] if named else file[1])
    return results


PATHS = list_page_paths((ROOT / "app.py").read_text(encoding="utf-8"))
"""Every page of the navigation, by its address; a page that is added is tested from then on."""
CHARTS = {"": 4, "choose_k": 4, "segments": 4}
"""The number of charts of some pages. Every chart has a text alternative."""


def test_pages_are_all_listed(open_page: Open) -> None:
    page = open_page("", "k=5")
    links = page.locator('[data-testid="stSidebarNavLink"]')
    result = {(link.get_attribute("href") or "").rpartition("/")[2].partition("?")[0] for link in links.all()}
    assert result == set(PATHS)


@pytest.fixture(scope="module", params=[1280, 375])
def show(request: pytest.FixtureRequest, server: str, context: BrowserContext) -> Iterator[Callable[[str], Page]]:
    """Follow the navigation in the one tab of this width, in the theme of the page before: show("segments")."""
    page = open_tab(context, f"{server}/?k=5", width=request.param)

    def show(path: str) -> Page:
        go_to(page, path)
        page.wait_for_function("document.readyState === 'complete'")
        return page

    yield show
    page.close()


@pytest.mark.parametrize("path", PATHS)
def test_pages_have_no_axe_violations(show: Callable[[str], Page], path: str) -> None:
    page = show(path)
    violations = find_violations(page)
    switch_theme(page)
    assert violations + find_violations(page, COLOR_RULES) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if path in CHARTS:
        charts = page.get_by_test_id("stPlotlyChart")
        expect(charts).to_have_count(CHARTS[path])  # one of them comes when the background check has ended
        for name in charts.evaluate_all("charts => charts.map(chart => chart.ariaLabel || '')"):
            assert len(name) > 30
            assert re.search(r"\d", name)


def test_keyboard_only_export(open_page: Open) -> None:
    page = open_page("choose_k", "k=5")
    checked = fresh(page, "stability")
    expect(checked.first).to_be_visible()  # the page shows itself anew when the check in the background ends
    settled(page)
    tab_to(page, "Average order value", "checkbox", opens="More features")
    page.keyboard.press("Space")
    expect(page).to_have_url(re.compile("avg_order_value=true"))
    settled(page)
    expect(checked.first).to_be_visible()
    settled(page)
    page.get_by_role("slider").press("ArrowRight")
    expect(page).to_have_url(re.compile(r"[?&]k=6"))
    settled(page)
    link = get_nav_link(page, "export")
    link.focus()
    page.keyboard.press("Enter")
    expect(fresh(page, "download")).to_be_visible()
    settled(page)
    button = page.get_by_role("button", name=re.compile("Download list"))
    button.focus()
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert Path(download.value.path()).stat().st_size > 10_000
    assert "avg_order_value=true" in page.url


def tab_to(page: Page, name: str, role: str, *, opens: str) -> None:
    """Press Tab until the element has the focus; a folded part on the way is opened with the keyboard."""
    target = page.get_by_role(role, name=name)  # type: ignore[arg-type]
    for _ in range(80):
        page.keyboard.press("Tab")
        text = page.evaluate("document.activeElement.innerText || ''")
        if str(text).strip().endswith(opens) and page.evaluate("document.activeElement.tagName") == "SUMMARY":
            page.keyboard.press("Enter")
            expect(target).to_be_visible()
        if target.count() and target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"Tab does not lead to {name}.")


def test_link_restores_settings_without_customer_data(open_page: Open) -> None:
    query = "k=6&scaling=Standardized&discount_share=true&frequency=false&numbers=1.234%2C50&currency=CHF&guide=false"
    page = open_page("segments", query)
    expect(page.get_by_text("CHF").first).to_be_visible()
    copied = page.url
    copy = open_page("segments", copied.partition("?")[2])
    assert (
        copy.locator("[class*='st-key-card_']").all_inner_texts()
        == page.locator("[class*='st-key-card_']").all_inner_texts()
    )
    for name, value in (pair.split("=") for pair in query.split("&")):
        assert f"{name}={value}" in copied.replace("%20", "+"), name
    assert not re.search(r"customer|/home|/tmp|\.parquet|@", copied)


def test_currency_symbol_is_not_parsed_as_markup(open_page: Open) -> None:
    for position in ("Before", "After"):
        page = open_page("segments", f"k=5&currency=%24&symbol={position}+the+amount")
        expect(page.get_by_text("$").first).to_be_visible()
        assert page.locator(".katex").count() == 0
