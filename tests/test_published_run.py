"""The published run on the real fct_sales, reproduced, and why its single start is not enough."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score

from segmentation.clustering.sweep import sweep_k
from segmentation.features.scaling import fit_scaler
from segmentation.pipeline import CustomerTable

FEATURES = ["recency_days", "lines", "monetary", "avg_line_value"]


@pytest.fixture(scope="module")
def space(real_customers: CustomerTable) -> np.ndarray:
    scaler, constant = fit_scaler(real_customers.frame, FEATURES, [], "standard")
    assert constant == ()
    return scaler.transform(real_customers.frame)


def test_published_run_reproduces_scores(space: np.ndarray) -> None:
    model = KMeans(5, random_state=42, n_init=1).fit(space)
    assert silhouette_score(space, model.labels_) == pytest.approx(0.31855749577506326, abs=1e-9)
    assert model.inertia_ == pytest.approx(2097.05599156852, abs=1e-6)
    assert sorted(np.bincount(model.labels_).tolist(), reverse=True) == [610, 474, 207, 168, 9]


def test_single_start_misses_optimum_at_2(space: np.ndarray) -> None:
    published = KMeans(2, random_state=42, n_init=1).fit(space)
    assert published.inertia_ == pytest.approx(4500.81, abs=0.01)
    assert silhouette_score(space, published.labels_) == pytest.approx(0.309, abs=0.001)
    ours = sweep_k(space, [2], seed=42)[2]
    assert ours.inertia == pytest.approx(4455.21, abs=0.01)
    assert silhouette_score(space, ours.labels) == pytest.approx(0.513, abs=0.001)
    assert np.bincount(ours.labels).min() == 116
