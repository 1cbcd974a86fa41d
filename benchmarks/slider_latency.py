"""How long a marketer waits: from a key pressed on the slider of k to painted charts on the page, in Chromium.

Beside it an empty page that answers the same slider with one line of text: what Streamlit and the browser take alone.
With --customers, generated shops of those sizes beside one of 1,468 customers, with the first visit of every k counted.

    python benchmarks/slider_latency.py
    python benchmarks/slider_latency.py --customers 100000 1000000
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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from segmentation.sales.demo import synthetic_shop  # noqa: E402 - needs the path above

MAX_MEDIAN_SECONDS = 0.8
STEPS = (*range(3, 13), *range(11, 1, -1))
MOVES = (*STEPS, *range(3, 13))
"""Each k is visited for the first time, then again: thirty moves from k=2."""
SMALL = 1_468
TIMEOUT_MS = 900_000
"""Enough to load millions of lines, or for the validation of the segments to finish."""
EMPTY = """
import streamlit as st
k = st.select_slider("Number of segments (k)", ["auto", *range(2, 13)], key="k", bind="query-params")
st.write(f"{k} in use")
"""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# The clock starts at the key and stops in the frame after everything for the new k is in the page.
CLOCK = """
(k) => new Promise((done) => {
  const newest = (key) => document.querySelector(`.st-key-${key}:not([data-retained])`);
  const charts = () => ["elbow", "silhouette"].every((key) => newest(key)?.textContent.includes(`${k} in use`))
    && newest("silhouette_by_segment")?.querySelectorAll(".bars .point").length === k;
  const text = () => document.querySelector('[data-testid="stMain"]').textContent.includes(`${k} in use`);
  const there = document.querySelector(".st-key-elbow") ? charts : text;
  let start = 0;
  addEventListener("keydown", () => { start = performance.now(); }, {capture: true, once: true});
  const look = () => start && there()
    ? requestAnimationFrame(() => done((performance.now() - start) / 1000)) : requestAnimationFrame(look);
  look();
})
"""


@contextmanager
def run_script_server(script: Path, folder: Path, source: str) -> Iterator[str]:
    """Run a Streamlit server for one script on one source, and yield its address."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(script),
        "--server.port",
        str(port),
        "--server.headless",
        "true",
        "--server.fileWatcherType",
        "none",
    ]
    environment = os.environ | {"SEGMENTS_SOURCE": source, "SEGMENTS_MODELS": str(folder / "models")}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://localhost:{port}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(10)


def measure_moves(page: Page, address: str, path: str) -> list[float]:
    """Seconds of each of MOVES.

    Validation runs once in the background and uses a core: measuring starts after it.
    """
    page.goto(f"{address}/")  # a fresh server registers its pages on the first visit
    page.get_by_role("slider").wait_for(timeout=TIMEOUT_MS)
    page.goto(f"{address}/{path}?k=2")
    page.get_by_text("2 in use").first.wait_for(timeout=TIMEOUT_MS)
    page.wait_for_function("!document.querySelector('.st-key-stop_evidence')", timeout=TIMEOUT_MS)
    slider = page.get_by_role("slider")
    seconds, current = [], 2
    for k in MOVES:
        clock = page.evaluate_handle(f"k => {{ window.clock = ({CLOCK})(k); }}", k)
        slider.press("ArrowRight" if k > current else "ArrowLeft")
        seconds.append(float(page.evaluate("window.clock")))
        clock.dispose()
        page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
        page.wait_for_function("!document.querySelector('[data-stale=true]')")
        current = k
    return seconds


def measure(title: str, script: Path, path: str, folder: Path, source: str = "") -> tuple[float, float]:
    """Median and 95th percentile in seconds, printed."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        sys.exit("There is no Chromium here (Debian: apt-get install chromium).")
    with sync_playwright() as playwright, run_script_server(script, folder, source) as address:
        browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=FLAGS)
        seconds = measure_moves(browser.new_page(viewport={"width": 1280, "height": 900}), address, path)
        browser.close()
    median, p95 = statistics.median(seconds), statistics.quantiles(seconds, n=20)[-1]
    print(f"{title:20} median {median:.3f} s, 95 of 100 within {p95:.3f} s ({len(seconds)} moves)", flush=True)
    return median, p95


def main() -> None:
    """Measure both sides and print their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, nargs="+", metavar="N", help="of generated shops (default: the demo)")
    shop_sizes = parser.parse_args().customers
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if shop_sizes is None:
            empty = folder / "empty.py"
            empty.write_text(EMPTY)
            empty_median, _ = measure("empty page", empty, "", folder)
            median, _ = measure("Number of segments", ROOT / "app.py", "choose_k", folder)
            verdict = "within" if median < MAX_MEDIAN_SECONDS else "above"
            print(f"demo: {median / empty_median:.1f}x the empty page; median {verdict} {MAX_MEDIAN_SECONDS} s")
            return
        p95 = {}
        for customers in dict.fromkeys((SMALL, *shop_sizes)):
            sales = folder / f"{customers}.parquet"
            with sales.open("wb") as out:
                synthetic_shop.write_shop(out, customers)
            median, p95[customers] = measure(
                f"  {customers} customers", ROOT / "app.py", "choose_k", folder, f"Generated shop={sales}"
            )
            sales.unlink()
            print(
                f"{customers} customers: median {median:.2f} s; 95 of 100 within {p95[customers]:.2f} s, "
                f"{p95[customers] / p95[SMALL]:.2f}x that of {SMALL} customers",
                flush=True,
            )


if __name__ == "__main__":
    main()
