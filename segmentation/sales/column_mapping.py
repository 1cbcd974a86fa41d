"""What a sales table must and may hold, and how its columns are recognized.

Columns are found whatever their case, punctuation and accents: by their name in fct_sales, by a common synonym, or by
what they are called in German, French, Dutch or Spanish. Of these nothing is guessed: two that say as much are asked.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from segmentation.errors import ColumnError

# Most telling first: where a table has several, the first of this order is taken.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "customer_id": (
        "customerid",
        "customer",
        "customer_key",
        "customer_no",
        "customer_number",
        "cust_id",
        "client_id",
        "user_id",
        "household_id",
        "household_key",
        "member_id",
        "shopper_id",
        "account_id",
    ),
    "transaction_id": (
        "transactionid",
        "transaction",
        "order_id",
        "order_no",
        "order_number",
        "invoice_id",
        "invoice_no",
        "invoice",
        "invoice_number",
        "basket_id",
        "receipt_id",
        "receipt_no",
        "bill_no",
        "sale_id",
        "ticket_id",
    ),
    "transaction_date": (
        "transaction_timestamp",
        "transaction_datetime",
        "order_date",
        "order_timestamp",
        "order_datetime",
        "invoice_date",
        "purchase_date",
        "sale_date",
        "sales_date",
        "ordered_at",
        "purchased_at",
        "date",
        "day",
        "datetime",
        "timestamp",
        "created_at",
    ),
    "net_sales_amount": (
        "net_sales",
        "net_amount",
        "net_revenue",
        "net_value",
        "sales_value",
        "sales_amount",
        "revenue",
        "line_total",
        "line_amount",
        "amount",
        "sales",
        "spend",
    ),
    "total_amount": ("total", "total_price", "total_sales", "order_total", "invoice_amount", "amount_paid"),
    "gross_sales_amount": ("gross_sales", "gross_amount", "gross_revenue", "gross_value", "gross"),
    "discount_amount": ("discount", "discount_value", "total_discount", "discounts", "retail_disc"),
    "quantity": ("qty", "units", "quantity_sold", "item_count"),
    "product_category": ("category", "category_name", "product_type", "department", "product_group"),
    "coupon_status": ("coupon", "coupon_used"),
}
# Without accents; the second row of each is looked at only where the first finds nothing. "Brutto" is paid with tax.
LOCALIZED_SYNONYMS: dict[str, tuple[str, str]] = {
    "customer_id": (
        """kundennummer kundennr kundenid kdnr kdnummer kundenschluessel debitor debitorennummer debitorennr
        mitgliedsnummer idclient numeroclient noclient nclient codeclient clientno clientnr klantnummer klantnr
        klantid klantcode idcliente clienteid numerocliente numcliente codigocliente codcliente""",
        "kunde client klant cliente",
    ),
    "transaction_id": (
        """bestellnummer bestellnr bestellid rechnungsnummer rechnungsnr rechnungnr belegnummer belegnr
        auftragsnummer auftragsnr auftragid bonnummer bonnr numerocommande nocommande ncommande idcommande
        commandeid numerofacture nofacture nfacture idfacture bestelnummer bestelnr ordernummer factuurnummer
        factuurnr numeropedido numpedido npedido idpedido pedidoid numerofactura numfactura nfactura idfactura""",
        "bestellung rechnung beleg auftrag bon commande facture bestelling factuur pedido factura",
    ),
    "transaction_date": (
        """bestelldatum rechnungsdatum kaufdatum belegdatum verkaufsdatum auftragsdatum buchungsdatum datecommande
        datedecommande datefacture datedefacture dateachat datedachat datevente besteldatum orderdatum
        factuurdatum aankoopdatum fechapedido fechadepedido fechafactura fechacompra fechadecompra fechaventa""",
        "datum tag jour fecha",
    ),
    "net_sales_amount": (
        """umsatznetto nettoumsatz nettobetrag betragnetto nettoerloes nettoerlos montantht montantnet canet caht
        ventesnettes nettoomzet omzetnetto nettobedrag importeneto ventasnetas ventaneta""",
        "umsatz betrag erloes erlos netto chiffredaffaires montant ventes omzet bedrag importe ventas venta neto",
    ),
    "total_amount": (
        """gesamtbetrag gesamtpreis gesamtsumme rechnungsbetrag umsatzbrutto bruttoumsatz bruttobetrag betragbrutto
        brutto montantttc montanttotal totalttc prixtotal totaalbedrag totaalprijs brutobedrag importetotal
        importebruto preciototal""",
        "summe gesamt totaal",
    ),
    "gross_sales_amount": (
        "umsatzvorrabatt betragvorrabatt montantavantremise bedragvoorkorting importeantesdescuento",
        "",
    ),
    "discount_amount": (
        "rabattbetrag montantremise kortingsbedrag importedescuento",
        "rabatt nachlass remise rabais korting descuento",
    ),
    "quantity": (
        "menge anzahl stueckzahl stuckzahl quantite qte aantal hoeveelheid cantidad unidades",
        "stueck stuck",
    ),
    "product_category": (
        """warengruppe produktgruppe artikelgruppe produktkategorie kategorie categorieproduit categorie productgroep
        artikelgroep productcategorie categoria categoriaproducto""",
        "sortiment famille rayon familia",
    ),
}
AMOUNTS = ("net_sales_amount", "total_amount", "gross_sales_amount")


def resolve_columns(names: Sequence[str], mapping: Iterable[tuple[str, str]] = ()) -> dict[str, str]:
    """Which column of the source is which column of fct_sales.

    Args:
        names: column names of the source, in its own spelling.
        mapping: pairs (name in fct_sales, name in the source) that go before what would be recognized; an empty name
            says that there is no such column.

    Returns:
        name in fct_sales -> name in the source, for the columns that were found.

    Raises:
        ColumnError: a column that is needed is missing, a chosen one is not there, or two may be meant.

    >>> resolve_columns(["CustomerID", "InvoiceNo", "InvoiceDate", "Revenue"])["customer_id"]
    'CustomerID'
    """
    mapping = tuple(mapping)
    found = match_columns(names, mapping)
    for name, several in find_ambiguous_columns(names, mapping).items():
        raise ColumnError(
            f"{' and '.join(map(repr, several))} may both be {name}.",
            hint=f"Say which one it is: --map {name}=NAME, or --map {name}= for none of them.",
        )
    _require_columns(found, names)
    return found


def find_ambiguous_columns(names: Sequence[str], mapping: Iterable[tuple[str, str]] = ()) -> dict[str, list[str]]:
    """Where several columns say as much: name in fct_sales -> names in the source, none of which is taken.

    >>> find_ambiguous_columns(["Kunde", "Bestelldatum", "Rechnungsdatum", "Umsatz"])
    {'transaction_date': ['Bestelldatum', 'Rechnungsdatum']}
    """
    mapping = tuple(mapping)
    taken = {*match_columns(names, mapping).values(), *dict(mapping).values()}
    settled = {*match_columns(names, mapping), *dict(mapping)}
    several = {name: _match_localized(name, names, taken) for name in LOCALIZED_SYNONYMS if name not in settled}
    return {name: found for name, found in several.items() if len(found) > 1}


def match_columns(names: Sequence[str], mapping: Iterable[tuple[str, str]] = ()) -> dict[str, str]:
    """The same as `resolve_columns`, also where a column that is needed is missing."""
    by_plain_name: dict[str, str] = {}
    for name in names:
        by_plain_name.setdefault(normalize_name(name), name)
    overrides = _check_mapping(dict(mapping), names)
    taken = set(overrides.values())
    found = {canonical: name for canonical, name in overrides.items() if name}
    for canonical, synonyms in SYNONYMS.items():
        if canonical in overrides:
            continue
        for candidate in (canonical, *synonyms):
            match = by_plain_name.get(normalize_name(candidate))
            if match is not None and match not in taken:
                found[canonical] = match
                taken.add(match)
                break
    for canonical in [name for name in LOCALIZED_SYNONYMS if name not in found and name not in overrides]:
        matches = _match_localized(canonical, names, taken)
        if len(matches) == 1:
            found[canonical] = matches[0]
            taken.add(matches[0])
    return {name: found[name] for name in SYNONYMS if name in found}


def normalize_name(name: str) -> str:
    """A name without what differs between spellings of it: customerid for Customer_ID, quantite for Quantit\u00e9.

    >>> normalize_name("Customer_ID"), normalize_name("Num\u00e9ro client"), normalize_name("St\u00fcckzahl (gro\u00df)")
    ('customerid', 'numeroclient', 'stuckzahlgross')
    """
    letters = unicodedata.normalize("NFKD", name.casefold())
    return re.sub(r"[\W_]+", "", "".join(sign for sign in letters if not unicodedata.combining(sign)))


def _match_localized(canonical: str, names: Sequence[str], taken: set[str]) -> list[str]:
    """The columns that other languages call so: those of the telling names, else those of the others."""
    for words in LOCALIZED_SYNONYMS[canonical]:
        found = [name for name in names if normalize_name(name) in words.split() and name not in taken]
        if found:
            return found
    return []


def _check_mapping(chosen: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    by_lower = {name.lower(): name for name in reversed(names)}
    checked = {}
    for canonical, name in chosen.items():
        if canonical not in SYNONYMS:
            raise ColumnError(f"There is no column {canonical!r} to map to.", hint=f"Known: {', '.join(SYNONYMS)}.")
        actual = name if name in names or not name else by_lower.get(name.lower())
        if actual is None:
            close = difflib.get_close_matches(name, names, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"The table has: {', '.join(names[:20])}."
            raise ColumnError(f"The table has no column {name!r}.", hint=hint)
        checked[canonical] = actual
    return checked


def _require_columns(found: Mapping[str, str], names: Sequence[str]) -> None:
    has = f"The table has: {', '.join(names[:20])}."
    for needed in ("customer_id", "transaction_date"):
        if needed not in found:
            raise ColumnError(
                f"No column for {needed} was found.", hint=f"Say which one it is: --map {needed}=NAME. {has}"
            )
    if not any(amount in found for amount in AMOUNTS):
        raise ColumnError(
            "No column with an amount of money was found.",
            hint=f"Say which one it is: --map net_sales_amount=NAME (or total_amount, gross_sales_amount). {has}",
        )
