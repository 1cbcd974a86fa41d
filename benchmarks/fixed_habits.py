"""Segment sizes and movement in shops whose customers never change their habits.

    python benchmarks/fixed_habits.py [--shops 4] [--customers 1500]

Each shop has two years of sales. A model is trained on the first year; `score` with its default options assigns the
customers one year later, and `history` counts the movement and that to expect by chance. Prints the table of
docs/method.md. Each shop is drawn from its own seed, so a shorter run reads the same shops.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import pandas as pd

from segmentation.__main__ import main as run_command
from segmentation.runs.load import open_run

YEAR, DAYS = 365, 730
Days = tuple[np.ndarray, np.ndarray]
"""(orders,) customer and day of each order."""


def draw_poisson(rates: np.ndarray, rng: np.random.Generator) -> Days:
    """Orders at random times, at the rate (per year) of each customer."""
    customer = np.repeat(np.arange(len(rates)), rng.poisson(rates * DAYS / YEAR))
    return customer, rng.integers(0, DAYS, len(customer))


def draw_regular(periods: np.ndarray, rng: np.random.Generator) -> Days:
    """Orders every `periods` days, each up to a seventh of the period earlier or later."""
    phase = rng.random(len(periods)) * periods
    numbers = np.arange(int(DAYS / periods.min()) + 1)
    days = phase[:, None] + periods[:, None] * (numbers + rng.uniform(-1 / 7, 1 / 7, (len(periods), len(numbers))))
    customer, number = np.nonzero((days >= 0) & (days < DAYS))
    return customer, days[customer, number].astype(int)


def simulate_lognormal(n: int, rng: np.random.Generator) -> Days:
    """Constant rates, lognormal: eight orders a year in the median."""
    return draw_poisson(np.exp(rng.normal(np.log(8), 0.9, n)), rng)


def simulate_gamma(n: int, rng: np.random.Generator) -> Days:
    """Constant rates, gamma with shape 0.8: many who hardly ever buy."""
    return draw_poisson(rng.gamma(0.8, 12, n), rng)


def simulate_two_groups(n: int, rng: np.random.Generator) -> Days:
    """Constant rates of two groups: a quarter buys about 40 times a year, the others 4 times."""
    return draw_poisson(np.where(rng.random(n) < 0.25, 40, 4) * np.exp(rng.normal(0, 0.3, n)), rng)


def simulate_regulars(n: int, rng: np.random.Generator) -> Days:
    """Regulars: weekly, every two weeks, monthly or quarterly."""
    return draw_regular(rng.choice([7.0, 14.0, 30.0, 91.0], n, p=[0.2, 0.2, 0.35, 0.25]), rng)


def simulate_mixture(n: int, rng: np.random.Generator) -> Days:
    """Half regulars, half constant rates."""
    regular, random = simulate_regulars(n // 2, rng), simulate_lognormal(n - n // 2, rng)
    return np.concatenate([regular[0], random[0] + n // 2]), np.concatenate([regular[1], random[1]])


KINDS: dict[str, Callable[[int, np.random.Generator], Days]] = {
    "constant rates, lognormal": simulate_lognormal,
    "constant rates, gamma": simulate_gamma,
    "constant rates, two groups": simulate_two_groups,
    "weekly to quarterly regulars": simulate_regulars,
    "half regulars, half constant rates": simulate_mixture,
}


def write_shop(kind: str, customers: int, seed: int, path: Path) -> None:
    """Two years of sales from 2023-01-01 on; a customer has one basket size."""
    rng = np.random.default_rng((seed, list(KINDS).index(kind)))
    customer, day = KINDS[kind](customers, rng)
    baskets = np.exp(rng.normal(np.log(40), 0.6, customers))
    amounts = np.round(baskets[customer] * np.exp(rng.normal(0, 0.3, len(customer))), 2)
    dates = pd.Timestamp("2023-01-01") + pd.to_timedelta(day, "D")
    ids = [f"C{number:05d}" for number in customer]
    orders = [f"T{number}" for number in range(len(customer))]
    lines = {"customer_id": ids, "transaction_id": orders, "transaction_date": dates, "net_sales_amount": amounts}
    pd.DataFrame(lines).to_parquet(path, index=False)


def run(*arguments: object) -> str:
    """Run a command and return what it prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        code = run_command([str(argument) for argument in arguments])
    assert code == 0, arguments
    return out.getvalue()


def measure_shop(kind: str, customers: int, seed: int, folder: Path) -> dict[str, float]:
    """The largest change of a segment's size in a year, and monthly movement, each as a share."""
    sales, models, scored = folder / "sales.parquet", folder / f"{seed}-{len(kind)}", folder / "scored.csv"
    write_shop(kind, customers, seed, sales)
    run("train", "--source", sales, "--as-of", "2024-01-01", "--k", 4, "--quick", "--out", models)
    run("score", "--run", models, "--source", sales, "--out", scored)
    before = open_run(models).segments.set_index("segment_id")["customers"]
    now = pd.read_csv(scored)["segment_id"].value_counts().reindex(before.index, fill_value=0)
    changes = pd.DataFrame(json.loads(run("history", "--run", models, "--source", sales, "--json"))["changes"])
    return {
        "size": float((now / before - 1).abs().max()),
        "smallest": float(before.min()),
        "moved": float(changes["moved_share"].mean()),
        "chance": float(changes["chance_share"].mean()),
        "above": float(changes["above_chance"].mean()),
        "above_max": float(changes["above_chance"].max()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shops", type=int, default=4)
    parser.add_argument("--customers", type=int, default=1_500)
    arguments = parser.parse_args()
    print(
        "| customers of constant habits | size after a year | moved a month | by chance | above, mean | above, most |"
    )
    print("|---|---|---|---|---|---|")
    for kind in KINDS:
        with tempfile.TemporaryDirectory() as folder:
            shops = range(arguments.shops)
            rows = pd.DataFrame([measure_shop(kind, arguments.customers, seed, Path(folder)) for seed in shops])
        print(
            f"| {kind} | {_format_range(rows['size'], '±')} | {_format_range(rows['moved'])} | "
            f"{_format_range(rows['chance'])} | {_format_range(rows['above'])} | {_format_range(rows['above_max'])} |",
            flush=True,
        )


def _format_range(shares: pd.Series, sign: str = "") -> str:
    return f"{sign}{100 * shares.min():.1f} to {100 * shares.max():.1f} %"


if __name__ == "__main__":
    main()
