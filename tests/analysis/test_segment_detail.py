"""Segment detail analyses against pandas, and by hand on a small shop."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from segmentation import pipeline
from segmentation.analysis.members import find_typical_and_borderline
from segmentation.analysis.segment_detail import (
    compute_demographics,
    compute_discount_breakdown,
    compute_month_index,
    compute_monthly_trend,
    find_typical_and_borderline_customers,
)
from segmentation.results import Segmentation
from segmentation.settings import ModelSettings, SalesSettings
from tests.conftest import SIX_CUSTOMERS


def build_segmentation(source: str, k: int | None, **more: tuple[str, ...]) -> Segmentation:
    table = pipeline.load_customers(SalesSettings(source=source))
    return pipeline.build_segmentation(pipeline.train_every_k(table, ModelSettings(**more)), k)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def segmentation(shop: Path) -> Segmentation:
    return build_segmentation(str(shop), 4)


@pytest.fixture(scope="module")
def lines(shop: Path, segmentation: Segmentation) -> pd.DataFrame:
    """The shop's lines with each customer's segment."""
    segment_of = dict(zip(segmentation.training.table.frame["customer_id"], segmentation.segment_ids, strict=True))
    frame = pd.read_parquet(shop)
    return frame.assign(segment=frame["customer_id"].map(segment_of), month=frame["transaction_date"].dt.to_period("M"))


def test_monthly_trend_equals_pandas(segmentation: Segmentation, lines: pd.DataFrame) -> None:
    table = compute_monthly_trend(segmentation)
    months = lines["month"].nunique()
    assert len(table) == 4 * months
    table["month"] = table["month"].dt.to_period("M")
    table = table.set_index(["segment_id", "month"])
    grouped = lines.groupby(["segment", "month"])
    for (segment, month), part in grouped:
        row = table.loc[(segment, month)]
        assert row["net_sales"] == pytest.approx(part["net_sales_amount"].sum())
        assert row["customers"] == part["customer_id"].nunique()
        assert row["orders"] == part["transaction_id"].nunique()
    assert table["net_sales"].sum() == pytest.approx(lines["net_sales_amount"].sum())
    assert table["orders"].sum() == lines["transaction_id"].nunique()


def test_monthly_trend_by_hand(six_customers: Path) -> None:
    """January to March 2024: A has orders on 1, 11 and 31 January, Zoë three in January, B, E and F in February."""
    segmentation = build_segmentation(str(six_customers), 2)
    table = compute_monthly_trend(segmentation).groupby("month")[["net_sales", "orders", "customers"]].sum()
    # F (returns only) is in no segment; the return of B and that of E take money off and are no orders
    assert table["net_sales"].round(2).tolist() == [62 + 40, 60 + 9, 12.34]
    assert table["orders"].tolist() == [6, 3, 1]
    assert table["customers"].tolist() == [2, 2, 1]
    assert compute_monthly_trend(segmentation).groupby("month")["is_whole"].first().tolist() == [True, True, False]
    breakdown = compute_discount_breakdown(segmentation)
    assert breakdown is not None
    all_customers = breakdown.set_index("segment_id").loc[0]
    bought = SIX_CUSTOMERS[SIX_CUSTOMERS["net_sales_amount"].ge(0) & SIX_CUSTOMERS["quantity"].gt(0)]
    assert bought["gross_sales_amount"].sum() == pytest.approx(302.34)
    # without discount: 10 + 10 + 100 + 0 + 12.34; discounts: 5 + 3 + 10 + 50 + 1 + 1 on 20 + 30 + 50 + 50 + 10 + 10
    assert all_customers["full_price"] == pytest.approx(132.34 / 302.34)
    assert all_customers["average_discount"] == pytest.approx(70 / 170)
    assert all_customers["discount_of_all"] == pytest.approx(70 / 302.34)
    assert all_customers["sales_discounted"] == pytest.approx(100 / 232.34)


def test_month_index_by_hand() -> None:
    """Two segments over thirteen complete months; June occurs twice, the first time partially."""
    months = pd.date_range("2023-06-01", "2024-06-01", freq="MS")
    days = months.days_in_month
    steady = pd.DataFrame({"segment_id": 1, "month": months, "net_sales": 10.0 * days, "is_whole": True})
    festive = pd.DataFrame({"segment_id": 2, "month": months, "net_sales": 0.0, "is_whole": True})
    festive.loc[months == "2023-12-01", "net_sales"] = 31 * 24.0
    cut = pd.DataFrame(
        {"segment_id": [1], "month": [pd.Timestamp("2024-07-01")], "net_sales": [9e9], "is_whole": False}
    )
    segmentation = compute_month_index(pd.concat([steady, festive, cut])).set_index(["segment_id", "month"])["index"]
    assert segmentation.loc[1].tolist() == pytest.approx([100.0] * 12)
    assert segmentation.loc[2].tolist() == pytest.approx([0.0] * 11 + [1200.0])
    # all: 10 a day, and 34 in December; the mean of the twelve is 12
    assert segmentation.loc[0].tolist() == pytest.approx([100 * 10 / 12] * 11 + [100 * 34 / 12])


def test_month_index_needs_every_month(segmentation: Segmentation) -> None:
    months = compute_monthly_trend(segmentation)
    assert compute_month_index(months[months["month"].dt.month != 3]).empty


def test_month_index_equals_pandas(real_sales: Path) -> None:
    index = compute_month_index(compute_monthly_trend(build_segmentation(str(real_sales), 4))).set_index(
        ["segment_id", "month"]
    )["index"]
    lines = pd.read_parquet(real_sales)
    month = pd.to_datetime(lines["transaction_date"]).dt.month
    sales = (
        lines["net_sales_amount"].astype(float).groupby(month).sum()
        / pd.period_range("2019-01", "2019-12", freq="M").days_in_month.to_numpy()
    )
    assert index.loc[0].tolist() == pytest.approx((100 * sales / sales.mean()).tolist())


def test_discounts_by_segment_equal_pandas(segmentation: Segmentation, lines: pd.DataFrame) -> None:
    breakdown = compute_discount_breakdown(segmentation)
    assert breakdown is not None
    breakdown = breakdown.set_index("segment_id")
    for segment, part in lines.groupby("segment"):
        less = part[part["discount_amount"] > 0]
        gross = part["gross_sales_amount"].sum()
        row = breakdown.loc[segment]
        assert row["full_price"] == pytest.approx(1 - less["gross_sales_amount"].sum() / gross)
        assert row["sales_discounted"] == pytest.approx(less["net_sales_amount"].sum() / part["net_sales_amount"].sum())
        assert row["discount_of_all"] == pytest.approx(part["discount_amount"].sum() / gross)
        if len(less):
            assert row["average_discount"] == pytest.approx(
                less["discount_amount"].sum() / less["gross_sales_amount"].sum()
            )


def test_discounts_without_discount_column(shop: Path, tmp_path: Path) -> None:
    path = tmp_path / "bare.parquet"
    pd.read_parquet(shop).drop(columns=["discount_amount", "gross_sales_amount"]).to_parquet(path, index=False)
    assert compute_discount_breakdown(build_segmentation(str(path), 3)) is None
    assert compute_demographics(build_segmentation(str(path), 3)) is None


def test_demographics_are_shares_of_known_values(tmp_path: Path, shop: Path) -> None:
    lines = pd.read_parquet(shop)
    ids = sorted(lines["customer_id"].unique())
    customers = pd.DataFrame(
        {
            "Customer_ID": ids[:100],
            "age": ["19-24", "65+", "Under 19", None] * 25,
            "email": [f"{i}@example.com" for i in ids[:100]],
            "same": "x",
        }
    )
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.register("lines", lines)
        connection.register("people", customers)
        connection.execute("create table fct_sales as select * from lines")
        connection.execute("create table Demographics as select * from people")
    segmentation = build_segmentation(f"duckdb:///{path}", 4)
    table = compute_demographics(segmentation)
    assert table is not None
    assert set(table["attribute"]) == {"age"}  # address has too many values, and a constant has no information
    all_customers = table[table["segment_id"] == 0]
    assert all_customers["value"].tolist() == ["Under 19", "19-24", "65+"]
    assert all_customers["customers"].tolist() == [25, 25, 25]
    assert all_customers["known"].tolist() == [75, 75, 75]
    segment_of = dict(zip(segmentation.training.table.frame["customer_id"], segmentation.segment_ids, strict=True))
    expected = customers.assign(segment=customers["Customer_ID"].map(segment_of)).dropna(subset="age")
    for segment in segmentation.segments["segment_id"]:
        part = expected[expected["segment"] == segment]["age"]
        mine = table[table["segment_id"] == segment].set_index("value")
        assert mine.loc["65+", "customers"] == (part == "65+").sum()
        assert mine["known"].tolist() == [len(part)] * 3
        assert mine["share"].sum() == pytest.approx(1) if len(part) else mine["share"].isna().all()


def test_typical_and_borderline_customers(segmentation: Segmentation) -> None:
    centers = segmentation.training.fits[4].centers
    space = segmentation.training.scaler.transform(segmentation.training.table.frame)
    for segment in (1, 4):
        near, edge = find_typical_and_borderline_customers(segmentation, segment)
        cluster = segmentation.cluster_to_segment.index(segment)
        mine = np.flatnonzero(segmentation.segment_ids == segment)
        distances = np.sqrt(((space[mine][:, None, :] - centers[None]) ** 2).sum(axis=2))
        order = mine[np.argsort(distances[:, cluster], kind="stable")][:10]
        ids = segmentation.training.table.frame["customer_id"].to_numpy()
        assert near["customer_id"].tolist() == ids[order].tolist()
        assert near["distance"].is_monotonic_increasing
        assert len(edge) == 10
        # a step of to_border (and a hair) towards the next center leads into the next segment
        row = np.flatnonzero(ids == edge["customer_id"][0])[0]
        other = segmentation.cluster_to_segment.index(int(edge["next_segment"][0]))
        way = (centers[other] - centers[cluster]) / np.linalg.norm(centers[other] - centers[cluster])
        for step, expected in ((0.999, cluster), (1.001, other)):
            remote = space[row] + step * edge["to_border"][0] * way
            assert ((centers - remote) ** 2).sum(axis=1).argmin() == expected


def test_borderline_customers_single_cluster() -> None:
    near, edge = find_typical_and_borderline(np.array([[1.0], [2.0]]), np.array([[0.0]]), 0, np.array([0, 1]))
    assert near["row"].tolist() == [0, 1]
    assert edge.empty


def test_demographics_of_the_demo() -> None:
    segmentation = build_segmentation("demo:complete-journey", 5)
    table = compute_demographics(segmentation)
    assert table is not None
    ages = table[(table["segment_id"] == 0) & (table["attribute"] == "age")]
    assert ages["value"].tolist() == ["19-24", "25-34", "35-44", "45-54", "55-64", "65+"]
    assert ages["customers"].tolist() == [46, 142, 194, 288, 59, 72]
    assert ages["known"].tolist() == [801] * 6
