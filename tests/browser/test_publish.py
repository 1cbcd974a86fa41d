"""Publishing in a browser: preview, confirmation, result, and the tables in the database."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import get_button, new_context, running, settled

pytestmark = pytest.mark.browser


def test_publish_next_to_the_sales(chromium: Browser, shop: Path, tmp_path: Path) -> None:
    database = tmp_path / "shop.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"create table fct_sales as from '{shop}'")
    uri = f"duckdb://{database}"
    with running(tmp_path, f"Shop={uri}?table=fct_sales", SEGMENTS_PUBLISH=uri) as address:
        context = new_context(chromium)
        page = context.new_page()
        page.goto(f"{address}/publish?k=4")
        settled(page)
        expect(page.get_by_text("Nothing is published in shop.duckdb ml_results yet.")).to_be_visible()
        get_button(page, "publish").click()
        expect(page.get_by_text("ml_results.customer_segments_history")).to_be_visible()
        get_button(page, "confirm_publish").click()
        expect(page.get_by_text("Published to shop.duckdb ml_results.")).to_be_visible()
        expect(page.get_by_text("Up to date.")).to_be_visible()
        settled(page)
        text = page.get_by_text("Run ID:").inner_text()
        page.reload()
        settled(page)
        expect(page.get_by_text("400 customers in 4 segments", exact=True)).to_be_visible()
        expect(page.get_by_text("Up to date.")).to_be_visible()
        context.close()
    with duckdb.connect(str(database), read_only=True) as connection:
        run_id, customers, segments = connection.sql(
            "select any_value(run_id), count(*), count(distinct segment_id) from ml_results.customer_segments"
        ).fetchall()[0]
    assert (customers, segments) == (400, 4)
    assert run_id in text
