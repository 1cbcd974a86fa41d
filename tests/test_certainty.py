"""Certainty of each customer's segment: computed from the resamples, and the same in every list."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from segmentation import pipeline
from segmentation.analysis import explain
from segmentation.results import Segmentation
from segmentation.runs.save import open_run, save_run
from segmentation.settings import ModelSettings, SalesSettings
from tests.test_cli import run


@pytest.fixture(scope="module")
def segmentation(shop: Path) -> Segmentation:
    table = pipeline.load_customers(SalesSettings(str(shop)))
    return pipeline.build_segmentation(
        explain.revise_with_validation(pipeline.train_every_k(table, ModelSettings())), 5
    )


def test_certainty_is_the_share_of_resamples_that_keep_the_segment(segmentation: Segmentation) -> None:
    training = segmentation.training
    assert training.validation is not None
    X, labels = training.scaler.transform(training.table.frame), training.fits[5].labels
    centers = training.validation.bootstrap[5].centers
    distances = ((X[None, :, None, :] - centers[:, None, :, :]) ** 2).sum(axis=3)  # resamples, customers, clusters
    expected = (distances.argmin(axis=2) == labels).mean(axis=0)
    customers = segmentation.customers()
    assert customers.columns[-1] == "certainty"
    np.testing.assert_allclose(customers["certainty"], expected)
    assert customers["certainty"].between(0, 1).all()
    assert 0 < (customers["certainty"] < 1).mean() < 0.9


def test_certainty_is_the_same_in_every_list(segmentation: Segmentation, tmp_path: Path) -> None:
    by_customer = segmentation.customers().set_index("customer_id")["certainty"]
    names = segmentation.segments["segment_name"].tolist()[:2]
    some = segmentation.customers(names).set_index("customer_id")["certainty"]
    pd.testing.assert_series_equal(some.sort_index(), by_customer[some.index].sort_index())
    batches = pd.concat(segmentation.iter_customers()).set_index("customer_id")["certainty"]
    pd.testing.assert_series_equal(batches, by_customer)
    save_run(segmentation.to_run_record(), tmp_path)
    saved = open_run(tmp_path)
    pd.testing.assert_series_equal(saved.customers().set_index("customer_id")["certainty"], by_customer)
    read = pd.concat(saved.iter_customers([1, 2, 3, 4, 5])).set_index("customer_id")["certainty"]
    pd.testing.assert_series_equal(read.sort_index(), by_customer.sort_index())
    assert run("export", "--run", tmp_path, "--out", tmp_path / "list.csv").code == 0
    listed = pd.read_csv(tmp_path / "list.csv", dtype={"customer_id": "str"}).set_index("customer_id")["certainty"]
    pd.testing.assert_series_equal(listed.sort_index(), by_customer.sort_index())


def test_certainty_is_left_out_where_it_is_unknown(segmentation: Segmentation, tmp_path: Path) -> None:
    unknown = replace(segmentation, training=replace(segmentation.training, validation=None))
    assert "certainty" not in unknown.customers()
    save_run(unknown.to_run_record(), tmp_path)
    saved = open_run(tmp_path)
    assert "certainty" not in saved.customers()
    assert saved.validation is None
    assert run("export", "--run", tmp_path, "--out", tmp_path / "list.csv").code == 0
    assert "certainty" not in pd.read_csv(tmp_path / "list.csv")
