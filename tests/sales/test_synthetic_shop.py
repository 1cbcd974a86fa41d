"""The synthetic web shop: size, bad lines, and recovery of the planted profiles."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import adjusted_rand_score

from segmentation import pipeline
from segmentation.errors import SettingsError, SourceError
from segmentation.results import SweepResult
from segmentation.sales.demo import synthetic_shop
from segmentation.sales.open_source import open_source
from segmentation.settings import DEMO_SOURCES, ModelSettings, SalesSettings

DIRTY = {"no_customer": 212, "no_date": 106, "after_load_day": 53, "no_amount": 106}


@cache
def written(customers: int = 1_468, seed: int = 42, threads: int = 2) -> bytes:
    out = io.BytesIO()
    lines = synthetic_shop.write_shop(out, customers, seed, threads)
    assert pq.read_metadata(io.BytesIO(out.getvalue())).num_rows == lines
    return out.getvalue()


@cache
def shop_lines() -> pd.DataFrame:
    return pd.read_parquet(io.BytesIO(written()))


def trained(path: Path, seed: int = 42) -> tuple[SweepResult, np.ndarray]:
    """The default training of a shop, and the planted habit of each of its customers."""
    path.write_bytes(written(seed=seed))
    training = pipeline.train_every_k(pipeline.load_customers(SalesSettings(source=str(path))), ModelSettings())
    truth = synthetic_shop.assign_profiles(seed=seed).set_index("customer_id")["behaviour"]
    return training, truth.loc[training.table.frame["customer_id"].astype("int64")].to_numpy()


def found(training: SweepResult, habits: np.ndarray, k: int) -> float:
    return float(adjusted_rand_score(habits, training.fits[k].labels))


def test_the_shop_has_the_size_it_says() -> None:
    lines = shop_lines()
    assert (len(lines), lines["customer_id"].nunique()) == (52_924, 1_468)
    dates = pd.to_datetime(lines["transaction_date"])
    in_2025 = dates.dt.year == 2025
    assert (dates[in_2025].min(), dates[in_2025].max()) == (pd.Timestamp(2025, 1, 1), pd.Timestamp(2025, 12, 31))
    assert (~in_2025).sum() == DIRTY["no_date"] + DIRTY["after_load_day"]
    assert set(dates[~in_2025].dropna().dt.year) == {1970, 2125}


def test_the_app_sets_the_planted_flaws_aside(tmp_path: Path) -> None:
    (tmp_path / "shop.parquet").write_bytes(written())
    table = pipeline.load_customers(SalesSettings(source=str(tmp_path / "shop.parquet")))
    assert (
        dict(zip(table.reconciliation.rejected["reason"], table.reconciliation.rejected["lines"], strict=True)) == DIRTY
    )
    assert (table.reconciliation.lines_read, len(table.frame), len(table.returns_only)) == (52_924, 1_468, 0)
    copies = pipeline.load_customers(SalesSettings(source=str(tmp_path / "shop.parquet"), drop_duplicates=True))
    duplicates = copies.reconciliation.rejected.set_index("reason")["lines"]["duplicate"]
    assert duplicates == shop_lines().duplicated().sum() - _faulty_copies()
    assert duplicates >= 100


def _faulty_copies() -> int:
    """Copies that are set aside for another reason already."""
    lines = shop_lines()
    dates = pd.to_datetime(lines["transaction_date"])
    faulty = lines["customer_id"].isna() | lines["net_sales_amount"].isna() | (dates.dt.year != 2025)
    return int((lines.duplicated() & faulty).sum())


def test_money_returns_coupons_seasons_and_tails_are_those_of_a_shop() -> None:
    lines = shop_lines().dropna()
    np.testing.assert_allclose(
        lines["gross_sales_amount"] - lines["discount_amount"], lines["net_sales_amount"], atol=0.005
    )
    returned = lines["quantity"] < 0
    assert 0.015 < returned.mean() < 0.03
    assert (lines.loc[returned, "net_sales_amount"] <= 0).all()
    assert (lines.loc[~returned, "net_sales_amount"] >= 0).all()
    by_category = lines.groupby("product_category")["quantity"].agg(lambda pieces: (pieces < 0).mean())
    assert by_category["Shoes"] > 5 * by_category["Pantry"]
    used = lines["coupon_status"] == "Used"
    assert (lines.loc[used & ~returned, "discount_amount"] > 0).mean() > 0.99
    month = pd.to_datetime(lines["transaction_date"]).dt.month
    assert (month == 12).sum() > 1.3 * (month == 7).sum()
    spent = lines.groupby("customer_id")["net_sales_amount"].sum().sort_values()
    assert spent.tail(147).sum() / spent.sum() > 0.4  # a tenth of the customers
    assert spent.max() > 50 * spent.median()


def test_each_habit_shows_in_the_figures_of_its_customers() -> None:
    lines = shop_lines().dropna()
    bought = lines[lines["quantity"] > 0]
    by_customer = bought.groupby("customer_id").agg(
        orders=("transaction_id", "nunique"),
        last=("transaction_date", "max"),
        spent=("net_sales_amount", "sum"),
        coupons=("coupon_status", lambda status: (status == "Used").mean()),
    )
    truth = synthetic_shop.assign_profiles().set_index("customer_id")["behaviour"]
    habit = by_customer.assign(recency=(pd.Timestamp(2026, 1, 1) - pd.to_datetime(by_customer["last"])).dt.days)
    middle = habit.drop(columns="last").groupby(truth).median()
    assert middle["orders"].idxmax() == "steady loyals"
    assert middle["spent"].idxmax() == "big spenders"
    assert middle["coupons"].idxmax() == "coupon hunters"
    assert middle.loc["lapsing", "recency"] > 100
    assert middle.loc["newcomers", "recency"] < 30
    assert (by_customer["orders"][truth == "one-time buyers"] == 1).all()
    assert truth.value_counts(normalize=True).min() > 0.05


def test_planted_habits_are_found_by_default_settings(tmp_path: Path) -> None:
    """The adjusted Rand index: 1 is found exactly, 0 is what chance finds.

    The recommendation, four segments, merges big spenders with loyals and spreads coupon hunters, who differ from
    others by their discounts, which the default features do not see. As many segments as were planted do better.
    """
    training, habits = trained(tmp_path / "shop.parquet")
    assert training.recommendation.k == 4
    assert found(training, habits, training.recommendation.k) == pytest.approx(0.62, abs=0.02)
    assert found(training, habits, 6) == pytest.approx(0.78, abs=0.02)
    assert max(training.fits, key=lambda k: found(training, habits, k)) == 6


@pytest.mark.parametrize("seed", [1, 2])
def test_they_are_found_in_other_shops_too(seed: int, tmp_path: Path) -> None:
    """Four groups are separate; as more detail, the six planted ones are recommended."""
    training, habits = trained(tmp_path / "shop.parquet", seed)
    assert training.recommendation.k == training.validation.separate_groups == 4
    assert found(training, habits, 4) > 0.55
    assert training.recommendation.more_detail == 6
    assert found(training, habits, 6) > 0.75


def test_neither_threads_nor_chunks_change_a_line() -> None:
    assert written(20_001, 7, threads=1) == written(20_001, 7, threads=3)
    assert pq.read_metadata(io.BytesIO(written(20_001, 7, threads=1))).num_row_groups == 3
    assert pq.read_table(io.BytesIO(written(20_001, 7, threads=1)))["customer_id"].to_pandas().nunique() == 20_001
    assert synthetic_shop.assign_profiles(20_001, 7)["customer_id"].is_unique
    assert written(seed=1) != written(seed=2)


def test_orders_of_different_customers_have_different_numbers() -> None:
    lines = pd.read_parquet(io.BytesIO(written(20_001, 7, threads=1))).dropna()
    assert lines.groupby("transaction_id")["customer_id"].nunique().max() == 1


@pytest.mark.parametrize("customers", [100, 101, 137, 1_000])
def test_small_shops_have_their_share_of_lines(customers: int) -> None:
    for seed in range(5):
        lines = pd.read_parquet(io.BytesIO(written(customers, seed)))
        assert len(lines) == customers * 52_924 // 1_468
        assert lines["customer_id"].nunique() == customers


@pytest.mark.parametrize(("customers", "seed"), [(99, 42), (0, 42), (100_000_001, 42), (1_000, -1)])
def test_impossible_shops(customers: int, seed: int) -> None:
    with pytest.raises(SettingsError) as caught:
        synthetic_shop.write_shop(io.BytesIO(), customers, seed)
    assert caught.value.hint


def test_the_demo_is_that_shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGMENTS_DATA", str(tmp_path / "data"))
    source = open_source("demo:web-shop")
    assert source.name == "Web shop"
    assert "synthetic" in source.note
    assert [path.read_bytes() for path in (tmp_path / "data").iterdir()] == [written()]
    assert open_source("demo:web-shop").version() == source.version()
    assert "demo:web-shop" in DEMO_SOURCES
    with pytest.raises(SourceError, match="Unknown demo 'webshop'"):
        open_source("demo:webshop")
