"""Run the benchmarks and write their results to docs/benchmarks.md: the summary line of each size, then all output.

python benchmarks/run.py [--full] [--only sweep features]
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
TABLE = FOLDER.parent / "docs" / "benchmarks.md"
SMALL = {
    "sweep": "--customers 1500 100000",
    "feature_change": "--customers 1500 100000",
    "scale": "--customers 1000 10000 100000 1000000",
    "features": "--lines 52900 5000000",
    "load": "--lines 5000000",
    "segment_profile": "--customers 100000 1000000",
    "end_to_end": "--lines 52924 1469307",
    "slider_latency": "--customers 1468 100000",
    "cold_start": "",
    "simultaneous_visits": "",
    "sessions": "--sessions 400",
    "name_rules": "--seeds 2",
    "history": "--lines 5000000",
    "forecast": "",
}
FULL = {
    "sweep": "--customers 1500 100000 1000000",
    "feature_change": "--customers 1500 100000 1000000",
    "scale": "--customers 1000 10000 100000 1000000 10000000",
    "features": "--lines 52900 5000000 50000000",
    "load": "--lines 5000000",
    "segment_profile": "--customers 100000 1000000 10000000",
    "end_to_end": "--lines 52924 1469307",
    "slider_latency": "--customers 1468 100000 1000000",
    "cold_start": "",
    "simultaneous_visits": "",
    "sessions": "--sessions 400",
    "name_rules": "",
    "history": "--lines 5000000",
    "forecast": "",
}
QUESTIONS = {
    "sweep": "K-means for every k from 2 to 12 with all labels, against scikit-learn with ten starts for each k",
    "feature_change": "The work after a change of features, against fits and silhouettes one k after the other",
    "scale": "Growth of time and memory with the number of customers",
    "features": "From sales lines to customers, against pandas and polars",
    "load": "From a well-formed file to checked lines and one row per customer, against pandas without checks",
    "segment_profile": "Sizes, sums and medians of twelve segments, against pandas",
    "end_to_end": "From sales lines to named segments, against a baseline notebook",
    "slider_latency": "From a key press on the slider of k to painted charts, in Chromium, "
    "including the first visit of every k",
    "cold_start": "From the start of a server to the first painted page, in Chromium, and its breakdown",
    "simultaneous_visits": "Ten visitors who open Segments simultaneously, against a single visitor",
    "sessions": "Open descriptors and memory that a server retains after 400 sessions have ended",
    "history": "Segments at 24 month-ends in one query, against a load for each month",
    "name_rules": "Contradictions between segment names and the customers behind them, in generated shops",
    "forecast": "Fit and forecast of a million customers, beside lifetimes on 23,000",
}
LIBRARIES = ("numpy", "scikit-learn", "numba", "duckdb", "pandas", "polars")
ANSWER = re.compile(r"^(\d+ (customers|lines|sessions|segments)|first page|\d+ visitors, \w+): ")


def run(name: str, arguments: str) -> list[str]:
    """Run one benchmark and return the lines it printed."""
    command = [sys.executable, str(FOLDER / f"{name}.py"), *arguments.split()]
    lines = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            lines.append(line.rstrip())
    if process.returncode:
        sys.exit(f"benchmarks/{name}.py ended with {process.returncode}.")
    return lines


def render_section(name: str, lines: list[str]) -> str:
    answers = [f"- {line}" for line in lines if ANSWER.match(line)]
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    measured_at = f"Measured on {datetime.now(UTC):%Y-%m-%d at %H:%M} UTC (load at the end: {load})."
    return "\n".join([f"## {QUESTIONS[name]}", "", measured_at, "", *answers, "", "```", *lines, "```", ""])


def read_section(text: str, name: str) -> str:
    """The section of a benchmark in the previous file; "" if there is none."""
    start = text.find(f"## {QUESTIONS[name]}\n")
    after = text.find("\n## ", start + 1)
    return "" if start < 0 else text[start : after + 1 if after > 0 else len(text)].rstrip() + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="all sizes; a quarter of an hour on two quiet cores")
    parser.add_argument("--only", nargs="+", choices=SMALL, default=list(SMALL))
    arguments = parser.parse_args()
    previous = TABLE.read_text() if TABLE.exists() else ""
    sections = []
    for name in SMALL:
        if name in arguments.only:
            print(f"{name}.py", flush=True)
            sections.append(render_section(name, run(name, (FULL if arguments.full else SMALL)[name])))
        else:
            sections.append(read_section(previous, name))
    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    head = f"""# Benchmarks

Written by `make bench` and `make bench-full`, last with Python {platform.python_version()}, {versions},
on {os.cpu_count()} shared cores: a load of 1 is this measurement alone on one of them. Both sides of a comparison run
in turns on the same data with the same threads: trust ratios, above all those of CPU time, not seconds. What each one
measures is stated at the top of its file in `benchmarks/`.
"""
    TABLE.write_text("\n".join([head, *(text for text in sections if text)]))
    print(f"Written to docs/{TABLE.name}.")


if __name__ == "__main__":
    started = time.perf_counter()
    main()
    print(f"It took {time.perf_counter() - started:.0f} s.")
