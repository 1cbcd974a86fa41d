"""Sessions that end, or a server that stops, while an upload is processed leave no file behind."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import PATIENCE, fresh, get_button, get_nav_link, running, settled

pytestmark = pytest.mark.browser
LINES, CUSTOMERS = 100_000, 25_000


@pytest.fixture(scope="module")
def sales(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Enough lines that loading, training and validation each take a while."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "customer_id": rng.integers(0, CUSTOMERS, LINES),
            "transaction_id": np.arange(LINES),
            "transaction_date": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 365, LINES), "D"),
            "net_sales_amount": rng.lognormal(3, 1, LINES).round(2),
        }
    )
    path = tmp_path_factory.mktemp("sales") / "confidential.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.fixture(autouse=True)
def close_pages(context: BrowserContext) -> Iterator[None]:
    """Close all pages afterwards: in the shared browser, they would try to reach their server again and again."""
    yield
    for page in context.pages:
        page.close()


def begin_visit(context: BrowserContext, address: str, sales: Path) -> Page:
    page = context.new_page()
    page.goto(f"{address}/upload")
    settled(page)
    page.set_input_files('input[type="file"]', str(sales))
    expect(fresh(page, "segment")).to_be_visible()
    return page


def press_segment(page: Page) -> None:
    settled(page)
    get_button(page, "segment").click()


def find_remaining_files(folder: Path) -> list[Path]:
    return [path for path in folder.glob("segments-*/**/*") if path.is_file() and path.name != "lock"]


def wait_until_gone(folder: Path) -> None:
    until = time.monotonic() + PATIENCE / 1000
    while find_remaining_files(folder):
        assert time.monotonic() < until, find_remaining_files(folder)
        time.sleep(0.2)


def test_sessions_ending_in_any_state_leave_no_file(
    context: BrowserContext, tmp_path: Path, shop: Path, sales: Path
) -> None:
    with running(tmp_path, f"Shop={shop}", TMPDIR=str(tmp_path), SEGMENTS_UPLOAD_SECONDS="1") as address:
        while_reading = context.new_page()
        while_reading.goto(f"{address}/upload")
        settled(while_reading)
        assert while_reading.get_by_text("Page not found").count() == 0, "the first visitor may open any address"
        while_reading.set_input_files('input[type="file"]', str(sales))
        while_reading.close()
        begin_visit(context, address, sales).close()
        for seconds in (0.0, 0.5, 1.0, 2.0, 4.0):  # loading, training
            page = begin_visit(context, address, sales)
            press_segment(page)
            time.sleep(seconds)
            page.close()
        page = begin_visit(context, address, sales)
        press_segment(page)
        expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()
        get_nav_link(page, "choose_k").click()
        page.wait_for_timeout(3000)  # validating
        get_nav_link(page, "export").click()
        button = page.get_by_role("button", name="Download list (Excel)")
        if button.count() == 0:
            button = page.get_by_role("button", name=re.compile("Download list")).first
        button.click(no_wait_after=True)
        page.close()
        wait_until_gone(tmp_path)
    log = (tmp_path / "log").read_text()
    # a visit that ends while the browser sends its file: Streamlit does not handle that exception
    tracebacks = [text for text in log.split("Traceback")[1:] if "starlette.requests.ClientDisconnect" not in text]
    assert tracebacks == []
    assert "Unexpected error" not in log
    assert "confidential" not in log
    assert list(tmp_path.glob("segments-*")) == []


def test_remove_file_during_work_shows_notice(context: BrowserContext, tmp_path: Path, shop: Path, sales: Path) -> None:
    with running(tmp_path, f"Shop={shop}", TMPDIR=str(tmp_path)) as address:
        page = context.new_page()
        page.goto(f"{address}/upload")
        settled(page)
        page.set_input_files('input[type="file"]', str(sales))
        get_button(page, "remove_file").click()  # while the totals are computed
        expect(page.get_by_text("confidential.csv was removed.")).to_be_visible()
        settled(page)
        assert page.locator('[data-testid="stException"]').count() == 0
        wait_until_gone(tmp_path)
        page = begin_visit(context, address, sales)
        press_segment(page)
        expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()
        get_nav_link(page, "choose_k").click()
        page.wait_for_timeout(500)
        get_nav_link(page, "upload").click()
        get_button(page, "remove_file").click()
        expect(page.get_by_text("confidential.csv was removed.")).to_be_visible()
        assert page.locator('[data-testid="stException"]').count() == 0
        began = time.monotonic()
    assert time.monotonic() - began < 10
    assert list(tmp_path.glob("segments-*")) == []


@pytest.mark.parametrize("seconds", [0.0, 1.0, 3.0])
def test_stopped_server_leaves_no_file(
    context: BrowserContext, tmp_path: Path, shop: Path, sales: Path, seconds: float
) -> None:
    with running(tmp_path, f"Shop={shop}", TMPDIR=str(tmp_path)) as address:
        press_segment(begin_visit(context, address, sales))
        time.sleep(seconds)
        assert find_remaining_files(tmp_path)
        began = time.monotonic()
    assert time.monotonic() - began < 10
    assert list(tmp_path.glob("segments-*")) == []
    assert "Traceback" not in (tmp_path / "log").read_text()
