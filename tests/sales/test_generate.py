"""`python -m segmentation generate`: a shop in a file, and the truth only where it is asked for."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from segmentation.__main__ import main


def test_a_shop_of_the_asked_size(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, truth = tmp_path / "sales.parquet", tmp_path / "truth.parquet"
    code = main(["generate", "--customers", "500", "--seed", "7", "--out", str(out), "--truth", str(truth)])
    assert (code, capsys.readouterr().out) == (0, f"18,025 lines of 500 customers. Written: {out}\n")
    assert pq.read_metadata(out).num_rows == 18_025
    habits = pd.read_parquet(truth)
    assert set(habits["customer_id"]) == set(pd.read_parquet(out)["customer_id"].dropna().astype("int64"))
    assert habits["behaviour"].nunique() == 6


def test_the_default_is_the_demo_and_its_truth_is_kept_apart(tmp_path: Path) -> None:
    assert main(["generate", "--quiet", "--out", str(tmp_path / "sales.parquet")]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["sales.parquet"]
    assert pq.read_metadata(tmp_path / "sales.parquet").num_rows == 52_924
    assert "behaviour" not in pq.read_schema(tmp_path / "sales.parquet").names


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--customers", "0"], "A shop of 0 customers cannot be generated."),
        (["--customers", "many"], "'many' is not a whole number."),
        (["--seed", "-1"], "The seed must be 0 or more."),
        (["--truth", "nowhere/truth.parquet"], "There is no folder"),
    ],
)
def test_what_cannot_be_done_leaves_no_file(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["generate", *arguments, "--out", "sales.parquet"]) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert "Hint: " in error
    assert list(tmp_path.iterdir()) == []
