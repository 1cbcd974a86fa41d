"""Workbooks and compressed tables, recognized by content and read within the limits; several files of one layout."""

from __future__ import annotations

import gzip
import io
import zipfile
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from segmentation.errors import SourceError
from segmentation.pipeline import load_customers
from segmentation.sales import file_kinds, upload_store
from segmentation.sales.files import FileSource
from segmentation.sales.open_source import open_source
from segmentation.settings import SalesSettings
from tests.conftest import SIX_CUSTOMERS
from tests.sales.test_hostile_files import refusals, room  # noqa: F401
from tests.sales.test_upload_store import CSV, parquet

pytestmark = pytest.mark.slow


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def workbook(*sheets: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets, start=1):
        sheet = book.create_sheet(f"Sheet {number}")
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_cells(frame: pd.DataFrame) -> list[list[object]]:
    dated = frame.assign(transaction_date=pd.to_datetime(frame["transaction_date"]))
    rows = dated.astype(object).where(dated.notna(), None).to_numpy().tolist()
    return [list(frame.columns), *([x.to_pydatetime() if isinstance(x, pd.Timestamp) else x for x in r] for r in rows)]


def opendocument(frame: pd.DataFrame) -> bytes:
    """A minimal .ods file."""
    kind = "urn:oasis:names:tc:opendocument:xmlns:"
    rows = [list(frame.columns), *frame.fillna("").astype(str).to_numpy().tolist()]
    body = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in row
        )
        + "</table:table-row>"
        for row in rows
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content '
        f'xmlns:office="{kind}office:1.0" xmlns:table="{kind}table:1.0" xmlns:text="{kind}text:1.0"><office:body>'
        f'<office:spreadsheet><table:table table:name="Sales">{body}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    manifest = (
        f'<m:manifest xmlns:m="{kind}manifest:1.0"><m:file-entry m:full-path="/" '
        'm:media-type="application/vnd.oasis.opendocument.spreadsheet"/></m:manifest>'
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest)
    return out.getvalue()


