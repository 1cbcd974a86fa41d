"""The dip statistic is that of an independent implementation, and its p-values hold their level."""

from __future__ import annotations

import diptest
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation.clustering.validation import dip
from segmentation.clustering.validation.dip import compute_dip, compute_p_value, load_table

values = st.lists(st.one_of(st.integers(0, 12).map(float), st.floats(-50, 50, width=32)), min_size=4, max_size=80)


@given(values)
def test_dip_is_that_of_an_independent_implementation(sample: list[float]) -> None:
    expected = diptest.dipstat(np.sort(np.array(sample)), allow_zero=False)
    assert compute_dip(np.array(sample)) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("n", [5, 72, 1_000, 5_000])
@pytest.mark.parametrize("distance", [0.0, 3.0])
def test_dip_of_larger_samples(n: int, distance: float) -> None:
    rng = np.random.default_rng(n)
    sample = rng.standard_normal(n) + distance * rng.integers(0, 2, n)
    assert compute_dip(sample) == pytest.approx(diptest.dipstat(np.sort(sample)), abs=1e-12)


def test_dip_by_hand() -> None:
    # the closest unimodal distribution rises evenly: it is a quarter off at both jumps of one half
    assert compute_dip(np.array([0.0, 0.0, 1.0, 1.0])) == 0.25
    # one value repeated is a mode: only the two others are off, by half their fifth
    assert compute_dip(np.array([0.0, 1.0, 1.0, 1.0, 2.0])) == pytest.approx(0.1)
    assert compute_dip(np.array([3.0, 1.0, 2.0, 4.0])) == 1 / 8
    assert compute_dip(np.array([7.0])) == 0.5
    assert compute_dip(np.array([])) == 0.0


def test_dip_ignores_order_place_and_scale() -> None:
    sample = np.random.default_rng(0).gamma(2, size=300)
    assert compute_dip(100 - 7 * sample) == pytest.approx(compute_dip(sample), abs=1e-12)


def test_dip_is_exact_to_the_last_digit(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that equal samples have equal dips wherever they are in memory."""
    samples = np.random.default_rng(5).standard_normal((20, 300))
    compiled = [compute_dip(sample) for sample in samples]
    monkeypatch.setattr(dip, "measure_dip", dip.measure_dip.py_func)
    monkeypatch.setattr(dip, "_fit_hull", dip._fit_hull.py_func)
    assert [compute_dip(sample) for sample in samples] == compiled


@pytest.mark.parametrize("n", [12, 100, 700, 5_000, 20_000])
@pytest.mark.parametrize("share", [0.0, 0.2, 0.4])
def test_p_value_is_that_of_an_independent_table(n: int, share: float) -> None:
    rng = np.random.default_rng(n)
    sample = rng.random(n) + (rng.random(n) < share)  # from one mode to nearly two
    sample[sample > 1] *= 0.8
    dip, expected = diptest.diptest(sample)
    assert compute_p_value(dip, n) == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("n", [40, 300])
def test_p_value_holds_its_level_on_uniform_samples(n: int) -> None:
    rng = np.random.default_rng(n)
    p_values = np.array([compute_p_value(compute_dip(rng.random(n)), n) for _ in range(2_000)])
    for level in (0.01, 0.05, 0.5):
        assert (p_values <= level).mean() == pytest.approx(level, abs=4 * np.sqrt(level * (1 - level) / 2_000))


def test_table_rises_with_n_and_falls_with_the_tail() -> None:
    tails, sizes, quantiles = load_table()
    assert (np.diff(tails) < 0).all()
    assert (np.diff(sizes) > 0).all()
    assert (np.diff(quantiles, axis=1) > 0).all()
    assert (quantiles[:, -1] < 0.95).all()
    assert compute_p_value(0.2, 9) == 1.0  # too few to tell
    assert compute_p_value(0.25, 5_000) == pytest.approx(tails[-1])  # the smallest that the table knows
