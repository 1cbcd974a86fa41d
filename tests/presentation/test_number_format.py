"""The reader's number format, applied in the presentation layer only."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from segmentation import pipeline
from segmentation.charts.base import build_axis
from segmentation.errors import SettingsError
from segmentation.export.customer_list import render_list
from segmentation.presentation import formatting, number_format
from segmentation.presentation.number_format import DEFAULT_FORMAT, NumberFormat, number_format_context
from segmentation.results import Segmentation, SweepResult
from segmentation.runs.load import open_run
from segmentation.runs.save import save_run
from segmentation.segments.labeling import NAME_NOTE_COLUMN, localize_labels
from segmentation.segments.overrides import OVERRIDE_COLUMN
from tests.frames import select_customers

EURO = NumberFormat("1.234,50", "\N{EURO SIGN}", symbol_after=True)
NBSP, NARROW = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"


@pytest.fixture(scope="module")
def segmentation(shop_training: SweepResult) -> Segmentation:
    return pipeline.build_segmentation(shop_training, 4)


@pytest.mark.parametrize(
    ("form", "written"),
    [
        (DEFAULT_FORMAT, ["1,469,307", f"3.1{NBSP}%", "4,596,040", "29.50", "-1,234.50", "3.3 orders"]),
        (NumberFormat(symbol="$"), ["1,469,307", f"3.1{NBSP}%", "$4,596,040", "$29.50", "-$1,234.50", "3.3 orders"]),
        (EURO, ["1.469.307", f"3,1{NBSP}%", f"4.596.040{NBSP}€", f"29,50{NBSP}€", f"-1.234,50{NBSP}€", "3,3 orders"]),
        (
            NumberFormat("1 234,50", "CHF"),
            [
                f"1{NARROW}469{NARROW}307",
                f"3,1{NBSP}%",
                f"CHF{NBSP}4{NARROW}596{NARROW}040",
                f"CHF{NBSP}29,50",
                f"-CHF{NBSP}1{NARROW}234,50",
                "3,3 orders",
            ],
        ),
    ],
)
def test_format_numbers_of_every_kind(form: NumberFormat, written: list[str]) -> None:
    with number_format_context(form):
        assert [
            formatting.format_count(1469307),
            formatting.format_percent(0.0312),
            formatting.format_currency(4596039.58),
            formatting.format_currency(29.5),
            formatting.format_amount(Decimal("-1234.5")),
            formatting.format_value(3.25, "orders"),
        ] == written
    assert formatting.format_count(1469307) == "1,469,307", "the format ends with its block"


@pytest.mark.parametrize("symbol", ["<b>", "12", "EUROS", " €", "a b", "`", "*", "\n", "[x]"])
def test_number_format_rejects_invalid_symbol(symbol: str) -> None:
    with pytest.raises(SettingsError):
        NumberFormat(symbol=symbol)
    with pytest.raises(SettingsError):
        NumberFormat("1.234.50")


def test_axes_follow_number_format() -> None:
    with number_format_context(EURO):
        linear, log = build_axis(10, 100, "money"), build_axis(0.5, 5000, "money")
        assert (linear["tickprefix"], linear["ticksuffix"]) == ("", f"{NBSP}€")
        assert log["ticktext"] == [f"{text}{NBSP}€" for text in ("0,1", "1", "10", "100", "1.000", "10.000")]
        assert build_axis(10, 100, "days")["ticksuffix"] == ""


def test_stored_and_exported_values_ignore_number_format(segmentation: Segmentation, tmp_path: Path) -> None:
    with number_format_context(EURO):
        again = pipeline.build_segmentation(segmentation.training, 4)
        rows = select_customers(again.list_customers())
        files = [render_list(rows, file_format=form) for form in ("csv", "xlsx", "parquet")]
        path = save_run(again.to_run_record(), tmp_path)
    assert again.run_id.rpartition("-")[2] == segmentation.run_id.rpartition("-")[2]
    pd.testing.assert_frame_equal(again.segments, segmentation.segments)
    assert files == [render_list(rows, file_format=form) for form in ("csv", "xlsx", "parquet")]
    assert "€" not in (path / "manifest.json").read_text()


def test_localize_labels_renders_texts(segmentation: Segmentation, tmp_path: Path) -> None:
    assert localize_labels(segmentation.segments) is segmentation.segments
    saved = open_run(save_run(segmentation.to_run_record(), tmp_path)).segments
    for segments in (segmentation.segments, saved):
        with number_format_context(EURO):
            text = localize_labels(segments)
        for before, after in zip(segments.to_dict("records"), text.to_dict("records"), strict=True):
            spent = formatting.format_decimal(before["median_monetary"], 0)
            with number_format_context(EURO):
                amount = number_format.add_currency(formatting.format_decimal(before["median_monetary"], 0))
            assert spent in before["sentence"]
            assert amount in after["sentence"]
            assert amount in after["reason"]
            assert before["segment_name"] == after["segment_name"]
        assert "€" in " ".join(text["goal"] + text["offer"])
        changed = [name for name in segments if not text[name].equals(segments[name])]
        assert set(changed) <= {"sentence", "reason", "goal", "offer", "channel", "avoid"}


def test_localize_labels_keeps_overrides_and_notes(segmentation: Segmentation) -> None:
    segments = segmentation.segments.copy()
    segments[OVERRIDE_COLUMN] = ["sentence", *[""] * 3]
    segments.loc[0, "sentence"] = "They spent 1,234.50 in 2024."
    segments.loc[1, NAME_NOTE_COLUMN] = "Name kept from the previous run. "
    segments.loc[1, "reason"] = segments.loc[1, NAME_NOTE_COLUMN] + segments.loc[1, "reason"]
    with number_format_context(EURO):
        text = localize_labels(segments)
    assert text.loc[0, "sentence"] == "They spent 1,234.50 in 2024."
    assert text.loc[1, "reason"].startswith("Name kept from the previous run. ")
    assert "€" in text.loc[1, "reason"]
    with number_format_context(EURO):  # runs of early versions do not say how a reason begins
        stored = localize_labels(segments.drop(columns=NAME_NOTE_COLUMN))
    assert stored["reason"].equals(segments["reason"])


def test_number_reads_the_same_in_text_table_and_chart() -> None:
    assert formatting.format_value(208.5, "days") == "209 days"
    for position, place in ((0.725, "73"), (0.002, "1"), (0.998, "99"), (0.12, "12")):
        assert formatting.format_percentile(position) == place
        assert formatting.format_ordinal(position).startswith(place)
