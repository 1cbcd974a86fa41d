"""Shared shops of the tests of segment history."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fixed_habits import build_fixed_habits
from tests.test_cli import run


@pytest.fixture(scope="package")
def three_years(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop of fixed habits over three years."""
    path = tmp_path_factory.mktemp("three_years") / "shop.parquet"
    build_fixed_habits(customers=700, years=3).to_parquet(path, index=False)
    return path


@pytest.fixture(scope="package")
def three_years_models(three_years: Path) -> Path:
    """A run of its first year."""
    folder = three_years.parent / "models"
    code = run("train", "--source", three_years, "--as-of", "2024-01-01", "--k", 4, "--quick", "--out", folder).code
    assert code == 0
    return folder
