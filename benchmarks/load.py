"""Time from a file of well-formed sales to checked lines and one row per customer, compared with pandas and others.

Generated sales of one layout as Parquet and as CSV: customers, orders of one to four lines, discounts, coupons and
categories. Cold is a new process from its start, with imports and the first load; warm is the second load of the same
process; CPU time is that of the process and its children. pandas reads the file and computes recency, orders and net
sales only; it checks nothing. With --against, the same is measured for another checkout of this project, such as
`git worktree add ../before COMMIT`. Medians of interleaved turns; every side must find the same customers and the same
net sales to the cent.

    python benchmarks/load.py [--lines 5000000] [--turns 3] [--against ../before]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MEASURES = ("cold", "warm", "cold_cpu", "warm_cpu")
SALES = """
select 'C' || hash(i) % {customers} as customer_id, 'T' || i as transaction_id,
    date '2023-01-01' + cast(hash(i + 7) % 700 as integer) as transaction_date,
    1 + hash(i * 10 + j + 1) % 3 as quantity,
    list_extract(['Tea', 'Coffee', 'Cups', 'Pots', 'Books'], 1 + cast(hash(i * 10 + j + 2) % 5 as integer))
        as product_category,
    if(coupon, 'Used', 'Not Used') as coupon_status, gross as gross_sales_amount,
    if(coupon, cast(gross / 10 as decimal(12, 2)), 0) as discount_amount,
    gross - if(coupon, cast(gross / 10 as decimal(12, 2)), 0) as net_sales_amount
from (
    select i, j, hash(i + 5) % 3 = 0 as coupon, cast(exp(hash(i * 10 + j) % 4000 / 1000.0) as decimal(12, 2)) as gross
    from range({orders}) as o(i), range(4) as l(j) where j <= hash(i + 3) % 4
)
"""
Totals = tuple[int, float]
"""Customers, and their net sales."""


def write_sales(path: Path, lines: int) -> None:
    """Write a Parquet or CSV file of about this many lines; a customer has 25 on average."""
    import duckdb

    query = SALES.format(customers=max(lines // 25, 1), orders=int(lines / 2.5))
    duckdb.sql(f"copy ({query}) to '{path}'")


def prepare_project(path: str) -> Callable[[], Totals]:
    from segmentation import pipeline
    from segmentation.settings import SalesSettings

    def load() -> Totals:
        frame = pipeline.load_customers(SalesSettings(source=path)).frame
        return len(frame), float(frame["monetary"].sum())

    return load


def prepare_pandas(path: str) -> Callable[[], Totals]:
    import pandas as pd

    def load() -> Totals:
        sales = pd.read_parquet(path) if path.endswith(".parquet") else pd.read_csv(path)
        sales["transaction_date"] = pd.to_datetime(sales["transaction_date"])
        sales["net_sales_amount"] = sales["net_sales_amount"].astype("float64")
        customers = sales.groupby("customer_id").agg(
            last=("transaction_date", "max"),
            frequency=("transaction_id", "nunique"),
            monetary=("net_sales_amount", "sum"),
        )
        customers["recency_days"] = (customers["last"].max() - customers["last"]).dt.days + 1
        return len(customers), float(customers["monetary"].sum())

    return load


def measure_once(checkout: str, path: str) -> None:
    """Print one measurement; `checkout` is pandas or the folder of the project."""
    start = time.perf_counter()
    sys.path.insert(0, checkout)
    load = prepare_pandas(path) if checkout == "pandas" else prepare_project(path)
    totals = load()
    cold, cold_cpu = time.perf_counter() - start, sum(os.times()[:4])
    start, cpu_start = time.perf_counter(), sum(os.times()[:4])
    load()
    warm, warm_cpu = time.perf_counter() - start, sum(os.times()[:4]) - cpu_start
    print(json.dumps({"totals": totals, "cold": cold, "warm": warm, "cold_cpu": cold_cpu, "warm_cpu": warm_cpu}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=5_000_000)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--against", type=Path, help="another checkout of this project")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        measure_once(*arguments.measure)
        return
    sides = {"ours": str(ROOT), "pandas": "pandas"}
    if arguments.against:
        sides["the other checkout"] = str(arguments.against.resolve())
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("parquet", "csv"):
            path = Path(folder) / f"sales.{kind}"
            write_sales(path, arguments.lines)
            runs: dict[str, list[dict]] = {side: [] for side in sides}
            for _ in range(arguments.turns):
                for side, checkout in sides.items():
                    command = [sys.executable, __file__, "--measure", checkout, str(path)]
                    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=folder)
                    runs[side].append(json.loads(answer.stdout))
            report(arguments.lines, kind, runs)
            path.unlink()


def report(lines: int, kind: str, runs: dict[str, list[dict]]) -> None:
    """Print the medians of every side and the ratios to ours; exit if the sides disagree."""
    customers, money = runs["ours"][0]["totals"]
    medians = {}
    for side, measured in runs.items():
        other_customers, other_money = measured[0]["totals"]
        if customers != other_customers or abs(money - other_money) > 0.01:
            sys.exit(f"{side} finds {other_customers} customers, {other_money:.2f}; ours {customers}, {money:.2f}")
        medians[side] = {name: statistics.median(run[name] for run in measured) for name in MEASURES}
        cold, warm, cold_cpu, warm_cpu = medians[side].values()
        print(
            f"  {side:18} cold {cold:6.2f} s, {cold_cpu:6.2f} s CPU; warm {warm:6.2f} s, {warm_cpu:6.2f} s CPU",
            flush=True,
        )
    ratios = [
        f"{side} takes "
        + ", ".join(
            f"{medians[side][name] / medians['ours'][name]:.2f}x {name} "
            f"({medians[side][f'{name}_cpu'] / medians['ours'][f'{name}_cpu']:.2f}x by CPU time)"
            for name in ("cold", "warm")
        )
        for side in runs
        if side != "ours"
    ]
    print(f"{lines} lines: {kind}: {'; '.join(ratios)}", flush=True)


if __name__ == "__main__":
    main()
