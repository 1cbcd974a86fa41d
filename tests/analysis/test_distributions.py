"""Histograms, Tukey fences and correlations, by hand and against NumPy and SciPy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from segmentation.analysis import distributions


@pytest.mark.parametrize("seed", range(3))
def test_histogram_counts_every_customer_once(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for values in (
        rng.lognormal(3, 1.5, 5_000),
        rng.poisson(3, 5_000).astype(float),
        rng.random(5_000),
        np.full(9, 4.0),
    ):
        bars = distributions.compute_histogram(values)
        assert bars["customers"].sum() == len(values)
        assert (bars["low"].iloc[1:].to_numpy() == bars["high"].iloc[:-1].to_numpy()).all()
        closed = bars[~bars["is_open"]]
        for row in closed.iloc[:-1].itertuples():
            assert row.customers == ((values >= row.low) & (values < row.high)).sum()
        assert len(bars) <= distributions.BINS + 2


def test_histogram_integers_open_last_bar() -> None:
    values = np.array([1.0] * 500 + [2.0] * 300 + [3.0] * 195 + [1_000.0] * 5)
    bars = distributions.compute_histogram(values)
    assert bars[["low", "high", "customers", "is_open"]].values.tolist() == [
        [0.5, 1.5, 500, False],
        [1.5, 2.5, 300, False],
        [2.5, 3.5, 195, False],
        [3.5, 4.5, 5, True],
    ]


def test_histogram_many_integers_share_bars() -> None:
    bars = distributions.compute_histogram(np.arange(1.0, 366.0))
    assert bars[["first", "last", "customers"]].values[[0, -1]].tolist() == [[1, 13, 13], [365, 377, 1]]
    assert len(bars) == 29


def test_histogram_without_tail_has_no_open_bar() -> None:
    assert not distributions.compute_histogram(np.linspace(0, 1, 1_000))["is_open"].any()


def test_tukey_fences() -> None:
    """Quartiles 2 and 4 (of 1 to 5 and 100): the usual ends at 4.75 + 1.5 x 2.5 = 8.5."""
    customers = pd.DataFrame({"frequency": [1.0, 2, 3, 4, 5, 100], "monetary": [10.0, 10, 10, 10, 10, 50]})
    (row,) = distributions.count_outliers(customers, ["frequency"]).to_dict("records")
    assert (row["low"], row["high"], row["below"], row["above"]) == (-1.5, 8.5, 0, 1)
    assert row["share_of_sales"] == 0.5


def test_correlations_equal_spearman() -> None:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"a": rng.random(300), "b": rng.poisson(2, 300), "flat": 1.0})
    frame["c"] = np.exp(5 * frame["a"])
    correlations = distributions.compute_correlations(frame, list(frame))
    expected = stats.spearmanr(frame[["a", "b", "c"]]).statistic
    np.testing.assert_allclose(correlations.loc[["a", "b", "c"], ["a", "b", "c"]], expected, atol=1e-12)
    assert correlations["flat"].isna().all()
    assert distributions.find_strongest_correlation(correlations) == ("a", "c", pytest.approx(1.0))
    assert distributions.find_strongest_correlation(correlations.loc[["flat"], ["flat"]]) is None
