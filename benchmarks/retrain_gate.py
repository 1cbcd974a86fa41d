"""How often the retrain gate holds a good retrain, and how often it lets a bad one pass, on simulated and given sales.

    PYTHONPATH=. python benchmarks/retrain_gate.py [--shops 20] [--source sales.parquet ...] [--window 181]

Prints the tables of docs/method.md. Each shop is drawn from its own seed, so a shorter run reads the same shops.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import pandas as pd

from segmentation import pipeline
from segmentation.analysis.retrain_gate import RetrainDecision, decide_retrain
from segmentation.results import Segmentation
from segmentation.runs.manifest import RunRecord
from segmentation.runs.previous_segments import PreviousSegments
from segmentation.settings import ModelSettings, SalesSettings

FIRST, YEAR, MONTH = date(2023, 1, 1), 365, 30
Fault = Callable[[pd.DataFrame, np.random.Generator], pd.DataFrame]


def simulate_shop(customers: int, seed: int, *, growing: bool) -> pd.DataFrame:
    """Sales lines of 13 months: each customer has one purchase rate and one basket size that never change.

    growing: customers join all the time, and stop at random; otherwise all exist from the first to the last day.
    """
    rng = np.random.default_rng((customers, seed, growing))
    days = YEAR + MONTH
    rates = np.exp(rng.normal(np.log(8), 0.9, customers)) / YEAR
    baskets = np.exp(rng.normal(np.log(40), 0.6, customers))
    start = rng.integers(-YEAR, days, customers) if growing else np.zeros(customers, int)
    end = start + rng.exponential(1.5 * YEAR, customers) if growing else np.full(customers, days)
    orders = rng.poisson(rates * (end - start))
    customer = np.repeat(np.arange(customers), orders)
    day = np.floor(start[customer] + rng.random(len(customer)) * (end - start)[customer]).astype(int)
    lines = pd.DataFrame(
        {
            "customer_id": [f"C{number:05d}" for number in customer],
            "transaction_id": [f"T{number}" for number in range(len(customer))],
            "day": day,
            "net_sales_amount": np.round(baskets[customer] * np.exp(rng.normal(0, 0.3, len(customer))), 2),
        }
    )
    return lines[(lines["day"] >= 0) & (lines["day"] < days)]


def write_lines(lines: pd.DataFrame, path: Path) -> str:
    """Write the lines with dates as text, so that some can be unreadable; returns the path."""
    when = (pd.Timestamp(FIRST) + pd.to_timedelta(lines["day"], "D")).dt.strftime("%Y-%m-%d")
    bad = lines["bad_date"] if "bad_date" in lines else pd.Series(data=False, index=lines.index)
    lines.assign(transaction_date=when.where(~bad, "unknown")).drop(
        columns=["day", "bad_date"], errors="ignore"
    ).to_parquet(path)
    return str(path)


def lose_lines(lines: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """A third of the lines is lost on the way."""
    return lines[rng.random(len(lines)) > 1 / 3]


def change_unit(lines: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The amounts of the last month are in cents."""
    is_late = lines["day"] >= YEAR
    return lines.assign(net_sales_amount=lines["net_sales_amount"] * np.where(is_late, 100, 1))


