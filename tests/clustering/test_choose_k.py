"""Settings reach all outputs: the saved run, its pickles, and customer lists."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from segmentation import pipeline
from segmentation.export import customer_list
from segmentation.results import CustomerTable, Segmentation
from segmentation.runs.load import open_run
from segmentation.runs.manifest import compute_checksum
from segmentation.scoring import score_customers
from segmentation.settings import SCALINGS, ModelSettings, SalesSettings
from tests.test_cli import Outcome, assert_refused, run

WEIGHTS = (("frequency", 2.0), ("discount_share", 0.5))
FEATURES = ("recency_days", "frequency", "monetary", "discount_share")


@pytest.fixture(scope="module", params=list(SCALINGS))
def segmentation(shop_customers: CustomerTable, request: pytest.FixtureRequest) -> Segmentation:
    return pipeline.build_segmentation(
        pipeline.train_every_k(shop_customers, ModelSettings(FEATURES, request.param, weights=WEIGHTS)), 4
    )


def test_to_sklearn_scaler_and_model_agree(segmentation: Segmentation) -> None:
    record = segmentation.to_run_record()
    values = segmentation.training.table.frame[list(record.features)].to_numpy()
    labels = record.model.predict(record.scaler_model.transform(values))
    np.testing.assert_array_equal(np.array(record.cluster_to_segment)[labels], segmentation.segment_ids)


def test_score_run_equals_saved_segments(shop: Path, segmentation: Segmentation, tmp_path: Path) -> None:
    from segmentation.runs.save import save_run

    save_run(segmentation.to_run_record(), tmp_path)
    saved = open_run(tmp_path)
    assert saved.settings.model == segmentation.training.settings
    scored = score_customers(saved, SalesSettings(str(shop)))
    assert scored["segment_id"].tolist() == segmentation.segment_ids.tolist()


def test_weight_changes_profile_differences(tmp_path: Path) -> None:
    """Customers can be split by time or by money equally well; the weight decides."""
    days = ["2024-01-01", "2024-01-02", "2024-03-01", "2024-03-02"]
    lines = [(f"{day} {money}", day, money) for day in days for money in (10.0, 11.0, 100.0, 101.0)]
    frame = pd.DataFrame(lines, columns=["customer_id", "date", "amount"])
    frame.to_csv(tmp_path / "square.csv", index=False)
    table = pipeline.load_customers(SalesSettings(str(tmp_path / "square.csv")))
    features = ("recency_days", "monetary")
    for heavy, light in (features, features[::-1]):
        weights = ((heavy, 2.0), (light, 0.5))
        labels = pipeline.train_every_k(table, ModelSettings(features, "standard", weights=weights)).fits[2].labels
        larger = (table.frame[heavy] > table.frame[heavy].mean()).to_numpy()
        assert labels[larger].tolist() in ([0] * 8, [1] * 8)
        assert labels[~larger].tolist() == [1 - labels[larger][0]] * 8


@pytest.fixture(scope="module")
def trained(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    models = tmp_path_factory.mktemp("choosing")
    outcome = run(
        "train",
        "--source",
        shop,
        "--k",
        3,
        "--out",
        models,
        "--preset",
        "rfm-value",
        "--scaling",
        "ranks",
        "--weights",
        "frequency=2",
        "monetary=0.5",
        "--start",
        "2024-01-15",
        "--leave-out",
        "2024-11-20:2024-11-30",
        "2024-12-01",
        "--leave-out-category",
        "Tea",
    )
    return models, outcome


def test_train_prints_settings(shop: Path, trained: tuple[Path, Outcome]) -> None:
    models, outcome = trained
    assert outcome.code == 0, outcome.err
    saved = open_run(models)
    assert saved.settings.model == ModelSettings(
        ("recency_days", "frequency", "monetary", "avg_order_value"),
        "ranks",
        weights=(("frequency", 2.0), ("monetary", 0.5)),
    )
    assert saved.settings.sales == SalesSettings(
        str(shop),
        start=date(2024, 1, 15),
        excluded_periods=((date(2024, 11, 20), date(2024, 12, 1)),),
        excluded_categories=("Tea",),
    )
    raw = pd.read_parquet(shop)
    raw = raw[raw["transaction_date"] >= "2024-01-15"]
    away = raw["transaction_date"].between("2024-11-20", "2024-12-01 23:59:59")
    assert f"rejected: In an excluded period, {away.sum():,} lines" in outcome.out
    tea = (raw["product_category"] == "Tea") & ~away
    assert f"rejected: In an excluded category, {tea.sum():,} lines" in outcome.out


def test_customer_list_states_exclusions(trained: tuple[Path, Outcome], tmp_path: Path) -> None:
    models, _ = trained
    columns = ",".join(["customer_id", *customer_list.PROVENANCE_COLUMNS])
    assert run("export", "--run", models, "--columns", columns, "--out", tmp_path / "list.csv").code == 0
    text = pd.read_csv(tmp_path / "list.csv", dtype="str")["settings"].unique().tolist()
    expected = (
        "features recency_days frequency monetary avg_order_value; weights frequency=2 monetary=0.5; scaling ranks; "
        "k 3; seed 42; start 2024-01-15; left_out 2024-11-20:2024-12-01; categories_left_out Tea"
    )
    assert text == [expected]


def index_by_customer(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype={"customer_id": "str"}).sort_values("customer_id")


def test_score_applies_exclusions_of_run_unless_overridden(
    shop: Path, trained: tuple[Path, Outcome], tmp_path: Path
) -> None:
    models, _ = trained
    saved = open_run(models)
    assert run("score", "--run", models, "--out", tmp_path / "same.csv").code == 0
    same = index_by_customer(tmp_path / "same.csv")
    assert same["segment_id"].tolist() == saved.read_customers()["segment_id"].tolist()
    assert run("score", "--run", models, "--leave-out", "2024-02-01", "--out", tmp_path / "other.csv").code == 0
    other = index_by_customer(tmp_path / "other.csv")
    expected = pipeline.load_customers(
        SalesSettings(
            str(shop),
            start=date(2024, 1, 15),
            excluded_periods=((date(2024, 2, 1), date(2024, 2, 1)),),
            excluded_categories=("Tea",),
        )
    ).frame
    assert other["rfm_monetary"].tolist() == expected["monetary"].tolist() != same["rfm_monetary"].tolist()


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--preset", "vip"], "Unknown preset 'vip'"),
        (["--weights", "frequency"], "'frequency' is not a weight"),
        (["--weights", "frequency=much"], "'frequency=much' is not a weight"),
        (["--weights", "frequency=7"], "7 is not a valid weight"),
        (["--weights", "lines=2"], "'lines' has a weight"),
        (["--leave-out", "Christmas"], "'Christmas' is not a period"),
        (["--leave-out", "2024-02-01:2024-01-01"], "ends before it begins"),
        (["--leave-out", "2000-01-01:2100-01-01"], "None of the"),
    ],
)
def test_invalid_settings_raise(shop: Path, tmp_path: Path, options: list[str], complaint: str) -> None:
    assert_refused(run("train", "--source", shop, "--out", tmp_path, *options), complaint)
    assert list(tmp_path.iterdir()) == []


def test_open_run_without_later_settings(trained: tuple[Path, Outcome]) -> None:
    folder = open_run(trained[0]).folder
    path = folder / "manifest.json"
    written = path.read_bytes()
    values = json.loads(written)
    values["format"] = 1
    for name in ("left_out", "categories_left_out"):
        del values["settings"]["sales"][name]
    del values["settings"]["model"]["weights"], values["scaler"]["quantiles"]
    values["scaler"]["scaling"] = values["settings"]["model"]["scaling"] = "standard"  # there were no ranks then
    values["checksum"] = compute_checksum(values)
    path.write_text(json.dumps(values))
    try:
        saved = open_run(folder)
        assert (saved.settings.sales.excluded_periods, saved.settings.model.weights) == ((), ())
        assert pipeline.scaling.Scaler.from_dict(saved.scaler).quantiles == ()
    finally:
        path.write_bytes(written)
