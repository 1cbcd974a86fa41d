"""What an engine computes for all customers equals what is computed of them in memory."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
import pytest

from segmentation import charts, pipeline
from segmentation.clustering.sweep import predict_labels
from segmentation.customers.in_engine import EngineStore
from segmentation.customers.segment_model import SegmentModel
from segmentation.errors import SettingsError
from segmentation.features.scaling import fit_scaler
from segmentation.results import CustomerTable, Segmentation
from segmentation.sales.query_cache import QueryCache
from segmentation.settings import ModelSettings

FEATURES = ("recency_days", "frequency", "monetary", "avg_order_value", "coupon_share")


@pytest.fixture(scope="module", params=["log", "standard", "robust"])
def whole(request: pytest.FixtureRequest, real_customers: CustomerTable) -> Segmentation:
    model = ModelSettings(features=FEATURES, scaling=request.param)
    return pipeline.build_segmentation(pipeline.train_every_k(real_customers, model), 5)


def in_engine(table: CustomerTable) -> EngineStore:
    """The same customers, left to the engine."""
    store = table.store
    return EngineStore(store.frame, store.returns_only, store.source, store.expression, store.totals, 1.0)


def test_assign_segments_sql_equals_predict(whole: Segmentation) -> None:
    table = whole.training.table
    there = table.source.fetch(whole.to_expression().order_by("customer_id")).to_pandas()
    assert there["customer_id"].tolist() == table.frame["customer_id"].tolist()
    np.testing.assert_array_equal(there["segment_id"], whole.segment_ids)
    assert there["squared_distance"].sum() == pytest.approx(whole.training.fits[5].inertia, rel=1e-12)


def test_profile_from_aggregates_equals_profile(whole: Segmentation) -> None:
    table = whole.training.table
    described = list(table.frame.columns[1:])
    profiled = in_engine(table).build_profile(whole.model, whole.training.cluster_stats[5], described)
    expected = whole.segments[profiled.columns.tolist()]
    pd.testing.assert_frame_equal(profiled, expected, check_dtype=False, rtol=1e-9)


def test_quantiles_of_population_equal_pandas(whole: Segmentation) -> None:
    table = whole.training.table
    for feature in ("monetary", "recency_days", "coupon_share"):
        grouped = table.frame[feature].groupby(whole.segment_ids)
        expected = pd.DataFrame({name: grouped.quantile(share) for name, share in charts.QUANTILES.items()})
        for store in (table.store, in_engine(table)):
            found = store.compute_quantiles(whole.model, feature, charts.QUANTILES)
            pd.testing.assert_frame_equal(found.set_index("segment_id"), expected, check_names=False, rtol=1e-12)


def test_compute_inertias_sql_several_center_sets(whole: Segmentation) -> None:
    training = whole.training
    sets = [training.fits[k].centers for k in (2, 5, 9)]
    inertias = in_engine(training.table).get_full_data_inertia(training.scaler)(sets)
    assert inertias == pytest.approx([training.fits[k].inertia for k in (2, 5, 9)], rel=1e-9)


@pytest.mark.parametrize("whole", ["robust"], indirect=True)  # the longest statements
def test_compute_inertias_sql_stays_short(whole: Segmentation, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many near-optimal candidates as a sweep can have, with twelve features: several statements, one answer."""
    features = [name for name in whole.training.table.frame if name != "customer_id"][:12]
    scaler, _ = fit_scaler(whole.training.table.frame, features, (), whole.training.settings.scaling)
    X = scaler.transform(whole.training.table.frame)
    sets = [X[start : start + k] for k in range(2, 13) for start in (0, 80, 160, 240)]
    store, lengths = in_engine(whole.training.table), list[int]()

    class Measuring(QueryCache):
        """Keeps the length of every statement; in the dialect of a warehouse it is about the same."""

        def compile_sql(self, query: ibis.Table, dialect: str) -> str:
            sql = super().compile_sql(query, dialect)
            lengths.append(len(sql))
            return sql

    monkeypatch.setattr(store.source, "queries", Measuring())
    inertias = store.get_full_data_inertia(scaler)(sets)
    assert max(lengths) < 200_000
    assert len(lengths) > 1
    distances = [((X[:, None, :] - centers) ** 2).sum(axis=2).min(axis=1).sum() for centers in sets]
    assert inertias == pytest.approx(distances, rel=1e-9)


def test_predict_sql_ties_go_to_lower_cluster(whole: Segmentation) -> None:
    """Two centers on one spot: nobody is in the second."""
    training = whole.training
    centers = training.fits[5].centers[[0, 0, 1, 2]]
    model = SegmentModel(training.scaler, centers, (10, 20, 30, 40))
    found = pd.concat(in_engine(training.table).iter_customers(model))["segment_id"].to_numpy()
    space = training.scaler.transform(training.table.frame)
    np.testing.assert_array_equal(found, np.array([10, 20, 30, 40])[predict_labels(space, centers)])
    assert 20 not in found


def test_scale_sql_rejects_ranks(real_customers: CustomerTable) -> None:
    found = pipeline.build_segmentation(pipeline.train_every_k(real_customers, ModelSettings(scaling="ranks")), 3)
    with pytest.raises(SettingsError, match="'ranks' cannot be computed where the sales are"):
        found.to_expression()
