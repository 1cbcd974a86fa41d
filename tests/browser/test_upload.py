"""Uploads in a browser: mapping, format questions, segments, export, and removal."""

from __future__ import annotations

import csv
import io
import re
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import BrowserContext, FileChooser, Page, expect

from tests.browser.conftest import (
    COLOR_RULES,
    PATIENCE,
    find_violations,
    fresh,
    get_button,
    get_nav_link,
    go_to,
    open_tab,
    settled,
    switch_theme,
)

pytestmark = pytest.mark.browser
COLUMNS = {
    "customer_id": "Käuferin",
    "transaction_id": "Beleg",
    "transaction_date": "Wann",
    "net_sales_amount": "Bezahlt",
    "product_category": "Warengruppe",
}
Visit = Callable[..., Page]


@pytest.fixture
def visit(upload_server: str, context: BrowserContext) -> Iterator[Visit]:
    """A visit in a tab of its own: visit("upload", width=375), or visit(by=stranger) in another browser."""
    pages = []

    def visit(path: str = "upload", *, width: int = 1280, by: BrowserContext = context) -> Page:
        pages.append(open_tab(by, f"{upload_server}/{path}", width=width))
        return pages[-1]

    yield visit
    for page in pages:
        page.close()


@pytest.fixture(scope="module")
def sales(shop: Path) -> pd.DataFrame:
    """The shop's sales of the first twelve days of each month, with ids that begin with zeros."""
    lines = pd.read_parquet(shop)
    lines = lines[lines["transaction_date"].dt.day <= 12]
    return lines.assign(customer_id="00" + lines["customer_id"].str[1:])


@pytest.fixture
def file(sales: pd.DataFrame, tmp_path: Path) -> Path:
    """The lines as written by a German spreadsheet, with ambiguous dates only."""
    path = tmp_path / "Geheime Käufe.csv"
    frame = sales.assign(transaction_date=sales["transaction_date"].dt.strftime("%d/%m/%Y"))[list(COLUMNS)]
    text = frame.rename(columns=COLUMNS).to_csv(index=False, sep=";", decimal=",")
    path.write_bytes(text.replace("Pots", "Töpfe").encode("cp1252"))
    return path


def hand_over(page: Page, file: Path) -> None:
    page.set_input_files('input[type="file"]', str(file))
    expect(fresh(page, "segment")).to_be_visible()
    settled(page)


def name_columns(page: Page, columns: Mapping[str, str] = COLUMNS) -> None:
    for key, column in columns.items():
        field = page.locator(f".st-key-map_{key} input")
        field.click()
        field.fill(column)
        expect(page.get_by_role("option")).to_have_count(1)
        field.press("Enter")
        expect(page.get_by_role("option")).to_have_count(0)
        settled(page)


def find_uploads(folder: Path) -> list[Path]:
    return [path for path in folder.glob("segments-work-*/*") if path.name != "lock"]


def wait_until_gone(folder: Path) -> None:
    until = time.monotonic() + PATIENCE / 1000
    while find_uploads(folder):
        assert time.monotonic() < until, "the file is still there"
        time.sleep(0.2)


def test_upload_with_settings_in_url_keeps_number_format(visit: Visit, shop: Path, tmp_path: Path) -> None:
    lines = pd.read_parquet(shop)
    file = tmp_path / "shop.csv"
    lines.to_csv(file, index=False)
    page = visit("upload?numbers=1.234%2C50&currency=%E2%82%AC&k=4")
    hand_over(page, file)
    get_button(page, "segment").click()
    expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()
    settled(page)
    counted = f"{len(lines):,}".replace(",", ".")
    expect(page.get_by_text(f"shop.csv · {counted} rows read")).to_be_visible()
    expect(page.locator('[data-testid="stMetricValue"]').nth(2)).to_contain_text("\N{EURO SIGN}")
    go_to(page, "segments")
    expect(page.get_by_text("(recommended)")).to_be_visible()
    assert "numbers=1.234%2C50" in page.url
    assert "k=4" not in page.url


