"""File formats of the command line."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from segmentation.runs.load import open_run
from tests.test_cli import run


@pytest.fixture(scope="module")
def models(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one run of four segments of the synthetic shop."""
    folder = tmp_path_factory.mktemp("files") / "models"
    assert run("train", "--source", shop, "--k", 4, "--out", folder, "--quiet").code == 0
    return folder


@pytest.mark.parametrize(
    ("name", "arguments", "begins"),
    [
        ("list.xlsx", [], b"PK"),
        ("list.parquet", [], b"PAR1"),
        ("list.txt", ["--format", "xlsx"], b"PK"),
        ("list.parquet", ["--format", "csv"], b"\xef\xbb\xbf"),
        (".", ["--format", "xlsx"], b"PK"),
    ],
)
def test_export_format_from_option_or_suffix(
    models: Path, tmp_path: Path, name: str, arguments: list[str], begins: bytes
) -> None:
    outcome = run("export", "--run", models, "--out", tmp_path / name, *arguments)
    assert outcome.code == 0, outcome.err
    (path,) = tmp_path.iterdir()
    assert path.read_bytes().startswith(begins)
    assert name == path.name or path.suffix == ".xlsx"


def test_export_includes_requested_action_columns(models: Path, tmp_path: Path) -> None:
    columns = "customer_id,segment_id,goal,channel"
    outcome = run("export", "--run", models, "--out", tmp_path / "list.parquet", "--columns", columns)
    assert outcome.code == 0, outcome.err
    listed = pd.read_parquet(tmp_path / "list.parquet")
    assert list(listed) == columns.split(",")
    text = open_run(models).segments.set_index("segment_id")
    assert listed["goal"].tolist() == text["goal"].reindex(listed["segment_id"]).tolist()
    assert listed["channel"].str.len().min() > 10


def test_export_unknown_format_writes_nothing(models: Path, tmp_path: Path) -> None:
    outcome = run("export", "--run", models, "--out", tmp_path / "list.csv", "--format", "xls")
    assert outcome.code == 2
    assert "Unknown format 'xls'" in outcome.err
    assert not list(tmp_path.iterdir())


HOSTILE = ["=1+1", "\uff0b1", "\u22121", " \t@SUM(A1)", "\ufe661", "00123"]


@pytest.fixture
def hostile_sales(tmp_path: Path) -> Path:
    """Sales of customers whose ids a spreadsheet takes for formulas, with a return larger than what was bought."""
    amounts = [1.0, 20.0, 300.0, 4000.0, 5.0, -7.5]
    path = tmp_path / "hostile.parquet"
    pd.DataFrame(
        {"customer_id": HOSTILE, "date": pd.Timestamp("2025-01-05"), "transaction_id": range(6), "amount": amounts}
    ).to_parquet(path)
    return path


def score(models: Path, source: Path, out: Path, *options: str) -> bytes:
    outcome = run("score", "--run", models, "--source", source, "--out", out, *options)
    assert outcome.code == 0, outcome.err
    return out.read_bytes()


def test_score_escapes_formulas_unless_raw(models: Path, tmp_path: Path, hostile_sales: Path) -> None:
    for options, escaped in (((), True), (("--raw",), False)):
        text = score(models, hostile_sales, tmp_path / "list.csv", *options).decode("utf-8-sig")
        ids = [row["customer_id"] for row in csv.DictReader(io.StringIO(text, newline=""))]
        bought = [id_ for id_ in HOSTILE if id_.strip() in {known.strip("'\t ") for known in ids}]
        assert len(bought) >= 5
        expected = [f"'{id_.strip()}" if escaped and id_ != "00123" else id_.strip() for id_ in bought]
        assert sorted(ids) == sorted(expected)


@pytest.mark.parametrize("suffix", ["xlsx", "parquet"])
def test_score_keeps_text_in_other_formats(models: Path, tmp_path: Path, hostile_sales: Path, suffix: str) -> None:
    score(models, hostile_sales, tmp_path / f"list.{suffix}")
    if suffix == "parquet":
        ids = pd.read_parquet(tmp_path / "list.parquet")["customer_id"].tolist()
    else:
        cells = [
            row[0]
            for sheet in openpyxl.load_workbook(tmp_path / "list.xlsx").worksheets[1:]
            for row in sheet.iter_rows(min_row=2)
        ]
        assert {cell.data_type for cell in cells} == {"s"}
        ids = [cell.value for cell in cells]
    assert {"=1+1", "\uff0b1", "\u22121", "\ufe661"} <= set(ids)


def test_report_writes_single_file(models: Path, tmp_path: Path) -> None:
    outcome = run("report", "--run", models, "--out", tmp_path / "report.html", "--currency", "CHF")
    assert (outcome.code, outcome.err) == (0, "")
    page = (tmp_path / "report.html").read_text("utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "CHF\N{NO-BREAK SPACE}" in page


def test_report_rejects_invalid_currency(models: Path, tmp_path: Path) -> None:
    outcome = run("report", "--run", models, "--out", tmp_path / "report.html", "--currency", "<b>")
    assert outcome.code == 2
    assert "is not a currency symbol" in outcome.err
    assert not list(tmp_path.iterdir())
