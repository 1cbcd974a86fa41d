"""A server that is stopped or killed while uploads are in use."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.ui.conftest import ROOT

# Whatever has delayed a shutdown: a running query, a pool thread, compiled code that never returns to Python, a lock
# that is never released, and work that restarts when it is stopped.
BUSY = """
import asyncio, sys, threading, time
from concurrent.futures import ThreadPoolExecutor
import numba
from segmentation.sales import upload_store
from ui.server import lifecycle, upload_cleanup

data = b"customer,day,amount\\n" + b"".join(b"%d,2024-01-01,%d\\n" % (i, i) for i in range(2000))
sources = [upload_store.store_upload(data, "sales.csv", upload_store.create_token()) for _ in range(3)]
for source in sources:
    upload_cleanup.register(upload_store.get_token(source.uri), "session")

def query():
    lines = table = sources[0].table()
    for _ in range(4):
        table = table.cross_join(lines.view()).select(table.customer, amount=table.amount)
    sources[0].fetch(table.aggregate(most=(table.amount.cast("float64") * 1.5).max()))

@numba.njit(nogil=True)
def loop():
    number = 0
    while number >= 0:
        number = (number + 1) % 1000003
    return number

def upload_again():
    while True:
        try:
            upload_store.store_upload(data, "sales.csv")
        except Exception:
            time.sleep(0.001)

def begin(*works):
    pool = ThreadPoolExecutor(len(works))
    for work in works:
        pool.submit(work)

begin(query, loop, threading.Event().wait)
{more}

async def main():
    async with lifecycle.lifespan(None):
        print("ready", flush=True)
        await asyncio.sleep(600)

try:
    asyncio.run(main())
except KeyboardInterrupt:
    pass
"""


@contextmanager
def run_busy_server(folder: Path, more: str = "") -> Iterator[subprocess.Popen[str]]:
    environment = os.environ | {"TMPDIR": str(folder), "PYTHONPATH": str(ROOT)}
    code = BUSY.format(more=more)
    with subprocess.Popen(
        [sys.executable, "-c", code], env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        try:
            assert process.stdout.readline() == "ready\n"
            time.sleep(0.5)
            yield process
        finally:
            process.kill()


def list_workdirs(folder: Path) -> list[Path]:
    return list(folder.glob("segments-*"))


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_stop_by_signal_ends_a_busy_server_cleanly(tmp_path: Path, how: signal.Signals) -> None:
    with run_busy_server(tmp_path) as process:
        assert len(list(tmp_path.rglob("*.parquet"))) == 3
        process.send_signal(how)
        assert process.wait(15) == 0
    assert list_workdirs(tmp_path) == []


def test_stop_deletes_uploads_that_arrive_during_it(tmp_path: Path) -> None:
    with run_busy_server(tmp_path, more="begin(upload_again, upload_again)") as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
    assert list_workdirs(tmp_path) == []


def test_stop_ends_a_process_whose_interpreter_lock_is_held(tmp_path: Path) -> None:
    """Compiled code holds the interpreter lock: files are deleted, and faulthandler ends the process."""
    more = "threading.Timer(2.0, numba.njit(loop.py_func)).start()"
    with run_busy_server(tmp_path, more) as process:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
    assert list_workdirs(tmp_path) == []


def test_lifespan_removes_leftovers_of_a_killed_server(tmp_path: Path) -> None:
    with run_busy_server(tmp_path) as killed:
        killed.send_signal(signal.SIGKILL)
        killed.wait(15)
        (leftover,) = list_workdirs(tmp_path)
    with run_busy_server(tmp_path) as process:
        (mine,) = list_workdirs(tmp_path)
        assert mine != leftover
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
    assert list_workdirs(tmp_path) == []
