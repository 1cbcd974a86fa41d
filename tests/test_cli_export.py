"""`export` with contact columns of the user's own, from a file or a table."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from segmentation.runs.load import open_run
from tests.test_cli import read_rows, run


@pytest.fixture(scope="module")
def models(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export") / "models"
    assert run("train", "--source", shop, "--k", 4, "--quick", "--quiet", "--out", folder).code == 0
    return folder


@pytest.fixture(scope="module")
def contacts(models: Path) -> pd.DataFrame:
    """Contacts of all but the last customer; the third twice, the second with an invalid one; each fifth says no."""
    ids = open_run(models).read_customers()["customer_id"].sort_values(ignore_index=True)
    table = pd.DataFrame({"customer_id": ids, "email": " C" + ids + "@Example.com ", "vip": "=1+1"})
    table["opt_in"] = ["no" if number % 5 == 0 else "Ja" for number in range(len(ids))]
    table.loc[1, "email"] = "not an address"
    return pd.concat([table.iloc[:-1], table.iloc[[2]]], ignore_index=True)


def test_export_joins_a_contact_file(models: Path, contacts: pd.DataFrame, tmp_path: Path) -> None:
    contacts.to_csv(tmp_path / "contacts.csv", index=False)
    out = tmp_path / "list.csv"
    outcome = run("export", "--run", models, "--out", out, "--contacts", tmp_path / "contacts.csv")
    assert outcome.code == 0, outcome.err
    rows = read_rows(out, "utf-8-sig")
    customers = open_run(models).read_customers()
    known = customers[customers["customer_id"].isin(contacts["customer_id"])]
    assert [row["customer_id"] for row in rows] == known.sort_values("segment_id", kind="stable")[
        "customer_id"
    ].tolist()
    assert [*rows[0]][-3:] == ["email", "vip", "opt_in"]
    assert {row["vip"] for row in rows} == {"'=1+1"}
    invalid = contacts["customer_id"][1]
    assert {row["customer_id"]: row["email"] for row in rows} == {
        customer_id: "" if customer_id == invalid else f"c{customer_id.lower()}@example.com"
        for customer_id in known["customer_id"]
    }
    assert "1 not in the contact table" in outcome.out
    assert "1 invalid value of email." in outcome.out
    assert "1 further row of the same customer was not used." in outcome.out
    listed = read_rows(tmp_path / "list_invalid_addresses.csv", "utf-8-sig")
    assert listed == [{"customer_id": invalid, "column": "email", "value": "not an address"}]


def test_export_joins_a_table_in_the_format_of_a_tool(models: Path, contacts: pd.DataFrame, tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "crm.duckdb")) as connection:
        connection.execute("create table contacts as select * from contacts")
    uri = f"duckdb://{tmp_path / 'crm.duckdb'}?table=contacts"
    options = ("--contacts", uri, "--contact-format", "google", "--consent", "opt_in", "--segment", 1)
    outcome = run("export", "--run", models, "--out", tmp_path / "google.csv", *options)
    assert outcome.code == 0, outcome.err
    customers = open_run(models).read_customers()
    ids = customers.loc[customers["segment_id"] == 1, "customer_id"]
    valid = contacts[
        (contacts["opt_in"] == "Ja") & contacts["email"].str.contains("@") & contacts["customer_id"].isin(ids)
    ]
    addresses = valid["email"].drop_duplicates().str.strip().str.lower()
    assert {row["Email"] for row in read_rows(tmp_path / "google.csv")} == {
        hashlib.sha256(address.encode()).hexdigest() for address in addresses
    }


def test_export_writes_contacts_as_parquet_with_chosen_columns(
    models: Path, contacts: pd.DataFrame, tmp_path: Path
) -> None:
    contacts.to_parquet(tmp_path / "contacts.parquet", index=False)
    out = tmp_path / "list.parquet"
    options = ("--columns", "customer_id,run_id", "--contacts", tmp_path / "contacts.parquet")
    assert run("export", "--run", models, "--out", out, *options).code == 0
    assert pd.read_parquet(out).columns.tolist() == ["customer_id", "run_id", "email", "vip", "opt_in"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--contact-format", "google"), "There is no contact table."),
        (("--contacts", "contacts.csv", "--contact-format", "mail"), "Unknown format 'mail'."),
        (("--contacts", "contacts.csv", "--contact-format", "meta", "--columns", "customer_id"), "columns of its own"),
        (("--contacts", "contacts.csv", "--contact-format", "meta", "--format", "xlsx"), "columns of its own"),
        (("--contacts", "contacts.csv", "--consent", "agreed"), "There is no column 'agreed'."),
        (("--contacts", "contacts.csv", "--country", "Atlantis"), "is not a country"),
    ],
)
def test_export_refuses_contact_options_in_a_sentence(
    models: Path,
    contacts: pd.DataFrame,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    contacts.to_csv("contacts.csv", index=False)
    outcome = run("export", "--run", models.resolve(), "--out", "list.csv", *options)
    assert (outcome.code, message in outcome.err, "Hint: " in outcome.err) == (2, True, True), outcome.err
    assert not Path("list.csv").exists()
