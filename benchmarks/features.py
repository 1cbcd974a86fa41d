"""From sales lines to customers: the project's query compared with pandas and polars.

Recency, number of orders and net sales of every customer from a Parquet file of synthetic lines, about five per order.
Every run is a separate process with the same number of threads, so that its peak memory is its own, and is measured
after a warm-up. All sides must give the same customers, orders and days, and the same money to the cent; medians.

    python benchmarks/features.py [--lines 52900 5000000] [--lines-per-customer 25] [--turns 3]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

AS_OF = date(2025, 1, 1)
SYNTHETIC_LINES = """
select
    customer::varchar as customer_id, basket as transaction_id,
    date '2024-01-01' + cast(floor(366 * pow((hash(basket, 1) % 1000) / 1000, 0.6)) as int) as transaction_date,
    round(exp(2.0 + 2.5 * (hash(customer, 3) % 1000) / 1000 + 0.7 * (random() + random() - 1)), 2) as net_sales_amount
from (
    select customer, (hash(customer, floor(pow(random(), 2) * {orders})) % 9007199254740993)::bigint as basket
    from (select cast(floor({customers} * random()) as bigint) as customer from range({lines}))
)
"""
Totals = tuple[int, int, float, int]
"""Number of customers, and totals of orders, net sales and days since the last purchase."""


def prepare_project(path: str) -> Callable[[], Totals]:
    import pandas as pd
    import pyarrow.compute as pc

    from segmentation.features.query import compute_customer_features
    from segmentation.runtime.epoch_days import count_epoch_days
    from segmentation.sales.column_mapping import resolve_columns
    from segmentation.sales.line_parsing import parse_columns
    from segmentation.sales.line_semantics import DEFAULT_SEMANTICS
    from segmentation.sales.open_source import open_source
    from segmentation.sales.standardize import DEFAULT_FORMAT, derive_lines
    from segmentation.settings import SalesSettings

    def run() -> Totals:
        source = open_source(path)
        physical = source.table()
        columns = resolve_columns(physical.columns, ())
        parsed = parse_columns(physical, columns, DEFAULT_FORMAT)
        lines = derive_lines(parsed, DEFAULT_SEMANTICS, SalesSettings(as_of=AS_OF), AS_OF)
        customers = compute_customer_features(
            lines.filter(lines.reason == "").drop("reason"),
            count_epoch_days(AS_OF),
            ["recency_days", "frequency", "monetary"],
            has_order_ids=True,
            has_missing_ids=False,
        )
        answer = source.fetch(customers)
        assert isinstance(answer.to_pandas(), pd.DataFrame)
        sums = [pc.sum(answer[name]).as_py() for name in ("frequency", "monetary", "recency_days")]
        return len(answer), int(sums[0]), sums[1], int(sums[2])

    return run


def prepare_pandas(path: str) -> Callable[[], Totals]:
    import pandas as pd

    def run() -> Totals:
        lines = pd.read_parquet(path)
        as_of = pd.Timestamp(AS_OF)
        customers = lines.groupby("customer_id").agg(
            last=("transaction_date", "max"),
            frequency=("transaction_id", "nunique"),
            monetary=("net_sales_amount", "sum"),
        )
        recency = (as_of - pd.to_datetime(customers["last"])).dt.days
        return len(customers), int(customers["frequency"].sum()), float(customers["monetary"].sum()), int(recency.sum())

    return run


def prepare_polars(path: str) -> Callable[[], Totals]:
    import polars as pl

    def run() -> Totals:
        customers = (
            pl.scan_parquet(path)
            .group_by("customer_id")
            .agg(
                last=pl.col("transaction_date").max(),
                frequency=pl.col("transaction_id").n_unique(),
                monetary=pl.col("net_sales_amount").sum(),
            )
            .with_columns(recency=(pl.lit(AS_OF) - pl.col("last")).dt.total_days())
            .collect(engine="streaming")
        )
        frame = customers.to_pandas()
        return len(frame), int(frame["frequency"].sum()), float(frame["monetary"].sum()), int(frame["recency"].sum())

    return run


SIDES = {"ours": prepare_project, "pandas": prepare_pandas, "polars": prepare_polars}


def measure_once(side: str, path: str, tiny: str) -> None:
    SIDES[side](tiny)()
    run = SIDES[side](path)
    start, cpu_seconds = time.perf_counter(), time.process_time()
    totals = run()
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_seconds
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": seconds, "processor": cpu_seconds, "peak_mb": peak / 1024, "totals": totals}))


def make(path: Path, lines: int, per_customer: int) -> None:
    import duckdb

    query = SYNTHETIC_LINES.format(
        lines=lines, customers=max(lines // per_customer, 1), orders=max(per_customer // 4, 1)
    )
    with duckdb.connect() as connection:
        connection.execute("set threads = 1; select setseed(0.5)")
        connection.execute(f"copy ({query}) to '{path}' (format parquet)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, nargs="+", default=[52_900, 5_000_000])
    parser.add_argument("--lines-per-customer", type=int, default=25)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--path", help=argparse.SUPPRESS)
    parser.add_argument("--tiny", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        measure_once(arguments.side, arguments.path, arguments.tiny)
        return
    threads = str(len(os.sched_getaffinity(0)))
    environment = {**os.environ, "POLARS_MAX_THREADS": threads, "OMP_NUM_THREADS": threads}
    with tempfile.TemporaryDirectory() as folder:
        tiny = Path(folder) / "tiny.parquet"
        make(tiny, 2_000, 25)
        for lines in arguments.lines:
            path = Path(folder) / f"{lines}.parquet"
            make(path, lines, arguments.lines_per_customer)
            runs: dict[str, list[dict]] = {side: [] for side in SIDES}
            for _ in range(arguments.turns):
                for side in SIDES:
                    command = [sys.executable, __file__, "--side", side, "--path", str(path), "--tiny", str(tiny)]
                    answer = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
                    runs[side].append(json.loads(answer.stdout))
            first = runs["ours"][0]["totals"]
            for side, side_runs in runs.items():
                totals = side_runs[0]["totals"]
                if totals[:2] != first[:2] or totals[3] != first[3] or abs(totals[2] - first[2]) > 0.01:
                    sys.exit(f"{side} says {totals}, ours says {first}")
            peaks = {side: max(run["peak_mb"] for run in side_runs) for side, side_runs in runs.items()}
            medians = {
                side: {name: statistics.median(run[name] for run in side_runs) for name in ("seconds", "processor")}
                for side, side_runs in runs.items()
            }
            for side, totals in medians.items():
                print(
                    f"  {side:7} {totals['seconds']:7.2f} s, {totals['processor']:7.2f} s CPU; "
                    f"peak {peaks[side]:6.0f} MB"
                )
            comparison = ", ".join(
                f"{medians[side]['seconds'] / medians['ours']['seconds']:.1f}x {side} "
                f"({medians[side]['processor'] / medians['ours']['processor']:.1f}x by CPU time)"
                for side in ("pandas", "polars")
            )
            print(f"{lines} lines: {comparison}; peak memory {peaks['ours'] / 1000:.2f} GB", flush=True)
            path.unlink()


if __name__ == "__main__":
    main()
