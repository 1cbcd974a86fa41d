"""The pipeline end to end: results reconcile with the sales lines, and do not depend on incidental order."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from segmentation import pipeline
from segmentation.errors import DataError, RunError, SettingsError
from segmentation.results import CustomerTable, Segmentation
from segmentation.runs.load import open_run
from segmentation.runs.previous_segments import PreviousSegments
from segmentation.runs.save import save_run
from segmentation.scoring import score_customers
from segmentation.settings import ModelSettings, RunSettings, SalesSettings

ROOT = Path(__file__).parents[1]


def build_segmentation(path: Path, k: int | None = None, **model: object) -> Segmentation:
    table = pipeline.load_customers(SalesSettings(source=str(path)))
    return pipeline.build_segmentation(pipeline.train_every_k(table, ModelSettings(**model)), k)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def result(shop: Path) -> Segmentation:
    return build_segmentation(shop, 4)


def test_build_segmentation_covers_customers_and_sales(result: Segmentation) -> None:
    table = result.training.table
    assert result.list_customers()["customer_id"].is_unique
    assert len(result.list_customers()) == len(table.frame) == result.segments["customers"].sum() == 400
    money = Decimal(str(round(result.segments["net_sales"].sum() + table.returns_only["monetary"].sum(), 2)))
    assert money == round(table.reconciliation.money_accepted, 2)
    assert result.segments["segment_id"].tolist() == [1, 2, 3, 4]
    assert result.segments["segment_name"].is_unique
    assert result.segments["share_of_customers"].sum() == pytest.approx(1)


def test_profile_describes_listed_customers(result: Segmentation) -> None:
    listed = result.list_customers().groupby("segment_id")
    np.testing.assert_allclose(listed["rfm_monetary"].median(), result.segments["median_monetary"], rtol=1e-12)
    np.testing.assert_allclose(listed["rfm_recency"].mean(), result.segments["mean_recency_days"], rtol=1e-12)
    assert listed["segment_name"].nunique().eq(1).all()


def test_result_ignores_order_of_lines_and_features(shop: Path, result: Segmentation, tmp_path: Path) -> None:
    raw = pd.read_parquet(shop)
    for seed in (1, 2):
        raw.sample(frac=1, random_state=seed).to_parquet(tmp_path / "shuffled.parquet", index=False, row_group_size=500)
        again = build_segmentation(tmp_path / "shuffled.parquet", 4, features=("monetary", "recency_days", "frequency"))
        pd.testing.assert_frame_equal(again.training.table.frame, result.training.table.frame, check_exact=True)
        pd.testing.assert_frame_equal(again.training.scores, result.training.scores, check_exact=True)
        np.testing.assert_array_equal(again.segment_ids, result.segment_ids)
        pd.testing.assert_frame_equal(again.segments, result.segments, check_exact=True)


def test_build_segmentation_defaults_to_recommended_k(shop: Path) -> None:
    advised = build_segmentation(shop)
    assert advised.k == advised.training.recommendation.k


def test_segment_ids_follow_sales(result: Segmentation) -> None:
    medians = result.segments["median_monetary"].tolist()
    assert medians == sorted(medians, reverse=True)


def test_other_seed_gives_same_segments(shop: Path, result: Segmentation) -> None:
    other = build_segmentation(shop, 4, seed=7)
    assert np.mean(other.segment_ids == result.segment_ids) >= 0.97


def test_retrain_keeps_ids_names_and_colors(shop: Path, result: Segmentation, tmp_path: Path) -> None:
    save_run(result.to_run_record(), tmp_path)
    later = tmp_path / "later.parquet"
    raw = pd.read_parquet(shop)
    raw[raw["transaction_date"] < "2024-12-15"].to_parquet(later, index=False)
    table = pipeline.load_customers(SalesSettings(source=str(later)))
    again = pipeline.build_segmentation(
        pipeline.train_every_k(table, ModelSettings()), 4, PreviousSegments.from_saved_run(open_run(tmp_path))
    )
    assert set(again.matching["how"]) == {"kept"}
    before = result.segments.set_index("segment_id")
    after = again.segments.set_index("segment_id")
    assert after["segment_name"].to_dict() == before["segment_name"].to_dict()
    assert after["color"].to_dict() == before["color"].to_dict()
    both = result.list_customers().merge(again.list_customers(), on="customer_id")
    assert (both["segment_id_x"] == both["segment_id_y"]).mean() > 0.85


def test_retrain_numbers_new_segment(shop: Path, result: Segmentation, tmp_path: Path) -> None:
    save_run(result.to_run_record(), tmp_path)
    again = pipeline.build_segmentation(result.training, 5, PreviousSegments.from_saved_run(open_run(tmp_path)))
    new = again.matching[again.matching["how"] == "new"]
    assert new["segment_id"].tolist() == [5]
    assert set(again.segments["segment_id"]) == {1, 2, 3, 4, 5}
    assert again.segments["color"].is_unique


def test_retrain_ignores_run_of_other_shop(shop: Path, result: Segmentation, tmp_path: Path) -> None:
    save_run(result.to_run_record(), tmp_path)
    other = pd.read_parquet(shop)
    other.assign(customer_id="other " + other["customer_id"]).to_parquet(tmp_path / "other.parquet", index=False)
    table = pipeline.load_customers(SalesSettings(source=str(tmp_path / "other.parquet")))
    again = pipeline.build_segmentation(
        pipeline.train_every_k(table, ModelSettings()), 4, PreviousSegments.from_saved_run(open_run(tmp_path))
    )
    assert again.matching.empty
    assert again.segments["segment_id"].tolist() == [1, 2, 3, 4]


def test_score_same_sales_gives_same_segments(shop: Path, result: Segmentation, tmp_path: Path) -> None:
    save_run(result.to_run_record(), tmp_path)
    scored = score_customers(open_run(tmp_path), SalesSettings(source=str(shop)))
    columns = [name for name in scored.columns if name != "prediction_timestamp"]
    pd.testing.assert_frame_equal(scored[columns], result.list_customers()[columns], check_exact=True)


def test_score_needs_columns_of_run(shop: Path, tmp_path: Path) -> None:
    save_run(build_segmentation(shop, 3, features=("frequency", "category_count")).to_run_record(), tmp_path / "models")
    pd.read_parquet(shop).drop(columns="product_category").to_parquet(tmp_path / "no_category.parquet", index=False)
    with pytest.raises(RunError, match="uses category_count, which cannot be computed here"):
        score_customers(open_run(tmp_path / "models"), SalesSettings(source=str(tmp_path / "no_category.parquet")))


def test_category_lift_equals_pandas(shop: Path, result: Segmentation) -> None:
    raw = pd.read_parquet(shop).merge(result.list_customers()[["customer_id", "segment_id"]], on="customer_id")
    sales = raw.pivot_table(index="segment_id", columns="product_category", values="net_sales_amount", aggfunc="sum")
    shares = sales.div(sales.sum(axis=1), axis=0)
    lifts = shares / (sales.sum() / sales.to_numpy().sum())
    top = pipeline.find_top_categories(result, per_segment=1)
    assert top["segment_id"].tolist() == [1, 2, 3, 4]
    for row in top.itertuples():
        assert row.category == lifts.loc[row.segment_id].idxmax()
        assert row.lift == pytest.approx(lifts.loc[row.segment_id].max())
        assert row.share_of_segment == pytest.approx(shares.loc[row.segment_id, row.category])


def test_category_lift_without_categories(shop: Path, tmp_path: Path) -> None:
    pd.read_parquet(shop).drop(columns="product_category").to_parquet(tmp_path / "plain.parquet", index=False)
    assert pipeline.find_top_categories(build_segmentation(tmp_path / "plain.parquet", 3)).empty


def write_tiny_shop(path: Path, customers: int) -> Path:
    days = pd.date_range("2024-01-01", periods=customers)
    amounts = [10.0 + 7 * number for number in range(customers)]
    pd.DataFrame({"customer_id": [f"c{n}" for n in range(customers)], "date": days, "amount": amounts}).to_parquet(path)
    return path


def test_too_few_customers_raises(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="1 customer cannot be segmented"):
        build_segmentation(write_tiny_shop(tmp_path / "one.parquet", 1))
    small = build_segmentation(write_tiny_shop(tmp_path / "few.parquet", 5))
    assert list(small.training.fits) == [2, 3, 4]
    assert any("At most 4 segments" in notice for notice in small.training.notices)
    with pytest.raises(SettingsError, match="5 segments are not possible") as caught:
        pipeline.build_segmentation(small.training, 5)
    assert "from 2 to 4" in caught.value.hint


def test_constant_feature_is_excluded_with_notice(tmp_path: Path) -> None:
    result = build_segmentation(write_tiny_shop(tmp_path / "tiny.parquet", 30))
    assert result.training.features == ("recency_days", "monetary")  # every customer ordered once
    assert result.training.notices == ("Orders is the same for every customer and was left out.",)


def test_short_history_warns_of_seasonal_features(shop: Path) -> None:
    notices = build_segmentation(shop, 3, features=("frequency", "peak_share")).training.notices
    assert len(notices) == 1
    assert notices[0].endswith("less than a year: what looks like a peak season may be all there is.")
    assert build_segmentation(shop, 3).training.notices == ()


def test_train_every_k_reports_duplicate_features(shop: Path) -> None:
    table = build_segmentation(shop, 3).training.table
    rows = table.frame.assign(tenure_days=2 * table.frame["recency_days"])
    table = replace(table, store=replace(table.store, frame=rows))
    features = ("recency_days", "tenure_days", "monetary")
    notices = pipeline.train_every_k(table, ModelSettings(features, "standard")).notices
    assert len(notices) == 1
    assert "nearly the same (correlation 1.00), so what they measure counts twice." in notices[0]


@pytest.mark.parametrize("k", [0, 1, 13, 500])
def test_impossible_k_raises(k: int) -> None:
    with pytest.raises(SettingsError, match="not a possible number of segments"):
        RunSettings(k=k)


def test_run_record_has_every_k_and_provenance(result: Segmentation) -> None:
    record = result.to_run_record()
    assert record.scores["k"].tolist() == list(range(2, 13))
    assert record.settings.k == 4
    assert record.window == {
        "first_sale": str(result.training.table.window.first_sale),
        "last_sale": "2024-12-31",
        "as_of": "2025-01-01",
        "load_day": str(result.training.table.window.load_day),
    }
    assert record.lines["lines_in"] == result.training.table.reconciliation.lines_read
    labels = record.model.predict(
        record.scaler_model.transform(result.training.table.frame[list(record.features)].to_numpy())
    )
    np.testing.assert_array_equal(np.array(record.cluster_to_segment)[labels], result.segment_ids)


def test_progress_reaches_one(shop: Path) -> None:
    reported: list[tuple[float, str]] = []
    table = pipeline.load_customers(SalesSettings(source=str(shop)), lambda share, what: reported.append((share, what)))
    assert reported[-1] == (1.0, "Customers are ready")
    reported.clear()
    pipeline.train_every_k(table, ModelSettings(), lambda share, what: reported.append((share, what)))
    assert [share for share, _ in reported] == sorted(share for share, _ in reported)
    assert reported[-1][0] == pytest.approx(1.0)


def test_iter_customers_of_selected_segments(real_customers: CustomerTable) -> None:
    segmentation = pipeline.build_segmentation(pipeline.train_every_k(real_customers, ModelSettings()), 5)
    all_customers, names = segmentation.list_customers(), segmentation.segments["segment_name"].tolist()
    selected = all_customers[all_customers["segment_name"].isin([names[3], names[1]])]
    requested = [names[3], names[1]]
    pd.testing.assert_frame_equal(
        segmentation.list_customers(requested).sort_values("customer_id", ignore_index=True),
        selected.reset_index(drop=True),
    )
    first = segmentation.list_customers(requested, 10)
    expected = selected.sort_values(["segment_id", "customer_id"]).head(10)
    pd.testing.assert_frame_equal(first, expected.reset_index(drop=True))
    assert segmentation.list_customers([]).empty


def test_import_pipeline_leaves_out_scientific_libraries() -> None:
    code = "import sys, segmentation.pipeline; print({'numba', 'scipy', 'sklearn'} & set(sys.modules))"
    output = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert output.stdout.strip() == "set()"
