"""Exports that say the same in other words: languages, columns of single lines, sums of orders. Worked by hand."""

from __future__ import annotations

import pytest

from segmentation.errors import DataQuestionError
from tests.sales.small_sales import Load, both_kinds, get_money, get_rejected, load_rows

pytestmark = pytest.mark.slow

__all__ = ["load_rows"]  # a fixture


@pytest.mark.parametrize(
    ("names", "sold", "cancelled", "refunded"),
    [
        (
            "Kundennummer Bestellnummer Bestelldatum Betrag Bestellstatus",
            "Vollst\u00e4ndig",
            "Storniert",
            "R\u00fcckerstattet",
        ),
        ("ID_Cliente N\u00ba_Pedido Fecha Importe Estado", "Entregado", "Cancelado", "Reembolsado"),
        (
            "N\u00b0_client N\u00b0_commande Date_commande Montant Statut",
            "Livr\u00e9e",
            "Annul\u00e9e",
            "Rembours\u00e9e",
        ),
        ("Codice_cliente Numero_ordine Data_ordine Importo Stato", "Spedito", "Annullato", "Rimborsato"),
        (
            "C\u00f3digo_do_cliente N\u00famero_do_pedido Data_do_pedido Valor Situa\u00e7\u00e3o",
            "Entregue",
            "Cancelado",
            "Estornado",
        ),
        ("Klantnummer Bestelnummer Besteldatum Bedrag Bestelstatus", "Bezorgd", "Geannuleerd", "Terugbetaald"),
        ("E-Mail Order Date_created Total Payment_status", "Partially paid", "Declined", "Refund issued"),
    ],
)
def test_statuses_and_columns_of_other_languages(
    load_rows: Load, names: str, sold: str, cancelled: str, refunded: str
) -> None:
    rows = [("A", "1", "2024-01-13", 10.0, sold), ("A", "2", "2024-01-14", 20.0, cancelled)]
    table = load_rows(names, [*rows, ("B", "3", "2024-01-15", 40.0, refunded), ("B", "4", "2024-01-15", 80.0, sold)])
    assert get_money(table) == {"A": 10.0, "B": 80.0}
    assert get_rejected(table) == {"cancelled": (1, 20.0), "refunded": (1, 40.0)}
    assert table.store.totals.orders == 2


def test_an_estado_that_is_a_region_is_no_status(load_rows: Load) -> None:
    rows = [("A", "1", "2024-01-13", 10.0, "Jalisco"), ("B", "2", "2024-01-14", 20.0, "Sonora")]
    assert get_money(load_rows("id_cliente pedido fecha importe estado", rows)) == {"A": 10.0, "B": 20.0}


def test_statuses_of_an_order_and_of_its_lines_both_count(load_rows: Load) -> None:
    rows = [
        ("A", "1", "2024-01-01", 10.0, "paid", "shipped"),
        ("A", "1", "2024-01-01", 20.0, "paid", "cancelled"),
        ("B", "2", "2024-01-02", 40.0, "cancelled", "shipped"),
        ("B", "3", "2024-01-02", 80.0, "paid", "shipped"),
    ]
    table = load_rows("customer_id order_id order_date amount order_status item_status", rows)
    assert get_money(table) == {"A": 10.0, "B": 80.0}
    assert get_rejected(table) == {"cancelled": (2, 60.0)}


@pytest.mark.parametrize("column", ["Belegart", "type_document", "itemtype"])
def test_returns_by_the_type_of_the_document(load_rows: Load, column: str) -> None:
    rows = [
        ("A", "1", "2024-01-01", 30.0, "Rechnung"),
        ("A", "2", "2024-01-05", 10.0, "Gutschrift"),
        ("B", "3", "2024-01-05", 5.0, "Rechnung"),
    ]
    table = load_rows(f"customer_id order_id order_date amount {column}", rows)
    assert get_money(table) == {"A": 20.0, "B": 5.0}
    assert table.store.totals.orders == 2


def test_a_type_of_the_product_is_no_line_type(load_rows: Load) -> None:
    types = ["Gift card", "Mug", "Lamp", "Mug"]
    rows = [("A", str(n), "2024-01-01", 10.0, name) for n, name in enumerate(types)]
    table = load_rows("customer_id order_id order_date amount item_type", rows)
    assert get_money(table) == {"A": 40.0}


