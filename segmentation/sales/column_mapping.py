"""Required and optional columns of a sales table, and how they are recognized.

Names match regardless of case, punctuation and accents: the name in fct_sales, a common synonym, or a name in one of
eight other languages (see `column_names`). Where two localized names match equally well, the user is asked.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from segmentation.errors import ColumnError
from segmentation.messages import MapOption, Message
from segmentation.sales.column_names import LOCALIZED_SYNONYMS, SYNONYMS

_NUMBERED = re.compile(r"(.+) \(\d+\)")
_UNIT_CODES = (
    "USD|EUR|GBP|CHF|SEK|NOK|DKK|ISK|PLN|CZK|HUF|RON|BGN|TRY|RUB|UAH|BRL|MXN|ARS|CLP|COP|PEN|CAD|AUD|NZD|JPY|CNY|INR|"
    "KRW|SGD|HKD|TWD|THB|IDR|MYR|PHP|VND|ZAR|ILS|AED|SAR|EGP|NGN|KES|UTC|GMT|CET|EST|PST|kr|z\u0142|K\u010d|R\\$"
)
_UNIT = re.compile(
    r"\s*(?:[(\[]\s*(?:in\s+)?{0}\s*[)\]]|(?<![^\W_])(?:in\s+)?{0})\s*$".format(
        f"(?:[$\u20ac\u00a3\u00a5\u20b9]|{_UNIT_CODES})"
    ),
    re.IGNORECASE,
)
"""A currency or time zone at the end of a name: Amount (USD), Total in EUR, Sales \u20ac, Order date (UTC)."""
_ARTICLES = re.compile(r"\b(?:de la|de|del|della|dell|do|da|du|des|d|di|la|le|van|der|het|av)\b", re.IGNORECASE)
"""Articles and prepositions within a localized name: ID do cliente, Fecha de factura."""
_STROKED_LETTERS = str.maketrans("\u0142\u00f8\u0111\u0131", "lodi")  # these do not decompose into letter and accent
_PREFIXED = re.compile(r"(?:.*[./])?(.+?)(?:\.|/|__)([^./]+)")
_SALES_TABLES = {"order", "sale", "transaction", "invoice", "line", "item", "orderline", "orderitem", "lineitem"}
AMOUNTS = ("net_sales_amount", "total_amount", "gross_sales_amount", "subtotal_amount")
"""Any one of these gives the money; without them, it is unit price x quantity."""


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
    open_names = [name for name in SYNONYMS if name not in settled and name != "product"]  # any one names the item
    matches = {name: _match_repeated(name, names, taken) or _match_localized(name, names, taken) for name in open_names}
    return {name: candidates for name, candidates in matches.items() if len(candidates) > 1}


def match_columns(names: Sequence[str], mapping: Iterable[tuple[str, str]] = ()) -> dict[str, str]:
    """Like `resolve_columns`, without an error for missing or ambiguous columns."""
    by_normalized_name = index_by_normalized_name(names)
    overrides = _check_mapping(dict(mapping), names)
    taken = set(overrides.values())
    columns = {canonical: name for canonical, name in overrides.items() if name}
    for canonical, synonyms in SYNONYMS.items():
        if canonical in overrides:
            continue
        for candidate in (canonical, *synonyms):
            match = by_normalized_name.get(normalize_name(candidate))
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


def index_by_normalized_name(names: Sequence[str]) -> dict[str, str]:
    """Normalized name -> column; a prefixed one such as orders.customer_id also by its bare name, unless that is taken.

    >>> index_by_normalized_name(["orders.id", "customers.id", "orders.created_at"])["customerid"]
    'customers.id'
    >>> index_by_normalized_name(["customers.created_at", "orders.created_at"])["createdat"]
    'orders.created_at'
    """
    index: dict[str, str] = {}
    for name in names:
        index.setdefault(normalize_name(name), name)
    for name in names:
        index.setdefault(normalize_name(_UNIT.sub("", name)), name)
    prefixed = [(match[1], match[2], name) for name in names if (match := _PREFIXED.fullmatch(name.strip()))]
    for table, column, name in sorted(
        prefixed, key=lambda entry: normalize_name(entry[0]).rstrip("s") not in _SALES_TABLES
    ):
        for plain in (normalize_name(column), normalize_name(table).removesuffix("s") + normalize_name(column)):
            index.setdefault(plain, name)
    return index


def normalize_name(name: str) -> str:
    """Lower-case a name and drop its punctuation and accents: customerid for Customer_ID, quantite for Quantit\u00e9.

    >>> [normalize_name(name) for name in ("Customer_ID", "Num\u00e9ro client", "St\u00fcckzahl (gro\u00df)")]
    ['customerid', 'numeroclient', 'stuckzahlgross']
    """
    return re.sub(r"[\W_]+", "", strip_accents(name))


def strip_accents(text: str) -> str:
    """Lower-case a text and drop its accents.

    >>> strip_accents("Warto\u015b\u0107 P\u0142atno\u015bci")
    'wartosc platnosci'
    """
    letters = unicodedata.normalize("NFKD", text.casefold().translate(_STROKED_LETTERS))
    return "".join(char for char in letters if not unicodedata.combining(char))


def _match_repeated(canonical: str, names: Sequence[str], taken: set[str]) -> list[str]:
    """The columns that share a known name and were therefore numbered: order_id (1), order_id (2)."""
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
        known = set(synonyms.split())
        matches = [name for name in names if name not in taken and _list_normalized_names(name) & known]
        if matches:
            return matches
    return []


def _list_normalized_names(name: str) -> set[str]:
    """The normalized name, also without a unit at its end and without articles."""
    short = _UNIT.sub("", name)
    return {normalize_name(text) for text in (name, short, _ARTICLES.sub("", short))} - {""}


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
                f"No column for {required} was found.", hint=_build_mapping_hint(f": --map {required}=NAME", names)
            )
    if not columns.keys() & AMOUNTS and not columns.keys() >= {"unit_price", "quantity"}:
        raise ColumnError(
            "No amount column was found.",
            hint=_build_mapping_hint(
                ": --map net_sales_amount=NAME (or total_amount, gross_sales_amount, or unit_price and quantity)", names
            ),
        )


def _build_mapping_hint(option: str, names: Sequence[str]) -> str:
    available = ", ".join(names[:20])
    return Message("Specify it{how}. The table has: {names}.", {"how": MapOption(option), "names": available})
