"""Contact columns in the formats of mailing tools and ad platforms: normalized, checked and, where asked for, hashed.

Google hashes e-mail, phone and names, not country and ZIP; Meta hashes everything. Phone numbers are written as E.164.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

import phonenumbers

from segmentation.runtime.boolean_texts import YES_TEXTS

COLUMN_NAMES = {
    "email": ("email", "emailaddress", "mail", "emailadresse"),
    "phone": ("phone", "phonenumber", "mobile", "mobilephone", "telephone", "tel", "telefon"),
    "first_name": ("firstname", "givenname", "fn", "vorname"),
    "last_name": ("lastname", "surname", "familyname", "ln", "nachname"),
    "city": ("city", "town", "ct", "ort", "stadt"),
    "state": ("state", "region", "province", "st"),
    "zip": ("zip", "zipcode", "postalcode", "postcode", "plz"),
    "country": ("country", "countrycode", "land"),
    "consent": ("consent", "optin", "marketingconsent", "acceptsmarketing", "subscribed"),
}
"""Role -> names of columns that have it, without spaces and punctuation, in lower case."""
CONSENTING = YES_TEXTS | {
    *("granted", "accepted", "agreed", "confirmed"),
    *("subscribed", "opt-in", "opt in", "optin", "opted-in", "opted in", "double opt-in"),
}
"""Values that give consent, in lower case; every other value, a missing one too, does not."""
_LOCAL_PART = r"(?![.'])(?!.*[.]{2})[^\s@,;<>\"]{1,64}(?<![.'])"
_EMAIL = re.compile(_LOCAL_PART + r"@(?:[^\W_](?:[\w-]*[^\W_])?\.)+(?:xn--[a-z0-9-]+|[^\W\d_]{2,})")


@dataclass(frozen=True)
class ContactFormat:
    """Columns that a tool expects."""

    label: str
    columns: dict[str, str]
    """Role -> name of the column."""
    hashed: frozenset[str] = frozenset()
    """Roles whose values are hashed by SHA-256."""
    phone_plus: bool = True
    """Whether phone numbers begin with +."""
    with_list_columns: bool = False
    """Whether customer_id, segment_name and campaign_id follow, as properties of the profile."""
    min_customers: int = 0
    """Below this number the tool refuses or hides the list."""


_HASHED_BY_GOOGLE = frozenset({"email", "phone", "first_name", "last_name"})
CONTACT_FORMATS = {
    "klaviyo": ContactFormat(
        "Klaviyo",
        {
            "email": "Email",
            "phone": "Phone Number",
            "first_name": "First Name",
            "last_name": "Last Name",
            "city": "City",
            "state": "Region",
            "zip": "Zip Code",
            "country": "Country",
        },
        with_list_columns=True,
    ),
    "google": ContactFormat(
        "Google Customer Match",
        {
            "email": "Email",
            "phone": "Phone",
            "first_name": "First Name",
            "last_name": "Last Name",
            "country": "Country",
            "zip": "Zip",
        },
        hashed=_HASHED_BY_GOOGLE,
    ),
    "meta": ContactFormat(
        "Meta custom audience",
        {
            "email": "email",
            "phone": "phone",
            "first_name": "fn",
            "last_name": "ln",
            "city": "ct",
            "state": "st",
            "zip": "zip",
            "country": "country",
        },
        hashed=frozenset({"email", "phone", "first_name", "last_name", "city", "state", "zip", "country"}),
        phone_plus=False,
        min_customers=100,
    ),
}


def normalize_email(text: str) -> str | None:
    """An address in lower case without spaces around it; None if it is not one.

    >>> normalize_email(" Ann@Example.COM "), normalize_email("ann@example"), normalize_email("")
    ('ann@example.com', None, None)
    >>> normalize_email("o'hara@bücher.de"), normalize_email("'ann@example.com"), normalize_email("a..b@example.com")
    ("o'hara@bücher.de", None, None)
    """
    text = text.strip().lower()
    return text if len(text) <= 254 and _EMAIL.fullmatch(text) else None


def normalize_phone(text: str, country: str = "") -> str | None:
    """A phone number as E.164; None if it is not a valid one.

    Args:
        text: as the customer wrote it.
        country: two-letter code for numbers without a country code.

    >>> normalize_phone("0171 1234567", "DE"), normalize_phone("+1 (650) 253-0000"), normalize_phone("12", "US")
    ('+491711234567', '+16502530000', None)
    """
    for spelling in (text, re.sub(r"^\s*00", "+", text)):  # 00 is not the international prefix of every country
        try:
            number = phonenumbers.parse(spelling, country.upper() or None)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return None


def has_consent(text: str) -> bool:
    """Whether a value of a consent column gives consent.

    >>> has_consent("Yes"), has_consent("no"), has_consent("")
    (True, False, False)
    """
    return text.strip().lower() in CONSENTING


def hash_value(text: str) -> str:
    """SHA-256 of a normalized value in lower-case hexadecimal; "" for a missing one.

    >>> hash_value("test@example.com")[:16]
    '973dfe463ec85785'
    """
    return hashlib.sha256(text.encode()).hexdigest() if text else ""


def normalize_text(role: str, text: str) -> str:
    """A name, place or ZIP in the form that is hashed: lower case, without spaces (inside as well for places).

    >>> normalize_text("first_name", " Mary Ann "), normalize_text("city", "New York")
    ('mary ann', 'newyork')
    """
    text = text.strip().lower()
    return text if role in {"first_name", "last_name"} else re.sub(r"\s+", "", text)


def find_roles(columns: list[str]) -> dict[str, str]:
    """Role -> column, for the columns whose names are known.

    >>> find_roles(["E-Mail", "Phone_Number", "segment"])
    {'email': 'E-Mail', 'phone': 'Phone_Number'}
    """
    by_name = {re.sub(r"[\W_]+", "", column).lower(): column for column in reversed(columns)}
    matches = {
        role: next((by_name[name] for name in names if name in by_name), None) for role, names in COLUMN_NAMES.items()
    }
    return {role: column for role, column in matches.items() if column is not None}
