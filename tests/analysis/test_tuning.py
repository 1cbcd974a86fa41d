"""Settings search: scores, ranking and determinism."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score, silhouette_score

from segmentation import pipeline
from segmentation.analysis import explain, tuning
from segmentation.features.presets import PRESETS
from segmentation.results import CustomerTable, SweepResult
from segmentation.runs.load import open_run
from segmentation.settings import ModelSettings
from tests.test_cli import run


@pytest.fixture(scope="module")
def ranking(shop_customers: CustomerTable) -> pd.DataFrame:
    return tuning.search_settings(shop_customers, scalings=("log", "standard"))


def test_search_settings_tries_every_combination_once(shop_customers: CustomerTable, ranking: pd.DataFrame) -> None:
    assert len(ranking) == len(PRESETS) * 2 * 7 == len(ranking[["preset", "scaling", "k"]].drop_duplicates())
    assert ranking["rank"].tolist() == list(range(1, len(ranking) + 1))
    pd.testing.assert_frame_equal(tuning.search_settings(shop_customers, scalings=("log", "standard")), ranking)


def test_search_settings_scores_equal_sklearn(
    shop_customers: CustomerTable, shop_training: SweepResult, ranking: pd.DataFrame
) -> None:
    again = pipeline.train_every_k(shop_customers, ModelSettings(seed=43))
    third = pipeline.train_every_k(shop_customers, ModelSettings(seed=44))
    everything = tuple(sorted(set().union(*(preset.features for preset in PRESETS.values()))))
    common = pipeline.train_every_k(shop_customers, ModelSettings(everything)).scaler.transform(shop_customers.frame)
    for k in (3, 5, 8):
        row = ranking[(ranking["preset"] == "rfm") & (ranking["scaling"] == "log") & (ranking["k"] == k)].iloc[0]
        labels = [training.fits[k].labels for training in (shop_training, again, third)]
        assert row["silhouette"] == pytest.approx(
            silhouette_score(shop_training.scaler.transform(shop_customers.frame), labels[0])
        )
        assert row["common_silhouette"] == pytest.approx(silhouette_score(common, labels[0]))
        assert row["smallest_share"] == np.bincount(labels[0]).min() / 400
        pairs = [(0, 1), (0, 2), (1, 2)]
        expected = np.mean([adjusted_rand_score(labels[one], labels[other]) for one, other in pairs])
        assert row["agreement"] == pytest.approx(expected)


def test_search_settings_ranks_small_and_unstable_last() -> None:
    """By hand: c is the best that is usable, then a; b is not found again; d has a tiny segment."""
    rows = [("a", 0.1, 0.05, 1.0), ("b", 0.9, 0.05, 0.5), ("c", 0.2, 0.02, 0.9), ("d", 0.8, 0.01, 1.0)]
    tried = pd.DataFrame(rows, columns=["label", "common_silhouette", "smallest_share", "agreement"])
    tried["recommended"] = False
    ranked = tuning._rank_results(tried)
    assert ranked["label"].tolist() == ["c", "a", "b", "d"]
    assert ranked["usable"].tolist() == [True, True, False, False]
    assert "other random starts find other segments (agreement 0.50 of 1)" in ranked["reason"][2]
    assert "too small to plan for (1.0\N{NO-BREAK SPACE}% of customers)" in ranked["reason"][3]


def test_search_settings_puts_recommended_numbers_first(shop_customers: CustomerTable, ranking: pd.DataFrame) -> None:
    recommended = ranking["recommended"]
    assert recommended.sum() == len(PRESETS) * 2
    assert recommended.iloc[: len(PRESETS) * 2].all()
    assert ranking["reason"][0].startswith("The recommended number of segments for these settings. ")


@pytest.mark.parametrize("scaling", ["log", "standard"])
def test_recommended_k_is_the_same_everywhere(
    shop_customers: CustomerTable, ranking: pd.DataFrame, shop: Path, tmp_path: Path, scaling: str
) -> None:
    rows = ranking[(ranking["preset"] == "rfm") & (ranking["scaling"] == scaling) & ranking["recommended"]]
    _, recommendation = explain.validate_sweep(pipeline.train_every_k(shop_customers, ModelSettings(scaling=scaling)))
    assert rows["k"].tolist() == [recommendation.k]
    for number, options in enumerate(([], ["--k", 3])):
        folder = tmp_path / str(number)
        assert run("train", "--source", shop, "--scaling", scaling, "--out", folder, *options).code == 0
        metrics = json.loads((folder / "evaluation_metrics.json").read_text())
        assert metrics["recommended_k"] == recommendation.k
        assert metrics["k"] == (3 if options else recommendation.k)
        assert open_run(folder).recommendation["k"] == recommendation.k


def test_tune_command_prints_ranking_and_options(shop: Path, tmp_path: Path) -> None:
    lines = pd.read_parquet(shop)
    few = tmp_path / "few.parquet"  # what is printed does not depend on the number of customers
    lines[lines["customer_id"] < "C0060"].to_parquet(few, index=False)
    outcome = run("tune", "--source", few, "--top", 3, "--leave-out-category", "Tea")
    assert (outcome.code, outcome.err) == (0, "")
    assert "│    3 │" in outcome.out
    assert "│    4 │" not in outcome.out
    assert "To use it: train --preset " in outcome.out
