"""A first visit without a break: a foreign file, its columns and dates, features, k, a name, a list, a saved result.

Another visitor opens that one and compares. What is read on the way is worked out with pandas and scikit-learn alone.
"""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.conftest import expand, find_violations, fresh, get_button, go_to, open_tab, settled
from tests.browser.localized_sales import (
    FIGURES,
    GERMAN,
    compute_expected_customers,
    get_segment_numbers,
    predict_segments,
    read_lines,
    select_accepted,
    write_german_file,
)
from tests.browser.test_upload import hand_over, name_columns
from tests.browser.test_user_journey import move_k

pytestmark = pytest.mark.browser
NAMED = ("customer_id", "transaction_date", "gross_sales_amount")
"""What is not recognized and has to be said."""
OWN = "Tee & Töpfe"


@pytest.fixture(scope="module")
def lines(shop: Path) -> pd.DataFrame:
    return read_lines(shop)


@pytest.fixture(scope="module")
def file(lines: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("file") / "Verkäufe 2024.csv"
    path.write_bytes(write_german_file(lines))
    return path


def read_cells(position: Locator) -> list[list[str]]:
    """The rows of a table below its head."""
    return [row.locator("th, td").all_inner_texts() for row in position.locator("tbody tr").all()]


def parse_numbers(page: Page, chart: str) -> list[list[str]]:
    """What is folded away below a chart."""
    box = fresh(page, f"{chart}_numbers")
    expand(box.locator("summary"))
    expect(box.get_by_role("table")).to_be_visible()
    settled(page)
    return read_cells(box)


def parse_money(text: str) -> float:
    return float(text.replace(",", ""))


def list_of(page: Page) -> pd.DataFrame:
    """The list that the page hands over, by id."""
    go_to(page, "export")
    with page.expect_download() as download:
        get_button(page, "download").click()
    data = Path(download.value.path()).read_bytes().decode("utf-8-sig")
    result = pd.read_csv(io.StringIO(data), dtype={"customer_id": str})
    return result.assign(customer_id=result["customer_id"].str.strip("'\t")).set_index("customer_id")


def save(page: Page, folder: Path) -> Path:
    go_to(page, "export")
    page.locator("[class*='st-key-save_']:not([data-retained]) button").click()
    expect(page.get_by_text("It is the current run now")).to_be_visible()
    settled(page)
    return (folder / "models" / "current").resolve()


def check_segments(page: Page, customers: pd.DataFrame, segment_of: pd.Series[Any]) -> None:
    """Sizes and sums on the page Segments."""
    go_to(page, "segments")
    expected = customers.groupby(segment_of)["monetary"].agg(["size", "sum"])
    rows = parse_numbers(page, "size_vs_sales")
    assert {row[0]: (int(parse_money(row[1])), parse_money(row[3])) for row in rows[:-1]} == {
        name: (size, round(total, 2)) for name, size, total in expected.itertuples()
    }
    assert parse_money(rows[-1][3]) == round(customers["monetary"].sum(), 2)
    shown = page.locator("[class*='st-key-card_']:not([data-retained]) [data-testid='stMetricValue']").all_inner_texts()
    assert sorted(int(parse_money(text)) for text in shown[::2]) == sorted(expected["size"])


def test_first_visit_from_demo_to_publish(
    upload_server: str,
    upload_folder: Path,
    context: BrowserContext,
    other_context: BrowserContext,
    file: Path,
    lines: pd.DataFrame,
) -> None:
    used = select_accepted(lines)
    customers = compute_expected_customers(used)
    page = open_tab(context, upload_server)
    go_to(page, "upload")
    hand_over(page, file)
    for key, column in GERMAN.items():
        if key not in NAMED:
            expect(page.locator(f".st-key-map_{key} input")).to_have_value(re.compile(f"^{column} "))
    name_columns(page, {key: GERMAN[key] for key in NAMED})
    expect(page.get_by_text("The values of 'Gekauft am' have different formats")).to_be_visible()
    expect(get_button(page, "segment")).to_be_disabled()
    page.get_by_text("Day first").click()
    settled(page)
    get_button(page, "segment").click()

    # what was loaded
    expect(page.get_by_text(f"Verkäufe 2024.csv · {len(lines):,} rows read")).to_be_visible()
    settled(page)
    total = used["net_sales_amount"].sum()
    figures = page.get_by_test_id("stMetricValue").all_inner_texts()[:3]
    assert figures == [f"{len(customers):,}", f"{int(customers['frequency'].sum()):,}", f"{total:,.0f}"]
    balance = [
        (int(parse_money(row[1])), parse_money(row[2]))
        for row in read_cells(page.locator("table:has-text('missing customer')"))
    ]
    without_id, remaining = lines[lines["customer_id"] == ""], lines[lines["customer_id"] != ""]
    undated = remaining.drop(used.index)
    assert balance == [  # read, without a customer, without a date, used
        (len(part), round(part["net_sales_amount"].sum(), 2)) for part in (lines, without_id, undated, used)
    ]
    expect(page.get_by_text("1 customer has returns only")).to_be_visible()

    # features, the number of segments by keyboard, a name
    expand(fresh(page, "more_features").locator("summary"))
    fresh(page, "discount_share").locator("label").first.click()
    expect(page).to_have_url(re.compile("discount_share=true"))
    settled(page)
    move_k(page, 5)
    go_to(page, "segment")
    expect(page.get_by_text("days since last order, orders, net sales, share given as discount")).to_be_visible()
    expect(page.get_by_text(f"{len(customers)} customers in 5 segments (chosen)")).to_be_visible()
    page.get_by_test_id("stRadio").get_by_text(re.compile("^3 ")).click()
    expect(page.get_by_role("heading", name=re.compile("^3 "))).to_be_visible()
    settled(page)
    expand(fresh(page, "edit_segment_box").locator("summary"))
    name = page.get_by_label("Name", exact=True).first
    expect(name).to_have_value(page.get_by_role("heading", name=re.compile("^3 ")).inner_text().removeprefix("3 "))
    settled(page)
    name.fill(OWN)
    name.press("Tab")  # a form field submits its value with a delay, or when it loses focus
    page.get_by_test_id("stFormSubmitButton").first.get_by_role("button").click()
    expect(page.get_by_role("heading", name=f"3 {OWN}")).to_be_visible()
    settled(page)

    # the list, every customer of it by the saved model
    applied = list_of(page)
    first = save(page, upload_folder)
    of_first = predict_segments(first, customers)
    assert OWN in set(of_first)
    assert applied["segment_name"].to_dict() == of_first.to_dict()
    listed = applied[["rfm_recency", "rfm_frequency", "rfm_monetary"]].reindex(customers.index)
    np.testing.assert_allclose(listed, customers[FIGURES[:3]], atol=1e-6)
    check_segments(page, customers, of_first)
    move_k(page, 6)
    expect(page.get_by_text("in 6 segments (chosen)")).to_be_visible()
    second = save(page, upload_folder)
    of_second = predict_segments(second, customers)
    assert second != first
    page.close()

    # another visitor, without the file
    other = open_tab(other_context, f"{upload_server}/runs?run={first.name}")
    expect(
        other.get_by_test_id("stAlertTitle").get_by_text("Source data unavailable. Showing saved results.")
    ).to_be_visible()
    check_segments(other, customers, of_first)
    assert list_of(other)["segment_name"].to_dict() == of_first.to_dict()
    go_to(other, "customers")
    expect(other.get_by_text("This page needs the source data.").first).to_be_visible()
    settled(other)
    assert find_violations(other) == []
    go_to(other, "runs")
    moved = get_segment_numbers(first, of_first) != get_segment_numbers(second, of_second)
    text = other.get_by_test_id("stMetricValue").all_inner_texts()
    assert text == [f"{(~moved).sum():,}", f"{moved.sum():,}", "0", "0"]
    flows = customers.groupby([of_first, of_second])["monetary"].agg(["size", "sum"])
    rows = parse_numbers(other, "moves")
    assert {(row[0], row[1]): (int(parse_money(row[2])), parse_money(row[3]), parse_money(row[4])) for row in rows} == {
        ends: (size, round(total, 2), round(total, 2)) for ends, size, total in flows.itertuples()
    }

    # and with it
    other.get_by_role("link", name="Upload file").click()
    expect(other.get_by_text("Upload that file").first).to_be_visible()
    settled(other)
    other.set_input_files('input[type="file"]', str(file))
    expect(other.get_by_text("now uses this file").first).to_be_visible()
    settled(other)
    go_to(other, "segments")
    expect(other.get_by_text("in 5 segments (as saved)")).to_be_visible()
    expect(other.get_by_role("heading", name="Segment rules")).to_be_visible()
    expect(other.get_by_text("Source data unavailable. Showing saved results.")).to_have_count(0)
    other.close()
    assert "Verkäufe" not in (upload_folder / "log").read_text()
