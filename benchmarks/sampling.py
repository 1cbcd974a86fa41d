"""Excess inertia of all customers with centers fitted to a uniform sample of them.

Above a million customers, only a sample is fetched (docs/decisions/0009-sampling-and-pushdown.md). Here all customers
of a synthetic shop are in memory, so both can be compared: samples are drawn by the MD5 of the ID with varying salts,
scaling and centers are fitted to the sample alone, and the full-data inertia with these centers is compared with the
lowest known for this k, from the full data or any sample. As in production, near-optimal candidates are ranked on the
full data in the engine. Reported is the mean and the worst excess for every k.

    python benchmarks/sampling.py [--customers 1000000] [--samples 5] [--sizes 20000 200000]
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
LIMIT = 0.001
FEATURES = ("recency_days", "frequency", "monetary", "avg_order_value", "discount_share")


def select_sample(ids: Any, share: float, salt: int) -> Any:
    """(n,) whether each customer is in the sample with this salt."""
    import numpy as np

    limit = f"{int(share * 2**32):08x}"
    return np.array([hashlib.md5(f"{salt}{name}".encode()).hexdigest() < limit for name in ids])


def compute_full_inertias(training: Any, full: Any, X: Any) -> dict[int, float]:
    """k -> full-data inertia with the centers of a sweep, in the scaling fitted to the full data."""
    import numpy as np

    from segmentation.clustering.sweep import predict_labels

    inertias = {}
    for k, fit in training.fits.items():
        unscaled = fit.centers * np.array(training.scaler.scale) + np.array(training.scaler.mean)
        centers = (unscaled - np.array(full.scaler.mean)) / np.array(full.scaler.scale)
        inertias[k] = float(((X - centers[predict_labels(X, centers)]) ** 2).sum())
    return inertias


def main() -> None:
    import pandas as pd

    from segmentation import pipeline
    from segmentation.customers.in_engine import EngineStore
    from segmentation.customers.store import CustomerTotals
    from segmentation.sales.demo import synthetic_shop
    from segmentation.settings import ModelSettings, SalesSettings

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--samples", type=int, default=5)
    parser.add_argument("--sizes", type=int, nargs="+", default=[20_000, 200_000])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shop.parquet"
        with path.open("wb") as out:
            lines = synthetic_shop.write_shop(out, arguments.customers)
        table = pipeline.load_customers(SalesSettings(str(path), sample_above=10**12))
        n_customers = len(table.frame)
        print(f"{lines:,} lines, {n_customers:,} customers", flush=True)
        for features in (FEATURES[:3], FEATURES):
            settings = ModelSettings(features)
            start = time.perf_counter()
            full = pipeline.train_every_k(table, settings)
            X = full.scaler.transform(table.frame)
            print(f"{len(features)} features; from everybody in {time.perf_counter() - start:.1f} s", flush=True)
            inertias = {("everybody", 0): {k: fit.inertia for k, fit in full.fits.items()}}
            for size in arguments.sizes:
                share = size / n_customers
                for salt in range(arguments.samples):
                    sample = table.frame[select_sample(table.frame["customer_id"], share, salt)].reset_index(drop=True)
                    totals = CustomerTotals(n_customers, 0, 0, 0.0)
                    store = EngineStore(sample, table.returns_only, table.source, table.store.expression, totals, share)
                    sampled = replace(table, store=store)
                    inertias[(f"{size:,}", salt)] = compute_full_inertias(
                        pipeline.train_every_k(sampled, settings), full, X
                    )
            print_excess(pd.DataFrame(inertias))


def print_excess(inertias: Any) -> None:
    """Print the excess over the lowest inertia of each k."""
    import pandas as pd

    excess = inertias.div(inertias.min(axis=1), axis=0) - 1
    by_size = {
        f"{name}, {statistic}": values.mean(axis=1) if statistic == "mean" else values.max(axis=1)
        for name, values in excess.T.groupby(level=0, sort=False)
        for values in [values.T]
        for statistic in ("mean", "worst")
    }
    print(pd.DataFrame(by_size).map("{:.3%}".format).rename_axis("k").to_string(), flush=True)
    for name, values in excess.T.groupby(level=0, sort=False):
        n_above = int((values > LIMIT).sum().sum())
        median = float(values.stack().median())
        print(f"{name}: median {median:.4%}, above {LIMIT:.1%} in {n_above} of {values.size}", flush=True)


if __name__ == "__main__":
    main()
