"""Many visitors for a long time: do uploads disappear, and do memory and descriptors stay bounded?

Visitors without a browser open the app, upload a file of sales, train on it, move between pages, and leave at a random
moment, in whatever state the server is then. Once a minute another visitor uploads a hostile file: a Parquet file of a
few kilobytes that decodes to terabytes. At the end, when all have left:

  - no uploaded file is left, neither three minutes after the last visit nor after the server has stopped;
  - every hostile file was refused within 55 seconds;
  - memory and descriptors are back near those of a server at rest, and were below a limit throughout;
  - the server's log has no unhandled exception.

The figures go into docs/reliability.md, between its two markers.

    python benchmarks/soak.py [--minutes 20] [--sessions 30] [--kept-seconds 120]
"""

from __future__ import annotations

import argparse
import asyncio
import io
import random
import re
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from websockets.exceptions import WebSocketException

sys.path.insert(0, str(Path(__file__).resolve().parent))
from visitors import Server, Visitor, open_visit, run_server

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reliability.md"
BEGIN, END = "<!-- soak: begin -->", "<!-- soak: end -->"
LONGEST_VISIT = 90.0
"""Seconds. Many visits end far earlier, in the middle of loading or training."""
MAX_MORE_DESCRIPTORS = 60
MAX_MORE_MEGABYTES = 400.0
MAX_PEAK_MEGABYTES = 4000.0
UNHANDLED = re.compile(
    r"Traceback \(most recent call last\)|Unexpected error, reference|exception was never retrieved|"
    r"Exception in (?:thread|callback|ASGI)|Uncaught app execution|could not be shut down"
)


@dataclass
class Measurements:
    """What was seen while the visitors came and went."""

    events: Counter[str] = field(default_factory=Counter)
    descriptors: list[int] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)
    slowest_health_check: float = 0.0


def make_sales(customers: int, seed: int) -> bytes:
    """A CSV file with the sales of so many customers in a year."""
    rng = np.random.default_rng(seed)
    lines = customers * 8
    habits = rng.integers(1, 5, customers)
    buyers = rng.integers(0, customers, lines)
    days = rng.integers(0, 360, lines) // habits[buyers] * habits[buyers]
    frame = pd.DataFrame(
        {
            "customer_id": [f"C{buyer:06}" for buyer in buyers],
            "transaction_id": [f"T{buyer}-{day}" for buyer, day in zip(buyers, days, strict=True)],
            "transaction_date": (pd.Timestamp("2024-01-01") + pd.to_timedelta(days, unit="D")).strftime("%Y-%m-%d"),
            "net_sales_amount": (rng.lognormal(3, 0.6, lines) * habits[buyers]).round(2),
            "product_category": rng.choice(["Tea", "Cups", "Pots"], lines),
        }
    )
    return frame.to_csv(index=False).encode()


def make_dictionary_bomb(rows: int = 9_000_000, letters: int = 200_000) -> bytes:
    """A small Parquet file whose one long value, stored once, is repeated in every row."""
    repeated = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, "int8")), pa.array(["x" * letters]))
    table = pa.table(
        {
            "customer_id": repeated,
            "transaction_date": pa.array(np.full(rows, 19_900, "int32")).cast(pa.date32()),
            "net_sales_amount": pa.array(np.ones(rows)),
        }
    )
    content = io.BytesIO()
    pq.write_table(table, content, compression="zstd", store_schema=False)
    return content.getvalue()


async def browse(visitor: Visitor, content: bytes, events: Counter[str]) -> None:
    """Upload a file, have it segmented and look at the segments until the visit is cut short."""
    await visitor.rerun()
    events["pages opened"] += 1
    await visitor.rerun(page="upload")
    await visitor.upload_file("sales.csv", content)
    events["files uploaded"] += 1
    await visitor.click("Create segments")
    for page in ("segments", "choose_k", "export"):
        await visitor.rerun(page=page)
        events["pages opened"] += 1
        if page == "segments":
            visitor.find("metric")  # figures of segments, not a message
            events["visits that trained"] += 1


async def visit_until(address: str, deadline: float, seed: int, measured: Measurements) -> None:
    """Visit after visit, each of a random length."""
    rng = random.Random(seed)
    while time.monotonic() < deadline:
        content = make_sales(rng.choice((200, 1000, 4000)), rng.randrange(1 << 30))
        length = rng.uniform(0.5, 15) if rng.random() < 0.5 else rng.uniform(15, LONGEST_VISIT)
        await visit_once(address, content, min(length, max(1.0, deadline - time.monotonic())), measured.events)
        await asyncio.sleep(rng.uniform(0, 3))


async def visit_once(address: str, content: bytes, seconds: float, events: Counter[str]) -> None:
    events["visits"] += 1
    try:
        async with asyncio.timeout(seconds), open_visit(address) as visitor:
            await browse(visitor, content, events)
            await asyncio.sleep(seconds)
    except TimeoutError:
        events["visits left at a random moment"] += 1
    except LookupError as error:  # the page shows something else, such as a message that the server is busy
        events[f"unexpected page: {error.args[0]}"] += 1
    except (OSError, WebSocketException) as error:
        events[f"connection failed: {type(error).__name__}"] += 1


