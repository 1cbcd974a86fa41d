"""How time and memory grow with the number of customers: a whole retrain, from customers in memory.

Scaling, K-means for every k from 2 to 12 with labels of everybody, and all scores with the silhouette's interval, on
customers of a made-up shop. Each size is a process of its own, so that its peak of memory is its own; compiled loops
are loaded before the clock starts. The slope is that of a line through the logarithms of time and size: 1 is as fast
as the number of customers, less is slower.

    python benchmarks/scale.py [--customers 1000 10000 100000 1000000 10000000] [--turns 3]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # must be said before numpy is imported
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

GIB = 2**30


def resident() -> int:
    """Bytes of memory this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


class Peak:
    """The most memory held while it is watched, looked at every few milliseconds."""

    def __enter__(self) -> Peak:
        self.bytes = resident()
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._look)
        self._watch.start()
        return self

    def _look(self) -> None:
        while not self._over.wait(0.003):
            self.bytes = max(self.bytes, resident())

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watch.join()


def one_size(number: int, turns: int) -> dict[str, float]:
    from synthetic_data import KS, raw_customers

    from segmentation.clustering.kmeans.warmup import warm_up_jit
    from segmentation.clustering.scores import compute_scores
    from segmentation.clustering.sweep import sweep_k
    from segmentation.features.scaling import fit_scaler

    warm_up_jit()
    fit_scaler(raw_customers(100), ["frequency"], [], "log")  # its libraries are loaded
    frame = raw_customers(number).drop(columns="customer_id")
    before, seconds, peaks = resident(), [], []
    for _ in range(turns):
        with Peak() as peak:
            start = time.perf_counter()
            scaler, _ = fit_scaler(frame, list(frame), [], "log")
            space = scaler.transform(frame)
            compute_scores(space, sweep_k(space, KS, 42), 42)
            seconds.append(time.perf_counter() - start)
        peaks.append(peak.bytes - before)
        del space
    return {"seconds": statistics.median(seconds), "above": max(peaks), "features": frame.to_numpy().nbytes}


def slope(sizes: list[int], seconds: list[float]) -> float:
    import numpy as np

    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, nargs="+", default=[1_000, 10_000, 100_000, 1_000_000])
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(one_size(asked.one, asked.turns)))
        return
    told: list[dict[str, float]] = []
    for number in asked.customers:
        command = [sys.executable, __file__, "--one", str(number), "--turns", str(asked.turns)]
        told.append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
        print(
            f"  {number:>9} customers: {told[-1]['seconds']:8.3f} s, at most {told[-1]['above'] / GIB:.2f} GiB above "
            f"the features ({told[-1]['features'] / GIB:.2f} GiB)",
            flush=True,
        )
    seconds = [size["seconds"] for size in told]
    for at in range(1, len(seconds)):
        print(f"  slope from {asked.customers[at - 1]} on: {slope(asked.customers[at - 1 :], seconds[at - 1 :]):.2f}")
    pairs = zip(asked.customers[1:], asked.customers, seconds[1:], seconds, strict=False)
    steepest = max((slope([less, more], [sooner, later]) for more, less, later, sooner in pairs), default=float("nan"))
    print(
        f"{asked.customers[-1]} customers: {told[-1]['above'] / GIB:.2f} GiB above the features; time grows as "
        f"customers to the power of {slope(asked.customers, seconds):.2f}, at the steepest {steepest:.2f}"
    )


if __name__ == "__main__":
    main()
