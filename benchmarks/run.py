"""Run the benchmarks and write what they found to docs/benchmarks.md: the last line of each size, and the lines before.

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

HERE = Path(__file__).resolve().parent
TABLE = HERE.parent / "docs" / "benchmarks.md"
SMALL = {
    "sweep": "--customers 1500 100000",
    "feature_change": "--customers 1500 100000",
    "scale": "--customers 1000 10000 100000 1000000",
    "features": "--lines 52900 5000000",
    "segment_profile": "--customers 100000 1000000",
    "end_to_end": "--lines 52924 1469307",
    "slider_latency": "--customers 1468 100000",
    "cold_start": "",
    "simultaneous_visits": "",
    "sessions": "--sessions 400",
}
FULL = {
    "sweep": "--customers 1500 100000 1000000",
    "feature_change": "--customers 1500 100000 1000000",
    "scale": "--customers 1000 10000 100000 1000000 10000000",
    "features": "--lines 52900 5000000 50000000",
    "segment_profile": "--customers 100000 1000000 10000000",
    "end_to_end": "--lines 52924 1469307",
    "slider_latency": "--customers 1468 100000 1000000",
    "cold_start": "",
    "simultaneous_visits": "",
    "sessions": "--sessions 400",
}
QUESTIONS = {
    "sweep": "K-means for every k from 2 to 12, everybody labelled, against scikit-learn with ten starts for each k",
    "feature_change": "All that a change of features needs, against fits and silhouettes one k after the other",
    "scale": "How time and memory grow with the number of customers",
    "features": "From sold lines to customers, against pandas and polars",
    "segment_profile": "Sizes, sums and medians of twelve segments, against pandas",
    "end_to_end": "From sold lines to named segments, against the usual notebook",
    "slider_latency": "From a key pressed on the slider of k to painted charts, in Chromium, "
    "the first visit of every k counted",
    "cold_start": "From the start of a server to the first painted page, in Chromium, and what it waits for",
    "simultaneous_visits": "Ten visitors who open Segments at the same moment, against one visitor alone",
    "sessions": "What a server keeps of 400 sessions that have ended: open descriptors and memory",
}
LIBRARIES = ("numpy", "scikit-learn", "numba", "duckdb", "pandas", "polars")
ANSWER = re.compile(r"^(\d+ (customers|lines|sessions)|first page|\d+ visitors, \w+): ")


def run(name: str, arguments: str) -> list[str]:
    """What one benchmark printed."""
    command = [sys.executable, str(HERE / f"{name}.py"), *arguments.split()]
    said = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            said.append(line.rstrip())
    if process.returncode:
        sys.exit(f"benchmarks/{name}.py ended with {process.returncode}.")
    return said


def section(name: str, said: list[str]) -> str:
    answers = [f"- {line}" for line in said if ANSWER.match(line)]
    busy = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    when = f"Measured on {datetime.now(UTC):%Y-%m-%d at %H:%M} UTC (load at the end: {busy})."
    return "\n".join([f"## {QUESTIONS[name]}", "", when, "", *answers, "", "```", *said, "```", ""])


def written(text: str, name: str) -> str:
    """The section of a benchmark as it was written before; nothing where it was not."""
    start = text.find(f"## {QUESTIONS[name]}\n")
    after = text.find("\n## ", start + 1)
    return "" if start < 0 else text[start : after + 1 if after > 0 else len(text)].rstrip() + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="all sizes; a quarter of an hour on two quiet cores")
    parser.add_argument("--only", nargs="+", choices=SMALL, default=list(SMALL))
    asked = parser.parse_args()
    before = TABLE.read_text() if TABLE.exists() else ""
    sections = []
    for name in SMALL:
        if name in asked.only:
            print(f"{name}.py", flush=True)
            sections.append(section(name, run(name, (FULL if asked.full else SMALL)[name])))
        else:
            sections.append(written(before, name))
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
