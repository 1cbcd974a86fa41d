"""Which column of a table is taken for which."""

from __future__ import annotations

import pytest

from segmentation.errors import ColumnError
from segmentation.sales.column_mapping import (
    find_ambiguous_columns,
    match_columns,
    normalize_name,
    resolve_columns,
)
from segmentation.sales.column_names import LOCALIZED_SYNONYMS, SYNONYMS


@pytest.mark.parametrize(
    "names",
    [
        ["CUSTOMER_ID", "TRANSACTION_DATE", "NET_SALES_AMOUNT"],
        ["CustomerID", "InvoiceDate", "revenue"],
        ["household_id", "transaction_timestamp", "sales_value"],
        ["Customer ID", "Order Date", "Net Sales"],
    ],
)
def test_names_and_synonyms_in_any_case(names: list[str]) -> None:
    found = resolve_columns(names)
    assert [found[name] for name in ("customer_id", "transaction_date", "net_sales_amount")] == names


def test_the_name_of_fct_sales_goes_before_a_synonym() -> None:
    found = resolve_columns(["amount", "customer", "customer_id", "date", "transaction_date", "net_sales_amount"])
    assert (found["customer_id"], found["transaction_date"], found["net_sales_amount"]) == (
        "customer_id",
        "transaction_date",
        "net_sales_amount",
    )


def test_a_chosen_column_goes_before_a_recognized_one_and_is_not_used_twice() -> None:
    found = resolve_columns(["customer_id", "buyer", "date", "amount"], [("customer_id", "BUYER")])
    assert found["customer_id"] == "buyer"
    found = resolve_columns(
        ["customer", "date", "amount"], [("transaction_id", "customer"), ("customer_id", "customer")]
    )
    assert found["customer_id"] == found["transaction_id"] == "customer"  # asked for twice on purpose


@pytest.mark.parametrize(
    ("names", "chosen", "sentence"),
    [
        (["date", "amount"], [], "No column for customer_id"),
        (["customer_id", "amount"], [], "No column for transaction_date"),
        (["customer_id", "date", "unit_price"], [], "No amount column"),
        (["customer_id", "date", "amount"], [("customer_id", "custmer_id")], "has no column 'custmer_id'"),
        (["customer_id", "date", "amount"], [("shoe_size", "amount")], "Unknown column 'shoe_size'"),
    ],
)
def test_what_is_missing_is_named(names: list[str], chosen: list[tuple[str, str]], sentence: str) -> None:
    with pytest.raises(ColumnError, match=sentence) as caught:
        resolve_columns(names, chosen)
    assert caught.value.hint


def test_a_misspelt_column_gets_a_proposal() -> None:
    with pytest.raises(ColumnError, match="Did you mean 'household_id'"):
        resolve_columns(["household_id", "date", "amount"], [("customer_id", "houshold_id")])


@pytest.mark.parametrize(
    "names",
    [
        {
            "customer_id": "Kundennummer",
            "transaction_id": "Bestell-Nr.",
            "transaction_date": "Bestelldatum",
            "net_sales_amount": "Umsatz netto",
            "total_amount": "Umsatz brutto",
            "discount_amount": "Rabatt",
            "quantity": "Menge",
            "product_category": "Warengruppe",
        },
        {
            "customer_id": "Kunde",
            "transaction_id": "Rechnungsnummer",
            "transaction_date": "Datum",
            "net_sales_amount": "Erl\u00f6s",
            "quantity": "St\u00fcck",
        },
        {
            "customer_id": "N\u00b0 client",
            "transaction_id": "Num\u00e9ro commande",
            "transaction_date": "Date de commande",
            "net_sales_amount": "Montant HT",
            "total_amount": "Montant TTC",
            "discount_amount": "Remise",
            "quantity": "Quantit\u00e9",
            "product_category": "Cat\u00e9gorie",
        },
        {
            "customer_id": "Klantnummer",
            "transaction_id": "Factuurnummer",
            "transaction_date": "Besteldatum",
            "net_sales_amount": "Omzet",
            "discount_amount": "Korting",
            "quantity": "Aantal",
            "product_category": "Productgroep",
        },
        {
            "customer_id": "ID cliente",
            "transaction_id": "N\u00famero pedido",
            "transaction_date": "Fecha",
            "net_sales_amount": "Importe",
            "discount_amount": "Descuento",
            "quantity": "Cantidad",
            "product_category": "Categor\u00eda",
        },
    ],
    ids=["German", "German, short", "French", "Dutch", "Spanish"],
)
def test_names_in_other_languages(names: dict[str, str]) -> None:
    assert resolve_columns([*names.values(), "Bemerkung"]) == names
    assert resolve_columns([name.upper() for name in reversed(names.values())]) == {
        k: v.upper() for k, v in names.items()
    }


