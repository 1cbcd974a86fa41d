"""Contact columns: formats of the tools, consent, invalid addresses."""

from __future__ import annotations

import hashlib

import pandas as pd
import pytest

from segmentation.errors import ColumnError, SettingsError
from segmentation.export.contact_formats import find_roles, has_consent, normalize_email, normalize_phone
from segmentation.export.contacts import ContactOptions, describe_contacts, join_contacts, select_consenting

ROWS = pd.DataFrame(
    {
        "customer_id": ["00123", "7", "8", "9", "10"],
        "segment_id": 1,
        "segment_name": "New",
        "group": "contacted",
        "campaign_id": "spring",
    }
)
CONTACTS = pd.DataFrame(
    [
        ("00123", " Ann@Example.COM ", "(650) 253-0000", " Ann ", "O'Hara", "us", "94043", "yes"),
        ("7", "bob@example.com", "0171 1234567", "Bob", "Zoë", "DE", "10 115", "Yes"),
        ("8", "not an address", "123", "Cy", "", "US", "1", "1"),
        ("9", "dora@example.com", "", "Dora", "", "", "2", "no"),
        ("7", "second@example.com", "", "", "", "", "", "yes"),
        ("99", "else@example.com", "", "", "", "", "", "yes"),
    ],
    columns=["customer_id", "E-Mail", "Phone", "First name", "Last name", "Country", "Zip", "Opt in"],
)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_join_contacts_google_customer_match() -> None:
    joined = join_contacts(ROWS, CONTACTS, ContactOptions("google", consent_column="Opt in"))
    assert joined.frame.to_dict("records") == [
        {
            "Email": sha256("ann@example.com"),
            "Phone": sha256("+16502530000"),
            "First Name": sha256("ann"),
            "Last Name": sha256("o'hara"),
            "Country": "US",
            "Zip": "94043",
        },
        {
            "Email": sha256("bob@example.com"),
            "Phone": sha256("+491711234567"),
            "First Name": sha256("bob"),
            "Last Name": sha256("zoë"),
            "Country": "DE",
            "Zip": "10 115",
        },
    ]
    assert (joined.without_contact, joined.without_consent, joined.without_address, joined.repeated) == (1, 1, 1, 1)
    assert joined.invalid.to_dict("records") == [
        {"customer_id": "8", "column": "E-Mail", "value": "not an address"},
        {"customer_id": "8", "column": "Phone", "value": "123"},
    ]
    assert list(describe_contacts(joined)) == [
        "The list has 2 customers; left out: 1 not in the contact table, 1 without consent, 1 without a valid address.",
        "1 invalid value of E-Mail.",
        "1 invalid value of Phone.",
        "1 further row of the same customer was not used.",
    ]


def test_join_contacts_klaviyo_is_not_hashed() -> None:
    joined = join_contacts(ROWS.head(2), CONTACTS, ContactOptions("klaviyo"))
    assert joined.frame.iloc[1].to_dict() == {
        "Email": "bob@example.com",
        "Phone Number": "+491711234567",
        "First Name": "Bob",
        "Last Name": "Zoë",
        "Zip Code": "10 115",
        "Country": "DE",
        "customer_id": "7",
        "segment_name": "New",
        "campaign_id": "spring",
    }


def test_join_contacts_meta_hashes_everything() -> None:
    joined = join_contacts(ROWS.head(2), CONTACTS, ContactOptions("meta"))
    assert joined.frame.iloc[1].to_dict() == {
        "email": sha256("bob@example.com"),
        "phone": sha256("491711234567"),
        "fn": sha256("bob"),
        "ln": sha256("zoë"),
        "zip": sha256("10115"),
        "country": sha256("de"),
    }
    assert list(describe_contacts(joined))[-1] == "The tool needs at least 100 customers."


def test_join_contacts_without_format_keeps_the_columns() -> None:
    joined = join_contacts(ROWS, CONTACTS, ContactOptions())
    assert list(joined.frame) == [*ROWS, "E-Mail", "Phone", "First name", "Last name", "Country", "Zip", "Opt in"]
    assert joined.frame["customer_id"].tolist() == ["00123", "7", "8", "9"]
    assert joined.frame["E-Mail"].tolist() == ["ann@example.com", "bob@example.com", "", "dora@example.com"]


