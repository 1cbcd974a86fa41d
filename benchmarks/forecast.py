"""Fit and forecast of a million customers, and `lifetimes` on as many as it can take, in the same process.

Customers are simulated from an MBG/NBD model over one year. Measured: grouping, the fit of both models, and the
forecast of every customer for 90 days; wall time, CPU time and peak memory. `lifetimes`, which fits ungrouped customers
with a gradient of autograd, runs on 23,000 of them. The last lines say how far a fit to a sample of 50,000 is off.

    python benchmarks/forecast.py [--customers 1000000] [--other 23000]
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
import warnings
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
LIMIT_SECONDS, LIMIT_MEGABYTES = 10.0, 1000.0


def simulate(customers: int, seed: int) -> Any:
    """HISTORY_COLUMNS of customers who arrive evenly over a year."""
    import numpy as np
    import pandas as pd

    from segmentation.forecast.beta_geometric import MBGModel
    from segmentation.forecast.simulation import simulate_purchases

    model, rng = MBGModel(r=0.8, alpha=50.0, a=0.9, b=2.5), np.random.default_rng(seed)
    T, zeros = rng.integers(0, 365, customers).astype(np.float64), np.zeros(customers)
    drawn = simulate_purchases(model, zeros, zeros, zeros, 365.0, rng)
    day = np.ceil(drawn.days)
    is_known = day <= T[drawn.customer]
    days = np.unique(drawn.customer[is_known] * 1000 + day[is_known].astype(np.int64))  # one purchase a day
    x = np.bincount(days // 1000, minlength=customers).astype(np.float64)
    t_x = np.zeros(customers)
    np.maximum.at(t_x, days // 1000, (days % 1000).astype(np.float64))
    money = rng.gamma(2.0 * (x + 1)) / rng.gamma(3.5, 1 / 60.0, customers)
    ids = np.char.zfill(np.arange(customers).astype(str), 7)
    recent = np.where(T - t_x < 90, money / (x + 1), 0.0)
    return pd.DataFrame(
        {"customer_id": ids, "x": x, "t_x": t_x, "T": T, "net_sales": money, "recent_net_sales": recent}
    )


def measure(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """Result, wall seconds and CPU seconds."""
    start, cpu = time.perf_counter(), time.process_time()
    result = work()
    return result, time.perf_counter() - start, time.process_time() - cpu


def forecast(histories: Any, name: str, fitted_to: Any = None) -> tuple[int, float]:
    """Groups of equal histories, and expected net sales; the models are fitted to all customers or to `fitted_to`."""
    import numpy as np

    from segmentation.forecast.fitting import fit_purchase_model
    from segmentation.forecast.forecast import forecast_customers
    from segmentation.forecast.purchase_model import PurchaseHistories
    from segmentation.forecast.spend_model import fit_spend_model

    sample = histories if fitted_to is None else fitted_to
    x, t_x, T, net = (sample[column].to_numpy(np.float64) for column in ("x", "t_x", "T", "net_sales"))
    grouped = PurchaseHistories.from_customers(x, t_x, T)
    fit = fit_purchase_model(grouped, name)
    spend, _ = fit_spend_model(x[x > 0] + 1, net[x > 0] / (x[x > 0] + 1))
    result = forecast_customers(histories, fit.model, spend, 90, date(2026, 1, 1))
    return len(grouped.x), float(result.frame["expected_net_sales"].sum())


def fit_lifetimes(histories: Any) -> float:
    """Expected purchases of the same customers by `lifetimes`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import lifetimes

        purchases, money = lifetimes.ModifiedBetaGeoFitter(), lifetimes.GammaGammaFitter()
        x, t_x, T = histories["x"], histories["t_x"], histories["T"]
        purchases.fit(x, t_x, T)
        repeat = histories[x > 0]
        money.fit(repeat["x"] + 1, repeat["net_sales"] / (repeat["x"] + 1))
        return float(purchases.conditional_expected_number_of_purchases_up_to_time(90, x, t_x, T).sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--other", type=int, default=23_000, help="customers for lifetimes")
    arguments = parser.parse_args()
    from threadpoolctl import threadpool_limits

    histories = simulate(arguments.customers, 1)
    print(f"{'':34}{'customers':>11}{'seconds':>9}{'CPU s':>8}{'peak MB':>9}")
    with threadpool_limits(1, user_api="blas"):
        small = histories.head(arguments.other)
        forecast(small, "mbg_nbd")  # imports
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        (groups, total), seconds, cpu = measure(lambda: forecast(histories, "mbg_nbd"))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{'MBG/NBD, Gamma-Gamma, forecast':34}{len(histories):>11,}{seconds:>9.2f}{cpu:>8.2f}{peak:>9.0f}")
        for name, label in (("mbg_nbd", "the same"), ("pareto_nbd", "Pareto/NBD")):
            _, other, other_cpu = measure(lambda name=name: forecast(small, name))
            print(f"{label:34}{len(small):>11,}{other:>9.2f}{other_cpu:>8.2f}")
        (_, sampled), _, _ = measure(lambda: forecast(histories, "mbg_nbd", histories.sample(50_000, random_state=1)))
    _, theirs, their_cpu = measure(lambda: fit_lifetimes(small))
    print(f"{'lifetimes, MBG/NBD and Gamma-Gamma':34}{len(small):>11,}{theirs:>9.2f}{their_cpu:>8.2f}")
    error = abs(sampled / total - 1)
    print(f"{groups:,} distinct histories; memory before: {before:.0f} MB.")
    print(f"Fitted to a random 50,000 customers, the total differs by {error:.2%}.")
    verdict = "within" if seconds < LIMIT_SECONDS and peak < LIMIT_MEGABYTES else "BEYOND"
    print(
        f"{len(histories)} customers: {seconds:.1f} s, {peak:.0f} MB, {verdict} the limits of "
        f"{LIMIT_SECONDS:.0f} s and {LIMIT_MEGABYTES:.0f} MB; lifetimes on {len(small):,}: {theirs:.1f} s."
    )


if __name__ == "__main__":
    main()
