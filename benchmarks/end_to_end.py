"""How long from sold lines to named segments, against the plain notebook way, in the same run and from the same file?

The notebook way: pandas reads the file and groups it, scikit-learn fits KMeans(n_init=10) for k=2..12 and computes the
silhouette of each, pandas describes the clusters. Ours: the same file through load_customers, train and segment.
Each turn is a process of its own, so that its peak of memory is its own; it has done
the job once before the clock starts, as a running server has. Medians of several turns, the sides taking turns.

Then loading alone, again and again: with the queries that earlier loads wrote, against writing their SQL anew.

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


def ours(path: str) -> Callable[[], int]:
    from segmentation import pipeline
    from segmentation.settings import ModelSettings, SalesSettings

    with tempfile.TemporaryDirectory() as folder:  # a tiny shop, so that imports and compiling are done
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


def notebook(path: str) -> Callable[[], int]:
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
        space = StandardScaler().fit_transform(np.log1p(customers.clip(lower=0)))
        models = {k: KMeans(n_clusters=k, n_init=10, random_state=42).fit(space) for k in KS}
        scores = {k: silhouette_score(space, model.labels_) for k, model in models.items()}
        best = max(range(3, 9), key=scores.__getitem__)
        profile = customers.groupby(models[best].labels_).agg(["count", "median", "mean", "sum"])
        return len(profile)

    return run


def compare_loads(path: str, turns: int = 9) -> float:
    """How many times as quick a load is that finds its queries in the cache; medians, the sides taking turns."""
    from segmentation import pipeline
    from segmentation.sales.open_source import open_source
    from segmentation.sales.query_cache import SHARED_QUERIES
    from segmentation.settings import SalesSettings

    settings, source = SalesSettings(source=path), open_source(path)
    seconds: dict[bool, list[float]] = {False: [], True: []}
    pipeline.load_customers(settings, source=source)
    for _ in range(turns):
        for is_cached, measured in seconds.items():
            if not is_cached:
                SHARED_QUERIES.clear()
            start = time.perf_counter()
            pipeline.load_customers(settings, source=source)
            measured.append(time.perf_counter() - start)
    return statistics.median(seconds[False]) / statistics.median(seconds[True])


SIDES = {"ours": ours, "notebook": notebook}


def one_turn(side: str, path: str) -> None:
    """Print time and peak memory of one turn; runs in a process of its own."""
    run = SIDES[side](path)
    run()  # once unmeasured: a server pays for imports and first use once
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    run()
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": seconds, "peak_mb": peak / 1024, "peak_before_mb": before / 1024}))


def sales_file(lines: int, folder: Path) -> Path:
    """A Parquet file of that many lines: the real sales where they are present and fit, else the demo's first lines."""
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
    asked = parser.parse_args()
    if asked.side:
        one_turn(asked.side, asked.path)
        return
    with tempfile.TemporaryDirectory() as folder:
        for lines in asked.lines:
            path = sales_file(lines, Path(folder))
            told: dict[str, list[dict[str, float]]] = {side: [] for side in SIDES}
            for _ in range(asked.turns):
                for side in SIDES:
                    command = [sys.executable, __file__, "--side", side, "--path", str(path)]
                    answer = subprocess.run(command, check=True, capture_output=True, text=True)
                    told[side].append(json.loads(answer.stdout))
            median = {
                side: {key: statistics.median(turn[key] for turn in turns) for key in turns[0]}
                for side, turns in told.items()
            }
            for side, values in median.items():
                print(f"  {side:9} {values['seconds']:7.2f} s   peak {values['peak_mb']:6.0f} MB")
            ratio = median["notebook"]["seconds"] / median["ours"]["seconds"]
            memory = median["notebook"]["peak_mb"] / median["ours"]["peak_mb"]
            print(f"{lines} lines: {ratio:.1f}x the notebook way; its peak of memory is {memory:.2f}x ours", flush=True)
            again = compare_loads(str(path))
            print(f"{lines} lines: loading again is {again:.1f}x as quick with cached queries", flush=True)


if __name__ == "__main__":
    main()
