"""How often the 95 % intervals of the estimated silhouettes cover the exact values, also with heavy tails.

    python benchmarks/silhouette_coverage.py [--customers 30000] [--draws 200]

Prints the table of docs/method.md: for each kind of customers, the share of intervals that cover, over all draws of the
sample and k = 3, 5 and 8, for the mean of all customers and for those of single segments.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from segmentation.clustering.silhouette import compute_exact_silhouettes, compute_silhouettes
from segmentation.clustering.sweep import sweep_k
from segmentation.runtime.array_types import FloatArray

KS = (3, 5, 8)


def draw_customers(kind: str, n: int) -> FloatArray:
    """(n, 3) scaled features of one kind."""
    rng = np.random.default_rng((n, *kind.encode()))
    correlated = rng.standard_normal((n, 3)) @ np.array([[1.0, 0.5, 0.7], [0.0, 0.8, 0.4], [0.0, 0.0, 0.5]])
    match kind:
        case "groups":
            X = rng.integers(0, 4, n)[:, None] * np.array([2.0, -1.0, 1.5]) + rng.standard_normal((n, 3))
        case "normal":
            X = correlated
        case "lognormal, log scaling":
            X = np.log1p(np.exp(1.5 * correlated + 2).round())
        case "lognormal, standard scaling":
            X = np.exp(1.5 * correlated)
        case _:
            X = 1 / rng.random((n, 3)) ** (1 / 2.5)  # Pareto, tail index 2.5
    return np.asarray((X - X.mean(axis=0)) / X.std(axis=0), np.float64)


KINDS = ("groups", "normal", "lognormal, log scaling", "lognormal, standard scaling", "Pareto, standard scaling")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=30_000, help="more than 25,000: fewer have exact values")
    parser.add_argument("--draws", type=int, default=200)
    arguments = parser.parse_args()
    print("| customers | all | segments | half width, all | half width, segments |\n|---|---|---|---|---|")
    for kind in KINDS:
        X = draw_customers(kind, arguments.customers)
        labels = np.stack([fit.labels for fit in sweep_k(X, KS, 0).values()])
        values = compute_exact_silhouettes(X, labels)
        mean = values.mean(axis=1)
        by_cluster = np.full((len(KS), max(KS)), np.nan)
        for row, of_labeling in enumerate(labels):
            for cluster in range(KS[row]):
                by_cluster[row, cluster] = values[row, of_labeling == cluster].mean()
        known = np.isfinite(by_cluster)
        covered, covered_clusters, widths, cluster_widths = [], [], [], []
        for seed in range(arguments.draws):
            estimate = compute_silhouettes(X, labels, seed)
            slack = 1e-9  # a segment that is sampled completely has an interval of width 0
            covered.append(np.abs(estimate.mean - mean) <= estimate.half_width + slack)
            cluster_errors = np.abs(estimate.by_cluster - by_cluster)[known]
            covered_clusters.append(cluster_errors <= estimate.half_width_by_cluster[known] + slack)
            widths.append(estimate.half_width)
            cluster_widths.append(estimate.half_width_by_cluster[known])
        shares = f"{np.mean(covered):.1%} | {np.mean(covered_clusters):.1%}"
        print(f"| {kind} | {shares} | {np.mean(widths):.3f} | {np.mean(cluster_widths):.3f} |", flush=True)


if __name__ == "__main__":
    main()
