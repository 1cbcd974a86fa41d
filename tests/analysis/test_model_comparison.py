"""Two models on the same sales, against pandas and scikit-learn."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import adjusted_rand_score, silhouette_score

from segmentation import pipeline
from segmentation.analysis.model_comparison import ModelComparison, compare_models
from segmentation.errors import RunError
from segmentation.results import CustomerTable, SweepResult
from segmentation.settings import DEFAULT_FEATURES, ModelSettings, SalesSettings

WITH_AVERAGE = ModelSettings((*DEFAULT_FEATURES, "avg_order_value"))


def compare(table: CustomerTable, *models: tuple[ModelSettings, int]) -> tuple[ModelComparison, list[np.ndarray]]:
    """The comparison of two models fitted to `table`, and the segment ids of both."""
    segmentations = [pipeline.build_segmentation(pipeline.train_every_k(table, model), k) for model, k in models]
    records = [segmentation.to_run_record(with_customers=False) for segmentation in segmentations]
    return compare_models(table, *records), [segmentation.segment_ids for segmentation in segmentations]


def count_by_pandas(table: CustomerTable, before: np.ndarray, now: np.ndarray) -> pd.DataFrame:
    money = table.frame["monetary"]
    frame = pd.DataFrame({"segment_before": before, "segment_now": now, "money": money})
    grouped = frame.groupby(["segment_before", "segment_now"])["money"]
    return grouped.agg(customers="size", net_sales="sum").reset_index()


def match_by_scipy(before: np.ndarray, now: np.ndarray) -> dict[int, int]:
    counts = pd.crosstab(before, now)
    rows, columns = linear_sum_assignment(counts.to_numpy(), maximize=True)
    return dict(zip(counts.index[rows], counts.columns[columns], strict=True))


def test_compare_models_counts_every_customer_and_cent(shop_customers: CustomerTable) -> None:
    found, (before, now) = compare(shop_customers, (ModelSettings(), 4), (WITH_AVERAGE, 5))
    expected = count_by_pandas(shop_customers, before, now)
    pd.testing.assert_frame_equal(found.flows[expected.columns], expected, check_exact=False, rtol=1e-12)
    assert found.flows["customers"].sum() == 400
    assert found.flows["net_sales"].sum() == pytest.approx(
        float(shop_customers.reconciliation.money_accepted), abs=0.005
    )
    matches = match_by_scipy(before, now)
    stays = np.array([matches.get(old) == new for old, new in zip(before, now, strict=True)])
    money = shop_customers.frame["monetary"].to_numpy()
    assert found.share_of_customers == pytest.approx(stays.mean())
    assert found.share_of_sales == pytest.approx(money[stays].sum() / money.sum())
    assert found.adjusted_rand == pytest.approx(adjusted_rand_score(before, now))
    assert found.window_days == shop_customers.window.days


def test_compare_models_same_model_moves_nobody(shop_customers: CustomerTable) -> None:
    found, _ = compare(shop_customers, (ModelSettings(), 4), (ModelSettings(), 4))
    assert (found.share_of_customers, found.share_of_sales, found.adjusted_rand) == (1.0, 1.0, 1.0)
    assert found.flows["is_matched"].all()
    assert len(found.flows) == 4
    assert not found.splits
    assert not found.merges


def test_compare_models_scores_are_those_of_scikit_learn(
    shop_customers: CustomerTable, shop_training: SweepResult
) -> None:
    found, _ = compare(shop_customers, (ModelSettings(), 4), (WITH_AVERAGE, 5))
    for row, (model, k) in enumerate(((ModelSettings(), 4), (WITH_AVERAGE, 5))):
        training = pipeline.train_every_k(shop_customers, model)
        X, labels = training.scaler.transform(shop_customers.frame), training.fits[k].labels
        assert found.scores["k"][row] == k
        assert found.scores["silhouette_score"][row] == pytest.approx(silhouette_score(X, labels))
        assert found.scores["smallest_share"][row] == np.bincount(labels).min() / 400
    common = pipeline.train_every_k(shop_customers, WITH_AVERAGE)  # has the features of both
    labels = shop_training.fits[4].labels
    expected = silhouette_score(common.scaler.transform(shop_customers.frame), labels)
    assert found.scores["common_silhouette"][0] == pytest.approx(expected)


def test_compare_models_finds_splits_and_merges(shop_customers: CustomerTable) -> None:
    found, (before, now) = compare(shop_customers, (ModelSettings(), 3), (ModelSettings(), 4))
    shares = pd.crosstab(before, now, normalize="index")
    expected = {old: tuple(shares.columns[row >= 0.2]) for old, row in shares.iterrows() if (row >= 0.2).sum() > 1}
    assert found.splits == expected
    assert found.splits
    reverse, _ = compare(shop_customers, (ModelSettings(), 4), (ModelSettings(), 3))
    assert reverse.merges == found.splits


def test_compare_models_counts_the_same_in_the_engine(shop: Path, shop_customers: CustomerTable) -> None:
    in_engine = pipeline.load_customers(SalesSettings(source=str(shop), sample_above=100))
    assert not in_engine.store.is_in_memory
    records = [
        pipeline.build_segmentation(pipeline.train_every_k(shop_customers, model), k).to_run_record(
            with_customers=False
        )
        for model, k in ((ModelSettings(), 4), (WITH_AVERAGE, 5))
    ]
    exact, found = (compare_models(table, *records) for table in (shop_customers, in_engine))
    pd.testing.assert_frame_equal(found.flows, exact.flows, check_dtype=False, check_exact=False, rtol=1e-12)
    assert found.adjusted_rand == pytest.approx(exact.adjusted_rand)


def test_compare_models_rejects_features_that_the_source_lacks(
    six_customers: Path, shop_customers: CustomerTable
) -> None:
    record = pipeline.build_segmentation(
        pipeline.train_every_k(shop_customers, ModelSettings(("frequency", "discount_share"))), 4
    ).to_run_record(with_customers=False)
    bare = pipeline.load_customers(
        SalesSettings(source=str(six_customers), columns=(("discount_amount", ""), ("gross_sales_amount", "")))
    )
    with pytest.raises(RunError, match="discount_share, which cannot be computed here"):
        compare_models(bare, record, record)


@pytest.mark.parametrize(
    ("model", "k", "customers_stay", "sales_stay"),
    [
        (ModelSettings(), 5, 0.803, 0.544),
        (WITH_AVERAGE, 4, 0.812, 0.790),
        (replace(ModelSettings(), scaling="standard"), 5, 0.856, 0.687),
        (replace(WITH_AVERAGE, scaling="standard"), 4, 0.965, 0.956),
    ],
)
def test_compare_models_on_real_sales(
    real_customers: CustomerTable, model: ModelSettings, k: int, customers_stay: float, sales_stay: float
) -> None:
    found, (before, now) = compare(real_customers, (replace(model, features=DEFAULT_FEATURES), 4), (model, k))
    assert found.share_of_customers == pytest.approx(customers_stay, abs=0.002)
    assert found.share_of_sales == pytest.approx(sales_stay, abs=0.002)
    assert found.adjusted_rand == pytest.approx(adjusted_rand_score(before, now))