def test_upload_to_export(
    visit: Visit, other_context: BrowserContext, upload_folder: Path, file: Path, sales: pd.DataFrame
) -> None:
    wait_until_gone(upload_folder)
    page = visit()
    hand_over(page, file)
    expect(page.get_by_text("Still required: the column for customer")).to_be_visible()
    name_columns(page)
    expect(page.get_by_text("Date format")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^'\d\d/\d\d/2024' is \w+ \d+, 2024$"))).to_have_count(2)
    expect(get_button(page, "segment")).to_be_disabled()
    page.get_by_text("Day first").click()
    settled(page)
    get_button(page, "segment").click()
    expect(page.get_by_text(f"Geheime Käufe.csv · {len(sales):,} rows read")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?source=Your\+own\+file$"))
    net = sales.groupby("customer_id")["net_sales_amount"].sum().round(2)
    expect(page.locator('[data-testid="stMetricValue"]').first).to_have_text(f"{len(net):,}")
    get_nav_link(page, "export").click()
    expect(page.get_by_text("is deleted after your session")).to_be_visible()
    settled(page)
    with page.expect_download() as download:
        get_button(page, "download").click()
    assert download.value.suggested_filename.startswith("segments_geheime-kaufe-csv_")
    data = Path(download.value.path()).read_bytes().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(data)))
    assert {row["customer_id"].strip("'\t"): round(float(row["rfm_monetary"]), 2) for row in rows} == net.to_dict()
    assert page.url.partition("?")[2] == "source=Your+own+file"

    stranger = visit(page.url.rpartition("/")[2], by=other_context)
    expect(stranger.get_by_text("No file uploaded in this session.")).to_be_visible()
    assert stranger.get_by_text("Geheime").count() == 0
    stranger.get_by_test_id("stMain").get_by_role("link", name="Open Upload data").click()
    expect(stranger.locator('input[type="file"]')).to_be_attached()

    assert len(find_uploads(upload_folder)) == 1
    get_nav_link(page, "upload").click()
    get_button(page, "remove_file").click()
    expect(page.locator('input[type="file"]')).to_be_attached()
    assert not find_uploads(upload_folder)
    get_nav_link(page, "").click()
    expect(page.get_by_text(re.compile(r"^Shop · "))).to_be_visible()
    assert "Geheime" not in (upload_folder / "log").read_text()


def test_upload_is_private_to_session(visit: Visit, upload_folder: Path, file: Path) -> None:
    wait_until_gone(upload_folder)
    page = visit()
    hand_over(page, file)
    assert len(find_uploads(upload_folder)) == 1
    page.reload()
    settled(page)
    expect(page.locator('input[type="file"]')).to_be_attached()
    wait_until_gone(upload_folder)
    hand_over(page, file)
    assert len(find_uploads(upload_folder)) == 1
    page.close()
    wait_until_gone(upload_folder)


def test_upload_of_killed_server_is_removed(visit: Visit, upload_folder: Path) -> None:
    visit("")
    assert not (upload_folder / "segments-work-left").exists()


@pytest.mark.parametrize("width", [1280, 375])
def test_upload_mapping_has_no_axe_violations(visit: Visit, file: Path, width: int) -> None:
    page = visit(width=width)
    hand_over(page, file)
    assert find_violations(page) == []  # as it is recognized
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    name_columns(page)
    expect(page.get_by_text("Date format")).to_be_visible()
    assert find_violations(page) == []  # and with the question
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    switch_theme(page)
    assert find_violations(page, COLOR_RULES) == []


def test_upload_by_keyboard(visit: Visit, file: Path) -> None:
    page = visit()
    choosers: list[FileChooser] = []
    page.on("filechooser", lambda chooser: choosers.append(chooser))  # before any key: it takes a moment to be heard
    field = "[data-testid=stFileUploader] button:not([aria-label])"
    expect(page.locator(field)).to_be_visible()
    expect(page.get_by_role("slider")).to_be_visible()
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(f"document.activeElement.matches('{field}')"):
            break
    page.keyboard.press("Enter")
    for _ in range(200):
        if not choosers:
            page.wait_for_timeout(50)
    assert choosers
    choosers[0].set_files(str(file))
    expect(fresh(page, "segment")).to_be_visible()


def test_upload_above_size_limit_is_not_sent(visit: Visit, tmp_path: Path) -> None:
    page = visit()
    large = tmp_path / "large.csv"
    with large.open("wb") as out:
        out.truncate((200 << 20) + 1)
    page.set_input_files('input[type="file"]', str(large))
    expect(page.get_by_text("File must be 200.0MB or smaller.")).to_be_visible()
