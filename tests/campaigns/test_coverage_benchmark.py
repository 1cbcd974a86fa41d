"""A small run of benchmarks/campaign_coverage.py: campaigns without and with an effect on the demo."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from benchmarks.campaign_coverage import load_customers, simulate
from segmentation.settings import DEFAULT_SOURCE

CAMPAIGNS = 100


@pytest.fixture(scope="module")
def customers() -> pd.DataFrame:
    return load_customers(DEFAULT_SOURCE, date(2017, 11, 1), 60)


def test_intervals_cover_and_cuped_halves_the_standard_error(customers: pd.DataFrame) -> None:
    tally = simulate(customers, CAMPAIGNS, 100, lift=0.0, redraws=199)
    assert 0.88 <= tally.covered["as used"] / CAMPAIGNS <= 1.0
    assert tally.wins["as used"] / CAMPAIGNS <= 0.08
    plain, adjusted = np.mean(tally.errors, axis=0)
    assert adjusted / plain < 0.6


def test_intervals_cover_a_true_lift(customers: pd.DataFrame) -> None:
    tally = simulate(customers, 20, 100, lift=0.1, redraws=199)
    assert tally.covered["as used"] >= 16
    assert tally.wins["as used"] > tally.wins["Welch"]
