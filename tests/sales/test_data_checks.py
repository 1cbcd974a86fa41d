"""Checks of the data: each finding on a table that has exactly its fault, and none on a healthy one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from segmentation import pipeline
from segmentation.presentation.findings import describe_finding, format_fix_options
from segmentation.results import CustomerTable
from segmentation.sales import data_checks
from segmentation.sales.findings import ERROR, INFO, WARNING, Finding, apply_fix
from segmentation.settings import SalesSettings


def make_healthy_sales(orders: int = 200, customers: int = 40) -> pd.DataFrame:
    """Two lines per order, five orders per customer, amounts that differ, days over about ten months."""
    lines = pd.DataFrame({"order_id": np.repeat(np.arange(1, orders + 1), 2)})
    lines["customer_id"] = "C" + (100 + lines["order_id"] * 7 % customers).astype(str)
    lines["order_date"] = pd.Timestamp("2025-01-01") + pd.to_timedelta(lines["order_id"] * 3 // 2, unit="D")
    lines["net_sales"] = (10 + np.arange(len(lines)) * 0.37 % 23).round(2)
    return lines


def load(lines: pd.DataFrame, tmp_path: Path, settings: SalesSettings | None = None) -> CustomerTable:
    path = tmp_path / "sales.csv"
    lines.to_csv(path, index=False)
    settings = settings or SalesSettings()
    return pipeline.load_customers(SalesSettings(**{**vars(settings), "source": str(path)}))


def get_finding(table: CustomerTable, finding_id: str) -> Finding:
    return next(finding for finding in table.findings if finding.id == finding_id)


def test_check_data_finds_nothing_on_healthy_sales(tmp_path: Path) -> None:
    assert load(make_healthy_sales(), tmp_path).findings == ()


def test_check_data_finds_customer_with_many_orders(tmp_path: Path) -> None:
    lines = make_healthy_sales()
    lines.loc[lines["order_id"] <= 60, "customer_id"] = "Till 1"
    table = load(lines, tmp_path)
    finding = get_finding(table, "dominant_customer")
    share = lines["net_sales"][lines["customer_id"] == "Till 1"].sum() / lines["net_sales"].sum()
    assert finding.severity == WARNING
    assert finding.figures["share_of_orders"] == 60 / 200
    assert finding.figures["share_of_sales"] == pytest.approx(share)
    assert format_fix_options(finding.fix) == "--customer-value 'Till 1=exclude'"
    repaired = pipeline.load_customers(apply_fix(table.settings, finding))
    assert repaired.store.totals.customers == table.store.totals.customers - 1
    assert repaired.store.totals.orders == 140
    assert "dominant_customer" not in {finding.id for finding in repaired.findings}


def test_check_data_finds_overlapping_exports(tmp_path: Path) -> None:
    lines = make_healthy_sales()
    again = lines[lines["order_id"] > 140]
    table = load(pd.concat([lines, again]), tmp_path)
    finding = get_finding(table, "overlapping_exports")
    assert (finding.severity, finding.figures["lines"]) == (WARNING, 120)
    assert finding.figures["share"] == 120 / 520
    assert finding.figures["money"] == Decimal(str(round(again["net_sales"].sum(), 2)))
    assert finding.figures["first"] == again["order_date"].min().date()
    assert finding.figures["last"] == again["order_date"].max().date()
    repaired = pipeline.load_customers(apply_fix(table.settings, finding))
    assert repaired.reconciliation.money_accepted == Decimal(str(round(lines["net_sales"].sum(), 2)))
    assert repaired.findings == ()


def test_check_data_finds_scattered_copies(tmp_path: Path) -> None:
    lines = make_healthy_sales()
    table = load(pd.concat([lines, lines.iloc[::40]]), tmp_path)
    finding = get_finding(table, "exact_copies")
    assert finding.figures["lines"] == 10
    assert "first" not in finding.figures
    assert finding.fix == {"drop_duplicates": True}


def test_check_data_finds_lone_last_date(tmp_path: Path) -> None:
    lines = make_healthy_sales()
    before = lines["order_date"].max().date()
    lines.loc[0, "order_date"] = pd.Timestamp("2026-09-30")
    lines.loc[1, "order_date"] = pd.Timestamp("2026-09-30")
    table = load(lines, tmp_path)
    finding = get_finding(table, "lone_last_date")
    last = date(2026, 9, 30)
    assert finding.figures == {"date": last, "lines": 2, "days": (last - before).days, "before": before}
    repaired = pipeline.load_customers(apply_fix(table.settings, finding))
    assert repaired.window.last_sale == before
    assert repaired.findings == ()


def test_check_data_accepts_shop_with_long_gaps(tmp_path: Path) -> None:
    """A shop that opens twice a year has no date far after the rest."""
    lines = make_healthy_sales()
    lines["order_date"] = pd.Timestamp("2023-01-05") + pd.to_timedelta(lines["order_id"] // 40 * 180, unit="D")
    assert "lone_last_date" not in {finding.id for finding in load(lines, tmp_path).findings}


def test_check_data_finds_single_day(tmp_path: Path) -> None:
    lines = make_healthy_sales().assign(order_date="2025-06-30")
    finding = get_finding(load(lines, tmp_path), "single_day")
    assert (finding.severity, finding.figures["date"]) == (ERROR, date(2025, 6, 30))


@pytest.mark.parametrize(("blank", "severity"), [(40, WARNING), (240, ERROR)])
def test_check_data_finds_rejected_lines(tmp_path: Path, blank: int, severity: str) -> None:
    lines = make_healthy_sales()
    lines.loc[lines.index[-blank:], "customer_id"] = ""
    finding = get_finding(load(lines, tmp_path), "rejected_lines")
    assert finding.severity == severity
    assert finding.figures["lines"] == blank
    assert finding.figures["share"] == blank / 400
    assert finding.figures["money"] == Decimal(str(round(lines["net_sales"].iloc[-blank:].sum(), 2)))
    assert describe_finding(finding).endswith("are rejected: missing customer.")


def test_check_data_finds_second_column(tmp_path: Path) -> None:
    lines = make_healthy_sales()
    lines["revenue"] = lines["net_sales"] * 1.2
    table = load(lines, tmp_path)
    finding = get_finding(table, "second_column")
    assert finding.severity == INFO
    assert finding.figures == {
        "role": "net_sales_amount",
        "column": "net_sales",
        "other": "revenue",
        "share": 1.0,
    }
    repaired = pipeline.load_customers(apply_fix(table.settings, finding))
    assert repaired.columns["net_sales_amount"] == "revenue"
    assert repaired.findings == ()


def test_check_data_ignores_second_column_with_equal_values(tmp_path: Path) -> None:
    lines = make_healthy_sales()
    lines["revenue"] = lines["net_sales"]
    assert load(lines, tmp_path).findings == ()


def test_check_data_finds_customers_who_order_once(tmp_path: Path) -> None:
    lines = make_healthy_sales().assign(customer_id=lambda frame: "C" + frame["order_id"].astype(str))
    finding = get_finding(load(lines, tmp_path), "customers_order_once")
    assert finding.figures == {"column": "customer_id", "customers": 200, "orders": 200}


def test_check_data_finds_order_ids_of_several_customers(tmp_path: Path) -> None:
    lines = make_healthy_sales()
    lines.loc[lines.index[:20:2], "customer_id"] = "C139"
    finding = get_finding(load(lines, tmp_path), "shared_order_ids")
    assert finding.figures["share"] == pytest.approx(0.05, abs=0.011)


def test_check_data_finds_orders_on_several_days(tmp_path: Path) -> None:
    lines = make_healthy_sales()
    lines.loc[lines.index[:20:2], "order_date"] += pd.Timedelta(days=1)
    finding = get_finding(load(lines, tmp_path), "orders_on_several_days")
    assert finding.figures == {"column": "order_id", "share": 0.05}
    assert finding.fix == {"orders": "id-and-day"}


def test_check_data_finds_repeated_amounts(tmp_path: Path) -> None:
    lines = make_healthy_sales()
    lines["net_sales"] = np.where(lines["order_id"] % 4 == 0, lines["net_sales"], lines["order_id"] * 1.01)
    lines["net_sales"] = lines["net_sales"].round(2)
    finding = get_finding(load(lines, tmp_path), "repeated_amounts")
    assert finding.figures == {"column": "net_sales", "share": 0.75}
    assert finding.fix == {"amount_grain": "order"}


def test_check_data_samples_whole_orders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_checks, "MAX_LINES", 300)
    monkeypatch.setattr(data_checks, "SAMPLE_LINES", 150)
    lines = make_healthy_sales()
    table = load(pd.concat([lines, lines]), tmp_path)
    finding = get_finding(table, "overlapping_exports")
    assert finding.figures["share"] == 0.5
    assert finding.figures["lines"] == pytest.approx(400, rel=0.5)
