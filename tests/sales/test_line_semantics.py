"""Statuses, the grain of amounts, and discounts. Worked by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmentation.errors import DataQuestionError
from segmentation.pipeline import load_customers
from segmentation.settings import SalesSettings
from tests.sales.small_sales import Load, both_kinds, get_money, get_rejected, load_rows

__all__ = ["load_rows"]  # a fixture

STATUS_ROWS = [
    ("A", "1", "2024-01-01", 10.0, "Completed"),
    ("A", "2", "2024-01-02", 20.0, "wc-cancelled"),
    ("B", "3", "2024-01-03", 40.0, "on-hold"),
    ("B", "4", "2024-01-04", 80.0, "Shipped"),
    ("C", "5", "2024-01-05", 160.0, "Refunded"),
    ("C", "6", "2024-01-06", 320.0, "PAID"),
]


def test_statuses_count_by_their_meaning_and_reconcile(load_rows: Load) -> None:
    table = load_rows("customer_id order_id order_date amount order_status", STATUS_ROWS)
    assert get_money(table) == {"A": 10.0, "B": 80.0, "C": 320.0}
    assert get_rejected(table) == {"cancelled": (1, 20.0), "unpaid": (1, 40.0), "refunded": (1, 160.0)}
    assert float(table.reconciliation.money_read) == 630.0
    assert table.store.totals.orders == 3


def test_unknown_statuses_are_asked_about_with_lines_and_money(load_rows: Load) -> None:
    rows = [*STATUS_ROWS, ("D", "7", "2024-01-07", 7.5, "at the tailor"), ("D", "8", "2024-01-08", 2.5, "draft")]
    with pytest.raises(DataQuestionError, match=r"'at the tailor' \(1 line, 7.50\)") as asked:
        load_rows("customer_id order_id order_date amount order_status", rows)
    assert asked.value.setting == "statuses"
    assert [(one.value, one.lines, float(one.money or 0)) for one in asked.value.values] == [
        ("at the tailor", 1, 7.5),
        ("draft", 1, 2.5),
    ]
    answers = (("At the Tailor", "count"), ("draft", "exclude"), ("on-hold", "count"))
    table = load_rows("customer_id order_id order_date amount order_status", rows, statuses=answers)
    assert get_money(table)["D"] == 7.5
    assert get_money(table)["B"] == 120.0
    assert get_rejected(table)["status_excluded"] == (1, 2.5)


@pytest.mark.parametrize("column", ["coupon_status", "status", "type"])
def test_a_column_whose_values_are_no_statuses_raises_no_question(load_rows: Load, column: str) -> None:
    rows = [("A", "1", "2024-01-01", 10.0, "Gold"), ("B", "2", "2024-01-02", 20.0, "Silver")]
    assert get_money(load_rows(f"customer_id order_id order_date amount {column}", rows)) == {"A": 10.0, "B": 20.0}


def test_line_types_returns_whatever_their_sign_and_lines_that_are_no_items(load_rows: Load) -> None:
    rows = [
        ("A", "1", "2024-01-01", 30.0, "Sale"),
        ("A", "1", "2024-01-01", 10.0, "Sale Line"),
        ("A", "1", "2024-01-01", 20.0, "Sale Line"),
        ("A", "1", "2024-01-01", 30.0, "Payment"),
        ("A", "2", "2024-01-02", 5.0, "Refund"),
        ("B", "3", "2024-01-03", -4.0, "Return"),
        ("B", "4", "2024-01-04", 50.0, "Sale Line"),
    ]
    table = load_rows("customer_id order_id order_date amount line_type", rows)
    assert get_money(table) == {"A": 25.0, "B": 46.0}
    assert get_rejected(table) == {"not_item": (2, 60.0)}
    assert dict(zip(table.frame["customer_id"], table.frame["frequency"], strict=True)) == {"A": 1, "B": 1}


@both_kinds
def test_cancelled_at_and_partial_refunds(load_rows: Load) -> None:
    rows = [
        ("A", "1", "2024-01-01", 10.0, None, 0.0),
        ("A", "2", "2024-01-02", 20.0, "2024-01-03 10:00", 0.0),
        ("B", "3", "2024-01-03", 40.0, None, 15.0),
        ("B", "4", "2024-01-04", 80.0, None, 80.0),
    ]
    table = load_rows("customer_id order_id order_date amount cancelled_at refunded_amount", rows)
    assert get_money(table) == {"A": 10.0, "B": 25.0}
    assert get_rejected(table) == {"cancelled": (1, 20.0), "refunded": (1, 80.0)}


def test_a_refund_column_of_yes_and_no_excludes_lines(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text(
        "customer_id,order_date,amount,Refunded\nA,2024-01-01,10,No\nB,2024-01-02,4,Yes\nA,2024-01-03,3,No\n"
    )
    table = load_customers(SalesSettings(source=str(path)))
    assert get_money(table) == {"A": 13.0}
    assert get_rejected(table) == {"refunded": (1, 4.0)}
    assert not any("ignored" in notice for notice in table.notices)


def test_a_net_amount_beside_fees_is_asked_about(load_rows: Load) -> None:
    rows = [("A", "1", "2024-01-01", 10.0, -1.0, 9.0), ("B", "2", "2024-01-02", 20.0, -2.0, 18.0)]
    names = "customer_id order_id order_date gross_amount selling_fee net_amount"
    with pytest.raises(DataQuestionError, match="left after fees") as asked:
        load_rows(names, rows)
    assert list(asked.value.options) == ["gross_amount", "net_amount"]
    table = load_rows(names, rows, columns=(("net_sales_amount", "gross_amount"),))
    assert get_money(table) == {"A": 10.0, "B": 20.0}


def test_a_status_that_mentions_a_cancellation_is_asked_about(load_rows: Load) -> None:
    rows = [("A", "1", "2024-01-01", 10.0, "All well"), ("B", "2", "2024-01-02", 20.0, "Storniert durch den Kunden")]
    with pytest.raises(DataQuestionError, match="Storniert durch den Kunden"):
        load_rows("customer_id order_id order_date amount status", rows)


@both_kinds
def test_quantity_of_0_is_no_purchase(load_rows: Load) -> None:
    rows = [("A", "1", "2024-01-01", 10.0, 1), ("B", "2", "2024-01-02", 20.0, 0), ("C", "3", "2024-01-02", 5.0, 2)]
    table = load_rows("customer_id order_id order_date amount quantity", rows)
    assert get_money(table) == {"A": 10.0, "C": 5.0}
    assert get_rejected(table) == {"zero_quantity": (1, 20.0)}


@both_kinds
def test_an_order_total_on_every_line_counts_once_and_is_spread_to_the_cent(load_rows: Load) -> None:
    rows = [
        (f"C{n}", str(n), "2024-01-01", category, 1, price, 10.0 + n)
        for n in range(8)
        for category, price in (("Tea", 1.0), ("Cups", 1.0), ("Pots", 1.0))
    ]
    table = load_rows("customer_id order_id order_date category qty unit_price order_total", rows)
    assert get_money(table) == {f"C{n}": 10.0 + n for n in range(8)}
    lines = table.source.fetch(table.lines.filter(table.lines.customer_id == "C0")).to_pandas()
    assert sorted(float(net) for net in lines["net"]) == [3.33, 3.33, 3.34]


@both_kinds
def test_an_amount_on_the_first_line_only_belongs_to_the_order(load_rows: Load) -> None:
    rows = [
        ("a@x.org", "#1", "2024-01-01", 30.0, 2, 10.0, "paid"),
        ("a@x.org", "#1", "2024-01-01", None, 1, 10.0, None),
        ("b@x.org", "#2", "2024-01-02", 50.0, 1, 50.0, "voided"),
        ("b@x.org", "#2", "2024-01-02", None, 3, 1.0, None),
        ("c@x.org", "#3", "2024-01-03", 7.0, 1, 7.0, "paid"),
    ]
    table = load_rows("Email order_id order_date Total qty unit_price financial_status", rows)
    assert get_money(table) == {"a@x.org": 30.0, "c@x.org": 7.0}
    assert get_rejected(table) == {"cancelled": (2, 50.0)}
    lines = table.source.fetch(table.lines.filter(table.lines.customer_id == "a@x.org")).to_pandas()
    assert sorted(float(net) for net in lines["net"]) == [10.0, 20.0]


def test_a_constant_amount_of_unknown_grain_is_asked_about(load_rows: Load) -> None:
    rows = [(f"C{n}", str(n), "2024-01-01", 10.0 + n) for n in range(8) for _ in range(2)]
    names = "customer_id order_id order_date amount"
    with pytest.raises(DataQuestionError, match="same on all lines of each order") as asked:
        load_rows(names, rows)
    assert (asked.value.setting, list(asked.value.options)) == ("amount_grain", ["order", "line"])
    assert get_money(load_rows(names, rows, amount_grain="order"))["C1"] == 11.0
    assert get_money(load_rows(names, rows, amount_grain="line"))["C1"] == 22.0


@both_kinds
def test_words_for_totals_are_no_sales(load_rows: Load) -> None:
    rows = [("A", "1", "2024-01-01", 10.0), ("A", "Subtotal", "2024-01-01", 10.0), ("Grand total", "", "", 10.0)]
    table = load_rows("customer_id order_id order_date amount", [*rows, ("B", "2", "2024-01-01", 5.0)])
    assert get_money(table) == {"A": 10.0, "B": 5.0}
    assert get_rejected(table) == {"not_item": (2, 20.0)}


ORDERS = [
    ("A", "1", "2024-01-01", "Tea", 10.0),
    ("A", "1", "2024-01-01", "Cup", 4.0),
    ("B", "2", "2024-01-01", "Tea", 5.0),
]
ORDER_COLUMNS = "customer_id order_id order_date product amount"


@pytest.mark.parametrize(
    ("place", "label"),
    [
        (0, "{} Total"),
        (1, "Total {}"),
        (3, "{} Total"),
        (3, "Total {}"),
        (3, "Subtotal: {}"),
        (3, "Summe Rechnung {}"),
        (3, "Total for order {}"),
    ],
)
def test_a_label_with_the_id_of_an_order_marks_its_total(load_rows: Load, label: str, place: int) -> None:
    totals = [("A", "1", "2024-01-01", "", 14.0), ("B", "2", "2024-01-01", "", 5.0)]
    totals = [(*row[:place], label.format(row[1]), *row[place + 1 :]) for row in totals]
    table = load_rows(ORDER_COLUMNS, [*ORDERS, *totals])
    assert get_money(table) == {"A": 14.0, "B": 5.0}
    assert get_rejected(table) == {"not_item": (2, 19.0)}
    assert table.store.totals.orders == 2


def test_a_product_or_a_customer_may_be_called_total(load_rows: Load) -> None:
    rows = [*ORDERS, ("Total Wine", "3", "2024-01-02", "Tea Total", 3.0), ("C", "4", "2024-01-02", "Tea Total", 3.0)]
    table = load_rows(ORDER_COLUMNS, rows)
    assert get_money(table) == {"A": 14.0, "B": 5.0, "C": 3.0, "Total Wine": 3.0}


@both_kinds
def test_a_line_without_product_that_is_the_sum_of_its_order_is_no_sale(load_rows: Load) -> None:
    rows = [("A", "1", "2024-01-01", None, 14.0), *ORDERS, ("C", "3", "2024-01-02", None, 2.5)]
    table = load_rows(ORDER_COLUMNS, rows)
    assert get_money(table) == {"A": 14.0, "B": 5.0, "C": 2.5}
    assert get_rejected(table) == {"not_item": (1, 14.0)}


@both_kinds
def test_a_line_without_product_that_is_more_than_its_order_is_asked_about(load_rows: Load) -> None:
    rows = [
        (f"C{n}", str(n), "2024-01-01", product, amount + n)
        for n in range(6)
        for product, amount in ((None, 20.0), ("Tea", 10.0))
    ]
    with pytest.raises(DataQuestionError, match="may be the total of the order") as asked:
        load_rows(ORDER_COLUMNS, rows)
    assert asked.value.setting == "amount_grain"
    assert get_money(load_rows(ORDER_COLUMNS, rows, amount_grain="order"))["C1"] == 21.0
    assert get_money(load_rows(ORDER_COLUMNS, rows, amount_grain="line"))["C1"] == 32.0


@both_kinds
def test_unit_price_times_quantity_less_discounts(load_rows: Load) -> None:
    rows = [
        ("A", "1", "2024-01-01", 3, 2.5, 1.5),
        ("A", "2", "2024-01-02", -1, 2.5, 0.0),
        ("B", "3", "2024-01-03", 2, 1.255, 0.0),
    ]
    table = load_rows("customer_id invoice invoice_date quantity price discount", rows)
    assert get_money(table) == {"A": 3.5, "B": 2.51}
    assert dict(zip(table.frame["customer_id"], table.frame["frequency"], strict=True)) == {"A": 1, "B": 1}


@both_kinds
@pytest.mark.parametrize(
    ("discounts", "net", "share"),
    [
        ([-1.0, 0.0, -5.0], [9.0, 20.0, 35.0], 6 / 70),
        ([0.1, 0.0, 0.125], [9.0, 20.0, 35.0], 6 / 70),
    ],
)
def test_discounts_below_0_and_rates(load_rows: Load, discounts: list[float], net: list[float], share: float) -> None:
    gross = [10.0, 20.0, 40.0]
    rows = [("A", str(n), "2024-01-01", gross[n], discounts[n]) for n in range(3)]
    table = load_rows("customer_id order_id order_date gross_sales discount", rows)
    assert get_money(table) == {"A": sum(net)}
    assert table.frame["discount_share"].tolist() == pytest.approx([share])


def test_discounts_in_percent_are_recognized_by_their_sign(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text("customer_id,order_date,gross_sales,discount\nA,2024-01-01,10,10%\nA,2024-01-02,40,12.5 %\n")
    table = load_customers(SalesSettings(source=str(path)))
    assert get_money(table) == {"A": 44.0}
    assert table.frame["discount_share"].tolist() == pytest.approx([6 / 50])


@both_kinds
def test_whole_numbers_that_may_be_percent_are_asked_about(load_rows: Load) -> None:
    rows = [("A", str(n), f"2024-01-{n + 1:02}", 100.0 + n, 10.0 * (n % 3 + 1)) for n in range(12)]
    names = "customer_id order_id order_date gross_sales discount"
    with pytest.raises(DataQuestionError, match="money or percent"):
        load_rows(names, rows)
    gross = sum(100.0 + n for n in range(12))
    assert get_money(load_rows(names, rows, discount_kind="amount"))["A"] == pytest.approx(gross - 240)
    percent = sum((100.0 + n) * (1 - (n % 3 + 1) / 10) for n in range(12))
    assert get_money(load_rows(names, rows, discount_kind="percent"))["A"] == pytest.approx(percent)


@both_kinds
def test_gross_with_tax_is_not_the_amount_before_discounts(load_rows: Load) -> None:
    rows = [("A", str(n), "2024-01-01", 10.0 + n, 12.0 + 1.2 * n, 2.0 + 0.2 * n) for n in range(5)]
    table = load_rows("customer_id order_id order_date Net Gross VAT", rows)
    assert get_money(table) == {"A": 60.0}
    assert "discount_share" in table.unavailable_features


def test_an_amount_equal_to_shipping_is_asked_about(load_rows: Load) -> None:
    rows = [("A", str(n), "2024-01-01", 4.95, 4.95) for n in range(5)]
    with pytest.raises(DataQuestionError, match="equal to the shipping"):
        load_rows("customer_id order_id order_date amount shipping_amount", rows)