@pytest.mark.parametrize(
    "names",
    [
        ["Order #", "Order date (UTC)", "Customer #", "Net sales (EUR)"],
        ["Order No.", "Date & Time", "Customer No.", "Amount in USD"],
        ["Rechnung", "Bestellzeitpunkt", "Debitor", "Umsatz netto EUR"],
        ["Bestelling", "Datum bestelling", "Klant-ID", "Bedrag excl. btw"],
        ["R\u00e9f\u00e9rence de la commande", "Date de la commande", "Identifiant client", "Montant HT (\u20ac)"],
        ["N\u00ba do pedido", "Data da compra", "ID do cliente", "Valor l\u00edquido R$"],
        ["N\u00famero de factura", "Fecha de la factura", "C\u00f3digo de cliente", "Importe [EUR]"],
        ["Ordine", "Data dell'ordine", "ID del cliente", "Importo netto \u20ac"],
    ],
)
def test_match_columns_ignores_units_and_articles(names: list[str]) -> None:
    wanted = ["transaction_id", "transaction_date", "customer_id", "net_sales_amount"]
    assert resolve_columns(names) == dict(zip(wanted, names, strict=True))


def test_match_columns_keeps_words_that_are_no_units() -> None:
    assert match_columns(["SALES TAX", "Total (tax)", "ORDER DAY", "Amount due"]).keys() == {"tax_amount"}


def test_two_that_say_as_much_are_asked() -> None:
    names = ["Kunde", "Bestelldatum", "Rechnungsdatum", "Umsatz"]
    assert "transaction_date" not in match_columns(names)
    with pytest.raises(ColumnError, match="'Bestelldatum' and 'Rechnungsdatum' both match transaction_date") as caught:
        resolve_columns(names)
    assert "--map transaction_date=NAME" in caught.value.hint
    chosen = [("transaction_date", "Rechnungsdatum")]
    assert resolve_columns(names, chosen)["transaction_date"] == "Rechnungsdatum"
    assert find_ambiguous_columns(names, chosen) == {}
    orders = ["Kunde", "Datum", "Umsatz", "Bestellnummer", "Rechnungsnummer"]
    assert "transaction_id" not in resolve_columns(orders, [("transaction_id", "")])


def test_the_more_telling_name_goes_before_and_english_before_both() -> None:
    assert match_columns(["Kunde", "Datum", "Bestelldatum"])["transaction_date"] == "Bestelldatum"
    assert match_columns(["Netto", "Umsatz netto"])["net_sales_amount"] == "Umsatz netto"
    assert match_columns(["Kundennummer", "customer_id"])["customer_id"] == "customer_id"
    assert find_ambiguous_columns(["Bestelldatum", "Rechnungsdatum", "transaction_date"]) == {}


def test_each_word_of_the_table_means_one_thing() -> None:
    words = [word for rows in LOCALIZED_SYNONYMS.values() for row in rows for word in row.split()]
    english = {normalize_name(name) for canonical, names in SYNONYMS.items() for name in (canonical, *names)}
    assert len(words) == len(set(words))
    assert not english & set(words)
    assert all(word == normalize_name(word) for word in words)
    assert set(LOCALIZED_SYNONYMS) < set(SYNONYMS)
