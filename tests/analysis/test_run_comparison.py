"""Two saved runs against each other."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from segmentation import pipeline
from segmentation.analysis.apply_overrides import apply_overrides
from segmentation.analysis.run_comparison import compare_runs
from segmentation.results import CustomerTable
from segmentation.runs.load import SavedRun, open_run
from segmentation.runs.previous_segments import PreviousSegments
from segmentation.runs.save import save_run
from segmentation.segments.overrides import SegmentOverride
from segmentation.settings import ModelSettings, SalesSettings


@pytest.fixture(scope="module")
def runs(
    shop: Path, shop_customers: CustomerTable, tmp_path_factory: pytest.TempPathFactory
) -> tuple[SavedRun, SavedRun]:
    """Four segments as of October, and four as of the end of the year, one of them renamed."""
    from datetime import date

    folder = tmp_path_factory.mktemp("runs")
    sales = SalesSettings(source=str(shop), as_of=date(2024, 10, 1))
    first = pipeline.build_segmentation(pipeline.train_every_k(pipeline.load_customers(sales), ModelSettings()), 4)
    before = open_run(save_run(first.to_run_record(), folder))
    second = pipeline.build_segmentation(
        pipeline.train_every_k(shop_customers, ModelSettings(scaling="ranks")),
        4,
        PreviousSegments.from_saved_run(before),
    )
    kept = int(second.matching.loc[second.matching["how"] == "kept", "segment_id"].iloc[0])
    second = apply_overrides(second, [SegmentOverride(kept, name="Our darlings")])
    return before, open_run(save_run(second.to_run_record(), folder))


def test_compare_runs_equals_pandas(runs: tuple[SavedRun, SavedRun]) -> None:
    before, now = runs
    found = compare_runs(PreviousSegments.from_saved_run(before), PreviousSegments.from_saved_run(now))
    old, new = (run.read_customers().set_index("customer_id") for run in runs)
    both = old.join(new, how="inner", suffixes=("_old", "_new"))
    same = both["segment_id_old"] == both["segment_id_new"]
    assert found.counts == {
        "stayed": int(same.sum()),
        "moved": int((~same).sum()),
        "joined": len(new) - len(both),
        "left": len(old) - len(both),
    }
    assert found.counts["joined"] > 0
    assert found.is_comparable
    some = found.flows.query("segment_before != 0 and segment_now != 0").iloc[0]
    pair = both[(both["segment_id_old"] == some["segment_before"]) & (both["segment_id_new"] == some["segment_now"])]
    assert some["customers"] == len(pair)
    assert some["money_before"] == pytest.approx(pair["rfm_monetary_old"].sum())
    assert some["money_now"] == pytest.approx(pair["rfm_monetary_new"].sum())
    counts = new["segment_id"].value_counts()
    table = found.segments.set_index("segment_id")
    assert table.loc[counts.index, "customers_now"].tolist() == counts.tolist()
    assert table["money_now"].sum() == pytest.approx(new["rfm_monetary"].sum())
    assert table["customers_before"].sum() == len(old)
    assert any("Our darlings (was: " in name for name in table["name"])


def test_compare_runs_lists_changed_settings_without_paths(runs: tuple[SavedRun, SavedRun], shop: Path) -> None:
    table = compare_runs(*map(PreviousSegments.from_saved_run, runs)).settings.set_index("setting")
    assert table.loc["Scaling"].tolist() == ["log", "ranks"]
    assert table.loc["As-of date"].tolist()[0] == "2024-10-01"
    assert "Seed" not in table.index
    assert "Sales data" not in table.index
    assert str(shop.parent) not in table.to_string()
    same = compare_runs(PreviousSegments.from_saved_run(runs[0]), PreviousSegments.from_saved_run(runs[0]))
    assert same.settings.empty
    assert (same.counts["moved"], same.counts["joined"], same.counts["left"]) == (0, 0, 0)
    assert isinstance(same.flows, pd.DataFrame)
