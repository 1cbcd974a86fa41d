"""K-means for every k from 2 to 12, labels of everybody included: ours against scikit-learn with ten starts for each k.

Both sides take the same prepared customers of a made-up shop and the same threads, in turns; medians. Beside wall time
the processor's time is compared, which does not depend on what else the machine does. The quality is held against the
lowest inertia of each k that anyone found in this run.

    python benchmarks/sweep.py [--customers 1500 100000] [--turns 3]
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # must be said before numpy is imported
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

KS = range(2, 13)
Inertias = dict[int, float]


def customers(number: int, seed: int = 0) -> np.ndarray:
    """Customers in five habits by five features, evened out and standardised: (number, 5)."""
    rng = np.random.default_rng(seed)
    habit = rng.choice(5, number, p=[0.35, 0.25, 0.2, 0.15, 0.05])
    orders = 1 + rng.poisson(np.array([0.6, 2.5, 7, 1.2, 25.0])[habit] * rng.gamma(2, 0.5, number))
    value = rng.lognormal(np.array([3.2, 3.6, 3.9, 4.9, 4.1])[habit], 0.5)
    tenure = 1 + rng.integers(0, 720, number)
    recency = np.minimum(tenure, 1 + rng.exponential(np.array([250, 120, 40, 180, 12.0])[habit])).round()
    gap = np.where(orders > 1, (tenure - recency) / np.maximum(orders - 1, 1), recency)
    logs = np.log1p(np.column_stack([recency, orders, value * orders, value * rng.lognormal(0, 0.1, number), gap]))
    return (logs - logs.mean(axis=0)) / logs.std(axis=0)


def ours(space: np.ndarray) -> Inertias:
    from segmentation.clusters.sweep import sweep

    return {k: fit.inertia for k, fit in sweep(space, KS, 42).items()}


def scikit_learn(space: np.ndarray) -> Inertias:
    from sklearn.cluster import KMeans

    return {k: KMeans(k, n_init=10, random_state=42).fit(space).inertia_ for k in KS}


def timed(side: Callable[[np.ndarray], Inertias], space: np.ndarray) -> tuple[float, float, Inertias]:
    wall, processor = time.perf_counter(), time.process_time()
    found = side(space)
    return time.perf_counter() - wall, time.process_time() - processor, found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, nargs="+", default=[1_500, 100_000])
    parser.add_argument("--turns", type=int, default=3)
    asked = parser.parse_args()
    sides = {"ours": ours, "scikit-learn": scikit_learn}
    for side in sides.values():
        side(customers(300))  # imports, and compiling on ours
    for number in asked.customers:
        space = customers(number)
        turns: dict[str, list[tuple[float, float, Inertias]]] = {name: [] for name in sides}
        for _ in range(asked.turns):
            for name, side in sides.items():
                turns[name].append(timed(side, space))
        best = {k: min(turn[2][k] for told in turns.values() for turn in told) for k in KS}
        wall = {name: statistics.median(turn[0] for turn in told) for name, told in turns.items()}
        processor = {name: statistics.median(turn[1] for turn in told) for name, told in turns.items()}
        for name, told in turns.items():
            above = [100 * (told[-1][2][k] / best[k] - 1) for k in KS]
            print(
                f"  {name:12} {wall[name]:8.3f} s, {processor[name]:8.3f} s of processor; "
                f"inertia above the best: worst k {max(above):.3f} %, mean {statistics.mean(above):.4f} %"
            )
        print(f"  by the processor's time: {processor['scikit-learn'] / processor['ours']:.1f}x")
        print(f"{number} customers: {wall['scikit-learn'] / wall['ours']:.1f}x scikit-learn", flush=True)


if __name__ == "__main__":
    main()
