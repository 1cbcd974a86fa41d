"""The whole walk with the sales in Snowflake: connect, segments, publish, dbt builds on it, and the app tells of it.

The server is the local one of the tests; connector, dbt-snowflake and Chromium are real.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, expect

from segmentation.snowflake_client.session import get_session
from tests.browser.conftest import ROOT, get_button, go_to, new_context, running, settled
from tests.snowflake_client import dbt
from tests.snowflake_client.local import DATABASE, SCHEMA, Server

pytestmark = pytest.mark.browser


def test_snowflake_from_sales_to_marts(chromium: Browser, on_snowflake: Server, shop: Path, tmp_path: Path) -> None:
    on_snowflake.load(pd.read_parquet(shop), tmp_path)
    get_session().fetch_rows(f"CREATE SCHEMA IF NOT EXISTS {DATABASE}.ML_RESULTS")  # as docs/snowflake.md has it made
    command = [sys.executable, "-m", "segmentation", "check", "--source", "snowflake:"]
    connected = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (connected.returncode, connected.stderr) == (0, "")
    steps = {line[8:24].strip(): line[:6].strip() for line in connected.stdout.splitlines()}
    assert {steps[name] for name in ("Authentication", "Columns", "Read permission", "Write permission")} == {"OK"}
    with running(tmp_path, "snowflake:", SEGMENTS_PUBLISH="snowflake:") as address:
        context = new_context(chromium)
        page = context.new_page()
        page.goto(f"{address}/segments?k=5")
        settled(page)
        expect(page.get_by_text("400 customers in 5 segments (chosen)")).to_be_visible()
        expect(page.locator("[class*='st-key-card_']")).to_have_count(5)
        go_to(page, "publish")
        nothing_yet = page.get_by_text(f"Nothing is published in Snowflake {DATABASE}.ML_RESULTS yet.")
        expect(nothing_yet.or_(page.get_by_text("Differs from the current result"))).to_be_visible()  # of another test
        get_button(page, "publish").click()
        expect(page.get_by_text(f"{DATABASE}.ML_RESULTS.CUSTOMER_SEGMENTS_HISTORY")).to_be_visible()
        get_button(page, "confirm_publish").click()
        expect(page.get_by_text(f"Published to Snowflake {DATABASE}.ML_RESULTS.")).to_be_visible()
        settled(page)

        built = dbt.on_snowflake(on_snowflake.port, tmp_path, "build", "--vars", f"{{sales_schema: {SCHEMA}}}")
        assert "ERROR=0" in built
        assert "WARN=0" in built

        page.reload()
        settled(page)
        expect(page.get_by_text("400 customers in 5 segments", exact=True)).to_be_visible()
        expect(page.get_by_text("Up to date.")).to_be_visible()
        text = page.get_by_text(re.compile("published on")).inner_text()
        run_id = re.findall(r"Run ID: (\S+)\.", page.get_by_text("Run ID:").inner_text())[0]
        context.close()
    published = get_session().fetch_rows(
        f"SELECT CAST(published_at AS VARCHAR) FROM {DATABASE}.ML_RESULTS.SEGMENTATION_RUNS WHERE run_id = ?", (run_id,)
    )
    when = pd.Timestamp(published[0][0])
    assert f"{when:%B} {when.day}, {when.year} at {when:%H:%M} UTC" in text
    compared = get_session().fetch_rows(f"""
        SELECT COUNT(*), COUNT(DISTINCT f.segment_id),
            SUM(CASE WHEN ABS(f.revenue - c.rfm_monetary) < 0.005 THEN 1 END),
            SUM(CASE WHEN f.orders = c.rfm_frequency THEN 1 END),
            SUM(CASE WHEN p.run_id = '{run_id}' AND p.segment_id = f.segment_id THEN 1 END)
        FROM {DATABASE}.SEGMENTS_ANALYTICS.FCT_CUSTOMER_SEGMENTS f
        JOIN {DATABASE}.SEGMENTS_ANALYTICS.CUSTOMER_SEGMENTS c ON c.customer_id = f.customer_id
        JOIN {DATABASE}.ML_RESULTS.CUSTOMER_SEGMENTS p ON p.customer_id = f.customer_id
    """)
    assert compared == [(400, 5, 400, 400, 400)]
