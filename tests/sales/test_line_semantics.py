"""What sales lines mean: statuses, grain of amounts, discounts, currencies, orders and customers. Worked by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from segmentation.errors import DataError, DataQuestionError, SettingsError
from segmentation.pipeline import CustomerTable, load_customers
from segmentation.settings import SalesSettings

Load = Callable[..., CustomerTable]


@pytest.fixture(params=["csv", "parquet"])
def load(request: pytest.FixtureRequest, tmp_path: Path) -> Load:
    """Writes rows to a file and loads it with the given settings."""

    def load_rows(names: str, rows: list[tuple[Any, ...]], **settings: Any) -> CustomerTable:
        frame = pd.DataFrame(rows, columns=names.split())
        path = tmp_path / f"sales.{request.param}"
        if request.param == "csv":
            frame.to_csv(path, index=False)
        else:
            frame.to_parquet(path, index=False)
        return load_customers(SalesSettings(source=str(path), **settings))

    return load_rows


def get_rejected(table: CustomerTable) -> dict[str, tuple[int, float]]:
    return {row.reason: (row.lines, float(row.money)) for row in table.reconciliation.rejected.itertuples()}


def get_money(table: CustomerTable) -> dict[str, float]:
    return dict(zip(table.frame["customer_id"], table.frame["monetary"].round(6), strict=True))


STATUS_ROWS = [
    ("A", "1", "2024-01-01", 10.0, "Completed"),
    ("A", "2", "2024-01-02", 20.0, "wc-cancelled"),
    ("B", "3", "2024-01-03", 40.0, "on-hold"),
    ("B", "4", "2024-01-04", 80.0, "Shipped"),
    ("C", "5", "2024-01-05", 160.0, "Refunded"),
    ("C", "6", "2024-01-06", 320.0, "PAID"),
]


def test_statuses_count_by_their_meaning_and_reconcile(load: Load) -> None:
    table = load("customer_id order_id order_date amount order_status", STATUS_ROWS)
    assert get_money(table) == {"A": 10.0, "B": 80.0, "C": 320.0}
    assert get_rejected(table) == {"cancelled": (1, 20.0), "unpaid": (1, 40.0), "refunded": (1, 160.0)}
    assert float(table.reconciliation.money_read) == 630.0
    assert table.orders == 3


def test_unknown_statuses_are_asked_about_with_lines_and_money(load: Load) -> None:
    rows = [*STATUS_ROWS, ("D", "7", "2024-01-07", 7.5, "at the tailor"), ("D", "8", "2024-01-08", 2.5, "draft")]
    with pytest.raises(DataQuestionError, match=r"'at the tailor' \(1 line, 7.50\)") as asked:
        load("customer_id order_id order_date amount order_status", rows)
    assert asked.value.setting == "statuses"
    assert [(one.value, one.lines, float(one.money or 0)) for one in asked.value.values] == [
        ("at the tailor", 1, 7.5),
        ("draft", 1, 2.5),
    ]
    answers = (("At the Tailor", "count"), ("draft", "exclude"), ("on-hold", "count"))
    table = load("customer_id order_id order_date amount order_status", rows, statuses=answers)
    assert get_money(table)["D"] == 7.5
    assert get_money(table)["B"] == 120.0
    assert get_rejected(table)["status_excluded"] == (1, 2.5)


@pytest.mark.parametrize("column", ["coupon_status", "status", "type"])
def test_a_column_whose_values_are_no_statuses_raises_no_question(load: Load, column: str) -> None:
    rows = [("A", "1", "2024-01-01", 10.0, "Gold"), ("B", "2", "2024-01-02", 20.0, "Silver")]
    assert get_money(load(f"customer_id order_id order_date amount {column}", rows)) == {"A": 10.0, "B": 20.0}


def test_line_types_returns_whatever_their_sign_and_lines_that_are_no_items(load: Load) -> None:
    rows = [
        ("A", "1", "2024-01-01", 30.0, "Sale"),
        ("A", "1", "2024-01-01", 10.0, "Sale Line"),
        ("A", "1", "2024-01-01", 20.0, "Sale Line"),
        ("A", "1", "2024-01-01", 30.0, "Payment"),
        ("A", "2", "2024-01-02", 5.0, "Refund"),
        ("B", "3", "2024-01-03", -4.0, "Return"),
        ("B", "4", "2024-01-04", 50.0, "Sale Line"),
    ]
    table = load("customer_id order_id order_date amount line_type", rows)
    assert get_money(table) == {"A": 25.0, "B": 46.0}
    assert get_rejected(table) == {"not_item": (2, 60.0)}
    assert dict(zip(table.frame["customer_id"], table.frame["frequency"], strict=True)) == {"A": 1, "B": 1}


def test_cancelled_at_and_partial_refunds(load: Load) -> None:
    rows = [
        ("A", "1", "2024-01-01", 10.0, None, 0.0),
        ("A", "2", "2024-01-02", 20.0, "2024-01-03 10:00", 0.0),
        ("B", "3", "2024-01-03", 40.0, None, 15.0),
        ("B", "4", "2024-01-04", 80.0, None, 80.0),
    ]
    table = load("customer_id order_id order_date amount cancelled_at refunded_amount", rows)
    assert get_money(table) == {"A": 10.0, "B": 25.0}
    assert get_rejected(table) == {"cancelled": (1, 20.0), "refunded": (1, 80.0)}


def test_quantity_of_0_is_no_purchase(load: Load) -> None:
    rows = [("A", "1", "2024-01-01", 10.0, 1), ("B", "2", "2024-01-02", 20.0, 0), ("C", "3", "2024-01-02", 5.0, 2)]
    table = load("customer_id order_id order_date amount quantity", rows)
    assert get_money(table) == {"A": 10.0, "C": 5.0}
    assert get_rejected(table) == {"zero_quantity": (1, 20.0)}


def test_an_order_total_on_every_line_counts_once_and_is_spread_to_the_cent(load: Load) -> None:
    rows = [
        (f"C{n}", str(n), "2024-01-01", category, 1, price, 10.0 + n)
        for n in range(8)
        for category, price in (("Tea", 1.0), ("Cups", 1.0), ("Pots", 1.0))
    ]
    table = load("customer_id order_id order_date category qty unit_price order_total", rows)
    assert get_money(table) == {f"C{n}": 10.0 + n for n in range(8)}
    lines = table.source.fetch(table.lines.filter(table.lines.customer_id == "C0")).to_pandas()
    assert sorted(float(net) for net in lines["net"]) == [3.33, 3.33, 3.34]


def test_an_amount_on_the_first_line_only_belongs_to_the_order(load: Load) -> None:
    rows = [
        ("a@x.org", "#1", "2024-01-01", 30.0, 2, 10.0, "paid"),
        ("a@x.org", "#1", "2024-01-01", None, 1, 10.0, None),
        ("b@x.org", "#2", "2024-01-02", 50.0, 1, 50.0, "voided"),
        ("b@x.org", "#2", "2024-01-02", None, 3, 1.0, None),
        ("c@x.org", "#3", "2024-01-03", 7.0, 1, 7.0, "paid"),
    ]
    table = load("Email order_id order_date Total qty unit_price financial_status", rows)
    assert get_money(table) == {"a@x.org": 30.0, "c@x.org": 7.0}
    assert get_rejected(table) == {"cancelled": (2, 50.0)}
    lines = table.source.fetch(table.lines.filter(table.lines.customer_id == "a@x.org")).to_pandas()
    assert sorted(float(net) for net in lines["net"]) == [10.0, 20.0]


def test_a_constant_amount_of_unknown_grain_is_asked_about(load: Load) -> None:
    rows = [(f"C{n}", str(n), "2024-01-01", 10.0 + n) for n in range(8) for _ in range(2)]
    names = "customer_id order_id order_date amount"
    with pytest.raises(DataQuestionError, match="same on all lines of each order") as asked:
        load(names, rows)
    assert (asked.value.setting, list(asked.value.options)) == ("amount_grain", ["order", "line"])
    assert get_money(load(names, rows, amount_grain="order"))["C1"] == 11.0
    assert get_money(load(names, rows, amount_grain="line"))["C1"] == 22.0


def test_words_for_totals_are_no_sales(load: Load) -> None:
    rows = [("A", "1", "2024-01-01", 10.0), ("A", "Subtotal", "2024-01-01", 10.0), ("Grand total", "", "", 10.0)]
    table = load("customer_id order_id order_date amount", [*rows, ("B", "2", "2024-01-01", 5.0)])
    assert get_money(table) == {"A": 10.0, "B": 5.0}
    assert get_rejected(table) == {"not_item": (2, 20.0)}


def test_unit_price_times_quantity_less_discounts(load: Load) -> None:
    rows = [
        ("A", "1", "2024-01-01", 3, 2.5, 1.5),
        ("A", "2", "2024-01-02", -1, 2.5, 0.0),
        ("B", "3", "2024-01-03", 2, 1.255, 0.0),
    ]
    table = load("customer_id invoice invoice_date quantity price discount", rows)
    assert get_money(table) == {"A": 3.5, "B": 2.51}
    assert dict(zip(table.frame["customer_id"], table.frame["frequency"], strict=True)) == {"A": 1, "B": 1}


@pytest.mark.parametrize(
    ("discounts", "net", "share"),
    [
        ([-1.0, 0.0, -5.0], [9.0, 20.0, 35.0], 6 / 70),
        ([0.1, 0.0, 0.125], [9.0, 20.0, 35.0], 6 / 70),
    ],
)
def test_discounts_below_0_and_rates(load: Load, discounts: list[float], net: list[float], share: float) -> None:
    gross = [10.0, 20.0, 40.0]
    rows = [("A", str(n), "2024-01-01", gross[n], discounts[n]) for n in range(3)]
    table = load("customer_id order_id order_date gross_sales discount", rows)
    assert get_money(table) == {"A": sum(net)}
    assert table.frame["discount_share"].tolist() == pytest.approx([share])


def test_discounts_in_percent_are_recognized_by_their_sign(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text("customer_id,order_date,gross_sales,discount\nA,2024-01-01,10,10%\nA,2024-01-02,40,12.5 %\n")
    table = load_customers(SalesSettings(source=str(path)))
    assert get_money(table) == {"A": 44.0}
    assert table.frame["discount_share"].tolist() == pytest.approx([6 / 50])


def test_whole_numbers_that_may_be_percent_are_asked_about(load: Load) -> None:
    rows = [("A", str(n), f"2024-01-{n + 1:02}", 100.0 + n, 10.0 * (n % 3 + 1)) for n in range(12)]
    names = "customer_id order_id order_date gross_sales discount"
    with pytest.raises(DataQuestionError, match="money or percent"):
        load(names, rows)
    gross = sum(100.0 + n for n in range(12))
    assert get_money(load(names, rows, discount_kind="amount"))["A"] == pytest.approx(gross - 240)
    percent = sum((100.0 + n) * (1 - (n % 3 + 1) / 10) for n in range(12))
    assert get_money(load(names, rows, discount_kind="percent"))["A"] == pytest.approx(percent)


def test_gross_with_tax_is_not_the_amount_before_discounts(load: Load) -> None:
    rows = [("A", str(n), "2024-01-01", 10.0 + n, 12.0 + 1.2 * n, 2.0 + 0.2 * n) for n in range(5)]
    table = load("customer_id order_id order_date Net Gross VAT", rows)
    assert get_money(table) == {"A": 60.0}
    assert "discount_share" in table.unavailable_features


def test_an_amount_equal_to_shipping_is_asked_about(load: Load) -> None:
    rows = [("A", str(n), "2024-01-01", 4.95, 4.95) for n in range(5)]
    with pytest.raises(DataQuestionError, match="equal to the shipping"):
        load("customer_id order_id order_date amount shipping_amount", rows)


CURRENCY_ROWS = [
    ("A", "1", "2024-01-01", 10.0, "EUR"),
    ("A", "2", "2024-01-02", 20.0, "usd"),
    ("B", "3", "2024-01-03", 30.0, "EUR"),
]


def test_currencies_are_never_added_up(load: Load) -> None:
    names = "customer_id order_id order_date amount currency"
    with pytest.raises(DataQuestionError, match="2 currencies") as asked:
        load(names, CURRENCY_ROWS)
    assert [(one.value, one.lines) for one in asked.value.values] == [("EUR", 2), ("USD", 1)]
    chosen = load(names, CURRENCY_ROWS, currency="eur")
    assert (get_money(chosen), get_rejected(chosen)) == ({"A": 10.0, "B": 30.0}, {"other_currency": (1, 20.0)})
    converted = load(names, CURRENCY_ROWS, currency="EUR", rates=(("USD", "0.9"),))
    assert get_money(converted) == {"A": 28.0, "B": 30.0}
    assert converted.prepared.semantics.currency == "EUR"
    with pytest.raises(SettingsError, match="no rate for USD"):
        load(names, CURRENCY_ROWS, currency="EUR", rates=(("GBP", "1.2"),))


def test_mixed_currency_signs_are_asked_about(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text("customer_id,order_date,amount\nA,2024-01-01,$10.50\nB,2024-01-02,\u00a5700\n", "utf-8")
    with pytest.raises(DataQuestionError, match="2 currencies"):
        load_customers(SalesSettings(source=str(path)))
    table = load_customers(SalesSettings(source=str(path), currency="USD"))
    assert get_money(table) == {"A": 10.5}


def test_receipt_numbers_that_restart(load: Load) -> None:
    rows = [(customer, n, f"2024-01-0{day}", 1.0) for day in (1, 2) for n in (1, 2) for customer in ("A", "B")]
    names = "customer_id receipt_no sale_date amount"
    table = load(names, rows)
    assert table.orders == 8
    assert any("restart" in notice for notice in table.notices)
    assert load(names, rows, orders="id").orders == 4


def test_order_ids_of_several_customers_on_one_day_each_do_not_restart(load: Load) -> None:
    rows = [("A", "1", "2024-01-01", 1.0), ("A", "1", "2024-01-01", 2.0), ("B", "1", "2024-01-05", 3.0)]
    table = load("customer_id order_id order_date amount", rows)
    assert (table.orders, table.prepared.semantics.order_grain) == (2, "id")


def test_without_an_order_id_a_day_of_a_customer_is_an_order(load: Load) -> None:
    rows = [("A", "2024-01-01", 1.0), ("A", "2024-01-01", 2.0), ("A", "2024-01-02", 3.0)]
    assert load("customer_id order_date amount", rows).orders == 2
    assert load("customer_id order_date amount", rows, orders="line").orders == 3


def test_order_ids_rounded_by_a_spreadsheet_are_refused(load: Load) -> None:
    rows = [(f"C{n}", "4.5E+12", f"2024-01-0{n + 1}", 1.0) for n in range(3)]
    with pytest.raises(DataError, match="rounded by a spreadsheet: at least 3 orders share 1 ids"):
        load("customer_id order_id order_date amount", rows)


def test_spellings_of_one_customer_are_merged_and_listed_as_first_written(load: Load) -> None:
    rows = [
        ("Bo@Ex.org ", "1", "2024-01-01", 1.0),
        ("bo@ex.org", "2", "2024-01-02", 2.0),
        ("Zoe\u0308", "3", "2024-01-01", 4.0),
        ("Zo\u00eb", "4", "2024-01-02", 8.0),
        ("N/A", "5", "2024-01-02", 16.0),
    ]
    table = load("customer_id order_id order_date amount", rows)
    assert get_money(table) == {"Bo@Ex.org": 3.0, "Zo\u00eb": 12.0}
    assert get_rejected(table) == {"no_customer": (1, 16.0)}
    assert table.prepared.semantics.merged_spellings == 2


def test_doubtful_customers_are_asked_about_and_excluded_with_their_money(load: Load) -> None:
    rows = [("Guest", str(n), "2024-01-01", 10.0) for n in range(3)] + [("A", "9", "2024-01-02", 5.0)]
    names = "customer_id order_id order_date amount"
    with pytest.raises(DataQuestionError, match=r"'guest' \(3 lines, 30.00\)"):
        load(names, rows)
    table = load(names, rows, customer_values=(("guest", "exclude"),))
    assert (get_money(table), get_rejected(table)) == ({"A": 5.0}, {"customer_excluded": (3, 30.0)})
    assert get_money(load(names, rows, customer_values=(("Guest", "count"),))) == {"A": 5.0, "Guest": 30.0}


@pytest.mark.parametrize(("zeros", "is_asked"), [(1, False), (40, True)])
def test_customer_0_is_doubtful_if_it_has_many_lines(load: Load, zeros: int, is_asked: bool) -> None:
    rows = [(0, n, "2024-01-01", 1.0) for n in range(zeros)] + [(n, 99 + n, "2024-01-01", 1.0) for n in range(1, 9)]
    if is_asked:
        with pytest.raises(DataQuestionError, match="'0'"):
            load("customer_id order_id order_date amount", rows)
    else:
        assert load("customer_id order_id order_date amount", rows).n_customers == 9


def test_a_customer_id_that_is_new_for_each_order_is_asked_about(load: Load) -> None:
    rows = [(f"x{n}", f"o{n}", f"u{n % 7}", "2024-01-01", 1.0 + n) for n in range(30)]
    names = "customer_id order_id customer_unique_id order_date amount"
    with pytest.raises(DataQuestionError, match="'customer_unique_id' repeats") as asked:
        load(names, rows)
    assert asked.value.setting == "columns.customer_id"
    assert load(names, rows, columns=(("customer_id", "customer_unique_id"),)).n_customers == 7
    assert load(names, rows, columns=(("customer_id", "customer_id"),)).n_customers == 30


def test_the_real_sales_raise_no_question(real_customers: CustomerTable) -> None:
    assert real_customers.orders == 26_631
    assert real_customers.reconciliation.rejected.empty
    assert real_customers.prepared.semantics.notices == ()
