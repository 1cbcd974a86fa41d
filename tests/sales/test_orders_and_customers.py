"""Currencies, what one order is, and who one customer is. Worked by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmentation.analysis.sales_queries import fetch_merged_spellings
from segmentation.errors import DataError, DataQuestionError, SettingsError
from segmentation.pipeline import CustomerTable, load_customers
from segmentation.settings import SalesSettings
from tests.sales.small_sales import Load, both_kinds, get_money, get_rejected, load_rows

__all__ = ["load_rows"]  # a fixture

CURRENCY_ROWS = [
    ("A", "1", "2024-01-01", 10.0, "EUR"),
    ("A", "2", "2024-01-02", 20.0, "usd"),
    ("B", "3", "2024-01-03", 30.0, "EUR"),
]


def test_currencies_are_never_added_up(load_rows: Load) -> None:
    names = "customer_id order_id order_date amount currency"
    with pytest.raises(DataQuestionError, match="2 currencies") as asked:
        load_rows(names, CURRENCY_ROWS)
    assert [(one.value, one.lines) for one in asked.value.values] == [("EUR", 2), ("USD", 1)]
    chosen = load_rows(names, CURRENCY_ROWS, currency="eur")
    assert (get_money(chosen), get_rejected(chosen)) == ({"A": 10.0, "B": 30.0}, {"other_currency": (1, 20.0)})
    converted = load_rows(names, CURRENCY_ROWS, currency="EUR", rates=(("USD", "0.9"),))
    assert get_money(converted) == {"A": 28.0, "B": 30.0}
    assert converted.prepared.semantics.currency == "EUR"
    with pytest.raises(SettingsError, match="no rate for USD"):
        load_rows(names, CURRENCY_ROWS, currency="EUR", rates=(("GBP", "1.2"),))


def test_mixed_currency_signs_are_asked_about(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text("customer_id,order_date,amount\nA,2024-01-01,$10.50\nB,2024-01-02,\u00a5700\n", "utf-8")
    with pytest.raises(DataQuestionError, match="2 currencies"):
        load_customers(SalesSettings(source=str(path)))
    table = load_customers(SalesSettings(source=str(path), currency="USD"))
    assert get_money(table) == {"A": 10.5}


@both_kinds
def test_receipt_numbers_that_restart(load_rows: Load) -> None:
    rows = [(customer, n, f"2024-01-0{day}", 1.0) for day in (1, 2) for n in (1, 2) for customer in ("A", "B")]
    names = "customer_id receipt_no sale_date amount"
    table = load_rows(names, rows)
    assert table.store.totals.orders == 8
    assert any("restart" in notice for notice in table.notices)
    assert load_rows(names, rows, orders="id").store.totals.orders == 4


def test_order_ids_of_several_customers_on_one_day_each_do_not_restart(load_rows: Load) -> None:
    rows = [("A", "1", "2024-01-01", 1.0), ("A", "1", "2024-01-01", 2.0), ("B", "1", "2024-01-05", 3.0)]
    table = load_rows("customer_id order_id order_date amount", rows)
    assert (table.store.totals.orders, table.prepared.semantics.order_grain) == (2, "id")


def test_without_an_order_id_a_day_of_a_customer_is_an_order(load_rows: Load) -> None:
    rows = [("A", "2024-01-01", 1.0), ("A", "2024-01-01", 2.0), ("A", "2024-01-02", 3.0)]
    assert load_rows("customer_id order_date amount", rows).store.totals.orders == 2
    assert load_rows("customer_id order_date amount", rows, orders="line").store.totals.orders == 3


@both_kinds
def test_order_ids_rounded_by_a_spreadsheet_are_refused(load_rows: Load) -> None:
    rows = [(f"C{n}", "4.5E+12", f"2024-01-0{n + 1}", 1.0) for n in range(3)]
    with pytest.raises(DataError, match=r"rounded by a spreadsheet: at least 3 orders share 1 ID\."):
        load_rows("customer_id order_id order_date amount", rows)


def test_spellings_of_one_customer_are_merged_and_listed_as_first_written(load_rows: Load) -> None:
    rows = [
        ("Bo@Ex.org ", "1", "2024-01-01", 1.0),
        ("bo@ex.org", "2", "2024-01-02", 2.0),
        ("Zoe\u0308", "3", "2024-01-01", 4.0),
        ("Zo\u00eb", "4", "2024-01-02", 8.0),
        ("N/A", "5", "2024-01-02", 16.0),
    ]
    table = load_rows("customer_id order_id order_date amount", rows)
    assert get_money(table) == {"Bo@Ex.org": 3.0, "Zo\u00eb": 12.0}
    assert get_rejected(table) == {"no_customer": (1, 16.0)}
    assert table.prepared.semantics.merged_spellings == 2
    merged = fetch_merged_spellings(table)
    assert list(merged.itertuples(index=False, name=None)) == [
        ("Bo@Ex.org", "Bo@Ex.org ", 1),
        ("Bo@Ex.org", "bo@ex.org", 1),
        ("Zo\u00eb", "Zoe\u0308", 1),
        ("Zo\u00eb", "Zo\u00eb", 1),
    ]


def test_customers_written_in_one_way_are_not_listed_as_merged(load_rows: Load) -> None:
    rows = [("A ", "1", "2024-01-01", 1.0), ("A ", "2", "2024-01-02", 2.0), ("B", "3", "2024-01-02", 2.0)]
    assert fetch_merged_spellings(load_rows("customer_id order_id order_date amount", rows)).empty


def test_doubtful_customers_are_asked_about_and_excluded_with_their_money(load_rows: Load) -> None:
    rows = [("Guest", str(n), "2024-01-01", 10.0) for n in range(3)] + [("A", "9", "2024-01-02", 5.0)]
    names = "customer_id order_id order_date amount"
    with pytest.raises(DataQuestionError, match=r"'guest' \(3 lines, 30.00\)"):
        load_rows(names, rows)
    table = load_rows(names, rows, customer_values=(("guest", "exclude"),))
    assert (get_money(table), get_rejected(table)) == ({"A": 5.0}, {"customer_excluded": (3, 30.0)})
    assert get_money(load_rows(names, rows, customer_values=(("Guest", "count"),))) == {"A": 5.0, "Guest": 30.0}


@both_kinds
@pytest.mark.parametrize(("zeros", "is_asked"), [(1, False), (40, True)])
def test_customer_0_is_doubtful_if_it_has_many_lines(load_rows: Load, zeros: int, is_asked: bool) -> None:
    rows = [(0, n, "2024-01-01", 1.0) for n in range(zeros)] + [(n, 99 + n, "2024-01-01", 1.0) for n in range(1, 9)]
    if is_asked:
        with pytest.raises(DataQuestionError, match="'0'"):
            load_rows("customer_id order_id order_date amount", rows)
    else:
        assert load_rows("customer_id order_id order_date amount", rows).store.totals.customers == 9


def test_a_customer_id_that_is_new_for_each_order_is_asked_about(load_rows: Load) -> None:
    rows = [(f"x{n}", f"o{n}", f"u{n % 7}", "2024-01-01", 1.0 + n) for n in range(30)]
    names = "customer_id order_id customer_unique_id order_date amount"
    with pytest.raises(DataQuestionError, match="'customer_unique_id' repeats") as asked:
        load_rows(names, rows)
    assert asked.value.setting == "columns.customer_id"
    assert load_rows(names, rows, columns=(("customer_id", "customer_unique_id"),)).store.totals.customers == 7
    assert load_rows(names, rows, columns=(("customer_id", "customer_id"),)).store.totals.customers == 30


def test_the_real_sales_raise_no_question(real_customers: CustomerTable) -> None:
    assert real_customers.store.totals.orders == 26_631
    assert real_customers.reconciliation.rejected.empty
    assert real_customers.prepared.semantics.notices == ()


@both_kinds
def test_a_customer_column_with_one_value_is_asked_about(load_rows: Load) -> None:
    rows = [(0, f"{n}", "2024-01-01", 5.0, f"c{n % 9}@example.org") for n in range(30)]
    with pytest.raises(DataQuestionError, match="'customer_id' is the same in all 30 orders") as asked:
        load_rows("customer_id order_id order_date amount billing_email", rows)
    assert list(asked.value.options) == ["billing_email", "customer_id"]
    table = load_rows(
        "customer_id order_id order_date amount billing_email", rows, columns=(("customer_id", "billing_email"),)
    )
    assert table.store.totals.customers == 9
