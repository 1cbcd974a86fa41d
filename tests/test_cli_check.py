"""`check` reads the lines as `train` does: the same totals, findings and refusals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from segmentation.__main__ import main
from tests.sales.invented_shop import make_shop
from tests.sales.store_exports import STORE_EXPORTS


def test_check_json_prints_what_was_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    export = STORE_EXPORTS["shopify_orders"](*make_shop())
    path = tmp_path / "orders.csv"
    export.frame.to_csv(path, index=False)
    assert main(["check", "--json", "--source", str(path)]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["layout"] == "shopify_orders"
    assert report["columns"]["customer_id"] == "Email"
    assert (report["customers"], report["orders"]) == (export.customers, export.orders)
    assert report["net_sales"] == float(export.money)
    assert {row["reason"] for row in report["rejected"]} == {"cancelled", "refunded"}
    assert [report["start"], report["end"]] == sorted([report["start"], report["end"]])


def test_check_refuses_what_train_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "two.csv"
    path.write_text("customer_id,order_date,net_sales\nA,2025-01-01,5\nB,2025-01-02,6\n")
    for command in (["check", "--json"], ["check"], ["train", "--quick", "--out", str(tmp_path / "models")]):
        assert main([*command, "--source", str(path)]) == 2
        assert "2 customers cannot be segmented." in "".join(capsys.readouterr())


def test_check_json_has_null_for_money_that_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [f"C{n % 9},2024-01-{1 + n % 28:02},{'n/a' if n % 5 == 0 else n}" for n in range(1, 60)]
    path = tmp_path / "sales.csv"
    path.write_text("\n".join(["customer_id,order_date,net_sales", *lines]))
    assert main(["check", "--json", "--source", str(path)]) == 0

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    report = json.loads(capsys.readouterr().out, parse_constant=refuse)
    assert report["rejected"] == [{"reason": "no_amount", "lines": 11, "money": None}]
    (finding,) = [one for one in report["findings"] if one["id"] == "rejected_lines"]
    assert "amount unknown" in finding["sentence"]
