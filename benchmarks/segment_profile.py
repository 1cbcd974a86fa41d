"""Time of the segment profile compared with pandas computing the same statistics of the same customers.

Twelve segments, thirteen features per customer; CPU time of interleaved runs.

    python benchmarks/segment_profile.py [--customers 100000 1000000] [--turns 3]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


def measure_cpu_seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def compare(customers: int, repetitions: int) -> tuple[float, float]:
    """Median CPU seconds of our profile and of pandas' groupby."""
    import numpy as np
    import pandas as pd
    from timing import wait_until_idle

    from segmentation.segments.profile import compute_profile

    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"monetary": rng.lognormal(size=customers)})
    for number in range(12):
        frame[f"feature_{number}"] = frame["monetary"].to_numpy()[::-1] * number
    segments = rng.integers(1, 13, customers)
    sides: dict[str, Callable[[], object]] = {
        "ours": lambda: compute_profile(frame, segments, list(frame.columns)),
        "pandas": lambda: frame.groupby(segments).agg(["count", "sum", "mean", "median"]),
    }
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for work in sides.values():  # warm-up: imports and compiled code
        work()
    for _ in range(repetitions):
        for name, work in sides.items():
            wait_until_idle()
            seconds[name].append(measure_cpu_seconds(work))
    return statistics.median(seconds["ours"]), statistics.median(seconds["pandas"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--turns", type=int, default=3)
    arguments = parser.parse_args()
    for customers in arguments.customers:
        ours, pandas = compare(customers, arguments.turns)
        print(f"{customers} customers: {ours:.2f} s CPU time, pandas {pandas:.2f} s, ratio {ours / pandas:.2f}")


if __name__ == "__main__":
    main()