KINDS = {
    "gzip": gzip.compress(CSV),
    "zip": zipped({"sales.csv": CSV}),
    "zip with a description": zipped({"2024/sales.csv": CSV, "readme.txt": b"about", "__MACOSX/._sales.csv": b"x"}),
    "gzip of Parquet": gzip.compress(parquet(SIX_CUSTOMERS)),
    "zip of gzip": zipped({"sales.gz": gzip.compress(CSV)}),
    "xlsx": workbook(as_cells(SIX_CUSTOMERS)),
    "xlsx with a title and notes": workbook([["Notes"]], [["Sales"], [None], *as_cells(SIX_CUSTOMERS)]),
    "zip of xlsx": zipped({"sales.xlsx": workbook(as_cells(SIX_CUSTOMERS))}),
    "ods": opendocument(SIX_CUSTOMERS),
    "tabs": SIX_CUSTOMERS.to_csv(index=False, sep="\t").encode(),
    "vertical bars": SIX_CUSTOMERS.to_csv(index=False, sep="|").encode(),
}


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    path = tmp_path_factory.mktemp("plain") / "sales.csv"
    path.write_bytes(CSV)
    return load_customers(SalesSettings(str(path))).frame


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["sales.dat"])
def test_a_file_is_read_by_its_content(kind: str, name: str, expected: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(KINDS[kind])
    upload = open_source(upload_store.store_upload(KINDS[kind], name).uri)
    source = open_source(str(path))
    assert upload.fetch(upload.table()).equals(source.fetch(source.table()))
    pd.testing.assert_frame_equal(load_customers(SalesSettings(str(path))).frame, expected)


def test_sheets_of_one_layout_are_appended_and_others_named(tmp_path: Path) -> None:
    cells = as_cells(SIX_CUSTOMERS)
    path = tmp_path / "years.xlsx"
    path.write_bytes(workbook(cells[:8], [["Product", "Price"], ["Pot", 3], ["Pan", 4]], [cells[0], *cells[8:]]))
    table = load_customers(SalesSettings(str(path)))
    assert table.reconciliation.lines_read == len(SIX_CUSTOMERS)
    assert (
        "Of the sheets of 'years.xlsx', 'Sheet 1', 'Sheet 3' are read one after the other; not 'Sheet 2'."
    ) in table.notices


def test_sheets_with_columns_in_another_order_are_appended(expected: pd.DataFrame, tmp_path: Path) -> None:
    half = len(SIX_CUSTOMERS) // 2
    path = tmp_path / "halves.xlsx"
    turned = SIX_CUSTOMERS.iloc[half:, ::-1]
    path.write_bytes(workbook(as_cells(SIX_CUSTOMERS.iloc[:half]), as_cells(turned)))
    table = load_customers(SalesSettings(str(path)))
    pd.testing.assert_frame_equal(table.frame, expected)


def test_a_workbook_is_read_under_the_name_of_another_format(expected: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "sales.xls"
    path.write_bytes(workbook(as_cells(SIX_CUSTOMERS)))
    pd.testing.assert_frame_equal(load_customers(SalesSettings(str(path))).frame, expected)


def test_cells_of_a_workbook_are_read_as_shown(tmp_path: Path) -> None:
    rows = [["customer", "date", "amount"], [12077, datetime(2024, 1, 3, 14, 50), 1.234], ["00123", "2024-01-04", 7]]
    path = tmp_path / "sales.xlsx"
    path.write_bytes(workbook(rows))
    source = FileSource(path)
    assert [tuple(row.values()) for row in source.fetch(source.table()).to_pylist()] == [
        ("12077", "2024-01-03 14:50:00", "1.2340"),
        ("00123", "2024-01-04", "7"),
    ]
    assert load_customers(SalesSettings(str(path))).reconciliation.money_accepted == Decimal("8.234")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (zipped({"a.csv": CSV, "b.csv": CSV}), "'sales.bin' contains 2 files instead of one table: 'a.csv', 'b.csv'."),
        (zipped({}), "'sales.bin' contains 0 files instead of one table."),
        (zipped({"sales.csv": CSV})[:-30], "'sales.bin' is an Excel workbook or another zip, but it is damaged."),
        (gzip.compress(CSV)[:-20], "'sales.bin' is compressed (gzip), but it is damaged."),
        (gzip.compress(b"\x89PNG" + bytes(99), mtime=0), "'sales.bin' is a picture, not a text table."),
        (
            gzip.compress(gzip.compress(gzip.compress(gzip.compress(CSV)))),
            "'sales.bin' contains archives within archives.",
        ),
        (workbook([["Only a title"]]), "'sales.bin' contains no table."),
        (zipped({"xl/workbook.xml": b"<no/>"}), "'sales.bin' is a damaged or password-protected Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "'sales.bin' is a damaged or password-protected"),
    ],
)
def test_a_container_without_one_table_costs_a_sentence(data: bytes, sentence: str, tmp_path: Path) -> None:
    assert [said.startswith(sentence) for said in refusals(data, tmp_path, "sales.bin")] == [True] * 2


@pytest.mark.parametrize("kind", ["gzip", "zip"])
def test_unpack_refuses_a_bomb_before_it_is_written_in_full(kind: str, tmp_path: Path) -> None:
    zeros = bytes(16 << 20)
    path = tmp_path / "sales.csv"
    path.write_bytes(gzip.compress(zeros) * 10 if kind == "gzip" else zipped({"sales.csv": zeros * 10}))
    with pytest.raises(SourceError, match=r"'sales' contains 0\.0 GB of data when decompressed"):
        file_kinds.unpack(path, "sales", tmp_path, max_bytes=20 << 20)
    assert (tmp_path / "unpacked-0").stat().st_size <= 20 << 20


def test_a_workbook_that_claims_to_be_huge_is_refused_before_it_is_read(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.filelist[0].file_size = 3 << 30
    assert refusals(out.getvalue(), tmp_path, "b.xlsx") == ["'b.xlsx' contains 3.2 GB of data when decompressed."] * 2


def test_a_workbook_of_one_cell_far_away_does_no_harm(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = "customer"
    book.active["XFD1048576"] = "x"
    out = io.BytesIO()
    book.save(out)
    for said in refusals(out.getvalue(), tmp_path, "wide.xlsx"):
        assert "memory" in said or "only one column" in said or "no table" in said or "16,384 columns" in said


def exports(folder: Path) -> str:
    """Three monthly files that overlap by two lines, one with its columns in another order."""
    parts = [SIX_CUSTOMERS.iloc[:6], SIX_CUSTOMERS.iloc[4:10], SIX_CUSTOMERS.iloc[10:]]
    parts[1].to_csv(folder / "2024-02.csv", index=False, sep=";")
    parts[0][parts[0].columns[::-1]].to_csv(folder / "2024-01.csv", index=False)
    (folder / "2024-03.csv.gz").write_bytes(gzip.compress(parts[2].to_csv(index=False).encode()))
    return str(folder / "2024-*")


def test_several_files_of_one_layout_are_one_table(expected: pd.DataFrame, tmp_path: Path) -> None:
    pattern = exports(tmp_path)
    table = load_customers(SalesSettings(pattern))
    assert table.source.name == "2024-*"
    assert table.reconciliation.lines_read == len(SIX_CUSTOMERS) + 2
    notice = "2 lines of the 3 files are exact copies of lines in another file."
    assert any(text.startswith(notice) for text in table.notices)
    once = load_customers(SalesSettings(pattern, drop_duplicates=True))
    pd.testing.assert_frame_equal(once.frame, expected)


def test_a_file_that_joins_a_pattern_is_noticed(tmp_path: Path) -> None:
    for month in (1, 2):
        (tmp_path / f"{month}.csv").write_text(f"customer,date,amount\nC{month},2024-0{month}-01,5\n")
    source = open_source(str(tmp_path / "*.csv"))
    before = source.version()
    (tmp_path / "3.csv").write_text("customer,date,amount\nC3,2024-03-01,5\n")
    assert source.version() != before
    assert source.fetch(source.table()).num_rows == 3


def test_files_of_different_layouts_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("customer,date,amount\n1,2024-01-01,5\n")
    (tmp_path / "b.csv").write_text("customer,date,total\n1,2024-01-01,5\n")
    with pytest.raises(SourceError, match=r"'b.csv' has different columns from 'a.csv': no 'amount'; also 'total'\."):
        open_source(str(tmp_path / "*.csv"))
    with pytest.raises(SourceError, match=r"No file matches 'c\*\.csv'"):
        open_source(str(tmp_path / "c*.csv"))
