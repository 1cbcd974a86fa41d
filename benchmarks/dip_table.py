"""Simulate the table of the dip test: upper quantiles of sqrt(n) * dip in samples from the uniform distribution.

    PYTHONPATH=. python benchmarks/dip_table.py [--sets 400000]

Overwrites `segmentation/clustering/validation/dip_quantiles.csv`. Five minutes of one core.
"""

from __future__ import annotations

import argparse

import numba
import numpy as np

from segmentation.clustering.validation.dip import TABLE, measure_dip
from segmentation.runtime.array_types import FloatArray

SIZES = (10, 15, 20, 30, 50, 100, 200, 500, 1_000, 2_000, 5_000)
TAILS = (
    *(0.99, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01),
    *(5e-3, 2e-3, 1e-3, 5e-4, 2e-4, 1e-4, 5e-5, 2e-5, 1e-5),
)
SEED = 1985


@numba.njit
def simulate_dips(n: int, sets: int, seed: int) -> FloatArray:
    """(sets,) dips of samples of `n` uniform values."""
    np.random.seed(seed)
    below, up_to = np.arange(n, dtype=np.float64), np.arange(1.0, n + 1)
    dips = np.empty(sets)
    for number in range(sets):
        # sums of exponential spacings are distributed like sorted uniform values, up to a factor
        dips[number] = measure_dip(np.cumsum(np.random.standard_exponential(n)), below, up_to)
    return dips


def main() -> None:
    """Simulate and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=int, default=400_000, help="simulated samples per size")
    sets = parser.parse_args().sets
    rows = [[0.0, *TAILS]]
    for n in SIZES:
        rows.append([n, *(np.sqrt(n) * np.quantile(simulate_dips(n, sets, SEED), 1 - np.array(TAILS)))])
        print(n, *(f"{value:.4f}" for value in rows[-1][1:]), flush=True)
    np.savetxt(TABLE, rows, fmt="%.6g", delimiter=",")


if __name__ == "__main__":
    main()
