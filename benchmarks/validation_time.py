"""How long the quick and the complete validation take.

PYTHONPATH=. python benchmarks/validation_time.py [--customers 1468 100000]
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import numpy as np
from customer_simulation import RFM, simulate_bg_nbd

from segmentation.clustering.sweep import sweep_k
from segmentation.clustering.validation.evidence import (
    QUICK_RESAMPLES,
    validate_candidates,
    validate_clusters,
)
from segmentation.features.rounding import scale_without_ties
from segmentation.features.scaling import fit_scaler
from segmentation.settings import K_MAX, K_MIN, RECOMMENDED_K_RANGE


def main() -> None:
    """Print one row per number of customers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, nargs="+", default=[1_468, 100_000])
    print("| customers | quick | complete | complete, CPU |\n|---|---|---|---|")
    for n in [500, *parser.parse_args().customers]:  # the first compiles the loops
        customers = simulate_bg_nbd(np.random.default_rng(0), n)
        scaler, _ = fit_scaler(customers, RFM, [], "log")
        X = scaler.transform(customers)
        fits = sweep_k(X, range(K_MIN, K_MAX + 1), 0)
        start = time.perf_counter()
        spread = scale_without_ties(customers, scaler, 0)
        validate_candidates(X, fits, RECOMMENDED_K_RANGE, 0, X_without_ties=spread, resamples=QUICK_RESAMPLES)
        quick = time.perf_counter() - start
        start, cpu = time.perf_counter(), time.process_time()
        validate_clusters(X, fits, 0, X_without_ties=scale_without_ties(customers, scaler, 0))
        complete, cpu = time.perf_counter() - start, time.process_time() - cpu
        if n > 500:
            print(f"| {n:,} | {quick:.2f} s | {complete:.1f} s | {cpu:.1f} s |", flush=True)


if __name__ == "__main__":
    main()
