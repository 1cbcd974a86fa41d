"""Movement between two days, against two runs trained by hand, and what is said of the real sales."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from segmentation import pipeline
from segmentation.analysis.migration import compute_migration
from segmentation.errors import SettingsError
from segmentation.results import CustomerTable
from segmentation.sales.files import FileSource
from segmentation.settings import ModelSettings, SalesSettings


@pytest.fixture(scope="module")
def table(shop: Path) -> CustomerTable:
    return pipeline.load_customers(SalesSettings(source=str(shop)))


def test_compute_migration_windows_have_equal_length(table: CustomerTable, shop: Path) -> None:
    earlier = date(2024, 10, 1)
    found = compute_migration(table, ModelSettings(), earlier, 4)
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
    assert found.retention == pytest.approx(counts["stayed"] / len(in_before & in_now))


def test_compute_migration_reports_medians_of_each_date(table: CustomerTable) -> None:
    found = compute_migration(table, ModelSettings(), date(2024, 10, 1), 4)
    figures = found.compare_medians(("monetary",)).set_index("segment_id")
    for moment, result in (("before", found.previous), ("now", found.current)):
        medians = result.customers().groupby("segment_id")["rfm_monetary"].median()
        for segment_id, row in figures.iterrows():
            assert row[f"median_monetary_{moment}"] == pytest.approx(medians[segment_id])


def test_compute_migration_retains_every_segment_of_the_real_sales(real_customers: CustomerTable) -> None:
    found = compute_migration(real_customers, ModelSettings(), date(2019, 10, 1), 5)
    assert found.days == 273
    assert set(found.current.matching["how"]) == {"kept"}
    assert found.retention > 0.5


@pytest.mark.parametrize("day", [date(2024, 1, 20), date(2025, 6, 1), date(1999, 1, 1)])
def test_compute_migration_date_without_window(table: CustomerTable, day: date) -> None:
    with pytest.raises(SettingsError, match="no window that can be compared"):
        compute_migration(table, ModelSettings(), day, 4)


def test_compute_migration_above_limit_counts_in_engine(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample is everybody here, so that the segments are the same and every move must be."""
    source = FileSource(shop)
    fetched: list[int] = []
    plain = source.fetch

    def fetch(*arguments: Any, **options: Any) -> pa.Table:
        answer = plain(*arguments, **options)
        fetched.append(answer.num_rows)
        return answer

    here = pipeline.load_customers(SalesSettings(str(shop)), source=source)
    there = pipeline.load_customers(SalesSettings(str(shop), sample_above=100), source=source)
    expected, day = compute_migration(here, ModelSettings(), date(2024, 10, 1), 4), date(2024, 10, 1)
    monkeypatch.setattr(source, "fetch", fetch)
    monkeypatch.setattr(source, "iter_batches", None)
    found = compute_migration(there, ModelSettings(), day, 4)
    assert found.current.training.table.store.notices
    money = ["money_before", "money_now"]
    columns = expected.changes.flows.columns.drop(money)
    pd.testing.assert_frame_equal(found.changes.flows[columns], expected.changes.flows[columns], check_dtype=False)
    np.testing.assert_allclose(found.changes.flows[money], expected.changes.flows[money], atol=1e-6)
    assert found.changes.counts == expected.changes.counts
    assert found.retention == expected.retention
    assert found.current.matching.equals(expected.current.matching)
    assert max(fetched) <= len(found.previous.training.table.frame), "no more than the sample"