async def send_hostile_files(address: str, deadline: float, measured: Measurements) -> None:
    """One hostile file a minute. What its visitor sees is a page that says that the file is refused."""
    bomb = await asyncio.to_thread(make_dictionary_bomb)
    while time.monotonic() < deadline:
        started = time.monotonic()
        measured.events["hostile files"] += 1
        try:
            async with asyncio.timeout(55), open_visit(address) as visitor:
                await visitor.rerun(page="upload")
                await visitor.upload_file("sales.parquet", bomb)
                visitor.find("file_uploader")  # offered again, as after every refused file
            measured.events["hostile files refused within 55 s"] += 1
        except (TimeoutError, LookupError, OSError, WebSocketException):
            measured.events["hostile files not refused within 55 s"] += 1
        await asyncio.sleep(max(0.0, min(60 - (time.monotonic() - started), deadline - time.monotonic())))


async def measure_until(server: Server, deadline: float, measured: Measurements) -> None:
    while time.monotonic() < deadline:
        measured.descriptors.append(server.count_descriptors())
        measured.megabytes.append(server.measure_memory())
        started = time.monotonic()
        await asyncio.to_thread(server.check_health)
        measured.slowest_health_check = max(measured.slowest_health_check, time.monotonic() - started)
        await asyncio.sleep(2)


async def soak(server: Server, minutes: float, sessions: int) -> Measurements:
    # Uploads are sent by threads: enough of them, or visitors would wait for each other rather than for the server.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(sessions + 10))
    measured, deadline = Measurements(), time.monotonic() + minutes * 60
    await asyncio.gather(
        measure_until(server, deadline, measured),
        send_hostile_files(server.address, deadline, measured),
        *(visit_until(server.address, deadline, seed, measured) for seed in range(sessions)),
    )
    return measured


async def train_once(address: str) -> None:
    """One complete visit, after which the server has loaded all it needs."""
    async with open_visit(address) as visitor:
        await browse(visitor, make_sales(1000, 1), Counter())


def find_uploads(folder: Path) -> list[Path]:
    """Files in the server's temporary folder that hold what a visitor uploaded, or were made from it."""
    return [path for path in folder.rglob("*") if path.is_file() and path.name != "lock"]


def write_figures(table: str) -> None:
    """Put the table between the two markers of the page."""
    text = PAGE.read_text()
    start, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    PAGE.write_text(f"{text[:start]}\n{table}\n{text[end:]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--sessions", type=int, default=30)
    parser.add_argument("--port", type=int, default=0, help="of the server that is started; 0: any that is free")
    parser.add_argument("--kept-seconds", type=int, default=120, help="how long the server keeps an ended visit's file")
    options = parser.parse_args()
    settle = options.kept_seconds + 60
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with run_server(folder, options.port, SEGMENTS_UPLOAD_SECONDS=str(options.kept_seconds)) as server:
            asyncio.run(train_once(server.address))
            time.sleep(settle)
            at_start = server.count_descriptors(), server.measure_memory()
            measured = asyncio.run(soak(server, options.minutes, options.sessions))
            time.sleep(settle)
            remaining_uploads = find_uploads(folder / "tmp")
            at_end = server.count_descriptors(), server.measure_memory()
            stopping = time.monotonic()
        stopped = time.monotonic() - stopping
        uploads_after_stop = find_uploads(folder / "tmp")
        faults = UNHANDLED.findall(server.log.read_text(errors="replace"))
        log = Path(tempfile.gettempdir(), "segments-soak.log")
        log.write_bytes(server.log.read_bytes())
    rows = {
        "length": f"{options.minutes:g} minutes, {options.sessions} visitors at a time",
        **{event: f"{count:,}" for event, count in sorted(measured.events.items())},
        f"uploads left {settle} s after the last visit": str(len(remaining_uploads)),
        "uploads left after the server stopped": str(len(uploads_after_stop)),
        "seconds to stop the server": f"{stopped:.1f}",
        "unhandled exceptions in the log": str(len(faults)),
        "descriptors at rest, before and after": f"{at_start[0]} and {at_end[0]}",
        "descriptors, highest": str(max(measured.descriptors)),
        "memory at rest, before and after": f"{at_start[1]:,.0f} MB and {at_end[1]:,.0f} MB",
        "memory, highest": f"{max(measured.megabytes):,.0f} MB",
        "slowest answer of the health check": f"{measured.slowest_health_check:.1f} s",
    }
    when = f"Measured on {datetime.now(UTC):%Y-%m-%d} by `make soak`; the limits are in `benchmarks/soak.py`."
    table = "\n".join([when, "", "| what | measured |", "|---|---|", *(f"| {k} | {v} |" for k, v in rows.items())])
    print(table)
    write_figures(table)
    checks = {
        f"uploads left {settle} s after the last visit": not remaining_uploads,
        "uploads left after the server stopped": not uploads_after_stop,
        "unhandled exceptions in the log": not faults,
        "descriptors at rest, before and after": at_end[0] - at_start[0] <= MAX_MORE_DESCRIPTORS,
        "memory at rest, before and after": at_end[1] - at_start[1] <= MAX_MORE_MEGABYTES,
        "memory, highest": max(measured.megabytes) <= MAX_PEAK_MEGABYTES,
        "files uploaded": measured.events["files uploaded"] > 0,
        "visits that trained": measured.events["visits that trained"] > 0,
        "hostile files not refused within 55 s": not measured.events["hostile files not refused within 55 s"],
    }
    if failed := [f"{name}: {rows.get(name, 0)}" for name, passed in checks.items() if not passed]:
        sys.exit("\n  ".join([f"Failed; the server's log is in {log}:", *failed]))


if __name__ == "__main__":
    main()