@both_kinds
def test_a_cancelled_order_is_cancelled_on_all_its_lines(load_rows: Load) -> None:
    rows = [
        ("A", "1", "2024-01-01", 30.0, 1, 20.0, "paid", "2024-01-02"),
        ("A", "1", "2024-01-01", None, 1, 10.0, None, None),
        ("B", "2", "2024-01-01", 50.0, 1, 40.0, "paid", None),
        ("B", "2", "2024-01-01", None, 1, 10.0, None, None),
    ]
    table = load_rows("email order_id order_date total qty unit_price financial_status cancelled_at", rows)
    assert get_money(table) == {"B": 50.0}
    assert get_rejected(table) == {"cancelled": (2, 30.0)}


@both_kinds
@pytest.mark.parametrize(
    ("column", "yes", "no"),
    [
        ("is_returned", "Yes", "No"),
        ("is_returned", "1", "0"),
        ("is_returned", "true", "false"),
        ("is_returned", "Y", None),
        ("Returned", "true", "false"),
        ("is_test", "1", "0"),
    ],
)
def test_flags_of_returned_lines_and_test_orders(load_rows: Load, column: str, yes: str, no: str | None) -> None:
    rows = [("A", "1", "2024-01-01", 30.0, yes), ("A", "1", "2024-01-01", 10.0, no), ("B", "2", "2024-01-01", 5.0, no)]
    table = load_rows(f"customer_id order_id order_date amount {column}", rows)
    assert get_money(table) == {"A": 10.0, "B": 5.0}
    assert get_rejected(table) == {"test_order" if column == "is_test" else "refunded": (1, 30.0)}


@both_kinds
def test_a_returned_column_of_numbers_is_no_flag(load_rows: Load) -> None:
    rows = [("A", "1", "2024-01-01", 30.0, 0), ("A", "1", "2024-01-01", 10.0, 3), ("B", "2", "2024-01-01", 5.0, 1)]
    table = load_rows("customer_id order_id order_date amount returned", rows)
    assert get_money(table) == {"A": 40.0, "B": 5.0}


@both_kinds
def test_a_net_amount_after_refunds_is_not_reduced_again(load_rows: Load) -> None:
    rows = [
        ("A", "1", "2024-01-01", 10.0, 0.0, 10.0, "Paid"),
        ("A", "2", "2024-01-02", 20.0, 5.0, 15.0, "Partially refunded"),
        ("B", "3", "2024-01-02", 40.0, 10.0, 30.0, "Paid"),
        ("B", "4", "2024-01-03", 80.0, 80.0, 0.0, "Refunded"),
    ]
    names = "customer_id order_id order_date total refunded_amount net_amount payment_status"
    table = load_rows(names, rows)
    assert get_money(table) == {"A": 25.0, "B": 30.0}
    assert get_rejected(table) == {"refunded": (1, 80.0)}
    assert table.store.totals.orders == 3


def test_a_cancelled_line_leaves_the_other_lines(load_rows: Load) -> None:
    rows = [
        ("A", "1", "2024-01-01", 30.0, "J"),
        ("A", "1", "2024-01-01", 10.0, "N"),
        ("B", "2", "2024-01-01", 5.0, "N"),
    ]
    table = load_rows("customer_id order_id order_date amount storno", rows)
    assert get_money(table) == {"A": 10.0, "B": 5.0}


@both_kinds
def test_lines_that_repeat_the_sum_of_their_order(load_rows: Load) -> None:
    rows = []
    for n in range(6):
        items = [10.0 + n, 5.0, 2.5][: 3 - n % 2]
        rows += [(f"C{n}", str(n), "2024-01-01", "", sum(items))]
        rows += [(f"C{n}", str(n), "2024-01-01", "Tea", amount) for amount in items]
    rows += [("C9", "9", "2024-01-01", "", 7.0), ("C9", "9", "2024-01-01", "Tea", 7.0)]  # an order of one item
    table = load_rows("customer_id order_id order_date category amount", rows)
    expected = {f"C{n}": 15.0 + n + (0 if n % 2 else 2.5) for n in range(6)}
    assert get_money(table) == expected | {"C9": 7.0}
    assert any("amount of the whole order" in notice for notice in table.notices)


