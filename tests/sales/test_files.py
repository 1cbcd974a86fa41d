"""Files of every style give the same customers; files that are no table cost one sentence; no file reaches another."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmentation.errors import ColumnError, SegmentationError, SourceError
from segmentation.pipeline import CustomerTable, load_customers
from segmentation.sales.duckdb import CONFIG
from segmentation.sales.file_parsing import connect_sandboxed
from segmentation.sales.files import FileSource, load_csv
from segmentation.settings import SalesSettings
from tests.conftest import SIX_CUSTOMERS

MONEY = ("gross_sales_amount", "discount_amount", "net_sales_amount")
NUMBERS = {
    "1234.5": lambda value: f"{value!r}",
    "$1,234.50": lambda value: f"${value:,.2f}",
    "(1,234.50)": lambda value: f"({-value:,.2f})" if value < 0 else f"{value:,.2f}",
    "1.234,50": lambda value: f"{value:,.2f}".translate(str.maketrans(",.", ".,")),
    "1 234,50 EUR": lambda value: f"{value:,.2f} EUR".translate(str.maketrans(",.", "\u00a0,")),
    "1'234.50": lambda value: f"{value:,.2f}".replace(",", "'"),
}
DATES = ("%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y %I:%M:%S %p", "%d-%b-%Y", "%B %d, %Y", "%Y%m%d", "%Y-%m-%dT%H:%M:%SZ")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252")


def written(path: Path, number: str, day: str, delimiter: str, encoding: str, end: str = "\n") -> Path:
    """The hand-worked shop in one style."""
    frame = SIX_CUSTOMERS.copy()
    frame["transaction_date"] = pd.to_datetime(frame["transaction_date"]).dt.strftime(day)
    for name in MONEY:
        frame[name] = frame[name].map(NUMBERS[number])
    frame.to_csv(path, index=False, sep=delimiter, encoding=encoding, lineterminator=end)
    return path


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> CustomerTable:
    """The hand-worked shop in the plainest style."""
    path = written(tmp_path_factory.mktemp("style") / "plain.csv", "1234.5", "%Y-%m-%d", ",", "utf-8")
    return load_customers(SalesSettings(source=str(path)))


@settings(max_examples=12)
@given(
    number=st.sampled_from(list(NUMBERS)),
    day=st.sampled_from(DATES),
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(ENCODINGS),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_every_style_gives_the_same_customers(
    plain: CustomerTable,
    tmp_path_factory: pytest.TempPathFactory,
    number: str,
    day: str,
    delimiter: str,
    encoding: str,
    end: str,
) -> None:
    styled = written(tmp_path_factory.mktemp("style") / "styled.csv", number, day, delimiter, encoding, end)
    expected, table = plain, load_customers(SalesSettings(source=str(styled)))
    pd.testing.assert_frame_equal(table.frame, expected.frame)
    assert table.reconciliation.money_accepted == expected.reconciliation.money_accepted
    assert table.window == expected.window


def test_the_real_sales_written_as_in_germany_are_the_same_to_the_cent(
    real_sales: Path, real_customers: CustomerTable, tmp_path: Path
) -> None:
    frame = pd.read_parquet(real_sales)
    frame["transaction_date"] = frame["transaction_date"].dt.strftime("%d.%m.%Y")
    for name in (*MONEY, "total_amount"):
        texts = frame[name].map(lambda value: f"{value:,.10f}".rstrip("0").translate(str.maketrans(",.", ".,")))
        frame[name] = texts.str.removesuffix(",")
    frame.to_csv(tmp_path / "real.csv", index=False, sep=";", encoding="cp1252")
    expected, table = real_customers, load_customers(SalesSettings(str(tmp_path / "real.csv")))
    pd.testing.assert_frame_equal(table.frame, expected.frame)
    assert table.reconciliation.money_accepted == expected.reconciliation.money_accepted
    assert "'01.02.2019' is read as February 1, 2019." in table.notices


HEAD = "customer;date;amount\n"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"PK\x03\x04 and more", "an Excel workbook or another zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1 and more", "password-protected Excel workbook"),
        (b"PARE and more", "an encrypted Parquet file"),
        (b"%PDF-1.7", "a PDF"),
        (b"\x1f\x8b\x08", r"compressed \(gzip\), but it is damaged"),
        (b"PAR1 but no more", "not a readable Parquet file"),
        (b"<!DOCTYPE html><html><table><tr><td>1</td></tr></table></html>", "a web page"),
        (b'[{"customer": 1}]', "JSON"),
        (bytes(range(256)) * 20, "not a supported text file"),
        (b"customer,date\n1,2\n" + b"\0" * 90, "not a supported text file"),
        (b"\n\n  \n", "contains no text"),
        (b"customer\n1\n2\n", "only one column"),
        (b"17850,2024-01-01,3.40\n17851,2024-01-02,3.40\n", "has no header: its first line contains the value '17850'"),
        ((HEAD + "1;2;3;4\n" * 5 + "1;2024-01-01;3\n").encode(), "do not have as many cells as its header"),
        ((";".join(f"c{number}" for number in range(501)) + "\n").encode(), "has 501 columns"),
    ],
)
def test_what_is_no_table_costs_one_sentence(content: bytes, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_bytes(content)
    with pytest.raises(SegmentationError, match=sentence) as caught:
        FileSource(path)
    assert caught.value.hint
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("sep=;\n" + HEAD + "1;2024-01-01;3\n", [("1", "2024-01-01", "3")]),
        ("Sales of May\n\n" + HEAD + "1;2024-01-01;3\n", [("1", "2024-01-01", "3")]),
        (HEAD + '1;2024-01-01;"a\nb"\n', [("1", "2024-01-01", "a\nb")]),
        ("customer;date;amount\r\n1;2024-01-01;3\n2;x;4\r\n", [("1", "2024-01-01", "3"), ("2", "x", "4")]),
        (HEAD + '1;2;5" pipe\n', [("1", "2", '5" pipe')]),
        (HEAD + "1;2024-01-01;3,50\n2;2024-01-02;4,50\n", [("1", "2024-01-01", "3,50"), ("2", "2024-01-02", "4,50")]),
        (HEAD + "=cmd|'/c calc'!A1;<b>x</b>;/etc/passwd\n", [("=cmd|'/c calc'!A1", "<b>x</b>", "/etc/passwd")]),
        (HEAD, []),
    ],
)
def test_text_is_taken_as_it_is(text: str, rows: list[tuple[str, ...]], tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text(text, newline="")
    table = load_csv(path, "sales.csv")[0].table("fct_sales")
    assert (table.columns, table.fetchall()) == (["customer", "date", "amount"], rows)


def test_columns_of_one_name_are_not_taken_for_each_other(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text("customer,date,amount,Amount,\n1,2024-01-01,2,3,4\n")
    assert FileSource(path).table().columns == ("customer", "date", "amount (1)", "Amount (2)", "column 5")
    with pytest.raises(ColumnError, match=r"'amount \(1\)' and 'Amount \(2\)' both match net_sales_amount"):
        load_customers(SalesSettings(str(path)))
    chosen = SalesSettings(str(path), columns=(("net_sales_amount", "Amount (2)"),))
    assert load_customers(chosen).frame["monetary"].tolist() == [3.0]


def test_lines_that_are_broken_or_unreadable_are_set_aside_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    lines = ["1;13/01/2024;10,50", "2;14/01/2024;1.020,00", "3;15/01/2024", "", ";;", "4;31/02/2024;1,00", "5;x;1,00"]
    path.write_text(HEAD + "\n".join([*lines, "6;16/01/2024;call us", "7;16/01/2024;2,00"]) + "\n")
    table = load_customers(SalesSettings(str(path)))
    assert dict(zip(table.frame["customer_id"], table.frame["monetary"], strict=True)) == {"1": 10.5, "2": 1020, "7": 2}
    aside = table.reconciliation.rejected[["reason", "lines"]].to_numpy().tolist()
    assert aside == [["broken", 1], ["no_date", 2], ["no_amount", 2]]
    assert table.reconciliation.lines_read == 8
    assert [str(money) for money in table.reconciliation.rejected["money"]] == ["NaN", "2.000000", "NaN"]


def test_no_other_file_can_be_reached(tmp_path: Path) -> None:
    own, other = tmp_path / "own's.csv", tmp_path / "other.csv"
    for path in (own, other):
        path.write_text(HEAD + "1;2024-01-01;3\n")
    connection = connect_sandboxed(CONFIG, own)
    assert connection.execute("select count(*) from read_csv($1)", [str(own)]).fetchone() == (1,)
    for query in (
        f"select * from read_csv('{other}')",
        f"select * from '{other}'",
        f"select * from glob('{tmp_path}/*')",
        f"copy (select 1) to '{tmp_path}/new.csv'",
        f"attach '{tmp_path}/new.duckdb'",
        "install httpfs",
        "set enable_external_access = true",
    ):
        with pytest.raises(duckdb.Error, match=r"disabled|does not exist|locked"):
            connection.execute(query)


def test_names_of_columns_are_names_only(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    names = ['customer"; drop table fct_sales; --', "date' union select 1", "read_csv('/etc/passwd')"]
    path.write_text(";".join('"' + name.replace('"', '""') + '"' for name in names) + "\n1;2024-01-01;3\n")
    columns = tuple(zip(("customer_id", "transaction_date", "net_sales_amount"), names, strict=True))
    assert load_customers(SalesSettings(str(path), columns=columns)).frame["monetary"].tolist() == [3.0]


def test_a_parquet_file_by_another_name_is_read_as_what_it_is(six_customers: Path, tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_bytes(six_customers.read_bytes())
    assert load_customers(SalesSettings(str(tmp_path / "sales.csv"))).reconciliation.lines_read == 14


def test_a_file_that_is_gone_is_told_without_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text(HEAD + "1;2024-01-01;3\n")
    source = FileSource(path)
    path.unlink()
    with pytest.raises(SourceError, match=r"^The file 'sales.csv' no longer exists"):
        source.table()
