"""Pages on a warehouse: what they read, the version they stay on, and what they say before a large load."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from segmentation.runs.load import open_run
from segmentation.sales import load_size
from segmentation.settings import SalesSettings
from segmentation.snowflake_client import query_tag, scratch
from segmentation.snowflake_client.session import get_session
from tests.snowflake_client.local import DATABASE, Server
from tests.snowflake_client.reads import count_reads
from tests.ui.conftest import read_text

ROOT = Path(__file__).parents[2]
SCRATCH = f"{DATABASE}.SEGMENTS_SCRATCH"


@pytest.fixture
def sales(shop: Path) -> pd.DataFrame:
    """The lines of sixty customers."""
    lines = pd.read_parquet(shop)
    return lines[lines["customer_id"].isin(lines["customer_id"].dropna().unique()[:60])]


@pytest.fixture
def open_overview(
    on_snowflake: Server, sales: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], AppTest]:
    on_snowflake.load(sales, tmp_path)
    get_session().fetch_rows(f"CREATE SCHEMA IF NOT EXISTS {SCRATCH}")
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv(scratch.SETTING, SCRATCH)
    monkeypatch.setenv("SEGMENTS_SOURCE", "snowflake:")
    monkeypatch.setenv("SEGMENTS_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(load_size, "_confirmed", set())
    query_tag.describe_work("app")  # a command of another test may have run in this process
    st.cache_data.clear()
    st.cache_resource.clear()
    return lambda: AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()


def read_lines(app: AppTest) -> int:
    """How many lines the Overview says it has read."""
    return next(int(text.value.split()[-3].replace(",", "")) for text in app.main.caption if "rows read" in text.value)


def find_button(app: AppTest, key: str) -> bool:
    return key in {button.key for button in app.button}


def test_pages_stay_on_the_version_that_was_loaded(
    open_overview: Callable[[], AppTest], on_snowflake: Server, sales: pd.DataFrame, tmp_path: Path
) -> None:
    """Train and the first page read the sales twice; a changed table is read when the visitor asks for it."""
    with count_reads(on_snowflake) as first:
        app = open_overview()
    assert not app.exception
    assert read_lines(app) == len(sales)
    assert len(first) == 2, first.of_sales
    assert not find_button(app, "load_newer_sales")
    on_snowflake.load(pd.concat([sales, sales.head(7)]), tmp_path)
    st.cache_data.clear()  # the version is asked for every three seconds
    with count_reads(on_snowflake) as held:
        app.run()
        app.switch_page("app_pages/segments/profiles.py").run()
        app.switch_page("app_pages/data/overview.py").run()
    assert not app.exception
    assert len(held) == 0, held.of_sales
    assert read_lines(app) == len(sales)
    assert any("Newer sales are available" in str(info.proto) for info in app.info)
    app.button(key="load_newer_sales").click().run()
    assert read_lines(app) == len(sales) + 7
    assert not find_button(app, "load_newer_sales")


def test_pages_tag_statements_with_page_and_visitor(open_overview: Callable[[], AppTest], on_snowflake: Server) -> None:
    on_snowflake.statements()
    open_overview()
    tags = [json.loads(one["tag"]) for one in on_snowflake.statements() if "CREATE TEMPORARY TABLE" in one["text"]]
    assert tags
    for tag in tags:
        assert (tag["app"], tag["command"], tag["page"], tag["user"]) == ("segments", "app", "overview", "marketer")
        assert tag["visitor"]


def test_pages_ask_before_a_large_load(
    open_overview: Callable[[], AppTest], on_snowflake: Server, sales: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(load_size.SETTING, "10")
    with count_reads(on_snowflake) as reads:
        app = open_overview()
    assert not app.exception
    assert len(reads) == 0
    assert f"{len(sales):,} rows" in str(app.warning[0].proto)
    app.button(key="confirm_load").click().run()
    assert read_lines(app) == len(sales)


def test_pages_offer_a_load_again_that_timed_out(
    open_overview: Callable[[], AppTest], on_snowflake: Server, sales: pd.DataFrame
) -> None:
    """The statement is not run again by the next view, and the session that all visitors share stays open."""
    session = get_session()
    session.fetch_rows("SELECT 1")
    connection = session._connection
    message = "Statement reached its statement or warehouse timeout of 900 second(s) and was canceled."
    on_snowflake.fail("000630", message, match="CREATE TEMPORARY TABLE", times=1)
    app = open_overview()
    assert "exceeded its time limit" in str(app.error[0].proto)
    with count_reads(on_snowflake) as again:
        app.run()
    assert len(again) == 0, again.of_sales
    assert "exceeded its time limit" in str(app.error[0].proto)
    assert session._connection is connection
    app.button(key="load_again").click().run()
    assert read_lines(app) == len(sales)


def test_pages_compute_a_feature_on_demand_and_say_what_is_approximate(
    open_overview: Callable[[], AppTest], on_snowflake: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Above the limit of customers in memory: one read for a feature that is selected, and exact medians when saved."""
    provided = SalesSettings.__init__.__defaults__
    limited = tuple(20 if value == 1_000_000 else value for value in provided)
    monkeypatch.setattr(SalesSettings.__init__, "__defaults__", limited)
    app = open_overview()
    app.switch_page("app_pages/segments/compare.py").run()
    assert "Approximate, to spare the warehouse" in read_text(app)
    assert "Not computed, to spare the warehouse: Spent in the favorite category" in read_text(app)
    with count_reads(on_snowflake) as selected:
        app.checkbox(key="momentum").check().run()
    assert not app.exception
    assert len(selected) == 1, selected.of_sales
    assert "Bought on weekends. Select one" in read_text(app)  # Momentum was the last of the list
    app.switch_page("app_pages/data/customers.py").run()
    app.selectbox(key="figure").select("momentum").run()
    assert not app.exception
    assert "Purchases of the last 90 days" in read_text(app)
    app.switch_page("app_pages/campaigns/export.py").run()
    with count_reads(on_snowflake) as saved:
        next(button for button in app.button if button.key.startswith("save_")).click().run()
    assert not app.exception
    assert len(saved) == 0, saved.of_sales
    run = open_run(Path(os.environ["SEGMENTS_MODELS"]))
    customers = run.read_customers()
    medians = customers.groupby("segment_id")["rfm_monetary"].median()
    shown = run.segments.set_index("segment_id")["median_monetary"]
    pd.testing.assert_series_equal(shown.sort_index(), medians, check_names=False, rtol=1e-9)
