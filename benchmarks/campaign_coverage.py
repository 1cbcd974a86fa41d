"""How often the 95 % intervals of campaigns hold the true effect, and how often a campaign without one is called a win.

    python benchmarks/campaign_coverage.py [--source fct_sales.parquet] [--campaigns 1000] [--hold-out 100]

Draws that many campaigns, each with an id of its own, from the customers of a source (and of the demo) who bought
before the launch; segments are quartiles of their net sales until then. Nobody was contacted, so the true effect is 0
(A/A).
For the demo the spend of the contacted is then multiplied by 1.1 (A/B). Prints the tables of docs/method.md: coverage,
false wins (an interval above 0), and the standard error with CUPED compared with that without.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import pandas as pd

from segmentation.campaigns.assignment import compute_assignment_keys, draw_held_back
from segmentation.campaigns.estimation import (
    RANDOMIZATION,
    choose_method,
    compute_difference,
    compute_moments,
    compute_skewness,
    compute_welch_interval,
)
from segmentation.campaigns.launch_forecast import fetch_launch_forecast
from segmentation.campaigns.outcomes import fetch_coverage, fetch_outcomes
from segmentation.campaigns.randomization import REDRAWS, SIGNIFICANCE, RandomizationTest
from segmentation.runtime.array_types import BoolArray, FloatArray, IntArray
from segmentation.sales.open_source import open_source
from segmentation.sales.prepare_lines import prepare_lines
from segmentation.settings import DEFAULT_SOURCE, SalesSettings

LIFT = 0.1
METHODS = ("Welch", "Welch + CUPED", "inverted randomization + CUPED", "as used")


@dataclass
class Tally:
    """Counts over the campaigns."""

    covered: dict[str, int] = field(default_factory=lambda: dict.fromkeys(METHODS, 0))
    wins: dict[str, int] = field(default_factory=lambda: dict.fromkeys(METHODS, 0))
    errors: list[tuple[float, float]] = field(default_factory=list)
    """Standard errors of the plain difference, and with strata and CUPED."""

    def add(self, method: str, low: float, high: float, truth: float) -> None:
        """Count one interval."""
        self.covered[method] += low <= truth <= high
        self.wins[method] += low > 0


def load_customers(uri: str, launch: date, days: int) -> pd.DataFrame:
    """Customers with a sale before the launch: customer_id, stratum, net, orders, net_before, forecast."""
    settings = SalesSettings(source=uri)
    source = open_source(uri)
    prepared = prepare_lines(source, settings)
    before = prepare_lines(source, SalesSettings(source=uri, as_of=launch)).accepted
    totals = before.group_by(customer_id=before.customer_id.cast("string")).aggregate(
        total=before.net.sum().cast("float64")
    )
    customers = source.fetch(totals).to_pandas().sort_values("customer_id", ignore_index=True)
    quartiles = np.quantile(customers["total"], [0.25, 0.5, 0.75])
    customers["stratum"] = np.searchsorted(quartiles, customers["total"])
    outcomes = fetch_outcomes(source, prepared, launch, days)[["customer_id", "net", "net_before", "orders"]]
    coverage = fetch_coverage(source, prepared)
    forecast = fetch_launch_forecast(customers["customer_id"], settings, source, coverage, launch, days)
    customers["forecast"] = np.nan_to_num(forecast, nan=float(np.nanmean(forecast)))
    return customers.merge(outcomes, on="customer_id", how="left").fillna(0.0)


def simulate(customers: pd.DataFrame, campaigns: int, permille: int, lift: float, redraws: int = REDRAWS) -> Tally:
    """Draw campaigns and count their intervals; the spend of the contacted is multiplied by 1 + lift."""
    tally = Tally()
    base, x = customers["net"].to_numpy(), customers[["net_before", "forecast"]].to_numpy()
    strata, is_buyer = customers["stratum"].to_numpy(), customers["orders"].to_numpy() > 0
    for number in range(campaigns):
        keys = compute_assignment_keys(f"simulation-{number}", customers["customer_id"])
        is_contacted = ~draw_held_back(keys, strata, permille)
        y = np.where(is_contacted, (1 + lift) * base, base)
        truth = float((y - base)[is_contacted].mean())
        intervals = {
            "Welch": _add_welch(tally, y, x[:, :0], np.zeros_like(strata), is_contacted),
            "Welch + CUPED": _add_welch(tally, y, x, strata, is_contacted),
        }
        test = RandomizationTest(y, x, strata, is_contacted, number, redraws)
        adjusted = compute_difference(compute_moments(y, x, strata, is_contacted))
        if lift == 0:  # the test of no effect is enough to know whether the interval holds 0 and on which side it lies
            is_covered = test.compute_p_values(1.0)[0] > SIGNIFICANCE
            estimate = adjusted.total[0]
            limits = (-np.inf, np.inf) if is_covered else (estimate, np.inf) if estimate > 0 else (-np.inf, estimate)
        else:
            limits = test.compute_interval() or (-np.inf, np.inf)
        intervals["inverted randomization + CUPED"] = limits
        buyers = min(is_buyer[is_contacted].sum(), is_buyer[~is_contacted].sum())
        skewness, _ = compute_skewness(y, x, strata, is_contacted, adjusted)
        method = choose_method(int(buyers), skewness)
        intervals["as used"] = limits if method == RANDOMIZATION else intervals["Welch + CUPED"]
        for method, (low, high) in intervals.items():
            tally.add(method, low, high, truth)
    return tally


def _add_welch(
    tally: Tally, y: FloatArray, x: FloatArray, strata: IntArray, is_contacted: BoolArray
) -> tuple[float, float]:
    difference = compute_difference(compute_moments(y, x, strata, is_contacted))
    error = float(np.sqrt(difference.variance[0]))
    if x.shape[1]:
        tally.errors[-1] = (tally.errors[-1][0], error)
    else:
        tally.errors.append((error, np.nan))
    return compute_welch_interval(difference.total[0], difference.variance[0], difference.df[0])


def print_tally(title: str, tally: Tally, campaigns: int) -> None:
    """Print one table."""
    plain, adjusted = np.mean(tally.errors, axis=0)
    print(f"\n{title}: standard error with CUPED / without = {adjusted / plain:.2f}\n")
    print("| method | coverage | wins |\n|---|---|---|")
    for method in METHODS:
        print(
            f"| {method} | {tally.covered[method] / campaigns:.1%} | {tally.wins[method] / campaigns:.1%} |", flush=True
        )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", help="a file of fct_sales; without it the demo alone")
    parser.add_argument("--launch", type=date.fromisoformat, default=date(2019, 10, 1), help="in --source")
    parser.add_argument("--days", type=int, default=61, help="in --source")
    parser.add_argument("--campaigns", type=int, default=1000)
    parser.add_argument("--hold-out", type=int, default=100, help="permille")
    arguments = parser.parse_args()
    runs = [
        ("demo, A/A", DEFAULT_SOURCE, date(2017, 11, 1), 60, 0.0),
        ("demo, A/B", DEFAULT_SOURCE, date(2017, 11, 1), 60, LIFT),
    ]
    if arguments.source:
        runs.insert(0, ("fct_sales, A/A", arguments.source, arguments.launch, arguments.days, 0.0))
    for title, uri, launch, days, lift in runs:
        customers = load_customers(uri, launch, days)
        tally = simulate(customers, arguments.campaigns, arguments.hold_out, lift)
        print_tally(f"{title} ({len(customers):,} customers)", tally, arguments.campaigns)


if __name__ == "__main__":
    main()
