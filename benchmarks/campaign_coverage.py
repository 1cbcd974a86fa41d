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

from benchmarks.campaign_simulation import SimulatedCampaign, Verdict, draw_contacted
from segmentation.campaigns.estimation import RANDOMIZATION
from segmentation.campaigns.launch_forecast import fetch_launch_forecast
from segmentation.campaigns.outcomes import fetch_coverage, fetch_outcomes
from segmentation.campaigns.randomization import REDRAWS
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

    def add(self, method: str, verdict: Verdict) -> None:
        """Count one interval."""
        self.covered[method] += verdict.is_covered
        self.wins[method] += verdict.is_win


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
        is_contacted = draw_contacted(f"simulation-{number}", customers["customer_id"], strata, permille)
        campaign = SimulatedCampaign(base, x, strata, is_contacted, lift, number, redraws)
        plain, adjusted = campaign.plain_difference, campaign.difference
        tally.errors.append((float(np.sqrt(plain.variance[0])), float(np.sqrt(adjusted.variance[0]))))
        verdicts = {
            "Welch": campaign.judge_welch(plain),
            "Welch + CUPED": campaign.judge_welch(adjusted),
            "inverted randomization + CUPED": campaign.judge_randomized(),
        }
        is_randomized = campaign.choose_method(is_buyer) == RANDOMIZATION
        verdicts["as used"] = verdicts["inverted randomization + CUPED" if is_randomized else "Welch + CUPED"]
        for method, verdict in verdicts.items():
            tally.add(method, verdict)
    return tally


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
