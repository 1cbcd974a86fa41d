"""What a server keeps of sessions that have ended: open descriptors and resident memory.

Sessions open the first page, a few at a time, and leave as soon as its script has ended. The server is measured after
half of them and at the end, each time once the last session has been given up (`SEGMENTS_UPLOAD_SECONDS`, shortened
here, is how long a session is kept for a visitor whose connection was lost).

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

KEPT_SECONDS = 2
MOST_DESCRIPTORS = 20
MOST_MEGABYTES = 20


async def open_and_close(address: str, sessions: int, at_once: int = 4) -> None:
    """Open so many sessions, at most `at_once` at a time, and close each when its page is complete."""
    free = asyncio.Semaphore(at_once)

    async def visit() -> None:
        async with free, open_visit(address) as visitor:
            await asyncio.wait_for(visitor.rerun(), 300)

    await asyncio.gather(*(visit() for _ in range(sessions)))


def measure(server: Server) -> tuple[int, float]:
    """Descriptors and MB once ended sessions had time to be given up."""
    time.sleep(KEPT_SECONDS + 8)
    return server.count_descriptors(), server.measure_memory()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=400)
    parser.add_argument("--port", type=int, default=0, help="of the server that is started; 0: any that is free")
    options = parser.parse_args()
    half = options.sessions // 2
    with (
        tempfile.TemporaryDirectory() as folder,
        run_server(Path(folder), options.port, SEGMENTS_UPLOAD_SECONDS=str(KEPT_SECONDS)) as server,
    ):
        asyncio.run(open_and_close(server.address, 1))
        found = {1: measure(server)}
        for done in (half, 2 * half):
            asyncio.run(open_and_close(server.address, half - (done == half)))
            found[done] = measure(server)
    for done, (descriptors, megabytes) in found.items():
        print(f"  after {done:4} sessions: {descriptors:4} descriptors, {megabytes:6.1f} MB", flush=True)
    more = found[2 * half][0] - found[half][0], found[2 * half][1] - found[half][1]
    print(f"{2 * half} sessions: {more[0]:+d} descriptors and {more[1]:+.1f} MB from session {half} to {2 * half}")
    if more[0] >= MOST_DESCRIPTORS or more[1] >= MOST_MEGABYTES:
        sys.exit(f"At most {MOST_DESCRIPTORS} descriptors and {MOST_MEGABYTES} MB more are accepted.")


if __name__ == "__main__":
    main()
