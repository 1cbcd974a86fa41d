"""Numbers in the reader's format, and in no other place."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from segmentation.presentation import number_format as display, formatting as numbers
from segmentation import pipeline
from segmentation.charts.base import sensible_axis
from segmentation.export.customer_list import choose, list_bytes
from segmentation.runs.save import open_run, save_run
from segmentation.presentation.number_format import NEUTRAL, NumberFormat, using
from segmentation.errors import SettingsError
from segmentation.results import Segmentation
from segmentation.presentation import phrases as words
from segmentation.segments.overrides import MARK
from segmentation.segments.labeling import retold
from segmentation.settings import ModelSettings, SalesSettings

EURO = NumberFormat("1.234,50", "\N{EURO SIGN}", symbol_after=True)
NBSP, NARROW = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"


@pytest.fixture(scope="module")
def found(shop: Path) -> Segmentation:
    return pipeline.segment(pipeline.train(pipeline.load_customers(SalesSettings(str(shop))), ModelSettings()), 4)


@pytest.mark.parametrize(
    ("form", "written"),
    [
        (NEUTRAL, ["1,469,307", f"3.1{NBSP}%", "4,596,040", "29.50", "-1,234.50", "3.3 orders"]),
        (NumberFormat(symbol="$"), ["1,469,307", f"3.1{NBSP}%", "$4,596,040", "$29.50", "-$1,234.50", "3.3 orders"]),
        (EURO, ["1.469.307", f"3,1{NBSP}%", f"4.596.040{NBSP}€", f"29,50{NBSP}€", f"-1.234,50{NBSP}€", "3,3 orders"]),
        (
            NumberFormat("1 234,50", "CHF"),
            [f"1{NARROW}469{NARROW}307", f"3,1{NBSP}%", f"CHF{NBSP}4{NARROW}596{NARROW}040", f"CHF{NBSP}29,50",
             f"-CHF{NBSP}1{NARROW}234,50", "3,3 orders"],
        ),
    ],
)  # fmt: skip
def test_every_kind_of_number_follows_the_format(form: NumberFormat, written: list[str]) -> None:
    with using(form):
        assert [
            numbers.count(1469307), numbers.share(0.0312), numbers.money(4596039.58), numbers.money(29.5),
            numbers.cents(Decimal("-1234.5")), numbers.value(3.25, "orders"),
        ] == written  # fmt: skip
    assert numbers.count(1469307) == "1,469,307", "the format ends with its block"


@pytest.mark.parametrize("symbol", ["<b>", "12", "EUROS", " €", "a b", "`", "*", "\n", "[x]"])
def test_what_is_no_symbol_is_refused(symbol: str) -> None:
    with pytest.raises(SettingsError):
        NumberFormat(symbol=symbol)
    with pytest.raises(SettingsError):
        NumberFormat("1.234.50")


def test_axes_follow_the_format() -> None:
    with using(EURO):
        linear, log = sensible_axis(10, 100, "money"), sensible_axis(0.5, 5000, "money")
        assert (linear["tickprefix"], linear["ticksuffix"]) == ("", f"{NBSP}€")
        assert log["ticktext"] == [f"{text}{NBSP}€" for text in ("0,1", "1", "10", "100", "1.000", "10.000")]
        assert sensible_axis(10, 100, "days")["ticksuffix"] == ""


def test_what_is_kept_and_handed_to_machines_knows_no_format(found: Segmentation, tmp_path: Path) -> None:
    with using(EURO):
        again = pipeline.segment(found.training, 4)
        rows = choose(again.customers())
        files = [list_bytes(rows, form=form) for form in ("csv", "xlsx", "parquet")]
        path = save_run(again.record(), tmp_path)
    assert again.run_id.rpartition("-")[2] == found.run_id.rpartition("-")[2]
    pd.testing.assert_frame_equal(again.segments, found.segments)
    assert files == [list_bytes(rows, form=form) for form in ("csv", "xlsx", "parquet")]
    assert "€" not in (path / "manifest.json").read_text()


def test_texts_of_segments_are_told_again_in_the_format(found: Segmentation, tmp_path: Path) -> None:
    assert retold(found.segments) is found.segments
    saved = open_run(save_run(found.record(), tmp_path)).segments
    for segments in (found.segments, saved):
        with using(EURO):
            told = retold(segments)
        for before, after in zip(segments.to_dict("records"), told.to_dict("records"), strict=True):
            spent = display.fixed(before["median_monetary"], 0)
            with using(EURO):
                amount = display.money(display.fixed(before["median_monetary"], 0))
            assert spent in before["sentence"]
            assert amount in after["sentence"]
            assert amount in after["reason"]
            assert before["segment_name"] == after["segment_name"]
        assert "€" in " ".join(told["goal"] + told["offer"])
        changed = [name for name in segments if not told[name].equals(segments[name])]
        assert set(changed) <= {"sentence", "reason", "goal", "offer", "channel", "avoid"}


def test_own_words_and_notes_on_names_stay(found: Segmentation) -> None:
    segments = found.segments.copy()
    segments[MARK] = ["sentence", *[""] * 3]
    segments.loc[0, "sentence"] = "They spent 1,234.50 in 2024."
    segments.loc[1, "reason"] = "Name kept from the earlier run. " + segments.loc[1, "reason"]
    with using(EURO):
        told = retold(segments)
    assert told.loc[0, "sentence"] == "They spent 1,234.50 in 2024."
    assert told.loc[1, "reason"].startswith("Name kept from the earlier run. ")
    assert "€" in told.loc[1, "reason"]


def test_a_figure_reads_the_same_in_a_sentence_a_table_and_a_chart() -> None:
    for days in (0.5, 1, 3.25, 9.94, 9.96, 25.5, 208.5, 209.49, 1240.5):
        assert numbers.value(days, "days") == words.plural(days, "day")
    assert numbers.value(208.5, "days") == "209 days"
    for position, place in ((0.725, "73"), (0.002, "1"), (0.998, "99"), (0.12, "12")):
        assert numbers.place(position) == place
        assert words.percentile(position).startswith(place)
