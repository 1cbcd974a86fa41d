"""What leaves the engine, and how long it takes: every line, one row per customer, or a sample and totals?

Lines are made by SQL in a DuckDB file. Three ways to the same profile of five segments:

  lines       every line is fetched, and pandas makes customers of them (only up to --most-lines)
  customers   one row per customer is fetched (sample_above is out of reach)
  sample      a sample of customers and totals are fetched (the way above a million customers)

Each way is a process of its own. Told are the rows and bytes of all answers (as Arrow), seconds until
customers are here and until segments are named (the lines end with customers), and whether the ways agree: customers
and money exactly; of the sample, by how much the inertia of all customers is higher with its centers than with those
found from everyone, for every k.

    python benchmarks/pushdown.py [--lines 1469307 50000000] [--lines-per-customer 25]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
SAMPLE_ABOVE = 10_000  # so that the sample is taken at every size here
MADE = """
create table fct_sales as
select
    customer as customer_id, hash(line, 1) % 1000000007 as transaction_id,
    date '2024-01-01' + cast(
        least(365, floor(366 * pow(random(), 0.3 + 2.0 * (hash(customer, 2) % 1000) / 1000))) as int
    ) as transaction_date,
    cast(
        exp(2.0 + 2.5 * (hash(customer, 3) % 1000) / 1000 + 0.7 * (random() + random() + random() - 1.5))
        as decimal(18, 2)
    ) as net_sales_amount
from (select range as line, cast(floor({customers} * pow(random(), 2.2)) as bigint) as customer from range({lines}))
"""


def make(path: Path, lines: int, customers: int) -> None:
    import duckdb

    with duckdb.connect(str(path)) as connection:
        connection.execute("set threads = 1; select setseed(0.5)")
        connection.execute(MADE.format(lines=lines, customers=customers))


def measured(path: str, way: str) -> dict[str, Any]:
    """One way, its figures as plain values."""
    import pandas as pd

    from segmentation import pipeline
    from segmentation.sales.open_source import open_source
    from segmentation.settings import ModelSettings, SalesSettings

    pipeline.train_every_k(pipeline.load_customers(SalesSettings()), ModelSettings())  # imports and compiling are done
    source = open_source(f"duckdb:///{path}?table=fct_sales")
    moved = {"rows": 0, "bytes": 0}
    plain = source.fetch

    def fetch(*arguments: Any, **options: Any) -> Any:
        answer = plain(*arguments, **options)
        moved["rows"] += answer.num_rows
        moved["bytes"] += answer.nbytes
        return answer

    source.fetch = fetch  # type: ignore[method-assign]
    start = time.perf_counter()
    if way == "lines":
        lines = source.fetch(source.table()).to_pandas()
        lines["transaction_date"] = pd.to_datetime(lines["transaction_date"])
        lines["net_sales_amount"] = lines["net_sales_amount"].astype(float)
        as_of = lines["transaction_date"].max() + pd.Timedelta(days=1)
        grouped = lines.groupby("customer_id")
        made = pd.DataFrame(
            {
                "recency_days": (as_of - grouped["transaction_date"].max()).dt.days,
                "frequency": grouped["transaction_id"].nunique(),
                "monetary": grouped["net_sales_amount"].sum(),
            }
        )
        told = {"customers": len(made), "orders": int(made["frequency"].sum()), "money": float(made["monetary"].sum())}
        loaded = time.perf_counter() - start
        return told | moved | {"loaded": loaded, "seconds": loaded}
    above = SAMPLE_ABOVE if way == "sample" else 10**12
    table = pipeline.load_customers(SalesSettings(sample_above=above), source=source)
    loaded = time.perf_counter() - start
    training = pipeline.train_every_k(table, ModelSettings())
    found = pipeline.build_segmentation(training, 5)
    told = {
        "loaded": loaded,
        "seconds": time.perf_counter() - start,
        **moved,
        "names": found.segments["segment_name"].tolist(),
        "customers": int(found.segments["customers"].sum()),
        "money": float(found.segments["net_sales"].sum()),
    }
    if way == "customers":
        told["orders"] = int(table.frame["frequency"].sum())
        return told
    everybody = pipeline.load_customers(SalesSettings(sample_above=10**12), source=source)
    return told | {"above": above_everyone(training, pipeline.train_every_k(everybody, ModelSettings()))}


def above_everyone(sampled: Any, whole: Any) -> dict[int, float]:
    """k -> by which share the inertia of all customers is higher with the centers of a sample than with their own."""
    import numpy as np

    from segmentation.clustering.sweep import predict_labels

    space = whole.scaler.transform(whole.table.frame)
    above = {}
    for k, fit in sampled.fits.items():
        # the same places, in the measure of everyone
        own_units = fit.centers * np.array(sampled.scaler.scale) + np.array(sampled.scaler.mean)
        centers = (own_units - np.array(whole.scaler.mean)) / np.array(whole.scaler.scale)
        inertia = float(((space - centers[predict_labels(space, centers)]) ** 2).sum())
        above[k] = inertia / whole.fits[k].inertia - 1
    return above


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, nargs="+", default=[1_469_307, 50_000_000])
    parser.add_argument("--lines-per-customer", type=int, default=25)
    parser.add_argument(
        "--most-lines", type=int, default=2_000_000, help="beyond, the lines themselves are not fetched"
    )
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--path", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.way:
        print(json.dumps(measured(asked.path, asked.way)))
        return
    with tempfile.TemporaryDirectory() as folder:
        for lines in asked.lines:
            path = Path(folder) / f"{lines}.duckdb"
            make(path, lines, lines // asked.lines_per_customer)
            found: dict[str, dict[str, Any]] = {}
            print(f"{lines:,} lines", flush=True)
            for way in ("lines", "customers", "sample"):
                if way == "lines" and lines > asked.most_lines:
                    continue
                command = [sys.executable, __file__, "--way", way, "--path", str(path)]
                answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
                found[way] = told = json.loads(answer.splitlines()[-1])
                size = f"{told['rows']:>12,} rows {told['bytes'] / 1e6:>10,.1f} MB"
                size += f" {told['loaded']:>6.1f} s, {told['seconds']:>6.1f} s in all"
                print(f"  {way:10}{size}   {told['customers']:,} customers, {told['money']:,.2f}", flush=True)
            compare(found)
            path.unlink()


def compare(found: dict[str, dict[str, Any]]) -> None:
    whole, part = found["customers"], found["sample"]
    sums = {(told["customers"], round(told["money"], 2)) for told in found.values()}
    print(f"  customers and money are {'the same' if len(sums) == 1 else f'NOT the same: {sums}'}")
    print(f"  names of the five segments are {'the same' if whole['names'] == part['names'] else 'NOT the same'}")
    print("  inertia above that of everyone: " + ", ".join(f"k={k} {share:+.3%}" for k, share in part["above"].items()))


if __name__ == "__main__":
    main()
