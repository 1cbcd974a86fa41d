"""The HTML report: complete, self-contained, and safe against markup in data."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from segmentation import pipeline
from segmentation.export import report_html
from segmentation.presentation.number_format import NumberFormat, number_format_context
from segmentation.results import Segmentation, SweepResult
from segmentation.runs.load import open_run
from segmentation.runs.save import save_run


class Read(HTMLParser):
    """Text, tags and attributes of a page; fails where tags do not match."""

    VOID = frozenset({"meta", "br", "line", "circle", "polyline"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def segmentation(shop_training: SweepResult) -> Segmentation:
    return pipeline.build_segmentation(shop_training, 4)


@pytest.fixture(scope="module")
def page(segmentation: Segmentation) -> Read:
    return Read(report_html.build_report(segmentation.to_run_record()).decode())


def test_build_report_contains_run(segmentation: Segmentation, page: Read) -> None:
    for row in segmentation.segments.to_dict("records"):
        for column in ("segment_name", "sentence", "goal", "offer", "channel", "avoid"):
            assert " ".join(row[column].split()) in page.text
        assert f"{row['net_sales']:,.2f}" in page.text
        assert f"{row['customers']:,}" in page.text
    advice = segmentation.training.recommendation
    assert all(" ".join(text.split()) in page.text for text in (advice.summary, *advice.rationale))
    for row in segmentation.training.scores.to_dict("records"):
        assert f"{row['inertia']:,.1f} {row['silhouette_score']:.3f}" in page.text
    window, balance = segmentation.training.table.window, segmentation.training.table.reconciliation
    assert f"Sales from {window.first_sale:%B} {window.first_sale.day}, {window.first_sale.year}" in page.text
    assert f"Rows used {balance.lines_accepted:,}" in page.text
    assert segmentation.run_id in page.text
    assert "numpy 2" in page.text


def test_build_report_needs_manifest_only(segmentation: Segmentation, tmp_path: Path) -> None:
    path = save_run(segmentation.to_run_record(), tmp_path)
    for file in path.iterdir():
        if file.name != "manifest.json":
            file.unlink()
    assert report_html.build_report(open_run(path)) == report_html.build_report(segmentation.to_run_record())


def test_build_report_has_no_scripts_or_external_resources(segmentation: Segmentation, page: Read) -> None:
    html = report_html.build_report(segmentation.to_run_record()).decode()
    assert not {"script", "link", "img", "iframe", "object", "form", "base"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name in {"src", "href", "srcset"} or name.startswith("on")]
    assert not re.search(r"url\(|@import|https?://", html)
    assert html.count("<svg") == 2
    labels = [value for name, value in page.attributes if name == "aria-label"]
    assert any(value and "with 4 it is" in value for value in labels)


def test_build_report_contains_no_customer_ids(segmentation: Segmentation, page: Read) -> None:
    assert not any(customer in page.text for customer in segmentation.training.table.frame["customer_id"])


@pytest.mark.parametrize("evil", ["<script>alert(1)</script>", "\" onload='x", "</style><b>", "a & b"])
def test_build_report_escapes_text(segmentation: Segmentation, evil: str) -> None:
    record = segmentation.to_run_record()
    segments = record.segments.copy()
    for column in ("segment_name", "sentence", "reason", "goal"):
        segments[column] = [evil, *segments[column][1:]]
    object.__setattr__(record, "segments", segments)
    object.__setattr__(record, "source_name", evil)
    object.__setattr__(record, "versions", {evil: evil})
    read = Read(report_html.build_report(record).decode())
    assert "script" not in read.tags
    assert not [name for name, _ in read.attributes if name.startswith("on")]
    assert read.text.count(evil) >= 5


def test_build_report_uses_number_format(segmentation: Segmentation) -> None:
    with number_format_context(NumberFormat("1.234,50", "\N{EURO SIGN}", symbol_after=True)):
        text = Read(report_html.build_report(segmentation.to_run_record()).decode()).text
    sales = pd.Series(segmentation.segments["net_sales"]).iloc[0]
    assert f"{sales:,.2f}".translate({44: ".", 46: ","}) + "\N{NO-BREAK SPACE}\N{EURO SIGN}" in text.replace(
        " €", "\xa0€"
    )
    silhouette = segmentation.training.scores["silhouette_score"].iloc[0]
    assert f"{silhouette:.3f}".replace(".", ",") in text
