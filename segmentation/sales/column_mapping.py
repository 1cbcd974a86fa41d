"""Required and optional columns of a sales table, and how they are recognized.

Names match regardless of case, punctuation and accents: the name in fct_sales, a common synonym, or a German, French,
Dutch or Spanish name. Where two localized names match equally well, neither is taken and the user is asked.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from segmentation.errors import ColumnError
from segmentation.messages import MapOption, Message

# In order of preference: where a table has several, the first one is used.
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
# Without accents. The second string of a pair is used only where the first matches nothing. "Brutto" includes tax.
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
_NUMBERED = re.compile(r"(.+) \(\d+\)")
AMOUNTS = ("net_sales_amount", "total_amount", "gross_sales_amount")


def resolve_columns(names: Sequence[str], mapping: Iterable[tuple[str, str]] = ()) -> dict[str, str]:
    """Map the columns of fct_sales to those of the source.

    Args:
        names: column names of the source, in its own spelling.
        mapping: pairs (name in fct_sales, name in the source) that override recognition; an empty name means that
            the source has no such column.

    Returns:
        name in fct_sales -> name in the source, for the columns that match.

    Raises:
        ColumnError: a required column is missing, a mapped one does not exist, or two match equally well.

    >>> resolve_columns(["CustomerID", "InvoiceNo", "InvoiceDate", "Revenue"])["customer_id"]
    'CustomerID'
    """
    mapping = tuple(mapping)
    columns = match_columns(names, mapping)
    for name, candidates in find_ambiguous_columns(names, mapping).items():
        raise ColumnError(
            f"{' and '.join(map(repr, candidates))} both match {name}.",
            hint=Message(
                "Specify which to use{how}.",
                {"how": MapOption(f": --map {name}=NAME, or --map {name}= for none of them")},
            ),
        )
    _require_columns(columns, names)
    return columns


def find_ambiguous_columns(names: Sequence[str], mapping: Iterable[tuple[str, str]] = ()) -> dict[str, list[str]]:
    """Find columns that match equally well: name in fct_sales -> candidate names in the source.

    >>> find_ambiguous_columns(["Kunde", "Bestelldatum", "Rechnungsdatum", "Umsatz"])
    {'transaction_date': ['Bestelldatum', 'Rechnungsdatum']}
    """
    mapping = tuple(mapping)
    taken = {*match_columns(names, mapping).values(), *dict(mapping).values()}
    settled = {*match_columns(names, mapping), *dict(mapping)}
    open_names = [name for name in SYNONYMS if name not in settled]
    matches = {name: _match_repeated(name, names, taken) or _match_localized(name, names, taken) for name in open_names}
    return {name: candidates for name, candidates in matches.items() if len(candidates) > 1}


def match_columns(names: Sequence[str], mapping: Iterable[tuple[str, str]] = ()) -> dict[str, str]:
    """Like `resolve_columns`, without an error for missing or ambiguous columns."""
    by_plain_name: dict[str, str] = {}
    for name in names:
        by_plain_name.setdefault(normalize_name(name), name)
    overrides = _check_mapping(dict(mapping), names)
    taken = set(overrides.values())
    columns = {canonical: name for canonical, name in overrides.items() if name}
    for canonical, synonyms in SYNONYMS.items():
        if canonical in overrides:
            continue
        for candidate in (canonical, *synonyms):
            match = by_plain_name.get(normalize_name(candidate))
            if match is not None and match not in taken:
                columns[canonical] = match
                taken.add(match)
                break
    for canonical in [name for name in LOCALIZED_SYNONYMS if name not in columns and name not in overrides]:
        matches = _match_localized(canonical, names, taken)
        if len(matches) == 1:
            columns[canonical] = matches[0]
            taken.add(matches[0])
    return {name: columns[name] for name in SYNONYMS if name in columns}


def normalize_name(name: str) -> str:
    """Lower-case a name and drop its punctuation and accents: customerid for Customer_ID, quantite for Quantit\u00e9.

    >>> [normalize_name(name) for name in ("Customer_ID", "Num\u00e9ro client", "St\u00fcckzahl (gro\u00df)")]
    ['customerid', 'numeroclient', 'stuckzahlgross']
    """
    letters = unicodedata.normalize("NFKD", name.casefold())
    return re.sub(r"[\W_]+", "", "".join(char for char in letters if not unicodedata.combining(char)))


def _match_repeated(canonical: str, names: Sequence[str], taken: set[str]) -> list[str]:
    """The columns that share a known name and were numbered therefore: order_id (1), order_id (2)."""
    for synonym in (canonical, *SYNONYMS[canonical]):
        matches = [
            name
            for name in names
            if (parts := _NUMBERED.fullmatch(name))
            and normalize_name(parts[1]) == normalize_name(synonym)
            and name not in taken
        ]
        if len(matches) > 1:
            return matches
    return []


def _match_localized(canonical: str, names: Sequence[str], taken: set[str]) -> list[str]:
    """The columns with a localized name: those with a preferred one, else those with a fallback."""
    for synonyms in LOCALIZED_SYNONYMS.get(canonical, ()):
        matches = [name for name in names if normalize_name(name) in synonyms.split() and name not in taken]
        if matches:
            return matches
    return []


def _check_mapping(mapping: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    by_lower = {name.lower(): name for name in reversed(names)}
    checked = {}
    for canonical, name in mapping.items():
        if canonical not in SYNONYMS:
            known = ", ".join(SYNONYMS)
            raise ColumnError(f"Unknown column {canonical!r} in the mapping.", hint=f"Known: {known}.")
        actual = name if name in names or not name else by_lower.get(name.lower())
        if actual is None:
            close = difflib.get_close_matches(name, names, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"The table has: {', '.join(names[:20])}."
            raise ColumnError(f"The table has no column {name!r}.", hint=hint)
        checked[canonical] = actual
    return checked


def _require_columns(columns: Mapping[str, str], names: Sequence[str]) -> None:
    for required in ("customer_id", "transaction_date"):
        if required not in columns:
            raise ColumnError(
                f"No column for {required} was found.", hint=_describe_mapping(f": --map {required}=NAME", names)
            )
    if not any(amount in columns for amount in AMOUNTS):
        raise ColumnError(
            "No amount column was found.",
            hint=_describe_mapping(": --map net_sales_amount=NAME (or total_amount, gross_sales_amount)", names),
        )


def _describe_mapping(option: str, names: Sequence[str]) -> str:
    available = ", ".join(names[:20])
    return Message("Specify it{how}. The table has: {names}.", {"how": MapOption(option), "names": available})
