"""Certainty of each customer's segment: computed from the resamples, and the same in every list."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from segmentation import pipeline
from segmentation.analysis import explain
from segmentation.analysis.saved_run_view import apply_saved_run, restore_saved_run
from segmentation.clustering import sweep
from segmentation.results import CustomerTable, Segmentation, SweepResult
from segmentation.runs.customer_columns import CERTAINTY_COLUMN, CUSTOMER_COLUMNS
from segmentation.runs.load import open_run
from segmentation.runs.save import save_run
from segmentation.settings import ModelSettings, SalesSettings
from tests.test_cli import run


@pytest.fixture(scope="module")
def segmentation(shop_training: SweepResult) -> Segmentation:
    return pipeline.build_segmentation(explain.revise_with_validation(shop_training), 5)


def test_certainty_is_the_share_of_resamples_that_keep_the_segment(segmentation: Segmentation) -> None:
    training = segmentation.training
    assert training.validation is not None
    X, labels = training.scaler.transform(training.table.frame), training.fits[5].labels
    centers = training.validation.bootstrap[5].centers
    distances = ((X[None, :, None, :] - centers[:, None, :, :]) ** 2).sum(axis=3)  # resamples, customers, clusters
    expected = (distances.argmin(axis=2) == labels).mean(axis=0)
    customers = segmentation.list_customers()
    assert customers.columns[-1] == "certainty"
    np.testing.assert_allclose(customers["certainty"], expected)
    assert customers["certainty"].between(0, 1).all()
    assert 0 < (customers["certainty"] < 1).mean() < 0.9


def test_certainty_is_the_same_in_every_list(segmentation: Segmentation, tmp_path: Path) -> None:
    by_customer = segmentation.list_customers().set_index("customer_id")["certainty"]
    names = segmentation.segments["segment_name"].tolist()[:2]
    some = segmentation.list_customers(names).set_index("customer_id")["certainty"]
    pd.testing.assert_series_equal(some.sort_index(), by_customer[some.index].sort_index())
    batches = pd.concat(segmentation.iter_customers()).set_index("customer_id")["certainty"]
    pd.testing.assert_series_equal(batches, by_customer)
    save_run(segmentation.to_run_record(), tmp_path)
    saved = open_run(tmp_path)
    pd.testing.assert_series_equal(saved.read_customers().set_index("customer_id")["certainty"], by_customer)
    read = pd.concat(saved.iter_customers([1, 2, 3, 4, 5])).set_index("customer_id")["certainty"]
    pd.testing.assert_series_equal(read.sort_index(), by_customer.sort_index())
    assert run("export", "--run", tmp_path, "--out", tmp_path / "list.csv").code == 0
    listed = pd.read_csv(tmp_path / "list.csv", dtype={"customer_id": "str"}).set_index("customer_id")["certainty"]
    pd.testing.assert_series_equal(listed.sort_index(), by_customer.sort_index())


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "parquet"])
def test_score_states_the_certainty_of_each_customer(segmentation: Segmentation, tmp_path: Path, suffix: str) -> None:
    by_customer = segmentation.list_customers().set_index("customer_id")["certainty"]
    save_run(segmentation.to_run_record(), tmp_path)
    path = tmp_path / f"scored.{suffix}"
    assert run("score", "--run", tmp_path, "--out", path).code == 0
    match suffix:
        case "csv":
            scored = pd.read_csv(path, dtype={"customer_id": "str"})
        case "xlsx":
            sheets = pd.read_excel(path, sheet_name=None, dtype={"customer_id": "str"}, engine="openpyxl")
            scored = pd.concat([sheet for sheet in sheets.values() if "certainty" in sheet])
        case _:
            scored = pd.read_parquet(path)
    listed = scored.set_index("customer_id")["certainty"]
    pd.testing.assert_series_equal(listed.sort_index(), by_customer.sort_index(), check_index_type=False)


def test_certainty_in_the_engine_equals_that_in_memory(shop: Path, shop_customers: CustomerTable) -> None:
    table = pipeline.load_customers(SalesSettings(str(shop), sample_above=100))
    training = explain.revise_with_validation(pipeline.train_every_k(table, ModelSettings()))
    in_engine = pipeline.build_segmentation(training, 4)
    assert in_engine.has_certainty
    fit = training.fits[4]
    labels = sweep.predict_labels(training.scaler.transform(shop_customers.frame), fit.centers)
    here = replace(training, table=shop_customers, fits={4: replace(fit, labels=labels)})
    listed = in_engine.list_customers()
    assert [*listed] == [*CUSTOMER_COLUMNS, CERTAINTY_COLUMN]
    assert listed["certainty"].between(0, 1).all()
    pd.testing.assert_frame_equal(listed, replace(in_engine, training=here).list_customers(), check_dtype=False)


def test_opened_run_keeps_the_certainty_of_its_list(segmentation: Segmentation, tmp_path: Path) -> None:
    save_run(segmentation.to_run_record(), tmp_path)
    saved = open_run(tmp_path)
    expected = saved.read_customers()["certainty"]
    for opened in (apply_saved_run(segmentation.training, saved), restore_saved_run(saved)):
        assert opened.has_certainty
        pd.testing.assert_series_equal(opened.list_customers()["certainty"], expected)
        save_run(opened.to_run_record(), tmp_path)  # the same run again


def test_certainty_is_left_out_where_it_is_unknown(segmentation: Segmentation, tmp_path: Path) -> None:
    unknown = replace(segmentation, training=replace(segmentation.training, validation=None))
    assert "certainty" not in unknown.list_customers()
    save_run(unknown.to_run_record(), tmp_path)
    saved = open_run(tmp_path)
    assert "certainty" not in saved.read_customers()
    assert saved.validation is None
    for command in ("export", "score"):
        assert run(command, "--run", tmp_path, "--out", tmp_path / "list.csv").code == 0
        assert "certainty" not in pd.read_csv(tmp_path / "list.csv")
