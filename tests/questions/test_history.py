"""Movement between two days, against two runs trained by hand, and what is said of the real sales."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from segmentation import pipeline
from segmentation.errors import SettingsError
from segmentation.questions.history import history
from segmentation.results import CustomerTable
from segmentation.settings import ModelSettings, SalesSettings


@pytest.fixture(scope="module")
def table(shop: Path) -> CustomerTable:
    return pipeline.load_customers(SalesSettings(source=str(shop)))


def test_both_windows_are_of_the_same_length_and_every_customer_is_counted(table: CustomerTable, shop: Path) -> None:
    earlier = date(2024, 10, 1)
    found = history(table, ModelSettings(), earlier, 4)
    lines = pd.read_parquet(shop)
    first = lines["transaction_date"].min()
    length = pd.Timestamp(earlier) - first
    in_before = set(lines.loc[lines["transaction_date"] < "2024-10-01", "customer_id"])
    in_now = set(lines.loc[lines["transaction_date"] >= pd.Timestamp(2025, 1, 1) - length, "customer_id"])
    counts = found.changes.counts
    assert found.days == length.days
    assert counts["joined"] == len(in_now - in_before)
    assert counts["left"] == len(in_before - in_now)
    assert counts["stayed"] + counts["moved"] == len(in_before & in_now)
    assert found.kept == pytest.approx(counts["stayed"] / len(in_before & in_now))


def test_figures_are_the_medians_of_each_day(table: CustomerTable) -> None:
    found = history(table, ModelSettings(), date(2024, 10, 1), 4)
    figures = found.figures(("monetary",)).set_index("segment_id")
    for moment, result in (("before", found.before), ("now", found.now)):
        medians = result.customers().groupby("segment_id")["rfm_monetary"].median()
        for segment_id, row in figures.iterrows():
            assert row[f"median_monetary_{moment}"] == pytest.approx(medians[segment_id])


def test_matching_keeps_more_customers_than_numbers_alone_on_the_real_sales(real_customers: CustomerTable) -> None:
    found = history(real_customers, ModelSettings(), date(2019, 10, 1), 5)
    assert found.days == 273
    assert set(found.now.matched["how"]) == {"kept"}
    assert found.kept > 0.5 > found.kept_by_number


@pytest.mark.parametrize("day", [date(2024, 1, 20), date(2025, 6, 1), date(1999, 1, 1)])
def test_a_day_without_a_window_is_an_error(table: CustomerTable, day: date) -> None:
    with pytest.raises(SettingsError, match="no window that can be compared"):
        history(table, ModelSettings(), day, 4)