def rename_customers(lines: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Since two months, every customer has a new id."""
    return lines.assign(customer_id=lines["customer_id"].where(lines["day"] < YEAR - MONTH, "N" + lines["customer_id"]))


def break_dates(lines: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """One date in ten is unreadable."""
    return lines.assign(bad_date=rng.random(len(lines)) < 0.1)


def stop_early(lines: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The copy ends ten days before the one of the last run."""
    return lines[lines["day"] < YEAR - 10]


def add_one_time_buyers(lines: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """A promotion of the last month brings as many one-time buyers as there were customers."""
    n = lines["customer_id"].nunique()
    new = {
        "customer_id": [f"P{number:05d}" for number in range(n)],
        "transaction_id": [f"P{number}" for number in range(n)],
        "day": rng.integers(YEAR, YEAR + MONTH, n),
        "net_sales_amount": np.round(rng.lognormal(np.log(8), 0.2, n), 2),
    }
    return pd.concat([lines, pd.DataFrame(new)], ignore_index=True)


FAULTS: dict[str, Fault] = {
    "a third of the lines is missing": lose_lines,
    "amounts of the last month in cents": change_unit,
    "new customer ids since two months": rename_customers,
    "one date in ten is unreadable": break_dates,
    "the copy ends ten days too early": stop_early,
    "as many one-time buyers join in a month": add_one_time_buyers,
}


def segment(
    source: str,
    as_of: date | None,
    days: int,
    k: int | None,
    previous: RunRecord | None = None,
    before: Segmentation | None = None,
) -> tuple[Segmentation, RunRecord]:
    """Segment the trailing window of a source, matched to an earlier run."""
    table = pipeline.load_customers(SalesSettings(source=source, as_of=as_of, window_days=days))
    earlier = None
    if previous is not None and before is not None:
        store, model = before.training.table.store, before.model
        earlier = PreviousSegments(
            previous, (previous.run_id,), lambda ids: store.fetch_labels(model, ids), before.list_customers
        )
    segmentation = pipeline.build_segmentation(pipeline.train_every_k(table, ModelSettings()), k, earlier)
    return segmentation, segmentation.to_run_record()


def retrain(before: Segmentation, record: RunRecord, source: str, as_of: date | None, days: int) -> RetrainDecision:
    """Retrain over the next window and ask the gate."""
    return decide_retrain(record, segment(source, as_of, days, before.k, record, before)[1])


def print_decisions(name: str, decisions: list[RetrainDecision]) -> None:
    """Holds, model shares and the reasons, in one line."""
    held_for_review = sum(not decision.is_accepted for decision in decisions)
    shares = [decision.model_share for decision in decisions if decision.model_share is not None]
    reasons = {}
    for decision in decisions:
        for reason in decision.reasons:
            kind = " ".join(reason.split()[:3])
            reasons[kind] = reasons.get(kind, 0) + 1
    median, high = np.quantile(shares, [0.5, 0.95]) if shares else (np.nan, np.nan)
    print(f"| {name} | {held_for_review} of {len(decisions)} | {median:.1%} | {high:.1%} | {reasons} |", flush=True)


def run_simulations(shops: int, folder: Path) -> None:
    """Good and bad retrains of simulated shops."""
    end, next_month = FIRST + timedelta(days=YEAR), FIRST + timedelta(days=YEAR + MONTH)
    for growing in (False, True):
        for customers in (400, 1_500, 5_000):
            good: list[RetrainDecision] = []
            bad: dict[str, list[RetrainDecision]] = {name: [] for name in FAULTS}
            for seed in range(shops):
                lines = simulate_shop(customers, seed, growing=growing)
                source = write_lines(lines, folder / "shop.parquet")
                before, record = segment(source, end, YEAR, None)
                good.append(retrain(before, record, source, next_month, YEAR))
                if customers != 1_500:
                    continue
                for name, damage in FAULTS.items():
                    damaged = write_lines(damage(lines, np.random.default_rng(seed)), folder / "damaged.parquet")
                    bad[name].append(retrain(before, record, damaged, None, YEAR))
            kind = "joining and leaving" if growing else "fixed"
            print_decisions(f"{customers:,} customers, {kind}", good)
            for name, decisions in bad.items():
                if decisions:
                    print_decisions(f"... {name}", decisions)


def iter_months(source: str, days: int) -> Iterator[date]:
    """The first day of each month before which the source has a full window, and its end."""
    window = pipeline.load_customers(SalesSettings(source=source)).window
    day = window.first_sale + timedelta(days=days)
    while day <= window.as_of:
        if day.day == 1:
            yield day
        day += timedelta(days=1)


def run_given_sales(source: str, days: int) -> None:
    """Monthly retrains of a source, each against the run a month before."""
    months = list(iter_months(source, days))
    for k in (None, 3, 4, 5, 6):
        decisions = []
        for first, second in itertools.pairwise(months):
            before, record = segment(source, first, days, k)
            decisions.append(retrain(before, record, source, second, days))
        print_decisions(f"{Path(source).name}, {days} days, k {k or 'recommended'}", decisions)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shops", type=int, default=20)
    parser.add_argument("--source", nargs="*", default=["demo:complete-journey"])
    parser.add_argument("--window", type=int, default=181)
    arguments = parser.parse_args()
    print("| sales | held for review | model share, median | 95 % of them below | reasons |\n|---|---|---|---|---|")
    for source in arguments.source:
        run_given_sales(source, arguments.window)
    with tempfile.TemporaryDirectory() as folder:
        run_simulations(arguments.shops, Path(folder))


if __name__ == "__main__":
    main()
