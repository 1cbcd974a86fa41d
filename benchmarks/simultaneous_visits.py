"""How long do ten visitors wait who open a page at the same moment, against one visitor alone?

A server of its own shows the demo. Clients speak Streamlit's protocol over a websocket, each a new session: they ask
for the page and wait until its script has finished and every message has come. No browser takes part, which would need
the same cores: this is what the server makes visitors wait.

  warm     the page was shown before: every visit finds computed results
  cold     nothing was computed yet for these settings: each turn asks for another number of segments

For each, single visits one after the other, then all at the same moment. The ratio is the 95th percentile of the
simultaneous visits against the median of the single ones.

    python benchmarks/simultaneous_visits.py [--page segments] [--visitors 10] [--turns 3]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from websockets import Subprotocol
from websockets.asyncio.client import connect

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
OPTIONS = ["--server.headless", "true", "--server.fileWatcherType", "none"]
TIMEOUT_SECONDS = 180.0
SETTLE_SECONDS = 20.0
"""The first visit starts a validation in the background, which would slow single visits and so flatter the ratio."""


@contextmanager
def run_server(port: int | None = None) -> Iterator[str]:
    """A server of the app on a free port; gives its address."""
    from ui.server.prewarm import wait_for

    if port is None:
        with socket.socket() as free:
            free.bind(("localhost", 0))
            port = free.getsockname()[1]
    address = f"http://localhost:{port}"
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), "--server.port", str(port), *OPTIONS],
            cwd=ROOT,
            env=os.environ | {"SEGMENTS_SOURCE": "", "SEGMENTS_MODELS": folder},
            stdout=subprocess.DEVNULL,
        )
        try:
            if not wait_for(address, 60):
                sys.exit("The server did not start.")
            yield address
        finally:
            process.terminate()
            process.wait(30)


async def open_page(address: str, page: str, query: str = "") -> float:
    """Open a new session, ask for a page and wait until it is complete; gives the seconds it took."""
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    message = BackMsg()
    message.rerun_script.query_string = query
    message.rerun_script.page_name = page
    url = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
    begin = time.perf_counter()
    async with connect(url, subprotocols=[Subprotocol("streamlit")], origin=address, max_size=None) as stream:  # type: ignore[arg-type]
        await stream.send(message.SerializeToString())
        async for answer in stream:
            received = ForwardMsg.FromString(bytes(answer))  # type: ignore[arg-type]
            kind = received.WhichOneof("type")
            if kind == "delta" and received.delta.new_element.WhichOneof("type") == "exception":
                raise RuntimeError(received.delta.new_element.exception.message)
            if kind == "script_finished" and received.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                break
    return time.perf_counter() - begin


async def open_together(address: str, page: str, query: str, visitors: int) -> list[float]:
    visits = (open_page(address, page, query) for _ in range(visitors))
    return list(await asyncio.wait_for(asyncio.gather(*visits), TIMEOUT_SECONDS))


def measure(address: str, page: str, visitors: int, repetitions: int) -> dict[str, tuple[list[float], list[float]]]:
    """For cached and new results: seconds of single visits, and of simultaneous ones."""

    def visit(query: str, count: int) -> list[float]:
        return asyncio.run(open_together(address, page, query, count))

    visit("", 1)
    time.sleep(SETTLE_SECONDS)
    visit("", 1)
    warm_single, warm_together, cold_single, cold_together = [], [], [], []
    for repetition in range(repetitions):
        for _ in range(3):
            warm_single += visit("", 1)
        warm_together += visit("", visitors)
        if repetition < 4:
            cold_single += visit(f"k={4 + 2 * repetition}", 1)
            cold_together += visit(f"k={5 + 2 * repetition}", visitors)
    return {"warm": (warm_single, warm_together), "cold": (cold_single, cold_together)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page", default="segments")
    parser.add_argument("--visitors", type=int, default=10)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--port", type=int)
    options = parser.parse_args()
    from segmentation import pipeline

    pipeline.warm_up_demo()  # builds the demo and compiles the loops, as `make run` does
    with run_server(options.port) as address:
        measured = measure(address, options.page, options.visitors, options.turns)
    for name, (single, together) in measured.items():
        single_median, p95 = statistics.median(single), statistics.quantiles(together, n=20)[-1]
        print(
            f"  {name}: one visitor {single_median:.2f} s; {options.visitors} at once: "
            f"median {statistics.median(together):.2f} s, 95th percentile {p95:.2f} s, longest {max(together):.2f} s"
        )
        print(f"{options.visitors} visitors, {name}: {p95 / single_median:.1f}x the wait of one visitor alone")


if __name__ == "__main__":
    main()
