"""How long until the first page of a fresh server is painted, and what it waits for.

The clock starts with the process of the server and stops when every chart of the Overview of the demo is in the page,
in Chromium, which is open already and asks as soon as the server answers. Two servers, in turns:

  as it is      imports what a page needs when it needs it; compiled loops and other pages' libraries wait for the page
  everything    all that any page needs is imported first, and the loops are made ready, as with imports at the top of
                every file; this is done here, before the server starts, and is no way in which the app can be started

What a second visitor waits is the browser's own: the app's scripts are loaded and charts are painted on every visit.
What the first one waits beyond that is the server's, imports and the first load; the first ratio is of this alone.

Below: where the time goes, as a process that does the same without a server measures it.

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


def first_page(browser: Browser, command: list[str], visit: bool) -> tuple[float, ...]:
    """Seconds from the start of the server's process until it answers, until the first page is painted, of processor
    that the server took for it, and what a second visitor waits from the call to the painted page: the browser's own.

    visit: whether the server is visited once by a program as soon as it answers, as `make run` does.
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
            while not answers(address):
                time.sleep(0.02)
            up = time.perf_counter() - begin
            painted(browser, address)
            first = time.perf_counter() - begin
            used = sum(map(int, Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]))
            begin = time.perf_counter()
            painted(browser, address)
            return up, first, used / os.sysconf("SC_CLK_TCK"), time.perf_counter() - begin
        finally:
            process.terminate()
            process.wait(10)
            if warming is not None:
                warming.wait(60)


def answers(address: str) -> bool:
    try:
        urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).close()
    except OSError:
        return False
    return True


def painted(browser: Browser, address: str) -> None:
    """Open the Overview and wait for its charts."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    try:
        page.goto(address, timeout=60_000)
        page.wait_for_function(PAINTED % list(CHARTS), timeout=60_000, polling=20)
    finally:
        page.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=3)
    turns = parser.parse_args().turns
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        sys.exit("There is no Chromium here (Debian: apt-get install chromium).")
    from segmentation import pipeline

    pipeline.warm_up_demo()  # the demo is built and the loops are compiled, as `make run` does it
    sides = {"as it is": (["-m", "streamlit"], True), "everything": (["-c", EVERYTHING], False)}
    told: dict[str, list[tuple[float, ...]]] = {side: [] for side in sides}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=FLAGS)
        for turn in range(turns + 1):  # the first fills the caches of the system
            for side, (command, visit) in sides.items():
                found = first_page(browser, [sys.executable, *command], visit)
                told[side] += [found] if turn else []
        browser.close()
    median = {side: [statistics.median(values) for values in zip(*found, strict=True)] for side, found in told.items()}
    for side, (up, first, used, second) in median.items():
        print(
            f"  {side:12} {first:6.2f} s, {used:.2f} s of processor in the server; it answers after {up:.2f} s; "
            f"a second visitor waits {second:.2f} s"
        )
    print(subprocess.run([sys.executable, "-c", STEPS], cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    mine, other = median["as it is"], median["everything"]
    waits, waited = mine[1] - mine[3], other[1] - other[3]
    print(
        f"first page: {waits / waited:.2f}x what one waits for a server that imports everything first, beyond what any "
        f"visitor waits ({mine[1] / other[1]:.2f}x with that; {mine[2] / other[2]:.2f}x by the processor's time)"
    )


if __name__ == "__main__":
    main()
