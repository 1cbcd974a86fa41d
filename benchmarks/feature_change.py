"""The work after a change of features, from customers in memory, compared with a baseline notebook.

Ours: scaling, K-means for every k from 2 to 12 with all labels, all scores with the interval of the silhouette, the
recommendation, and named segments for the recommended k. Baseline: StandardScaler on logarithms, then for each k a
scikit-learn KMeans with ten starts and silhouette_score. The time of silhouette_score is quadratic in the number of
customers: above --exact-up-to customers it is extrapolated from that many, and the output says so. Same customers and
threads; medians of interleaved runs.

    python benchmarks/feature_change.py [--customers 1500 100000] [--turns N]
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # must be set before numpy is imported
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import pandas as pd
from synthetic_data import KS, generate_customers
from timing import choose_repetitions, wait_until_idle


def time_project(frame: pd.DataFrame) -> tuple[float, float, float]:
    """Wall seconds, extrapolated seconds (none), and CPU seconds."""
    from segmentation import pipeline
    from segmentation.customers.in_memory import InMemoryStore
    from segmentation.results import CustomerTable
    from segmentation.sales.reconciliation import Window
    from segmentation.settings import ModelSettings, SalesSettings

    window = Window(date(2022, 1, 1), date(2023, 12, 31), date(2024, 1, 1), date(2024, 1, 1))
    nothing: Any = None  # without a source
    store = InMemoryStore(frame, frame.head(0), nothing, nothing)
    table = CustomerTable(SalesSettings(), nothing, "synthetic", store, nothing, window, {}, (), nothing)
    features = tuple(name for name in frame if name != "customer_id")
    wait_until_idle()
    start, processor = time.perf_counter(), time.process_time()
    training = pipeline.train_every_k(table, ModelSettings(features=features))
    pipeline.build_segmentation(training)
    return time.perf_counter() - start, 0.0, time.process_time() - processor


def time_baseline(frame: pd.DataFrame, exact_up_to: int) -> tuple[float, float, float]:
    """Measured wall seconds, further seconds that are extrapolated, and measured CPU seconds."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score
    from sklearn.preprocessing import StandardScaler

    wait_until_idle()
    start, processor = time.perf_counter(), time.process_time()
    X = StandardScaler().fit_transform(np.log1p(frame.drop(columns="customer_id").clip(lower=0).to_numpy()))
    labels = [KMeans(k, n_init=10, random_state=42).fit(X).labels_ for k in KS]
    fitted = time.perf_counter()
    part = slice(0, exact_up_to)
    for labels_of_k in labels:
        silhouette_score(X[part], labels_of_k[part])
    scored = time.perf_counter() - fitted
    extrapolated = scored * (max(len(frame) / exact_up_to, 1)) ** 2
    return fitted - start + scored, extrapolated - scored, time.process_time() - processor


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, nargs="+", default=[1_500, 100_000])
    parser.add_argument("--turns", type=int, help="repetitions per side (default: by the number of customers)")
    parser.add_argument("--exact-up-to", type=int, default=10_000)
    arguments = parser.parse_args()
    time_project(generate_customers(300))  # warm-up: imports and cached compiled code
    time_baseline(generate_customers(300), arguments.exact_up_to)
    for number in arguments.customers:
        frame = generate_customers(number)
        timings: dict[str, list[tuple[float, float, float]]] = {"ours": [], "notebook": []}
        for _ in range(choose_repetitions(number, arguments.turns)):
            timings["ours"].append(time_project(frame))
            timings["notebook"].append(time_baseline(frame, arguments.exact_up_to))
        project_seconds, _, project_cpu = (statistics.median(values) for values in zip(*timings["ours"], strict=True))
        baseline_seconds, estimated, baseline_cpu = (
            statistics.median(values) for values in zip(*timings["notebook"], strict=True)
        )
        print(f"  ours     {project_seconds:10.3f} s, {project_cpu:8.3f} s CPU")
        suffix = f", and {estimated:.0f} s estimated" * (estimated > 0)
        print(f"  notebook {baseline_seconds:10.3f} s, {baseline_cpu:8.3f} s CPU measured{suffix}")
        share = 100 * project_seconds / (baseline_seconds + estimated)
        note = ", its silhouette estimated" if estimated else ""
        print(
            f"{number} customers: {(baseline_seconds + estimated) / project_seconds:.1f}x the baseline notebook{note} "
            f"({share:.2g} % of it; {baseline_seconds / project_seconds:.1f}x what was measured, "
            f"{baseline_cpu / project_cpu:.1f}x by CPU time)",
            flush=True,
        )


if __name__ == "__main__":
    main()
