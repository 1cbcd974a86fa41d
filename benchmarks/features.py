"""From sold lines to customers: the project's query against the same in pandas and in polars.

Recency, number of orders and net sales of every customer from a Parquet file of made-up lines, some five to an order.
Each side is a process of its own, so that its peak of memory is its own, with the same threads; it has read a file
once before the clock starts. The sides must give the same customers, orders and days, and the same money to the cent;
medians.

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
MADE = """
select
    customer::varchar as customer_id, basket as transaction_id,
    date '2024-01-01' + cast(floor(366 * pow((hash(basket, 1) % 1000) / 1000, 0.6)) as int) as transaction_date,
    round(exp(2.0 + 2.5 * (hash(customer, 3) % 1000) / 1000 + 0.7 * (random() + random() - 1)), 2) as net_sales_amount
from (
    select customer, (hash(customer, floor(pow(random(), 2) * {orders})) % 9007199254740993)::bigint as basket
    from (select cast(floor({customers} * random()) as bigint) as customer from range({lines}))
)
"""
Told = tuple[int, int, float, int]
"""Customers, orders, net sales, days since the last purchase, all added up."""


def ours(path: str) -> Callable[[], Told]:
    import pandas as pd
    import pyarrow.compute as pc

    from segmentation.features.query import compute_customer_features
    from segmentation.sales.column_mapping import resolve_columns
    from segmentation.sales.open_source import open_source
    from segmentation.sales.standardize import EPOCH, standardize_lines

    def run() -> Told:
        source = open_source(path)
        physical = source.table()
        columns = resolve_columns(physical.columns, ())
        lines = standardize_lines(physical, columns, load_day=AS_OF, as_of=AS_OF)
        customers = compute_customer_features(
            lines.filter(lines.reason == "").drop("reason"),
            (AS_OF - EPOCH).days,
            ["recency_days", "frequency", "monetary"],
            has_transactions=True,
            has_missing_ids=False,
        )
        answer = source.fetch(customers)
        assert isinstance(answer.to_pandas(), pd.DataFrame)
        sums = [pc.sum(answer[name]).as_py() for name in ("frequency", "monetary", "recency_days")]
        return len(answer), int(sums[0]), sums[1], int(sums[2])

    return run


def with_pandas(path: str) -> Callable[[], Told]:
    import pandas as pd

    def run() -> Told:
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


def with_polars(path: str) -> Callable[[], Told]:
    import polars as pl

    def run() -> Told:
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


SIDES = {"ours": ours, "pandas": with_pandas, "polars": with_polars}


def one_turn(side: str, path: str, tiny: str) -> None:
    SIDES[side](tiny)()
    run = SIDES[side](path)
    start, processor = time.perf_counter(), time.process_time()
    told = run()
    seconds, processor = time.perf_counter() - start, time.process_time() - processor
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": seconds, "processor": processor, "peak_mb": peak / 1024, "told": told}))


def make(path: Path, lines: int, per_customer: int) -> None:
    import duckdb

    query = MADE.format(lines=lines, customers=max(lines // per_customer, 1), orders=max(per_customer // 4, 1))
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
    asked = parser.parse_args()
    if asked.side:
        one_turn(asked.side, asked.path, asked.tiny)
        return
    threads = str(len(os.sched_getaffinity(0)))
    environment = {**os.environ, "POLARS_MAX_THREADS": threads, "OMP_NUM_THREADS": threads}
    with tempfile.TemporaryDirectory() as folder:
        tiny = Path(folder) / "tiny.parquet"
        make(tiny, 2_000, 25)
        for lines in asked.lines:
            path = Path(folder) / f"{lines}.parquet"
            make(path, lines, asked.lines_per_customer)
            found: dict[str, list[dict]] = {side: [] for side in SIDES}
            for _ in range(asked.turns):
                for side in SIDES:
                    command = [sys.executable, __file__, "--side", side, "--path", str(path), "--tiny", str(tiny)]
                    answer = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
                    found[side].append(json.loads(answer.stdout))
            first = found["ours"][0]["told"]
            for side, turns in found.items():
                told = turns[0]["told"]
                if told[:2] != first[:2] or told[3] != first[3] or abs(told[2] - first[2]) > 0.01:
                    sys.exit(f"{side} says {told}, ours says {first}")
            peaks = {side: max(turn["peak_mb"] for turn in turns) for side, turns in found.items()}
            took = {
                side: {what: statistics.median(turn[what] for turn in turns) for what in ("seconds", "processor")}
                for side, turns in found.items()
            }
            for side, told in took.items():
                print(
                    f"  {side:7} {told['seconds']:7.2f} s, {told['processor']:7.2f} s of processor; "
                    f"peak {peaks[side]:6.0f} MB"
                )
            others = ", ".join(
                f"{took[side]['seconds'] / took['ours']['seconds']:.1f}x {side} "
                f"({took[side]['processor'] / took['ours']['processor']:.1f}x by the processor's time)"
                for side in ("pandas", "polars")
            )
            print(f"{lines} lines: {others}; peak of memory {peaks['ours'] / 1000:.2f} GB", flush=True)
            path.unlink()


if __name__ == "__main__":
    main()
