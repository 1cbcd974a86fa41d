"""A run saved before modules and identifiers were renamed: it opens, scores, exports and reports the same.

tests/data/saved_run holds its sales and folder, and what that version wrote: `score --raw`, `export` and `report`.
"""

from __future__ import annotations

import csv
import re
import shutil
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest

from segmentation.__main__ import main
from segmentation.runs.catalog import list_entries
from segmentation.runs.current_pointer import set_current
from segmentation.runs.load import ARTIFACT_NAMES, open_run

SAVED = Path(__file__).resolve().parents[1] / "data" / "saved_run"
RUN_ID = "20261128T173500Z-fbf6b5d9"
NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """The folder of runs, with its links."""
    folder = tmp_path / "models"
    shutil.copytree(SAVED / "models", folder)
    set_current(folder, RUN_ID, ARTIFACT_NAMES)
    return folder


class ReportParser(HTMLParser):
    """Collects the texts of a report by tag, the paragraphs of segments, and how often each tag occurs."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.texts: dict[str, list[str]] = {"dd": [], "td": [], "h3": []}
        self.segment_texts: list[str] = []
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "br", "hr"}:
            self._open.append(tag)
        self.tags[tag] += 1
        if tag in self.texts:
            self.texts[tag].append("")
        if tag == "p" and "article" in self._open:
            self.segment_texts.append("")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        tag = self._open[-1] if self._open else ""
        if tag in self.texts:
            self.texts[tag][-1] += data
        if tag == "p" and "article" in self._open:
            self.segment_texts[-1] += data.removeprefix("Why this name:").strip()

    def find_numbers(self) -> list[str]:
        """Every number in the cells of tables and lists, in order."""
        return [number for tag in ("dd", "td") for text in self.texts[tag] for number in NUMBER.findall(text)]


def read_rows(path: Path, encoding: str = "utf-8") -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file))


def test_open_run_of_earlier_version(models: Path) -> None:
    run = open_run(models)
    run.check_files()
    assert [entry.run_id for entry in list_entries(models)] == [RUN_ID]
    assert (run.run_id, run.k, run.features) == (RUN_ID, 4, ("recency_days", "frequency", "monetary"))
    assert run.segments["segment_name"].tolist() == [
        "High-Value Customers",
        "Lapsing Regulars",
        "Price-Sensitive",
        "One-Time Buyers",
    ]
    assert run.segments["customers"].tolist() == [95, 62, 55, 38]
    assert len(run.read_customers()) == 250


def test_score_run_of_earlier_version(models: Path, tmp_path: Path) -> None:
    out = tmp_path / "scored.csv"
    arguments = ["--run", str(models), "--source", str(SAVED / "sales.parquet"), "--raw", "--out", str(out)]
    assert main(["score", "--quiet", *arguments]) == 0
    scored, expected = read_rows(out), read_rows(SAVED / "scored.csv")
    for row in (*scored, *expected):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", row.pop("prediction_timestamp"))
    assert scored == expected
    assert len(scored) == 250


def test_export_run_of_earlier_version(models: Path, tmp_path: Path) -> None:
    out = tmp_path / "list.csv"
    assert main(["export", "--quiet", "--run", str(models), "--out", str(out)]) == 0
    assert out.read_bytes() == (SAVED / "list.csv").read_bytes()


def test_report_run_of_earlier_version(models: Path, tmp_path: Path) -> None:
    """The numbers, the structure and the texts of the segments, which are saved; labels and help may be reworded."""
    out = tmp_path / "report.html"
    assert main(["report", "--quiet", "--run", str(models), "--out", str(out)]) == 0
    report, expected = (ReportParser(path.read_text("utf-8")) for path in (out, SAVED / "report.html"))
    assert report.find_numbers() == expected.find_numbers()
    assert len(report.find_numbers()) > 80
    assert report.segment_texts == expected.segment_texts
    assert report.texts["h3"] == expected.texts["h3"]
    for tag in ("article", "section", "table", "tr", "td", "figure", "svg"):
        assert report.tags[tag] == expected.tags[tag] > 0, tag
