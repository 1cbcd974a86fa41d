"""How long a marketer waits: from a key pressed on the slider of k to painted charts on Choose k, in Chromium.

Beside it an empty page that answers the same slider with one line of text: what Streamlit and the browser take alone.
Every figure is a median; the charts should be there within 0.8 s on quiet cores.

    python benchmarks/page.py
"""

from __future__ import annotations

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
ROUNDS, BAR = 3, 0.8
STEPS = (*range(3, 13), *range(11, 1, -1))
EMPTY = """
import streamlit as st
k = st.select_slider("Number of segments (k)", ["auto", *range(2, 13)], key="k", bind="query-params")
st.write(f"{k} in use")
"""
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip

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
def serving(script: Path, folder: Path) -> Iterator[str]:
    """A Streamlit server for one script; gives its address."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port),
               "--server.headless", "true", "--server.fileWatcherType", "none"]  # fmt: skip
    environment = os.environ | {"SEGMENTS_SOURCE": "", "SEGMENTS_MODELS": str(folder / "models")}
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


def waits(page: Page, address: str, path: str) -> list[float]:
    """Seconds of each move of the slider; the first moves, which fill caches, do not count.

    The check of the segments in the background runs once and takes a core while it does: it is let end first.
    """
    page.goto(f"{address}/")  # a fresh server knows its pages from the first visit on
    page.get_by_role("slider").wait_for(timeout=120_000)
    page.goto(f"{address}/{path}?k=2")
    page.get_by_text("2 in use").first.wait_for(timeout=120_000)
    page.wait_for_function("!document.querySelector('.st-key-stop_evidence')", timeout=240_000)
    slider = page.get_by_role("slider")
    seconds = []
    for round_ in range(ROUNDS + 1):
        now = 2
        for k in STEPS:
            clock = page.evaluate_handle(f"k => {{ window.clock = ({CLOCK})(k); }}", k)
            slider.press("ArrowRight" if k > now else "ArrowLeft")
            wait = page.evaluate("window.clock")
            clock.dispose()
            page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
            page.wait_for_function("!document.querySelector('[data-stale=true]')")
            now = k
            if round_:
                seconds.append(float(wait))
    return seconds


def main() -> None:
    """Measure both pages and print the medians and their ratio."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        sys.exit("There is no Chromium here (Debian: apt-get install chromium).")
    medians = {}
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        empty = Path(name) / "empty.py"
        empty.write_text(EMPTY)
        browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=FLAGS)
        for what, script, path in (("empty page", empty, ""), ("Choose k", ROOT / "app.py", "choose_k")):
            with serving(script, Path(name)) as address:
                page = browser.new_page(viewport={"width": 1280, "height": 900})
                seconds = waits(page, address, path)
            medians[what] = statistics.median(seconds)
            nine = statistics.quantiles(seconds, n=10)[-1]
            print(f"{what:12} median {medians[what]:.3f} s, nine of ten within {nine:.3f} s ({len(seconds)} moves)")
        browser.close()
    ratio = medians["Choose k"] / medians["empty page"]
    verdict = "within" if medians["Choose k"] < BAR else "above"
    print(f"Choose k takes {ratio:.1f} times the empty page; {verdict} {BAR} s.")


if __name__ == "__main__":
    main()
