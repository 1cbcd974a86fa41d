"""K-means for every k from 2 to 12 with all labels, compared with scikit-learn with ten starts for each k.

scikit-learn-intelex and faiss, both with ten starts, are included if they are installed.

All sides get the same scaled synthetic customers and the same number of threads; medians of interleaved runs. CPU time
is compared as well, because it depends less on the load of the machine. Quality is the excess over the lowest inertia
of each k that any side reached in this run.

    python benchmarks/sweep.py [--customers 1500 100000] [--turns N]
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # must be set before numpy is imported
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from synthetic_data import KS, generate_scaled_customers
from timing import choose_repetitions, wait_until_idle

Inertias = dict[int, float]


def run_project(X: np.ndarray) -> Inertias:
    from segmentation.clustering.sweep import sweep_k

    return {k: fit.inertia for k, fit in sweep_k(X, KS, 42).items()}


def run_sklearn(X: np.ndarray) -> Inertias:
    from sklearn.cluster import KMeans

    return {k: KMeans(k, n_init=10, random_state=42).fit(X).inertia_ for k in KS}


def run_intelex(X: np.ndarray) -> Inertias:
    from sklearnex.cluster import KMeans

    return {k: KMeans(k, n_init=10, random_state=42).fit(X).inertia_ for k in KS}


def run_faiss(X: np.ndarray) -> Inertias:
    import faiss

    single, inertias = X.astype(np.float32), {}
    for k in KS:
        max_points = len(X)  # by default faiss takes a sample
        kmeans = faiss.Kmeans(X.shape[1], k, niter=100, nredo=10, seed=42, max_points_per_centroid=max_points)
        kmeans.train(single)
        distances, _ = kmeans.index.search(single, 1)
        inertias[k] = float(distances.astype(np.float64).sum())
    return inertias


SIDES = {"ours": run_project, "scikit-learn": run_sklearn, "scikit-learn-intelex": run_intelex, "faiss": run_faiss}
NEEDS = {"scikit-learn-intelex": "sklearnex", "faiss": "faiss"}


def measure(side: Callable[[np.ndarray], Inertias], X: np.ndarray) -> tuple[float, float, Inertias]:
    wait_until_idle()
    wall, processor = time.perf_counter(), time.process_time()
    inertias = side(X)
    return time.perf_counter() - wall, time.process_time() - processor, inertias


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, nargs="+", default=[1_500, 100_000])
    parser.add_argument("--turns", type=int, help="repetitions per side (default: by the number of customers)")
    arguments = parser.parse_args()
    sides = {name: side for name, side in SIDES.items() if name not in NEEDS or find_spec(NEEDS[name])}
    for side in sides.values():
        side(generate_scaled_customers(300))  # warm-up: imports and JIT compilation
    for number in arguments.customers:
        X = generate_scaled_customers(number)
        measurements: dict[str, list[tuple[float, float, Inertias]]] = {name: [] for name in sides}
        for _ in range(choose_repetitions(number, arguments.turns)):
            for name, side in sides.items():
                measurements[name].append(measure(side, X))
        best = {k: min(run[2][k] for runs in measurements.values() for run in runs) for k in KS}
        wall = {name: statistics.median(run[0] for run in runs) for name, runs in measurements.items()}
        processor = {name: statistics.median(run[1] for run in runs) for name, runs in measurements.items()}
        for name, runs in measurements.items():
            excess = [100 * (runs[-1][2][k] / best[k] - 1) for k in KS]
            print(
                f"  {name:20} {wall[name]:8.3f} s, {processor[name]:8.3f} s CPU; "
                f"inertia above the best: worst k {max(excess):.3f} %, mean {statistics.mean(excess):.4f} %"
            )
        for name in sides:
            if name not in ("ours", "scikit-learn"):
                print(f"  {wall[name] / wall['ours']:.1f}x {name}")
        ratio = processor["scikit-learn"] / processor["ours"]
        print(
            f"{number} customers: {wall['scikit-learn'] / wall['ours']:.1f}x scikit-learn ({ratio:.1f}x by CPU time)",
            flush=True,
        )


if __name__ == "__main__":
    main()
