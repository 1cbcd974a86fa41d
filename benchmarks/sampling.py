"""What the inertia of all customers loses when the centers come from a uniform sample of them.

Above a million customers only a sample is fetched (docs/decisions/0009-sampling-and-pushdown.md). Here all of a
synthetic shop
is at hand, so both can be compared: samples are drawn by MD5 of the id with another salt each time, centers and scaling
are found from the sample alone, and the inertia of everybody with these centers is held against the lowest that was
found for this k by anyone, from everybody or from any sample. Near optima are told apart by everybody in the engine, as
they are above a million. Told is the excess, for every k the mean and the worst.

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


def drawn(ids: Any, share: float, salt: int) -> Any:
    """Who is in the sample of this salt."""
    import numpy as np

    limit = f"{int(share * 2**32):08x}"
    return np.array([hashlib.md5(f"{salt}{name}".encode()).hexdigest() < limit for name in ids])


def inertia_of_all(training: Any, whole: Any, space: Any) -> dict[int, float]:
    """k -> inertia of everybody with the centers of a training, in the measure of everybody."""
    import numpy as np

    from segmentation.clustering.sweep import predict_labels

    found = {}
    for k, fit in training.fits.items():
        own_units = fit.centers * np.array(training.scaler.scale) + np.array(training.scaler.mean)
        centers = (own_units - np.array(whole.scaler.mean)) / np.array(whole.scaler.scale)
        found[k] = float(((space - centers[predict_labels(space, centers)]) ** 2).sum())
    return found


def main() -> None:
    import pandas as pd

    from segmentation import pipeline
    from segmentation.customers.store import CustomerTotals, EngineStore
    from segmentation.sales.demo import synthetic_shop
    from segmentation.settings import ModelSettings, SalesSettings

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--samples", type=int, default=5)
    parser.add_argument("--sizes", type=int, nargs="+", default=[20_000, 200_000])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shop.parquet"
        with path.open("wb") as out:
            lines = synthetic_shop.write_shop(out, asked.customers)
        table = pipeline.load_customers(SalesSettings(str(path), sample_above=10**12))
        many = len(table.frame)
        print(f"{lines:,} lines, {many:,} customers", flush=True)
        for features in (FEATURES[:3], FEATURES):
            settings = ModelSettings(features)
            start = time.perf_counter()
            whole = pipeline.train_every_k(table, settings)
            space = whole.scaler.transform(table.frame)
            print(f"{len(features)} features; from everybody in {time.perf_counter() - start:.1f} s", flush=True)
            found = {("everybody", 0): {k: fit.inertia for k, fit in whole.fits.items()}}
            for size in asked.sizes:
                share = size / many
                for salt in range(asked.samples):
                    here = table.frame[drawn(table.frame["customer_id"], share, salt)].reset_index(drop=True)
                    plain, totals = table.store, CustomerTotals(many, 0, 0, 0.0)
                    store = EngineStore(here, plain.returns_only, plain.source, plain.expression, totals, share)
                    sampled = replace(table, store=store)
                    found[(f"{size:,}", salt)] = inertia_of_all(pipeline.train_every_k(sampled, settings), whole, space)
            tell(pd.DataFrame(found))


def tell(inertias: Any) -> None:
    """Print the excess over the lowest of each k."""
    import pandas as pd

    excess = inertias.div(inertias.min(axis=1), axis=0) - 1
    by_size = {
        f"{name}, {what}": values.mean(axis=1) if what == "mean" else values.max(axis=1)
        for name, values in excess.T.groupby(level=0, sort=False)
        for values in [values.T]
        for what in ("mean", "worst")
    }
    print(pd.DataFrame(by_size).map("{:.3%}".format).rename_axis("k").to_string(), flush=True)
    for name, values in excess.T.groupby(level=0, sort=False):
        many = int((values > LIMIT).sum().sum())
        median = float(values.stack().median())
        print(f"{name}: median {median:.4%}, above {LIMIT:.1%} in {many} of {values.size}", flush=True)


if __name__ == "__main__":
    main()
