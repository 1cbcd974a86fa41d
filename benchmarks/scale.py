"""Growth of time and memory with the number of customers, for a complete retrain from customers in memory.

Scaling, K-means for every k from 2 to 12 with all labels, and all scores with the interval of the silhouette, on
synthetic customers. Every size is a separate process, so that its peak memory is its own; compiled code is loaded
before measuring. The slope is that of a line through the logarithms of time and size: 1 is linear growth, less is
sublinear.

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

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # must be set before numpy is imported
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

GIB = 2**30


def read_resident_memory() -> int:
    """Resident memory of this process in bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


class Peak:
    """Peak resident memory, sampled every three milliseconds."""

    def __enter__(self) -> Peak:
        self.bytes = read_resident_memory()
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._look)
        self._watch.start()
        return self

    def _look(self) -> None:
        while not self._over.wait(0.003):
            self.bytes = max(self.bytes, read_resident_memory())

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watch.join()


def measure_size(number: int, repetitions: int) -> dict[str, float]:
    from synthetic_data import KS, generate_customers

    from segmentation.clustering.kmeans.warmup import warm_up_jit
    from segmentation.clustering.scores import compute_scores
    from segmentation.clustering.sweep import sweep_k
    from segmentation.features.scaling import fit_scaler

    warm_up_jit()
    fit_scaler(generate_customers(100), ["frequency"], [], "log")  # warm-up: imports
    frame = generate_customers(number).drop(columns="customer_id")
    base_memory, seconds, peaks = read_resident_memory(), [], []
    for _ in range(repetitions):
        with Peak() as peak:
            start = time.perf_counter()
            scaler, _ = fit_scaler(frame, list(frame), [], "log")
            X = scaler.transform(frame)
            compute_scores(X, sweep_k(X, KS, 42), 42)
            seconds.append(time.perf_counter() - start)
        peaks.append(peak.bytes - base_memory)
        del X
    return {"seconds": statistics.median(seconds), "above": max(peaks), "features": frame.to_numpy().nbytes}


def compute_slope(sizes: list[int], seconds: list[float]) -> float:
    import numpy as np

    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, nargs="+", default=[1_000, 10_000, 100_000, 1_000_000])
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure_size(arguments.one, arguments.turns)))
        return
    measurements: list[dict[str, float]] = []
    for number in arguments.customers:
        command = [sys.executable, __file__, "--one", str(number), "--turns", str(arguments.turns)]
        measurements.append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
        print(
            f"  {number:>9} customers: {measurements[-1]['seconds']:8.3f} s, "
            f"at most {measurements[-1]['above'] / GIB:.2f} GiB above "
            f"the features ({measurements[-1]['features'] / GIB:.2f} GiB)",
            flush=True,
        )
    seconds = [size["seconds"] for size in measurements]
    for start in range(1, len(seconds)):
        slope = compute_slope(arguments.customers[start - 1 :], seconds[start - 1 :])
        print(f"  slope from {arguments.customers[start - 1]} on: {slope:.2f}")
    pairs = zip(arguments.customers[1:], arguments.customers, seconds[1:], seconds, strict=False)
    steepest = max(
        (
            compute_slope([smaller, larger], [smaller_seconds, larger_seconds])
            for larger, smaller, larger_seconds, smaller_seconds in pairs
        ),
        default=float("nan"),
    )
    print(
        f"{arguments.customers[-1]} customers: {measurements[-1]['above'] / GIB:.2f} GiB above the features; "
        f"time grows as customers to the power of {compute_slope(arguments.customers, seconds):.2f}, "
        f"at the steepest {steepest:.2f}"
    )


if __name__ == "__main__":
    main()
