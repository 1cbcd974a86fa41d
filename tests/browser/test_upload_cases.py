"""Kinds of exports through the page Upload data: the questions asked, the totals before and after segmentation.

The expected totals come from the invented shop with pandas alone, never from the export.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from segmentation.presentation import formatting
from tests.browser.conftest import fresh, get_button, get_nav_link, open_tab, settled
from tests.sales.invented_shop import Export, join_items, keep_sold, make_shop
from tests.sales.invented_shop import expect as expect_totals
from tests.sales.store_exports import export_shopify, export_woocommerce

pytestmark = pytest.mark.browser
Shop = tuple[pd.DataFrame, pd.DataFrame]


@dataclass(frozen=True)
class Case:
    """Files, and the answers their owner gives on the page."""

    files: Mapping[str, str]
    export: Export
    answers: Mapping[str, str] = field(default_factory=dict)
    """Key of a question -> label of the answer."""
    fixes: tuple[str, ...] = ()
    """Labels of the fixes to switch on."""
    text: str = ""
    """What the page says about the file."""


def write_sales(orders: pd.DataFrame, items: pd.DataFrame, date_format: str = "%Y-%m-%d") -> pd.DataFrame:
    """One row per item, as a simple shop exports them."""
    lines = join_items(orders, items)
    return pd.DataFrame(
        {
            "order_id": lines["order"],
            "order_date": lines["day"].dt.strftime(date_format),
            "customer_id": lines["customer"],
            "net_sales": lines["amount"],
        }
    )


def build_shopify(orders: pd.DataFrame, items: pd.DataFrame) -> Case:
    export = export_shopify(orders, items)
    return Case(write_files(export.frame), export, text="This looks like a Shopify order export")


def build_unknown_statuses(orders: pd.DataFrame, items: pd.DataFrame) -> Case:
    """A plugin has added two statuses to WooCommerce."""
    parked = (orders["status"] == "paid") & (orders["order"] % 5 == 0)
    collected = (orders["status"] == "paid") & (orders["order"] % 5 == 1)
    export = export_woocommerce(orders, items)
    numbers = export.frame["Order Number"]
    status = export.frame["Order Status"].mask(numbers.isin(orders["order"][parked]), "wc-parked")
    status = status.mask(numbers.isin(orders["order"][collected]), "wc-picked-up-today")
    sold = keep_sold(orders[~parked])
    return Case(
        write_files(export.frame.assign(**{"Order Status": status})),
        expect_totals(export.frame, sold, sold["total"] - sold["refund"]),
        answers={"map_answer_statuses_wc-parked": "Exclude", "map_answer_statuses_wc-picked-up-today": "Count"},
        text="This looks like a WooCommerce order export",
    )


def build_unit_prices(orders: pd.DataFrame, items: pd.DataFrame) -> Case:
    frame = write_sales(orders, items).drop(columns="net_sales")
    frame = frame.assign(qty=items["quantity"].to_numpy(), unit_price=items["price"].to_numpy())
    return Case(write_files(frame), expect_totals(frame, orders, orders["subtotal"]))


def build_repeated_totals(orders: pd.DataFrame, items: pd.DataFrame) -> Case:
    frame = write_sales(orders, items).rename(columns={"net_sales": "unit_price"})
    frame["order_total"] = frame["order_id"].map(orders.set_index("order")["subtotal"])
    return Case(write_files(frame), expect_totals(frame, orders, orders["subtotal"]))


def build_title_rows(orders: pd.DataFrame, items: pd.DataFrame) -> Case:
    frame = write_sales(orders, items)
    title = "Sales by customer,,,\nFrom,2025-01-01,To,2025-12-31\n,,,\n"
    return Case({"report.csv": title + frame.to_csv(index=False)}, expect_totals(frame, orders, orders["subtotal"]))


def build_english_dates(orders: pd.DataFrame, items: pd.DataFrame) -> Case:
    frame = write_sales(orders, items, "%b-%d-%y")
    return Case(write_files(frame), expect_totals(frame, orders, orders["subtotal"]))


def build_epoch_seconds(orders: pd.DataFrame, items: pd.DataFrame) -> Case:
    frame = write_sales(orders, items, "%s")
    answers = {"map_answer_dates": "Seconds since 1970"}
    return Case(write_files(frame), expect_totals(frame, orders, orders["subtotal"]), answers)


def build_missing_customers(orders: pd.DataFrame, items: pd.DataFrame) -> Case:
    """Half of the orders have no customer: some are blank, some are those of guests."""
    kind = orders["order"] % 4
    unnamed = orders.assign(customer=orders["customer"].mask(kind == 1, "").mask(kind == 3, "Guest"))
    named = orders[kind % 2 == 0]
    frame = write_sales(unnamed, items)
    export = expect_totals(frame, named, named["subtotal"])
    return Case(
        write_files(frame),
        export,
        answers={"map_answer_customer_values_guest": "Exclude"},
        text="Excluded rows",
    )


def build_two_currencies(orders: pd.DataFrame, items: pd.DataFrame) -> Case:
    currency = pd.Series(np.where(orders["order"] % 3 == 0, "GBP", "EUR"), index=orders.index)
    frame = write_sales(orders, items)
    frame["currency"] = frame["order_id"].map(dict(zip(orders["order"], currency, strict=True)))
    sold = orders[currency == "EUR"]
    return Case(
        write_files(frame), expect_totals(frame, sold, sold["subtotal"]), answers={"map_answer_currency": "EUR"}
    )


def build_overlapping_exports(orders: pd.DataFrame, items: pd.DataFrame) -> Case:
    """Two exports, of January to July and of April to November."""
    frame = write_sales(orders, items).assign(line=np.arange(len(items)))
    first, second = frame[frame["order_date"] < "2025-08"], frame[frame["order_date"] >= "2025-04"]
    files = {"first.csv": first.to_csv(index=False), "second.csv": second.to_csv(index=False)}
    export = expect_totals(frame, orders, orders["subtotal"])
    return Case(files, export, fixes=("Count copies once",), text="exports may overlap")


def write_files(frame: pd.DataFrame) -> dict[str, str]:
    return {"export.csv": frame.to_csv(index=False)}


BUILDERS: tuple[Callable[[pd.DataFrame, pd.DataFrame], Case], ...] = (
    build_shopify,
    build_unknown_statuses,
    build_unit_prices,
    build_repeated_totals,
    build_title_rows,
    build_english_dates,
    build_epoch_seconds,
    build_missing_customers,
    build_two_currencies,
    build_overlapping_exports,
)


@pytest.fixture(scope="module")
def invented_shop() -> Shop:
    return make_shop(seed=3, count=240)


@pytest.fixture
def page(context: BrowserContext, upload_server: str) -> Iterator[Page]:
    page = open_tab(context, f"{upload_server}/upload")
    yield page
    page.close()


def hand_over(page: Page, files: Mapping[str, str], folder: Path) -> None:
    paths = [folder / name for name in files]
    for path in paths:
        path.write_text(files[path.name])
    page.set_input_files('input[type="file"]', paths)
    expect(fresh(page, "segment")).to_be_visible()
    settled(page)


def answer(page: Page, key: str, label: str) -> None:
    """Answer the question with this key; Streamlit writes other characters as hyphens."""
    question = fresh(page, re.sub(r"[^A-Za-z0-9_-]", "-", key))
    question.get_by_role("radiogroup").get_by_text(label, exact=True).click()
    settled(page)


def expect_metrics(page: Page, export: Export) -> None:
    """Wait for the totals of a page; it may still show others."""
    totals = {
        "Customers": formatting.format_count(export.customers),
        "Orders": formatting.format_count(export.orders),
        "Net sales": formatting.format_currency(export.money),
    }
    for label, value in totals.items():
        metric = page.get_by_test_id("stMetric").filter(has=page.get_by_text(label, exact=True))
        expect(metric.get_by_test_id("stMetricValue")).to_have_text(value)


@pytest.mark.parametrize("build", BUILDERS, ids=lambda build: build.__name__.removeprefix("build_"))
def test_upload_case_totals(
    build: Callable[[pd.DataFrame, pd.DataFrame], Case], page: Page, invented_shop: Shop, tmp_path: Path
) -> None:
    case = build(*invented_shop)
    hand_over(page, case.files, tmp_path)
    for key, label in case.answers.items():
        expect(get_button(page, "segment")).to_be_disabled()
        answer(page, key, label)
    for label in case.fixes:
        page.get_by_test_id("stCheckbox").filter(has_text=label).click()
        settled(page)
    if case.text:
        expect(page.get_by_text(case.text).first).to_be_visible()
    expect_metrics(page, case.export)
    get_button(page, "segment").click()
    expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()
    expect_metrics(page, case.export)
    get_nav_link(page, "segments").click()
    customers = formatting.format_count(case.export.customers)
    expect(page.get_by_text(re.compile(rf"{customers} customers in \d+ segments \(recommended\)"))).to_be_visible()
