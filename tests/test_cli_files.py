"""The kinds of files that the command line hands over."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from segmentation.delivery.runs import open_run
from tests.test_cli import run


@pytest.fixture(scope="module")
def models(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one run of four segments of the made-up shop."""
    folder = tmp_path_factory.mktemp("files") / "models"
    assert run("train", "--source", shop, "--k", 4, "--out", folder, "--quiet").code == 0
    return folder


@pytest.mark.parametrize(
    ("name", "asked", "begins"),
    [("list.xlsx", [], b"PK"), ("list.parquet", [], b"PAR1"), ("list.txt", ["--format", "xlsx"], b"PK"),
     ("list.parquet", ["--format", "csv"], b"\xef\xbb\xbf"), (".", ["--format", "xlsx"], b"PK")],
)  # fmt: skip
def test_export_takes_the_format_asked_for_or_that_of_the_suffix(
    models: Path, tmp_path: Path, name: str, asked: list[str], begins: bytes
) -> None:
    outcome = run("export", "--run", models, "--out", tmp_path / name, *asked)
    assert outcome.code == 0, outcome.err
    (path,) = tmp_path.iterdir()
    assert path.read_bytes().startswith(begins)
    assert name == path.name or path.suffix == ".xlsx"


def test_a_list_holds_what_to_do_where_that_is_asked_for(models: Path, tmp_path: Path) -> None:
    columns = "customer_id,segment_id,goal,channel"
    outcome = run("export", "--run", models, "--out", tmp_path / "list.parquet", "--columns", columns)
    assert outcome.code == 0, outcome.err
    listed = pd.read_parquet(tmp_path / "list.parquet")
    assert list(listed) == columns.split(",")
    told = open_run(models).segments.set_index("segment_id")
    assert listed["goal"].tolist() == told["goal"].reindex(listed["segment_id"]).tolist()
    assert listed["channel"].str.len().min() > 10


def test_an_unknown_format_is_told_before_anything_is_written(models: Path, tmp_path: Path) -> None:
    outcome = run("export", "--run", models, "--out", tmp_path / "list.csv", "--format", "xls")
    assert outcome.code == 2
    assert "There is no format 'xls'" in outcome.err
    assert not list(tmp_path.iterdir())


def test_report_writes_one_file(models: Path, tmp_path: Path) -> None:
    outcome = run("report", "--run", models, "--out", tmp_path / "report.html", "--currency", "CHF")
    assert (outcome.code, outcome.err) == (0, "")
    page = (tmp_path / "report.html").read_text("utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "CHF\N{NO-BREAK SPACE}" in page


def test_report_says_what_is_no_currency(models: Path, tmp_path: Path) -> None:
    outcome = run("report", "--run", models, "--out", tmp_path / "report.html", "--currency", "<b>")
    assert outcome.code == 2
    assert "is not a currency's symbol" in outcome.err
    assert not list(tmp_path.iterdir())
