"""A small run record made with scikit-learn alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler

from segmentation.runs.manifest import RunRecord
from segmentation.settings import ModelSettings, RunSettings, SalesSettings

ODD_IDS = [
    "00123",
    "9007199254740993",
    "Zoë",
    "=1+1",
    " a",
    "NA",
    'say "hi"',
    "a,b;c",
    "two\nlines",
    "1e5",
    "'",
    "null",
]
FEATURES = ("recency_days", "frequency", "monetary")


def make_record(run_id: str = "20260101T120000Z-ab12cd34", seed: int = 0, customers: int = 200) -> RunRecord:
    """A run over `customers` customers, the first of them with odd ids, in three segments numbered 1 to 3."""
    random = np.random.default_rng(seed)
    ids = [*ODD_IDS, *(f"C{number:05d}" for number in range(customers - len(ODD_IDS)))]
    rfm = np.column_stack(
        [
            random.integers(1, 365, customers),
            random.integers(1, 40, customers),
            random.gamma(2, 300, customers).round(2),
        ]
    ).astype(np.float64)
    scaler = StandardScaler().fit(rfm)
    model = KMeans(3, n_init=2, random_state=seed).fit(scaler.transform(rfm))
    labels = model.predict(scaler.transform(rfm))
    mapping = (3, 1, 2)
    table = pd.DataFrame(rfm, columns=["rfm_recency", "rfm_frequency", "rfm_monetary"])
    table.insert(0, "customer_id", pd.Series(ids, dtype="str"))
    table.insert(1, "segment_id", np.array(mapping)[labels])
    table.insert(2, "segment_name", table["segment_id"].map({1: "High-Value Customers", 2: "Promising", 3: "New"}))
    table["prediction_timestamp"] = pd.Timestamp("2026-01-01T13:00:00+01:00")
    return RunRecord(
        run_id=run_id,
        created=datetime(2026, 1, 1, 12, tzinfo=UTC),
        settings=RunSettings(
            SalesSettings("sales.csv", as_of=date(2020, 1, 1)), ModelSettings(FEATURES, "standard", 7), 3
        ),
        source_name="sales.csv",
        window={"first_sale": "2019-01-01", "last_sale": "2019-12-31", "as_of": "2020-01-01", "load_day": "2026-01-01"},
        window_days=365,
        lines={
            "lines_in": 1000,
            "lines_used": 990,
            "set_aside": [{"reason": "no_customer", "lines": 10, "money": Decimal("12.34")}],
        },
        features=FEATURES,
        scaler={"mean": scaler.mean_.tolist(), "scale": scaler.scale_.tolist()},
        centers=model.cluster_centers_,
        cluster_to_segment=mapping,
        segments=pd.DataFrame(
            {
                "segment_id": [1, 2, 3],
                "segment_name": ["High-Value Customers", "Promising", "New"],
                "color": [0, 1, 2],
                "customers": table["segment_id"].value_counts().sort_index().to_numpy(),
                "share_of_sales": [0.1 + 0.2, 1 / 3, np.nan],
            }
        ),
        scores=pd.DataFrame(
            {
                "k": [2, 3, 4],
                "inertia": [300.1, float(model.inertia_), 100.7],
                "silhouette_score": [0.3, 0.1 + 0.2, np.nan],
                "silhouette_low": [np.nan] * 3,
                "calinski_harabasz_score": [10.0, 11.5, np.inf],
                "davies_bouldin_score": [1.0, 0.9, 0.8],
                "smallest_segment": [50, 40, 30],
            }
        ),
        customers=table.sort_values("customer_id", ignore_index=True),
        matching=pd.DataFrame({"segment_id": [1], "cluster": [1], "previous_name": ["Old name"], "how": ["kept"]}),
        model=model,
        scaler_model=scaler,
    )


@pytest.fixture(scope="session")
def record() -> RunRecord:
    return make_record()


@pytest.fixture(scope="session")
def later() -> RunRecord:
    """Another run, to be saved after `record`."""
    return make_record("20260201T120000Z-00ff00ff", seed=1)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture(scope="session")
def new_record() -> Callable[..., RunRecord]:
    return make_record