def test_select_consenting_needs_a_row_with_consent() -> None:
    options = ContactOptions(consent_column="Opt in")
    assert select_consenting(ROWS["customer_id"], CONTACTS, options).tolist() == [True, True, True, False, False]
    with pytest.raises(ColumnError, match="no column 'gdpr'"):
        select_consenting(ROWS["customer_id"], CONTACTS, ContactOptions(consent_column="gdpr"))


def test_join_contacts_refuses_unknown_formats_and_tables_without_addresses() -> None:
    with pytest.raises(SettingsError, match="Unknown format"):
        join_contacts(ROWS, CONTACTS, ContactOptions("fax"))
    with pytest.raises(ColumnError, match="no e-mail address"):
        join_contacts(ROWS, CONTACTS[["customer_id", "Zip"]], ContactOptions("meta"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.b+c@mail.example.co.uk", "a.b+c@mail.example.co.uk"),
        ("jürgen@exämple.de", "jürgen@exämple.de"),
        ("a@b@c.de", None),
        ("a@-b.de", None),
        ("a b@c.de", None),
        ("a@b..de", None),
        ("o'hara@example.com", "o'hara@example.com"),
        ("'ann@example.com", None),
        (".ann@example.com", None),
        ("a..b@example.com", None),
        ("a@xn--e1afmkfd.xn--p1ai", "a@xn--e1afmkfd.xn--p1ai"),
        ("@b.de", None),
    ],
)
def test_normalize_email(text: str, expected: str | None) -> None:
    assert normalize_email(text) == expected


def test_normalize_phone_uses_the_country_of_the_row() -> None:
    assert normalize_phone("020 7946 0958", "GB") == "+442079460958"
    assert normalize_phone("020 7946 0958") is None
    assert normalize_phone("+442079460958", "US") == "+442079460958"
    assert normalize_phone("call me", "US") is None


def test_find_roles_recognizes_common_names() -> None:
    assert find_roles(["EMAIL_ADDRESS", "Mobile Phone", "Vorname", "PLZ", "x"]) == {
        "email": "EMAIL_ADDRESS",
        "phone": "Mobile Phone",
        "first_name": "Vorname",
        "zip": "PLZ",
    }


@pytest.mark.parametrize(
    ("text", "country", "expected"),
    [
        ("0171 1234567", "DE", "+491711234567"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("06-12345678", "NL", "+31612345678"),
        ("(415) 555-2671", "US", "+14155552671"),
        ("090-1234-5678", "JP", "+819012345678"),
        ("0049 171 1234567", "US", "+491711234567"),
        ("14155552671", "US", "+14155552671"),
        ("1.7E+11", "DE", None),
    ],
)
def test_normalize_phone_of_several_countries(text: str, country: str, expected: str | None) -> None:
    assert normalize_phone(text, country) == expected


def test_join_contacts_understands_names_of_countries() -> None:
    contacts = pd.DataFrame(
        {
            "customer_id": ["00123", "7", "8"],
            "email": ["O'Hara@example.com", "anna@пример.рф", ""],
            "phone": ["0171 1234567", "", "06 12 34 56 78"],
            "country": ["Deutschland", "U.S.A.", "FRA"],
        }
    )
    google = join_contacts(ROWS, contacts, ContactOptions("google")).frame
    assert google["Country"].tolist() == ["DE", "US", "FR"]
    assert google["Phone"].tolist() == [sha256("+491711234567"), "", sha256("+33612345678")]
    assert google["Email"].tolist() == [sha256("o'hara@example.com"), sha256("anna@пример.рф"), ""]
    meta = join_contacts(ROWS, contacts, ContactOptions("meta")).frame
    assert meta["country"].tolist() == [sha256("de"), sha256("us"), sha256("fr")]


@pytest.mark.parametrize("word", ["Yes", "JA", "sí", "WAHR", "vrai", "Tak", "opt-in", "1", "TRUE", "はい"])
def test_has_consent_in_several_languages(word: str) -> None:
    assert has_consent(word)


@pytest.mark.parametrize("word", ["no", "nein", "0", "", "unknown", "FALSCH", "opt-out", "2024-01-01", "x"])
def test_has_consent_needs_a_clear_word(word: str) -> None:
    assert not has_consent(word)
