"""False alarms and misses of the test for separate groups, and hit rate of the recommended k, on simulated customers.

    PYTHONPATH=. python benchmarks/validation_calibration.py [--sets 200] [--large-sets 30] [--hit-sets 100]
    PYTHONPATH=. python benchmarks/validation_calibration.py --only recommendation

Prints the tables of docs/method.md. Each set is drawn from its own seed, so a shorter run reads the same sets.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import numpy as np
from customer_simulation import HARDER, RFM, SEPARATED, SMOOTH, Simulator

from segmentation.clustering.k_selection import recommend_k
from segmentation.clustering.scores import compute_scores
from segmentation.clustering.sweep import sweep_k
from segmentation.clustering.validation.evidence import QUICK_RESAMPLES, validate_candidates
from segmentation.clustering.validation.gaps import find_separate_groups
from segmentation.features.rounding import scale_without_ties
from segmentation.features.scaling import fit_scaler
from segmentation.settings import K_MAX, K_MIN, RECOMMENDED_K_RANGE

SIZES, LARGE = (500, 1_500), 20_000
TABLES = ("smooth", "separated", "harder", "recommendation")


def draw(name: str, simulate: Simulator, n: int, number: int):  # type: ignore[no-untyped-def]
    """One set: its scaled customers, the same without ties, and the fits of every k."""
    customers = simulate(np.random.default_rng((number, n, *name.encode())), n)
    scaler, _ = fit_scaler(customers, RFM, [], "log")
    X = scaler.transform(customers)
    return X, scale_without_ties(customers, scaler, 0), sweep_k(X, range(K_MIN, K_MAX + 1), 0)


def count_groups(name: str, simulate: Simulator, n: int, sets: int) -> Counter[int]:
    """Number of separate groups -> in how many sets it is found."""
    found: Counter[int] = Counter()
    for number in range(sets):
        _, X_without_ties, fits = draw(name, simulate, n, number)
        centers = {k: fit.centers for k, fit in fits.items()}
        found[find_separate_groups(X_without_ties, centers, 0).separate_groups] += 1
    return found


def recommend(name: str, simulate: Simulator, n: int, number: int) -> int:
    """The recommended k of one set."""
    X, X_without_ties, fits = draw(name, simulate, n, number)
    validation = validate_candidates(
        X,
        fits,
        RECOMMENDED_K_RANGE,
        0,
        X_without_ties=X_without_ties,
        resamples=QUICK_RESAMPLES,  # they decide nothing where groups are found
    )
    return recommend_k(compute_scores(X, fits, 0).by_k, n, RECOMMENDED_K_RANGE, validation).k


def print_groups(title: str, kinds: dict[str, Simulator], sets: dict[int, int], *, smooth: bool) -> None:
    """A table of the sets in which at least two groups are found: one row per kind, one column per n."""
    print(f"\n| {title} | {' | '.join(f'n = {n:,} ({sets[n]} sets)' for n in sets)} |\n|---|{'---|' * len(sets)}")
    totals = dict.fromkeys(sets, 0)
    for name, simulate in kinds.items():
        cells = []
        for n, number in sets.items():
            found = count_groups(name, simulate, n, number)
            several = number - found[1]
            totals[n] += several
            counts = "" if smooth else f" ({', '.join(f'{groups}: {found[groups]}' for groups in sorted(found))})"
            cells.append(f"{several}{counts}")
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
    shares = [f"{totals[n] / (sets[n] * len(kinds)):.1%}" for n in sets]
    print(f"| all | {' | '.join(shares)} |", flush=True)


def print_hit_rates(sets: int) -> None:
    """A table of the shares of planted sets for which their number of groups is recommended."""
    print(f"\n| planted groups | {' | '.join(f'n = {n:,} ({sets} sets)' for n in SIZES)} |\n|---|{'---|' * len(SIZES)}")
    for groups in range(2, 9):
        name = f"planted {groups}"
        cells = []
        for n in SIZES:
            chosen = [recommend(name, SEPARATED[name], n, number) for number in range(sets)]
            cells.append(f"{np.mean(np.array(chosen) == groups):.0%}")
        print(f"| {groups} | {' | '.join(cells)} |", flush=True)


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=int, default=200, help=f"sets per kind at n = {SIZES}")
    parser.add_argument("--large-sets", type=int, default=30, help=f"sets per kind at n = {LARGE}")
    parser.add_argument("--hit-sets", type=int, default=100, help="sets per number of groups for the recommended k")
    parser.add_argument("--only", choices=TABLES, nargs="+", default=TABLES, help="tables to print (default: all)")
    arguments = parser.parse_args()
    start = time.perf_counter()
    sets = {**dict.fromkeys(SIZES, arguments.sets), LARGE: arguments.large_sets}
    sets = {n: number for n, number in sets.items() if number}
    if "smooth" in arguments.only:
        print_groups("smooth, two groups or more", SMOOTH, sets, smooth=True)
    if "separated" in arguments.only:
        print_groups("separated, two groups or more (groups found: sets)", SEPARATED, sets, smooth=False)
    if "harder" in arguments.only:
        print_groups("harder, two groups or more (groups found: sets)", HARDER, sets, smooth=False)
    if "recommendation" in arguments.only:
        print_hit_rates(arguments.hit_sets)
    print(f"\n{time.perf_counter() - start:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
