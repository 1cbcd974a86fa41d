"""Overrides in a browser: rename, save, reopen in another session, and compare with the previous run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from segmentation.runs.catalog import list_run_ids
from segmentation.runs.load import open_run
from tests.browser.conftest import Open, expand, find_violations, fresh, get_button, go_to, running, settled

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("overrides")


@pytest.fixture(scope="module")
def server(models: Path, shop: Path) -> Iterator[str]:
    """A separate server: runs saved here must not affect the names in other tests."""
    with running(models, f"Our shop={shop}") as address:
        yield address


def save(page: Page) -> None:
    go_to(page, "export")
    page.locator("[class*='st-key-save_']:not([data-retained]) button").click()
    expect(page.get_by_text("It is the current run now")).to_be_visible()


def test_overrides_survive_save_reopen_and_compare(open_page: Open, models: Path) -> None:
    page = open_page("", "k=4")
    save(page)
    go_to(page, "segment")
    expect(page).to_have_url(re.compile(r"/segment\?"))
    page.get_by_test_id("stRadio").get_by_text(re.compile("^3 ")).click()
    expect(page.get_by_role("heading", name=re.compile("^3 "))).to_be_visible()
    expect(page).to_have_url(re.compile(r"segment=3"))
    expand(fresh(page, "edit_segment_box").locator("summary"))
    name = page.get_by_label("Name", exact=True).first
    shown = page.get_by_role("heading", name=re.compile("^3 ")).inner_text()
    expect(name).to_have_value(shown.removeprefix("3 "))  # the form of the segment before is gone
    settled(page)
    name.fill("<b>Tea</b> & *friends*")
    name.press("Tab")  # a form field submits its value with a delay, or when it loses focus
    page.get_by_test_id("stFormSubmitButton").first.get_by_role("button").click()
    expect(page.get_by_role("heading", name="3 <b>Tea</b> & *friends*")).to_be_visible()
    settled(page)
    save(page)
    runs = [open_run(models / "models", run_id) for run_id in list_run_ids(models / "models")]
    assert len(runs) == 2
    names = {run.segments.set_index("segment_id")["segment_name"][3] for run in runs}
    assert "<b>Tea</b> & *friends*" in names

    other = open_page("runs")  # another visitor
    expect(other.get_by_text("Stayed", exact=True)).to_be_visible()
    lists = [run.get_labels().set_index("customer_id")["segment_id"] for run in runs]
    stayed = int((lists[0] == lists[1]).sum())
    assert stayed == 400  # renaming moves no customer
    expect(other.locator('[data-testid="stMetricValue"]').first).to_have_text(str(stayed))
    settled(other)
    assert find_violations(other) == []
    get_button(other, "open_run").click()
    expect(other.get_by_text("Saved run open")).to_be_visible()
    current = next(run.run_id for run in runs if "Tea" in run.segments["segment_name"][2])
    expect(other).to_have_url(re.compile(f"run={current}"))
    link = other.url.replace("/runs", "/segments")
    other.goto(link)  # a copied link opens the same run
    settled(other)
    expect(other.get_by_text("in 4 segments (as saved)")).to_be_visible()
    expect(other.get_by_role("heading", name="3 <b>Tea</b> & *friends*")).to_be_visible()
    get_button(other, "close_open_run").click()
    expect(other.get_by_text("in 4 segments (chosen)")).to_be_visible()
    expect(other).not_to_have_url(re.compile("run="))


def test_browser_back_closes_run_and_segment(open_page: Open) -> None:
    save(open_page("export", "k=3"))
    page = open_page("runs")
    get_button(page, "open_run").click()
    expect(page.get_by_text("Saved run open")).to_be_visible()
    expect(page).to_have_url(re.compile("run="))
    settled(page)
    page.go_back()
    expect(page.get_by_text("Saved run open")).to_have_count(0)
    expect(page).not_to_have_url(re.compile("run="))
    settled(page)
    go_to(page, "segment")
    expect(page.get_by_role("heading", name=re.compile("^1 "))).to_be_visible()
    settled(page)
    assert "segment=" not in page.url
    page.get_by_test_id("stRadio").get_by_text(re.compile("^2 ")).click()
    expect(page).to_have_url(re.compile("segment=2"))
    settled(page)
    page.go_back()
    expect(page.get_by_role("heading", name=re.compile("^1 "))).to_be_visible()
    settled(page)
    page.go_back()
    expect(page.get_by_role("heading", level=1, name="Saved runs")).to_be_visible()


def test_run_is_renamed_and_deleted_after_confirmation(open_page: Open, models: Path) -> None:
    for k in (5, 6):
        save(open_page("export", f"k={k}"))
    before = list_run_ids(models / "models")
    page = open_page("runs")
    page.get_by_role("combobox", name="Run", exact=True).click()
    page.get_by_role("option").nth(1).click()
    expect(get_button(page, "delete_run")).to_be_enabled()  # the current one cannot be
    settled(page)
    page.get_by_label("Run name").fill("Autumn <b>")
    page.get_by_test_id("stFormSubmitButton").get_by_role("button").click()
    expect(page.get_by_role("table").first).to_contain_text("Autumn <b>")
    settled(page)
    get_button(page, "delete_run").click()
    get_button(page, "cancel_delete").click()
    expect(get_button(page, "delete_run")).to_be_visible()
    assert list_run_ids(models / "models") == before
    settled(page)
    get_button(page, "delete_run").click()
    expect(page.get_by_text("Permanently delete Autumn <b>?")).to_be_visible()
    get_button(page, "confirm_delete").click()
    expect(page.get_by_role("table").first).not_to_contain_text("Autumn")
    assert len(list_run_ids(models / "models")) == len(before) - 1
