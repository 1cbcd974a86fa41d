"""The same list in every format, read back by other libraries."""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation.errors import SettingsError
from segmentation.export import customer_list, xlsx
from segmentation.export.customer_list import (
    FORMATS,
    PROVENANCE_COLUMNS,
    build_provenance,
    render_list,
)
from segmentation.export.xlsx import ABOUT_SHEET, assign_sheet_names, write_xlsx
from segmentation.runs.customer_columns import CUSTOMER_COLUMNS
from segmentation.runs.load import open_run
from segmentation.runs.manifest import RunRecord
from segmentation.runs.save import save_run
from tests.frames import select_customers

EVERY = [*CUSTOMER_COLUMNS, *PROVENANCE_COLUMNS]
Cells = list[list[object]]


def unescape(text: object) -> object:
    """What a spreadsheet shows for the escapes of the format."""
    if not isinstance(text, str):
        return text
    return re.sub("_x([0-9A-F]{4})_", lambda result: chr(int(result[1], 16)), text)


def read_sheets(data: bytes) -> dict[str, Cells]:
    """The cells of a workbook; fails if one holds a formula or a link."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        book = openpyxl.load_workbook(io.BytesIO(data))
    results: dict[str, Cells] = {}
    for sheet in book.worksheets:
        assert all(cell.data_type in "snb" and not cell.hyperlink for row in sheet.iter_rows() for cell in row)
        results[sheet.title] = [[unescape(cell.value) for cell in row] for row in sheet.iter_rows()]
    assert not re.search(
        rb"<f[ >]", b"".join(zipfile.ZipFile(io.BytesIO(data)).read(name) for name in read_sheet_names(data))
    )
    return results


def read_sheet_names(data: bytes) -> list[str]:
    return [name for name in zipfile.ZipFile(io.BytesIO(data)).namelist() if "worksheets" in name]


def test_xlsx_opens_first_list_with_frozen_filter_header(record: RunRecord) -> None:
    rows = select_customers(record.customers)
    book = openpyxl.load_workbook(
        io.BytesIO(render_list(rows, ["customer_id", "segment_name", "rfm_monetary"], file_format="xlsx"))
    )
    first, *lists = book.worksheets
    assert book.active is lists[0]
    assert [sheet.sheet_view.tabSelected for sheet in book.worksheets] == [None, True, *[None] * (len(lists) - 1)]
    assert (first.freeze_panes, first.auto_filter.ref) == (None, None)
    for sheet in lists:
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref == sheet.dimensions == f"A1:C{sheet.max_row}"
    nothing = openpyxl.load_workbook(io.BytesIO(render_list(rows.head(0), file_format="xlsx")))
    assert nothing.active.title == ABOUT_SHEET


@pytest.fixture
def about(record: RunRecord) -> dict[str, str]:
    return build_provenance(record.run_id, record.window, record.settings, record.versions)


def test_render_list_formats_hold_same_rows(record: RunRecord, about: dict[str, str]) -> None:
    rows = select_customers(record.customers)
    files = {form: render_list(rows, EVERY, provenance=about, file_format=form, raw=True) for form in FORMATS}
    text = list(csv.reader(io.StringIO(files["csv"].decode(), newline="")))
    book = read_sheets(files["xlsx"])
    table = pq.read_table(io.BytesIO(files["parquet"])).to_pandas()
    assert list(book) == [ABOUT_SHEET, "High-Value Customers", "Promising", "New"]
    cells = [row for name in list(book)[1:] for row in book[name][1:]]
    assert all(book[name][0] == text[0] for name in list(book)[1:])
    assert list(table.columns) == text[0] == EVERY
    assert len(cells) == len(text) - 1 == len(table) == 200
    assert table["customer_id"].tolist() == [row[0] for row in cells] == [row[0] for row in text[1:]]
    assert {"00123", "9007199254740993", "=1+1", " a", "two\nlines", "1e5"} <= set(table["customer_id"])
    for column in ("segment_id", "rfm_recency", "rfm_frequency", "rfm_monetary"):
        position = EVERY.index(column)
        assert table[column].tolist() == [row[position] for row in cells] == [float(row[position]) for row in text[1:]]
    position = EVERY.index("prediction_timestamp")
    assert {row[position] for row in cells} == {row[position] for row in text[1:]} == {"2026-01-01T12:00:00Z"}
    assert set(table["prediction_timestamp"]) == {pd.Timestamp("2026-01-01T12:00:00Z")}
    for column in PROVENANCE_COLUMNS:
        position = EVERY.index(column)
        assert (
            {row[position] for row in cells}
            == {row[position] for row in text[1:]}
            == set(table[column])
            == {about[column]}
        )


@pytest.mark.parametrize("form", list(FORMATS))
def test_render_list_saved_run_equals_new_run(
    record: RunRecord, about: dict[str, str], models: Path, form: str
) -> None:
    saved = open_run(save_run(record, models)).read_customers()
    before, after = (
        render_list(select_customers(rows), EVERY, provenance=about, file_format=form)
        for rows in (record.customers, saved)
    )
    assert before == after


def test_xlsx_first_sheet_holds_provenance(record: RunRecord, about: dict[str, str]) -> None:
    first = dict(
        read_sheets(render_list(select_customers(record.customers), provenance=about, file_format="xlsx"))[ABOUT_SHEET]
    )
    counts = record.customers["segment_name"].value_counts()
    assert first["Run"] == record.run_id
    assert first["Period of the data"] == "sales 2019-01-01 to 2019-12-31, as of 2020-01-01"
    assert first["Settings"].startswith("features recency_days frequency monetary; scaling standard; k 3; seed 7")
    assert "numpy" in first["Versions of the software"]
    assert first["Customers"] == "200"
    assert first["Promising"] == f"{counts['Promising']} customers"


def test_parquet_metadata_holds_provenance(record: RunRecord, about: dict[str, str]) -> None:
    schema = pq.read_schema(
        io.BytesIO(render_list(select_customers(record.customers), provenance=about, file_format="parquet"))
    )
    assert {name.encode(): text.encode() for name, text in about.items()}.items() <= schema.metadata.items()
    assert str(schema.field("customer_id").type) == "large_string"


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=5), st.text(max_size=40))
def test_xlsx_keeps_any_text(ids: list[str], name: str) -> None:
    check_texts(ids, name)


@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("http://a.example")',
        "<r><t>x</t></r></is></c><c r='B2'><f>1+1</f></c><r></r>",
        "<r></r>",
        "http://a.example",
        "mailto:a@example.com",
        "internal:A!A1",
        "_x0041_",
        "\x00\x1f",
        "a\r\nb",
        "  ",
        "\ufffe",
    ],
)
def test_xlsx_text_is_never_a_formula_or_number(text: str) -> None:
    check_texts([text], text)


def check_texts(ids: list[str], name: str) -> None:
    rows = pd.DataFrame({"customer_id": ids, "segment_id": 1, "segment_name": name}).astype({"customer_id": "str"})
    data = render_list(rows, ["customer_id"], file_format="xlsx")
    (_, cells) = list(read_sheets(data).values())
    assert [row[0] or "" for row in cells] == ["customer_id", *ids]
    table = pq.read_table(io.BytesIO(render_list(rows, ["customer_id"], file_format="parquet")))
    assert table["customer_id"].to_pylist() == ids


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), max_size=12))
def test_assign_sheet_names_are_legal_and_unique(segments: list[str]) -> None:
    names = [name for name, _ in assign_sheet_names([(segment, 1) for segment in segments])]
    assert len({name.casefold() for name in [ABOUT_SHEET, *names]}) == len(segments) + 1
    for name in names:
        assert 1 <= len(name.encode("utf-16-le")) / 2 <= 31
        assert not re.search(r"[\[\]:*?/\\]|^'|'$|^\s|\s$", name)
        assert name.casefold() != "history"


def test_xlsx_splits_large_segment_across_sheets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MAX_SHEET_ROWS", 3)
    rows = pd.DataFrame(
        {"customer_id": list("abcdefgh"), "segment_id": [1] * 7 + [2], "segment_name": ["A"] * 7 + ["B"]}
    )
    book = read_sheets(render_list(rows, ["customer_id"], file_format="xlsx"))
    assert {name: [row[0] for row in cells[1:]] for name, cells in book.items() if name != ABOUT_SHEET} == {
        "A": ["a", "b", "c"],
        "A (2)": ["d", "e", "f"],
        "A (3)": ["g"],
        "B": ["h"],
    }
    assert customer_list.count_split_sheets({"A": 7, "B": 1}) == {"A": 3}


def test_sheet_rows_is_spreadsheet_limit() -> None:
    assert customer_list.count_split_sheets({"Fits": 1_048_575, "Does not": 1_048_576}) == {"Does not": 2}


def test_xlsx_refuses_too_long_text_before_writing() -> None:
    rows = pd.DataFrame({"customer_id": ["a" * 40_000], "segment_id": [1], "segment_name": ["A"]})
    out = io.BytesIO()
    with pytest.raises(SettingsError, match="too long for a cell"):
        customer_list.write_list(rows, out, ["customer_id"], file_format="xlsx")
    assert out.getvalue() == b""
    assert render_list(rows, ["customer_id"], file_format="parquet")


def test_xlsx_missing_numbers_and_empty_list() -> None:
    rows = pd.DataFrame({"customer_id": ["a", "b"], "segment_id": 1, "segment_name": "A", "monetary": [np.nan, 2.5]})
    assert read_sheets(render_list(rows, ["monetary"], file_format="xlsx"))["A"] == [["monetary"], [None], [2.5]]
    assert list(read_sheets(render_list(rows.head(0), ["monetary"], file_format="xlsx"))) == [ABOUT_SHEET]
    assert pq.read_table(io.BytesIO(render_list(rows.head(0), ["monetary"], file_format="parquet"))).num_rows == 0


def test_render_list_is_deterministic() -> None:
    frame, groups = pd.DataFrame({"a": ["x"]}), pd.DataFrame({"segment_id": [1], "segment_name": ["A"]})
    files = []
    for _ in range(2):
        out = io.BytesIO()
        write_xlsx(frame, groups, out, about={})
        files.append(out.getvalue())
    assert files[0] == files[1]


@pytest.mark.parametrize("form", ["xls", "", "CSV"])
def test_resolve_format_unknown(form: str) -> None:
    with pytest.raises(SettingsError, match="Unknown format"):
        customer_list.resolve_format("list.csv", form)