def test_a_total_that_is_the_subtotal_plus_tax_is_not_the_sales(load_rows: Load) -> None:
    rows = [("A", "1", "2024-01-01", 10.0, 2.0, 12.0), ("B", "2", "2024-01-02", 20.0, 4.0, 24.0)]
    names = "customer_id order_id order_date subtotal tax total"
    table = load_rows(names, rows)
    assert get_money(table) == {"A": 10.0, "B": 20.0}
    assert any("plus tax" in notice for notice in table.notices)
    mapped = load_rows(names, rows, columns=(("total_amount", "total"), ("subtotal_amount", "")))
    assert get_money(mapped) == {"A": 12.0, "B": 24.0}


@pytest.mark.parametrize(
    ("net", "total"),
    [
        ("Total_HT", "Total_TTC"),
        ("Bedrag_excl._btw", "Bedrag_incl._btw"),
        ("Base_imponible", "Total"),
        ("Amount_excl._tax", "Amount_incl._tax"),
    ],
)
def test_the_amount_without_tax_is_the_sales(load_rows: Load, net: str, total: str) -> None:
    rows = [("A", "1", "2024-01-01", 10.0, 12.0), ("B", "2", "2024-01-02", 20.0, 24.0)]
    assert get_money(load_rows(f"customer_id order_id order_date {net} {total}", rows)) == {"A": 10.0, "B": 20.0}


def test_a_total_beside_tax_is_said_to_include_it(load_rows: Load) -> None:
    rows = [("A", "1", "2024-01-01", 2.0, 12.0), ("B", "2", "2024-01-02", 4.0, 24.0)]
    table = load_rows("customer_id order_id order_date tax total", rows)
    assert any("'total' may include 'tax'" in notice for notice in table.notices)


@both_kinds
@pytest.mark.parametrize("word", ["n.a.", "k.A.", ".", "(not set)", "undefined"])
def test_more_words_for_empty_are_no_customer(load_rows: Load, word: str) -> None:
    rows = [("A", "1", "2024-01-01", 10.0), (word, "2", "2024-01-02", 20.0), ("B", "3", "2024-01-02", 5.0)]
    table = load_rows("customer_id order_id order_date amount", rows)
    assert get_rejected(table) == {"no_customer": (1, 20.0)}


@pytest.mark.parametrize(
    ("load_rows", "name"),
    [
        ("csv", "Barverkauf"),
        ("csv", "Consumidor final"),
        ("csv", "0000"),
        ("parquet", "0000"),  # text beside a number that is written alike
        ("csv", "no name"),
    ],
    indirect=["load_rows"],
)
def test_more_names_of_nobody_are_asked_about(load_rows: Load, name: str) -> None:
    rows = [(f"C{n}", str(n), "2024-01-01", 10.0) for n in range(9)]
    rows += [(name, f"x{n}", "2024-01-02", 1.0) for n in range(9)]
    names = "customer_id order_id order_date amount"
    with pytest.raises(DataQuestionError, match="may stand for many people"):
        load_rows(names, rows)
    table = load_rows(names, rows, customer_values=((name.lower(), "exclude"),))
    assert get_rejected(table) == {"customer_excluded": (9, 9.0)}


@pytest.mark.parametrize(("last", "found"), [(5.0, {"equal_amounts"}), (6.0, set())])
def test_an_amount_of_one_value_is_a_finding(load_rows: Load, last: float, found: set[str]) -> None:
    rows = [(f"C{n % 9}", str(n), f"2024-01-{n + 1:02}", 5.0) for n in range(24)]
    table = load_rows("customer_id order_id order_date amount", [*rows, ("C1", "99", "2024-01-25", last)])
    assert {finding.id for finding in table.findings} & {"equal_amounts"} == found


def test_invisible_characters_around_ids_do_not_count(load_rows: Load) -> None:
    rows = [("A\u200b", "1", "2024-01-01", 10.0), ("\ufeffA", "2", "2024-01-02", 20.0), ("A", "3", "2024-01-03", 5.0)]
    assert get_money(load_rows("customer_id order_id order_date amount", rows)) == {"A": 35.0}
