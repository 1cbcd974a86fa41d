"""Customer lookup and outliers, recomputed from the saved scaler and centers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from segmentation import pipeline
from segmentation.analysis import customer_lookup
from segmentation.errors import DataError
from segmentation.results import Segmentation, SweepResult
from segmentation.settings import ModelSettings, SalesSettings


@pytest.fixture(scope="module")
def segmentation(shop_training: SweepResult) -> Segmentation:
    return pipeline.build_segmentation(shop_training, 4)


def test_look_up_customer_percentiles(segmentation: Segmentation) -> None:
    frame = segmentation.training.table.frame
    customers = segmentation.list_customers().set_index("customer_id")
    for customer_id in ("C0000", "C0123", "C0399"):
        standing = customer_lookup.look_up_customer(segmentation, customer_id)
        customer_rows = customers.loc[customer_id]
        assert standing.segment_id == customer_rows["segment_id"]
        assert standing.distance < standing.next_distance
        assert standing.next_segment_id != standing.segment_id
        orders = standing.features.set_index("feature").loc["frequency"]
        assert orders["value"] == customer_rows["rfm_frequency"]
        assert orders["median"] == frame["frequency"].median()
        peers = customers.loc[customers["segment_id"] == customer_rows["segment_id"], "rfm_frequency"]
        assert orders["segment_median"] == peers.median()
        assert orders["below"] == (frame["frequency"] < customer_rows["rfm_frequency"]).mean()
    assert standing.features.loc[standing.features["in_use"], "feature"].tolist() == [
        "recency_days",
        "frequency",
        "monetary",
    ]


def test_look_up_customer_distances_equal_model(segmentation: Segmentation) -> None:
    record = segmentation.to_run_record()
    row = segmentation.training.table.frame.iloc[[7]]
    values = row[list(record.features)].to_numpy()
    distances = np.sort(record.model.transform(record.scaler_model.transform(values))[0])
    standing = customer_lookup.look_up_customer(segmentation, str(row["customer_id"].iloc[0]))
    assert [standing.distance, standing.next_distance] == pytest.approx(distances[:2])


@pytest.mark.parametrize("customer_id", ["", "nobody", "C00", "c0000", "ZZZ", "C0000 "])
def test_look_up_customer_unknown_id(segmentation: Segmentation, customer_id: str) -> None:
    with pytest.raises(DataError, match="No customer in these sales has this ID"):
        customer_lookup.look_up_customer(segmentation, customer_id)


def test_look_up_customer_returns_only(six_customers: Path) -> None:
    table = pipeline.load_customers(SalesSettings(source=str(six_customers)))
    with pytest.raises(DataError, match="has returns only"):
        customer_lookup.look_up_customer(
            pipeline.build_segmentation(pipeline.train_every_k(table, ModelSettings()), 3), "F"
        )


def test_find_outliers_are_farthest_from_center(segmentation: Segmentation) -> None:
    record = segmentation.to_run_record()
    frame = segmentation.training.table.frame
    space = record.scaler_model.transform(frame[list(record.features)].to_numpy())
    distance = record.model.transform(space).min(axis=1)
    unusual = customer_lookup.find_atypical_customers(segmentation, 5)
    expected = np.argsort(-distance)[:5]
    assert unusual["customer_id"].tolist() == frame["customer_id"].iloc[expected].tolist()
    assert unusual["distance_ratio"].tolist() == pytest.approx((distance[expected] / np.median(distance)).tolist())
    first = unusual.iloc[0]
    assert first["value"] == frame.set_index("customer_id").loc[first["customer_id"], first["feature"]]
