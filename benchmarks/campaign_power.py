"""Coverage, false wins and power of campaigns in simulated shops with very uneven spend.

    python benchmarks/campaign_power.py [--campaigns 1000]

Every campaign has a shop of its own, in which 1 % of the customers spend thirty times as much as others: the top 1 %
bring about a third of net sales. Two questions:

- By share held back, with about 100 buyers held back, and with 600, where Welch's interval is used: how often does the
  95 % interval hold the true effect, how often is a campaign without an effect called a win, and how often is a lift of
  50 % recognized?
- With exactly 19, 20, 21, 50 and 100 buyers held back: from how many on can a verdict be stated?
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import pandas as pd

from benchmarks.campaign_simulation import SimulatedCampaign, draw_contacted
from segmentation.campaigns.estimates import MIN_BUYERS
from segmentation.campaigns.estimation import merge_small_strata
from segmentation.runtime.array_types import FloatArray, IntArray

LIFT = 0.5
SHARES = (50, 100, 200, 500)
"""Held back, in permille."""
BUYER_SHARE = 0.6
SEGMENTS = 4


@dataclass(frozen=True, eq=False)
class Shop:
    """Spend of customers in a reading period and in the period before."""

    net: FloatArray
    """(n,) money; 0 for those who do not buy."""
    before: FloatArray
    """(n,) money."""
    segments: IntArray
    """(n,) 0 to SEGMENTS - 1, quartiles of an earlier period."""


@dataclass
class Rates:
    """Counts over the campaigns of one scenario."""

    campaigns: int = 0
    covered: int = 0
    wins: int = 0
    losses: int = 0
    covered_with_lift: int = 0
    wins_with_lift: int = 0


def simulate_shop(rng: np.random.Generator, customers: int) -> Shop:
    """Draw a shop with very uneven spend.

    Args:
        rng: the source of randomness.
        customers: their number.
    """
    level = np.exp(rng.normal(0, 1.0, customers)) * np.where(rng.random(customers) < 0.01, 30, 1)

    def draw_period() -> FloatArray:
        is_buyer = rng.random(customers) < BUYER_SHARE
        spend: FloatArray = np.where(is_buyer, (50 * level * np.exp(rng.normal(0, 0.8, customers))).round(2), 0.0)
        return spend

    earlier, before, net = draw_period(), draw_period(), draw_period()
    return Shop(net, before, np.searchsorted(np.quantile(earlier, [0.25, 0.5, 0.75]), earlier))


def run_campaign(shop: Shop, campaign_id: str, permille: int, seed: int, rates: Rates, buyers: int | None) -> bool:
    """Draw one campaign, read it without an effect and with LIFT, and count both; whether it was counted.

    Args:
        shop: its customers.
        campaign_id: the salt of the draw.
        permille: share held back.
        seed: of the re-draws.
        rates: where it is counted.
        buyers: count it only with exactly so many buyers held back; None: always.
    """
    is_contacted = draw_contacted(campaign_id, map(str, range(len(shop.net))), shop.segments, permille)
    if buyers not in (None, int((shop.net[~is_contacted] > 0).sum())):
        return False
    strata = merge_small_strata(shop.segments, is_contacted)
    rates.campaigns += 1
    for lift in (0.0, LIFT):
        campaign = SimulatedCampaign(shop.net, shop.before[:, None], strata, is_contacted, lift, seed)
        verdict = campaign.judge_as_used(shop.net > 0)
        if lift:
            rates.covered_with_lift += verdict.is_covered
            rates.wins_with_lift += verdict.is_win
        else:
            rates.covered += verdict.is_covered
            rates.wins += verdict.is_win
            rates.losses += verdict.is_loss
    return True


def simulate_campaigns(customers: int, permille: int, campaigns: int, buyers: int | None = None) -> Rates:
    """Count over campaigns, each with a shop of its own."""
    rng, rates, number = np.random.default_rng(42), Rates(), 0
    while rates.campaigns < campaigns:
        shop = simulate_shop(rng, customers)
        while not run_campaign(shop, f"campaign-{number}", permille, number, rates, buyers):
            number += 1
        number += 1
    return rates


def format_rates(title: str, rates: Rates) -> str:
    """One row of the table."""
    columns = ("covered", "wins", "losses", "covered_with_lift", "wins_with_lift")
    shares = (f"{100 * getattr(rates, name) / rates.campaigns:.1f} %" for name in columns)
    return f"| {title} | {' | '.join(shares)} |"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--campaigns", type=int, default=1000)
    campaigns = parser.parse_args().campaigns
    shop = pd.Series(simulate_shop(np.random.default_rng(1), 100_000).net).sort_values(ascending=False)
    print(f"Share of the top 1 % of customers: {shop.iloc[:1000].sum() / shop.sum():.0%}\n")
    print("| held back | coverage | false wins | false losses | coverage, lift 50 % | wins, lift 50 % |")
    print("|---|---|---|---|---|---|")
    for expected in (100, 600):
        for permille in SHARES:
            customers = round(expected / BUYER_SHARE * 1000 / permille)
            rates = simulate_campaigns(customers, permille, campaigns)
            print(format_rates(f"{permille / 10:g} % of {customers:,}, about {expected} buyers", rates), flush=True)
    for buyers in (MIN_BUYERS - 1, MIN_BUYERS, MIN_BUYERS + 1, 50, 100):
        rates = simulate_campaigns(round(buyers / BUYER_SHARE * 10), 100, campaigns, buyers)
        print(format_rates(f"exactly {buyers} buyers, 10 %", rates), flush=True)


if __name__ == "__main__":
    main()
