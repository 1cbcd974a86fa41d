"""Published samples and simulated histories."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from segmentation.forecast.purchase_model import PurchaseModel
from segmentation.forecast.simulation import simulate_purchases
from segmentation.runtime.array_types import FloatArray
from segmentation.sales.demo.synthetic_shop import write_shop

SAMPLE = "datasets/cdnow_customers_summary_with_transactions.csv"


@pytest.fixture(scope="session")
def cdnow() -> pd.DataFrame:
    """The CDNOW 1/10 sample of 2,357 customers, in weeks: x, t_x, T, zbar; read from the wheel without importing it."""
    spec = find_spec("lifetimes")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return pd.read_csv(Path(spec.submodule_search_locations[0]) / SAMPLE).astype({"x": float})


def simulate_histories(model: PurchaseModel, T: FloatArray, seed: int) -> tuple[FloatArray, FloatArray]:
    """x and t_x of new customers observed for T days."""
    zeros = np.zeros(len(T))
    drawn = simulate_purchases(model, zeros, zeros, zeros, float(T.max()), np.random.default_rng(seed))
    known = drawn.days <= T[drawn.customer]
    x = np.bincount(drawn.customer[known], minlength=len(T)).astype(np.float64)
    t_x = np.zeros(len(T))
    np.maximum.at(t_x, drawn.customer[known], drawn.days[known])
    return x, t_x


@pytest.fixture(scope="session")
def web_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A synthetic shop of 900 customers, as a Parquet file."""
    path = tmp_path_factory.mktemp("web_shop") / "sales.parquet"
    with path.open("wb") as out:
        write_shop(out, 900, 5)
    return path
