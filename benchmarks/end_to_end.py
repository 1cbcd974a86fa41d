"""Time and memory from sales lines to named segments, compared with a baseline notebook on the same file.

Baseline: pandas reads and groups the file, scikit-learn fits KMeans(n_init=10) and computes the silhouette for
k=2..12, pandas describes the clusters. Ours: load_customers, train_every_k, build_segmentation.
Every run is a separate process, so that its peak memory is its own, and is measured after a warm-up, as on a running
server. Medians of interleaved runs.

Then repeated loads: with cached queries, for the same dates and for others, against compiling their SQL again.

    python benchmarks/end_to_end.py [--lines 52924 1469307] [--turns 3]
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
REAL_SALES = ROOT.parent / "shared" / "data" / "fct_sales.parquet"
KS = range(2, 13)
sys.path.insert(0, str(ROOT))


def prepare_project(path: str) -> Callable[[], int]:
    from segmentation import pipeline
    from segmentation.settings import ModelSettings, SalesSettings

    with tempfile.TemporaryDirectory() as folder:  # warm-up: imports and JIT compilation
        tiny = Path(folder) / "tiny.csv"
        rows = [f"c{n},t{n},2024-01-{1 + n % 28:02d},{1 + n * 37 % 91}" for n in range(60)]
        tiny.write_text("\n".join(["customer_id,transaction_id,transaction_date,net_sales_amount", *rows]))
        pipeline.build_segmentation(
            pipeline.train_every_k(pipeline.load_customers(SalesSettings(source=str(tiny))), ModelSettings())
        )

    def run() -> int:
        table = pipeline.load_customers(SalesSettings(source=path))
        return len(pipeline.build_segmentation(pipeline.train_every_k(table, ModelSettings())).segments)

    return run


def prepare_baseline(path: str) -> Callable[[], int]:
    import numpy as np
    import pandas as pd
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score
    from sklearn.preprocessing import StandardScaler

    def run() -> int:
        sales = pd.read_parquet(path)
        as_of = sales["transaction_date"].dt.normalize().max() + pd.Timedelta(days=1)
        customers = sales.groupby("customer_id").agg(
            recency_days=("transaction_date", lambda dates: (as_of - dates.max()).days),
            frequency=("transaction_id", "nunique"),
            monetary=("net_sales_amount", "sum"),
        )
        X = StandardScaler().fit_transform(np.log1p(customers.clip(lower=0)))
        models = {k: KMeans(n_clusters=k, n_init=10, random_state=42).fit(X) for k in KS}
        scores = {k: silhouette_score(X, model.labels_) for k, model in models.items()}
        best = max(range(3, 9), key=scores.__getitem__)
        profile = customers.groupby(models[best].labels_).agg(["count", "median", "mean", "sum"])
        return len(profile)

    return run


def time_loads(path: str, repetitions: int = 9) -> dict[str, float]:
    """Median seconds of a load that compiles its queries, and of loads that reuse them; in interleaved runs."""
    from dataclasses import replace
    from datetime import timedelta

    from segmentation import pipeline
    from segmentation.sales.open_source import open_source
    from segmentation.sales.query_cache import SHARED_QUERIES
    from segmentation.settings import SalesSettings

    source = open_source(path)
    window = pipeline.load_customers(SalesSettings(source=path), source=source).window
    seconds: dict[str, list[float]] = {"compiled": [], "same dates": [], "other dates": []}
    for repetition in range(1, repetitions + 1):
        shift = timedelta(repetition)
        same = SalesSettings(source=path, start=window.first_sale, as_of=window.as_of)
        other = replace(same, start=window.first_sale + shift, as_of=window.as_of - shift)
        for (case, timings), settings in zip(seconds.items(), (same, same, other), strict=True):
            if case == "compiled":
                SHARED_QUERIES.clear()
            start = time.perf_counter()
            pipeline.load_customers(settings, source=source)
            timings.append(time.perf_counter() - start)
    return {case: statistics.median(timings) for case, timings in seconds.items()}


SIDES = {"ours": prepare_project, "notebook": prepare_baseline}


def measure_once(side: str, path: str) -> None:
    """Print time and peak memory of one run; called in a separate process."""
    run = SIDES[side](path)
    run()  # not measured: a server pays for imports and first use once
    peak_before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    run()
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": seconds, "peak_mb": peak / 1024, "peak_before_mb": peak_before / 1024}))


def write_sales_file(lines: int, folder: Path) -> Path:
    """A Parquet file with this many lines: the real sales if present and of this size, else the first of the demo."""
    import duckdb

    from segmentation.sales.demo.sources import open_demo

    if lines == 52_924 and REAL_SALES.exists():
        return REAL_SALES
    demo = open_demo("complete-journey")
    path = folder / f"{lines}.parquet"
    with duckdb.connect() as connection:
        connection.register("demo", demo.fetch(demo.table().limit(lines)))
        connection.execute(
            f"copy (select * replace (net_sales_amount::double as net_sales_amount) from demo) to '{path}'"
        )
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, nargs="+", default=[52_924, 1_469_307])
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--path", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        measure_once(arguments.side, arguments.path)
        return
    with tempfile.TemporaryDirectory() as folder:
        for lines in arguments.lines:
            path = write_sales_file(lines, Path(folder))
            measurements: dict[str, list[dict[str, float]]] = {side: [] for side in SIDES}
            for _ in range(arguments.turns):
                for side in SIDES:
                    command = [sys.executable, __file__, "--side", side, "--path", str(path)]
                    answer = subprocess.run(command, check=True, capture_output=True, text=True)
                    measurements[side].append(json.loads(answer.stdout))
            median = {
                side: {key: statistics.median(run[key] for run in runs) for key in runs[0]}
                for side, runs in measurements.items()
            }
            for side, values in median.items():
                print(f"  {side:9} {values['seconds']:7.2f} s   peak {values['peak_mb']:6.0f} MB")
            ratio = median["notebook"]["seconds"] / median["ours"]["seconds"]
            memory = median["notebook"]["peak_mb"] / median["ours"]["peak_mb"]
            print(
                f"{lines} lines: {ratio:.1f}x the baseline notebook; its peak memory is {memory:.2f}x ours", flush=True
            )
            loads = time_loads(str(path))
            for case in ("same dates", "other dates"):
                speedup = loads["compiled"] / loads[case]
                print(
                    f"{lines} lines: loading with the {case} is {speedup:.1f}x as fast with cached queries "
                    f"({loads[case]:.3f} s)",
                    flush=True,
                )


if __name__ == "__main__":
    main()
