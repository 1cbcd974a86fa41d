"""Time until the first page of a fresh server is painted, and its breakdown.

The clock starts with the server process and stops when every chart of the demo's Overview is painted in Chromium, which
is already open and navigates as soon as the server responds. Two servers, interleaved:

  as it is      lazy imports: a page imports what it needs; compiled code and other pages' libraries are loaded later
  everything    everything any page needs is imported and compiled before the server starts, as with imports at the top
                of every file; for comparison only

A second visit takes the browser's share: scripts are loaded and charts painted on every visit. What the first visit
takes beyond that is the server's share, imports and the first load; the first ratio compares this alone.

Below: a breakdown, measured in a process that does the same without a server.

    python benchmarks/cold_start.py [--turns 3]
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
CHARTS = ("sales", "orders", "customers", "concentration")
PAINTED = "() => %s.every((key) => document.querySelector(`.st-key-${key} .main-svg .trace`))"
OPTIONS = ["--server.headless", "true", "--server.fileWatcherType", "none"]
EVERYTHING = """
import importlib, pkgutil, sys
import sklearn.cluster, sklearn.compose, sklearn.pipeline, sklearn.preprocessing, sklearn.tree
import joblib, scipy.optimize, scipy.stats, snowflake.connector
import segmentation
for module in pkgutil.walk_packages(segmentation.__path__, "segmentation."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
from segmentation.clustering.kmeans import warmup
from segmentation.segments import cluster_stats
warmup.warm_up_jit()
cluster_stats.warm_up_jit()
from streamlit.web import cli
sys.exit(cli.main())
"""
STEPS = """
import time
start = before = time.perf_counter()
def step(what):
    global before
    now = time.perf_counter()
    print(f"  {now - before:6.2f} s  {what}")
    before = now
import streamlit
import streamlit.web.bootstrap
step("Streamlit")
import pandas
step("pandas")
import ibis, duckdb
step("Ibis and DuckDB")
from segmentation import pipeline
step("the project")
import segmentation.charts
step("Plotly")
from segmentation.settings import SalesSettings
table = pipeline.load_customers(SalesSettings())
step("the first load of the demo")
from segmentation.analysis.sales_queries import compute_sales_over_time
compute_sales_over_time(table)
step("sales over time")
print(f"  {time.perf_counter() - start:6.2f} s  in all")
"""


def measure_first_page(browser: Browser, command: list[str], visit: bool) -> tuple[float, ...]:
    """Time the first and the second visit of a fresh server.

    Args:
        browser: open Chromium.
        command: arguments that start the server.
        visit: prewarm the server as soon as it responds, as `make run` does.

    Returns:
        Seconds from the start of the process until the server responds and until the first page is painted, CPU
        seconds of the server up to then, and seconds until a second visit is painted.
    """
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    address = f"http://localhost:{port}"
    warming = None
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"SEGMENTS_SOURCE": "", "SEGMENTS_MODELS": folder}
        begin = time.perf_counter()
        process = subprocess.Popen(
            [*command, "run", str(ROOT / "app.py"), "--server.port", str(port), *OPTIONS],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            if visit:
                warming = subprocess.Popen([sys.executable, "-m", "ui.server.prewarm", address], cwd=ROOT)
            while not is_healthy(address):
                time.sleep(0.02)
            up = time.perf_counter() - begin
            open_painted(browser, address)
            first = time.perf_counter() - begin
            used = sum(map(int, Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]))
            begin = time.perf_counter()
            open_painted(browser, address)
            return up, first, used / os.sysconf("SC_CLK_TCK"), time.perf_counter() - begin
        finally:
            process.terminate()
            process.wait(10)
            if warming is not None:
                warming.wait(60)


def is_healthy(address: str) -> bool:
    try:
        urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).close()
    except OSError:
        return False
    return True


def open_painted(browser: Browser, address: str) -> None:
    """Open the Overview and wait until its charts are painted."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    try:
        page.goto(address, timeout=60_000)
        page.wait_for_function(PAINTED % list(CHARTS), timeout=60_000, polling=20)
    finally:
        page.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=3)
    repetitions = parser.parse_args().turns
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        sys.exit("There is no Chromium here (Debian: apt-get install chromium).")
    from segmentation import pipeline

    pipeline.warm_up_demo()  # builds the demo and compiles the loops, as `make run` does
    sides = {"as it is": (["-m", "streamlit"], True), "everything": (["-c", EVERYTHING], False)}
    measurements: dict[str, list[tuple[float, ...]]] = {side: [] for side in sides}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=FLAGS)
        for repetition in range(repetitions + 1):  # the first repetition fills the caches of the system
            for side, (command, visit) in sides.items():
                timings = measure_first_page(browser, [sys.executable, *command], visit)
                measurements[side] += [timings] if repetition else []
        browser.close()
    median = {
        side: [statistics.median(values) for values in zip(*timings, strict=True)]
        for side, timings in measurements.items()
    }
    for side, (up, first, used, second) in median.items():
        print(
            f"  {side:12} {first:6.2f} s, {used:.2f} s CPU in the server; it answers after {up:.2f} s; "
            f"a second visitor waits {second:.2f} s"
        )
    print(subprocess.run([sys.executable, "-c", STEPS], cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    current, eager = median["as it is"], median["everything"]
    current_wait, eager_wait = current[1] - current[3], eager[1] - eager[3]
    print(
        f"first page: {current_wait / eager_wait:.2f}x the server's share with eager imports "
        f"({current[1] / eager[1]:.2f}x including the browser's; {current[2] / eager[2]:.2f}x by CPU time)"
    )


if __name__ == "__main__":
    main()
