"""K-means for every k from 2 to 12, labels of everybody included: ours against scikit-learn with ten starts for each k.

scikit-learn-intelex and faiss, both with ten starts, take part where they are installed.

Both sides take the same prepared customers of a made-up shop and the same threads, in turns; medians. Beside wall time
the processor's time is compared, which does not depend on what else the machine does. The quality is held against the
lowest inertia of each k that anyone found in this run.

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

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # must be said before numpy is imported
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from synthetic_data import KS, customers
from timing import come_to_rest, turns_for

Inertias = dict[int, float]


def ours(space: np.ndarray) -> Inertias:
    from segmentation.clustering.sweep import sweep_k

    return {k: fit.inertia for k, fit in sweep_k(space, KS, 42).items()}


def scikit_learn(space: np.ndarray) -> Inertias:
    from sklearn.cluster import KMeans

    return {k: KMeans(k, n_init=10, random_state=42).fit(space).inertia_ for k in KS}


def intelex(space: np.ndarray) -> Inertias:
    from sklearnex.cluster import KMeans

    return {k: KMeans(k, n_init=10, random_state=42).fit(space).inertia_ for k in KS}


def faiss(space: np.ndarray) -> Inertias:
    import faiss

    single, found = space.astype(np.float32), {}
    for k in KS:
        most = len(space)  # without it faiss takes a sample
        kmeans = faiss.Kmeans(space.shape[1], k, niter=100, nredo=10, seed=42, max_points_per_centroid=most)
        kmeans.train(single)
        distances, _ = kmeans.index.search(single, 1)
        found[k] = float(distances.astype(np.float64).sum())
    return found


SIDES = {"ours": ours, "scikit-learn": scikit_learn, "scikit-learn-intelex": intelex, "faiss": faiss}
NEEDS = {"scikit-learn-intelex": "sklearnex", "faiss": "faiss"}


def timed(side: Callable[[np.ndarray], Inertias], space: np.ndarray) -> tuple[float, float, Inertias]:
    come_to_rest()
    wall, processor = time.perf_counter(), time.process_time()
    found = side(space)
    return time.perf_counter() - wall, time.process_time() - processor, found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, nargs="+", default=[1_500, 100_000])
    parser.add_argument("--turns", type=int, help="of each side; else by the number of customers")
    asked = parser.parse_args()
    sides = {name: side for name, side in SIDES.items() if name not in NEEDS or find_spec(NEEDS[name])}
    for side in sides.values():
        side(customers(300))  # imports, and compiling on ours
    for number in asked.customers:
        space = customers(number)
        turns: dict[str, list[tuple[float, float, Inertias]]] = {name: [] for name in sides}
        for _ in range(turns_for(number, asked.turns)):
            for name, side in sides.items():
                turns[name].append(timed(side, space))
        best = {k: min(turn[2][k] for told in turns.values() for turn in told) for k in KS}
        wall = {name: statistics.median(turn[0] for turn in told) for name, told in turns.items()}
        processor = {name: statistics.median(turn[1] for turn in told) for name, told in turns.items()}
        for name, told in turns.items():
            above = [100 * (told[-1][2][k] / best[k] - 1) for k in KS]
            print(
                f"  {name:20} {wall[name]:8.3f} s, {processor[name]:8.3f} s of processor; "
                f"inertia above the best: worst k {max(above):.3f} %, mean {statistics.mean(above):.4f} %"
            )
        for name in sides:
            if name not in ("ours", "scikit-learn"):
                print(f"  {wall[name] / wall['ours']:.1f}x {name}")
        ratio = processor["scikit-learn"] / processor["ours"]
        print(
            f"{number} customers: {wall['scikit-learn'] / wall['ours']:.1f}x scikit-learn "
            f"({ratio:.1f}x by the processor's time)",
            flush=True,
        )


if __name__ == "__main__":
    main()
