"""Segment history of the demo: see the months, choose a flow, download its list; the former address leads there."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open, fresh, get_button, settled

pytestmark = pytest.mark.browser
ROW_HEIGHT = 35
"""Of a data frame, in pixels; its cells are drawn, so there is no element to click."""


def test_history_of_demo_lists_customers_of_a_flow(open_page: Open, tmp_path: Path) -> None:
    page = open_page("movement", "k=5")
    page.wait_for_url(re.compile(r"/history(\?|$)"))
    settled(page)
    expect(page.get_by_text("in 5 segments")).to_be_visible()
    expect(page.get_by_text("each covering the 91 days before it")).to_be_visible()
    for key in ("segments_by_month", "flows"):
        expect(fresh(page, key).locator(".js-plotly-plot")).to_be_visible()
    flow = fresh(page, "history_flow").get_by_role("combobox")
    preselected = flow.input_value()
    matrix = fresh(page, "flow_matrix").locator("canvas").first
    matrix.scroll_into_view_if_needed()
    box = matrix.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 0.3 * box["width"], box["y"] + 2.5 * ROW_HEIGHT)  # from the second segment to the first
    expect(flow).not_to_have_value(preselected)
    settled(page)
    chosen = flow.input_value()
    customers = re.search(r": ([\d,]+) customers", chosen)
    assert customers is not None
    expect(page.get_by_text(f"The first 20 of {customers[1]};")).to_be_visible()
    settled(page)
    with page.expect_download() as download:
        get_button(page, "download_flow").click()
    path = tmp_path / "flow.csv"
    download.value.save_as(path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == int(customers[1].replace(",", ""))
    assert {f"{row['segment_before']} \u2192 {row['segment_now']}" for row in rows} == {chosen.split(":")[0]}
    values = [float(row["net_sales_before"]) for row in rows]
    assert values == sorted(values, reverse=True)
