"""The number of segments that is used if none is requested."""

from __future__ import annotations

from html import escape
from pathlib import Path

import pytest

from segmentation.__main__ import main
from segmentation.analysis import explain
from segmentation.export import report_html
from segmentation.results import SweepResult
from segmentation.runs.load import open_run
from segmentation.runs.manifest import to_json_value


def test_recommended_k_considers_validation(
    shop: Path, shop_training: SweepResult, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--source", str(shop), "--out", str(tmp_path)]) == 0
    output = " ".join(capsys.readouterr().out.split())
    _, advice = explain.validate_sweep(shop_training)
    saved = open_run(tmp_path)
    assert saved.recommendation == to_json_value(advice.to_dict())
    assert saved.k == advice.k
    assert "in 100 bootstrap resamples of your customers" in output
    assert all(" ".join(sentence.split()) in output for sentence in (advice.summary, *advice.rationale))
    assert escape(advice.summary) in report_html.build_report(saved).decode()


def test_recommended_k_quick_uses_fewer_resamples(
    shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--source", str(shop), "--quick", "--out", str(tmp_path)]) == 0
    output = " ".join(capsys.readouterr().out.split())
    assert "in 20 bootstrap resamples of your customers" in output
    assert "in 100 bootstrap resamples" not in output
