"""All that a change of features needs, from customers in memory: ours against the usual notebook's way.

Ours: scale, K-means for every k from 2 to 12 with labels of everybody, all scores with the interval of the silhouette,
advice, and the advised k made into named segments. The notebook: StandardScaler on logarithms, then for each k a
scikit-learn KMeans with ten starts and silhouette_score. The time of silhouette_score grows with the square of the
number of customers; above --exact-up-to it is estimated from that many, and the line says so. Same customers, same
threads, sides taking turns; medians.

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
from types import SimpleNamespace
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # must be said before numpy is imported
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import pandas as pd
from synthetic_data import KS, raw_customers
from timing import come_to_rest, turns_for


def ours(frame: pd.DataFrame) -> tuple[float, float, float]:
    """Seconds, nothing that is estimated, and seconds of processor."""
    from segmentation import pipeline
    from segmentation.customers.store import InMemoryStore
    from segmentation.settings import ModelSettings, SalesSettings

    window = SimpleNamespace(days=730, as_of=date(2024, 1, 1))
    nothing: Any = None  # without a source
    store = InMemoryStore(frame, frame.head(0), nothing, nothing)
    table: Any = SimpleNamespace(
        frame=frame, store=store, window=window, unavailable_features={}, settings=SalesSettings(), version="made"
    )
    features = tuple(name for name in frame if name != "customer_id")
    come_to_rest()
    start, processor = time.perf_counter(), time.process_time()
    training = pipeline.train_every_k(table, ModelSettings(features=features))
    pipeline.build_segmentation(training)
    return time.perf_counter() - start, 0.0, time.process_time() - processor


def notebook(frame: pd.DataFrame, exact_up_to: int) -> tuple[float, float, float]:
    """Seconds that were measured, how much of the whole is estimated on top, and seconds of processor measured."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score
    from sklearn.preprocessing import StandardScaler

    come_to_rest()
    start, processor = time.perf_counter(), time.process_time()
    space = StandardScaler().fit_transform(np.log1p(frame.drop(columns="customer_id").clip(lower=0).to_numpy()))
    labels = [KMeans(k, n_init=10, random_state=42).fit(space).labels_ for k in KS]
    fitted = time.perf_counter()
    part = slice(0, exact_up_to)
    for each in labels:
        silhouette_score(space[part], each[part])
    scored = time.perf_counter() - fitted
    whole = scored * (max(len(frame) / exact_up_to, 1)) ** 2
    return fitted - start + scored, whole - scored, time.process_time() - processor


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, nargs="+", default=[1_500, 100_000])
    parser.add_argument("--turns", type=int, help="of each side; else by the number of customers")
    parser.add_argument("--exact-up-to", type=int, default=10_000)
    asked = parser.parse_args()
    ours(raw_customers(300))  # imports, and loading what was compiled
    notebook(raw_customers(300), asked.exact_up_to)
    for number in asked.customers:
        frame = raw_customers(number)
        told: dict[str, list[tuple[float, float, float]]] = {"ours": [], "notebook": []}
        for _ in range(turns_for(number, asked.turns)):
            told["ours"].append(ours(frame))
            told["notebook"].append(notebook(frame, asked.exact_up_to))
        took, _, busy = (statistics.median(turn) for turn in zip(*told["ours"], strict=True))
        measured, estimated, worked = (statistics.median(turn) for turn in zip(*told["notebook"], strict=True))
        print(f"  ours     {took:10.3f} s, {busy:8.3f} s of processor")
        also = f", and {estimated:.0f} s estimated" * (estimated > 0)
        print(f"  notebook {measured:10.3f} s, {worked:8.3f} s of processor measured{also}")
        share = 100 * took / (measured + estimated)
        note = ", its silhouette estimated" if estimated else ""
        print(
            f"{number} customers: {(measured + estimated) / took:.1f}x the notebook's way{note} "
            f"({share:.2g} % of it; {measured / took:.1f}x what was measured, "
            f"{worked / busy:.1f}x by the processor's time)",
            flush=True,
        )


if __name__ == "__main__":
    main()
