"""Open descriptors and resident memory that a server retains after sessions have ended.

Sessions open the first page, a few at a time, and disconnect as soon as its script has ended. The server is measured
after half of them and at the end, each time after the last session has expired (`SEGMENTS_UPLOAD_SECONDS`, shortened
here, is how long a session is retained after its connection was lost).

    python benchmarks/sessions.py [--sessions 400]
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from visitors import Server, open_visit, run_server

RETENTION_SECONDS = 2
MAX_MORE_DESCRIPTORS = 20
MAX_MORE_MEGABYTES = 20


async def open_and_close(address: str, sessions: int, at_once: int = 4) -> None:
    """Open this many sessions, at most `at_once` at a time, and close each when its page is complete."""
    free = asyncio.Semaphore(at_once)

    async def visit() -> None:
        async with free, open_visit(address) as visitor:
            await asyncio.wait_for(visitor.rerun(), 300)

    await asyncio.gather(*(visit() for _ in range(sessions)))


def measure(server: Server) -> tuple[int, float]:
    """Descriptors and MB after ended sessions have expired."""
    time.sleep(RETENTION_SECONDS + 8)
    return server.count_descriptors(), server.measure_memory()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=400)
    parser.add_argument("--port", type=int, default=0, help="of the server that is started; 0: any that is free")
    options = parser.parse_args()
    half_way = options.sessions // 2
    with (
        tempfile.TemporaryDirectory() as folder,
        run_server(Path(folder), options.port, SEGMENTS_UPLOAD_SECONDS=str(RETENTION_SECONDS)) as server,
    ):
        asyncio.run(open_and_close(server.address, 1))
        measurements = {1: measure(server)}
        for done in (half_way, 2 * half_way):
            asyncio.run(open_and_close(server.address, half_way - (done == half_way)))
            measurements[done] = measure(server)
    for done, (descriptors, megabytes) in measurements.items():
        print(f"  after {done:4} sessions: {descriptors:4} descriptors, {megabytes:6.1f} MB", flush=True)
    growth = (
        measurements[2 * half_way][0] - measurements[half_way][0],
        measurements[2 * half_way][1] - measurements[half_way][1],
    )
    print(
        f"{2 * half_way} sessions: {growth[0]:+d} descriptors and {growth[1]:+.1f} MB "
        f"from session {half_way} to {2 * half_way}"
    )
    if growth[0] >= MAX_MORE_DESCRIPTORS or growth[1] >= MAX_MORE_MEGABYTES:
        sys.exit(f"At most {MAX_MORE_DESCRIPTORS} descriptors and {MAX_MORE_MEGABYTES} MB more are accepted.")


if __name__ == "__main__":
    main()
