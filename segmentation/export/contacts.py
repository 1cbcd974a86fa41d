"""Joins the user's own contact columns to a list at export: consent, valid addresses, and the format of a tool."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from segmentation.errors import ColumnError, SettingsError
from segmentation.export.contact_formats import (
    CONTACT_FORMATS,
    ContactFormat,
    find_roles,
    has_consent,
    hash_value,
    normalize_email,
    normalize_phone,
    normalize_text,
)
from segmentation.export.contact_table import find_id_column
from segmentation.export.country_names import normalize_country
from segmentation.presentation.formatting import format_count
from segmentation.runtime.tabular_files import render_csv

INVALID_COLUMNS = ("customer_id", "column", "value")
_LIST_COLUMNS = ("customer_id", "segment_name", "campaign_id")


@dataclass(frozen=True)
class ContactOptions:
    """How contact columns are joined."""

    contact_format: str | None = None
    """One of CONTACT_FORMATS; None: the contact columns follow those of the list as they are."""
    id_column: str | None = None
    """None: found by its name or values."""
    consent_column: str | None = None
    """Only customers whose value gives consent; None: not filtered."""
    country: str = ""
    """Two-letter code of phone numbers without a country code, where the row has none either."""


@dataclass(frozen=True, eq=False)
class ContactList:
    """A list with contact columns."""

    frame: pd.DataFrame
    invalid: pd.DataFrame
    """INVALID_COLUMNS: addresses that are not valid, in order of the list."""
    without_contact: int
    """Customers who are not in the contact table."""
    without_consent: int
    without_address: int
    """Customers without a valid e-mail address or phone number, which a tool needs."""
    repeated: int
    """Rows of the contact table beyond the first of a customer; they are not used."""
    min_customers: int = 0
    """Below this number the tool refuses or hides the list."""


def select_consenting(customer_ids: pd.Series, contacts: pd.DataFrame, options: ContactOptions) -> pd.Series:
    """Whether each customer gives consent, in every row; one who is not in the contact table does not.

    Raises:
        ColumnError: there is no such column.
    """
    id_column = find_id_column(contacts, customer_ids, options.id_column)
    consents = contacts[_get_consent_column(contacts, options)].fillna("").map(has_consent).astype(bool)
    of_customer = consents.groupby(contacts[id_column]).all()  # one row that withdraws it is enough
    return of_customer.reindex(customer_ids, fill_value=False).reset_index(drop=True)


def join_contacts(rows: pd.DataFrame, contacts: pd.DataFrame, options: ContactOptions) -> ContactList:
    """Join contact columns to a list.

    Args:
        rows: one row per customer: customer_id and further columns.
        contacts: every column as text, "" where a value is missing; nothing of it is stored.
        options: format, columns and consent.

    Raises:
        SettingsError: the format is unknown.
        ColumnError: a column is missing.
    """
    if options.contact_format is not None and options.contact_format not in CONTACT_FORMATS:
        raise SettingsError(
            f"Unknown format {options.contact_format!r}.", hint=f"Choose one of: {', '.join(CONTACT_FORMATS)}."
        )
    id_column = find_id_column(contacts, rows["customer_id"], options.id_column)
    joined = _match_rows(rows["customer_id"], contacts, options)
    is_known = joined[id_column].notna()
    is_consenting = pd.Series(True, index=joined.index)
    if options.consent_column is not None:
        is_consenting = select_consenting(rows["customer_id"], contacts, options)
    selected = is_known & is_consenting
    listed, joined = rows[selected.to_numpy()].reset_index(drop=True), joined[selected].reset_index(drop=True)
    cleaned, invalid = _clean_addresses(listed, joined, find_roles(list(contacts.columns)), options)
    counts = {
        "without_contact": int((~is_known).sum()),
        "without_consent": int((is_known & ~is_consenting).sum()),
        "repeated": int(contacts[id_column].duplicated().sum()),
    }
    if options.contact_format is None:
        own = cleaned.drop(columns=[id_column, *(name for name in rows if name in cleaned and name != id_column)])
        return ContactList(pd.concat([listed, own], axis=1), invalid, without_address=0, **counts)
    target = CONTACT_FORMATS[options.contact_format]
    roles = find_roles(list(contacts.columns))
    if not {"email", "phone"} & roles.keys():
        raise ColumnError(
            "The contact table has no e-mail address and no phone number.", hint="Name the column of addresses email."
        )
    addresses = [roles[role] for role in ("email", "phone") if role in roles]
    has_address = (cleaned[addresses] != "").any(axis=1)
    frame = _format_contacts(cleaned[has_address], listed[has_address], roles, target)
    return ContactList(
        frame,
        invalid,
        without_address=int((~has_address).sum()),
        min_customers=target.min_customers,
        **counts,
    )


def render_contacts(rows: pd.DataFrame, contacts: pd.DataFrame, options: ContactOptions) -> tuple[bytes, ContactList]:
    """The joined list as CSV, for downloads; the format of a tool is written without escaping formulas.

    Args:
        rows, contacts, options: as in `join_contacts`.

    Raises:
        SettingsError, ColumnError: as in `join_contacts`.
    """
    joined = join_contacts(rows, contacts, options)
    return render_csv(joined.frame, escape_formulas=options.contact_format is None), joined


def describe_contacts(joined: ContactList) -> Iterator[str]:
    """How many customers the list has, and why others are missing; in the number format of the context."""
    invalid = joined.invalid["column"].value_counts()
    parts = [
        (joined.without_contact, "not in the contact table"),
        (joined.without_consent, "without consent"),
        (joined.without_address, "without a valid address"),
    ]
    left_out = [f"{format_count(number)} {reason}" for number, reason in parts if number]
    yield (
        f"The list has {format_count(len(joined.frame))} customers"
        + (f"; left out: {', '.join(left_out)}." if left_out else ".")
    )
    for column, number in invalid.items():
        yield f"{format_count(number)} invalid value{'s' * (number != 1)} of {column}."
    if joined.repeated:
        yield _describe_repeated(joined.repeated)
    if len(joined.frame) < joined.min_customers:
        yield f"The tool needs at least {format_count(joined.min_customers)} customers."


def _describe_repeated(number: int) -> str:
    if number == 1:
        return "1 further row of the same customer was not used."
    return f"{format_count(number)} further rows of the same customers were not used."


def _match_rows(customer_ids: pd.Series, contacts: pd.DataFrame, options: ContactOptions) -> pd.DataFrame:
    """The first contact row of each customer, NaN for those without one."""
    id_column = find_id_column(contacts, customer_ids, options.id_column)
    first = contacts.drop_duplicates(id_column).set_index(id_column, drop=False)
    return first.reindex(customer_ids).reset_index(drop=True)


def _get_consent_column(contacts: pd.DataFrame, options: ContactOptions) -> str:
    column = options.consent_column or find_roles(list(contacts.columns)).get("consent", "consent")
    if column not in contacts:
        raise ColumnError(f"There is no column {column!r}.", hint=f"Columns: {', '.join(contacts.columns[:20])}.")
    return column


def _clean_addresses(
    listed: pd.DataFrame, joined: pd.DataFrame, roles: dict[str, str], options: ContactOptions
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Normalize e-mail addresses and phone numbers; invalid ones become "" and are listed."""
    countries = pd.Series(normalize_country(options.country), index=joined.index)
    if "country" in roles:
        own = joined[roles["country"]].map(normalize_country)
        countries = own.where(own != "", countries)
    invalid = []
    cleaned = joined.copy()
    for role in ("email", "phone"):
        if role not in roles:
            continue
        column = roles[role]
        values = [
            normalize_email(text) if role == "email" else normalize_phone(text, country)
            for text, country in zip(joined[column], countries, strict=True)
        ]
        is_invalid = joined[column].str.strip().ne("") & pd.Series(values, index=joined.index).isna()
        bad = pd.DataFrame({"customer_id": listed["customer_id"], "column": column, "value": joined[column]})
        invalid.append(bad[is_invalid])
        cleaned[column] = ["" if value is None else value for value in values]
    listed_invalid = pd.concat(invalid, ignore_index=True) if invalid else pd.DataFrame(columns=list(INVALID_COLUMNS))
    return cleaned, listed_invalid


def _format_contacts(
    cleaned: pd.DataFrame, listed: pd.DataFrame, roles: dict[str, str], target: ContactFormat
) -> pd.DataFrame:
    """The columns of one tool; those without a column in the contact table are left out."""
    columns: dict[str, pd.Series] = {}
    for role, name in target.columns.items():
        if role not in roles:
            continue
        values = cleaned[roles[role]].str.strip()
        if role == "phone" and not target.phone_plus:
            values = values.str.removeprefix("+")
        elif role == "country":
            values = values.map(lambda text: normalize_country(text) or text)
        if role in target.hashed:
            if role not in {"email", "phone"}:
                values = values.map(lambda text, role=role: normalize_text(role, text))
            values = values.map(hash_value)
        columns[name] = values
    if target.with_list_columns:
        columns |= {name: listed[name] for name in _LIST_COLUMNS if name in listed}
    return pd.DataFrame(columns).reset_index(drop=True)
