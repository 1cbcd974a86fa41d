"""Exports whose customers, orders and net sales are known, read by `check`; the files lie beside the project."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from segmentation.__main__ import main
from segmentation.pipeline import load_customers
from segmentation.settings import SalesSettings

CASES = Path(__file__).parents[3] / "shared" / "cases"
ALL = (40, 124, 27_821.08)
TOTALS: dict[str, tuple[int, int, float]] = {
    "null_word_NA": (35, 93, 21_433.44),
    "order_status": (40, 106, 25_674.39),
    "quantity_zero": (39, 110, 16_310.04),
    "shopify_orders": (39, 104, 26_405.25),
    "square_negative_discount": (40, 124, 26_711.59),
    "uci_unit_price": (40, 125, 27_441.83),
    "unquoted_thousands": (39, 122, 9_421.08),
    "woo_status": (38, 86, 14_838.04),
    "gross_less_negative_discount": (40, 124, 26_560.09),
    "gross_less_percent": (40, 124, 25_911.00),
} | dict.fromkeys(
    [
        "amount_is_shipping",
        "amt_html",
        "amt_us_dollar2",
        "backslash_quotes",
        "bad_byte",
        "bare_commas_first",
        "date_apache",
        "date_apostrophe",
        "date_compact_space",
        "date_compact_time",
        "date_ebay",
        "date_iso_week",
        "date_jp",
        "date_pl",
        "date_sas_dt",
        "date_unix_date",
        "etl_created_at",
        "excel_title_padded",
        "id_case",
        "id_trailing_space",
        "net_gross_vat",
        "olist_customer_per_order",
        "order_total_repeated",
        "preamble_cells",
        "ragged_last_column",
        "receipt_restarts",
        "subtotals",
        "superstore_discount_rate",
    ],
    ALL,
)
OVERLAP = "overlapping_exports"
QUESTIONS = {
    "column_twice": "both match transaction_id",
    "epoch_seconds": "--dates epoch-seconds",
    "excel_serial_parquet": "--dates spreadsheet-serial",
    "guest_half": "guest=exclude",
    "multi_currency_sign": "--currency USD",
}
REJECTED: dict[str, dict[str, tuple[int, float]]] = {
    "null_word_NA": {"no_customer": (46, 6_387.64)},
    "order_status": {"cancelled": (28, 2_146.69)},
    "preamble_cells": {"not_item": (1, 27_821.08)},
    "quantity_zero": {"zero_quantity": (23, 11_511.04)},
    "shopify_orders": {"cancelled": (17, 926.48), "refunded": (21, 1_103.15)},
    "subtotals": {"not_item": (41, 2 * 27_821.08)},  # a line per customer, and one of all
    "uci_unit_price": {"no_customer": (1, 11_062.06)},
    "unquoted_thousands": {"broken": (5, 18_400.00)},
    "woo_status": {"cancelled": (30, 12_602.99), "refunded": (8, 993.85)},
}
"""Case -> reason -> lines and money; the other cases have no rejected line."""
WITH_SHIPPING = 28_434.88
"""All orders with shipping, whatever their status."""
WHOLE = dict.fromkeys(["null_word_NA", "order_status", "quantity_zero", "unquoted_thousands"], ALL[2]) | dict.fromkeys(
    ["shopify_orders", "woo_status"], WITH_SHIPPING
)
"""Case -> net sales and rejected money together."""
pytestmark = pytest.mark.skipif(not CASES.exists(), reason="the exports are not on this machine (../shared/cases)")


def get_file(case: str) -> str:
    """The one data file of a case."""
    (path,) = (path for path in (CASES / case).iterdir() if path.name != "expected.txt")
    return str(path)


@pytest.mark.parametrize("case", TOTALS)
def test_check_case_totals(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--json", "--source", get_file(case)]) == 0
    report = json.loads(capsys.readouterr().out)
    customers, orders, money = TOTALS[case]
    assert (report["customers"], report["orders"]) == (customers, orders)
    assert round(report["net_sales"], 2) == money
    rejected = {row["reason"]: (row["lines"], round(row["money"], 2)) for row in report["rejected"]}
    assert rejected == REJECTED.get(case, {})
    if case in WHOLE:
        assert round(money + sum(amount for _, amount in rejected.values()), 2) == WHOLE[case]


@pytest.mark.parametrize(("case", "customers"), [("id_case", 22), ("id_trailing_space", 30)])
def test_check_case_merged_customer_ids(case: str, customers: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--json", "--source", get_file(case)]) == 0
    merged = json.loads(capsys.readouterr().out)["merged_customer_ids"]
    assert len({row["customer_id"] for row in merged}) == customers
    assert len({row["spelling"] for row in merged}) == 2 * customers


@pytest.mark.parametrize("case", QUESTIONS)
def test_check_case_question(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--json", "--source", get_file(case)]) == 2
    assert QUESTIONS[case] in "".join(capsys.readouterr())


def test_cases_complete() -> None:
    assert {path.name for path in CASES.iterdir() if path.is_dir()} == TOTALS.keys() | QUESTIONS.keys() | {OVERLAP}


def test_check_case_overlapping_exports(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--json", "--source", get_file(OVERLAP)]) == 0
    report = json.loads(capsys.readouterr().out)
    (finding,) = (finding for finding in report["findings"] if finding["id"] == "overlapping_exports")
    assert finding["severity"] == "warning"
    assert main(["check", "--json", "--drop-duplicates", "--source", get_file(OVERLAP)]) == 0
    # two equal lines of 49.00 stand in one of the exports already
    assert round(json.loads(capsys.readouterr().out)["net_sales"], 2) == 27_821.08 - 49.00


def test_load_customers_case_answers() -> None:
    answered = SalesSettings(get_file("guest_half"), customer_values=(("guest", "exclude"),))
    table = load_customers(answered)
    assert table.store.totals.customers == 33
    (excluded,) = table.reconciliation.rejected.itertuples()
    assert excluded.reason == "customer_excluded"
    assert float(excluded.money) == pytest.approx(0.3 * ALL[2], rel=0.02)
    assert round(float(excluded.money + table.reconciliation.money_accepted), 2) == ALL[2]
    dollars = load_customers(SalesSettings(get_file("multi_currency_sign"), currency="USD"))
    assert round(float(dollars.reconciliation.money_accepted), 2) == 23_057.41


@pytest.mark.parametrize(
    ("case", "feature", "mean"),
    [
        ("superstore_discount_rate", "discount_share", 0.192),
        ("square_negative_discount", "discount_share", 0.034),
        ("square_negative_discount", "full_price_share", 0.665),
    ],
)
def test_load_customers_case_discounts(case: str, feature: str, mean: float) -> None:
    frame = load_customers(SalesSettings(get_file(case))).frame
    assert round(float(frame[feature].mean()), 3) == mean


@pytest.mark.parametrize("case", [name for name in TOTALS if name.startswith("date_")])
def test_load_customers_case_dates(case: str) -> None:
    frame = load_customers(SalesSettings(get_file(case))).frame.set_index("customer_id")
    assert frame.loc["12000", "recency_days"] == 69
