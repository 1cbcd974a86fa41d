"""Processes that read a DuckDB file while another process publishes to it in a loop."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from segmentation.publishing.publish import fetch_published_run, publish_run
from segmentation.runs.load import open_run
from segmentation.runs.manifest import RunRecord
from segmentation.runs.save import save_run
from segmentation.sales.duckdb import DatabaseSource

ROOT = Path(__file__).resolve().parents[2]
READS = 30
PUBLISH = """
import sys, time
from pathlib import Path
from segmentation.publishing.publish import publish_run
from segmentation.publishing.targets import DuckDBConnection
from segmentation.runs.load import open_run
load_temp_table = DuckDBConnection.load_temp_table
def wait_and_load(self, frame, name):
    print("loading", flush=True)
    while not Path(sys.argv[2]).exists():
        time.sleep(0.01)
    return load_temp_table(self, frame, name)
DuckDBConnection.load_temp_table = wait_and_load
runs = [open_run(folder) for folder in sys.argv[3:]]
while True:
    for run in runs:
        publish_run(run, sys.argv[1])
        print(run.run_id, flush=True)
"""


@pytest.fixture
def run_folders(record: RunRecord, later: RunRecord, models: Path) -> list[Path]:
    return [save_run(run, models) for run in (record, later)]


@pytest.fixture
def warehouse(tmp_path: Path, run_folders: list[Path]) -> Path:
    """A file with sales and a published run."""
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table fct_sales as select 1 as customer_id, 2.0 as net")
    publish_run(open_run(run_folders[0]), f"duckdb://{path}")
    return path


@contextmanager
def publish_in_loop(warehouse: Path, run_folders: list[Path], gate: Path) -> Iterator[Path]:
    """Publish the runs in turn from another process, which loads no customers before the file `gate` exists.

    Yields its log: "loading" and the run id for each publication.
    """
    path = warehouse.with_name("log")
    command = [sys.executable, "-c", PUBLISH, f"duckdb://{warehouse}", str(gate), *map(str, run_folders)]
    with path.open("wb") as log, subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log) as process:
        try:
            yield path
            assert process.poll() is None, path.read_text()
        finally:
            process.kill()


def wait_for_lines(log: Path, lines: int) -> None:
    end = time.monotonic() + 60
    while len(log.read_text().split()) < lines:
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.01)


def read_once(warehouse: Path) -> tuple[str, str]:
    """The published run and the version of the sales, read as the app reads them."""
    published = fetch_published_run(f"duckdb://{warehouse}")
    assert published is not None
    assert published.customers == 200
    return published.run_id, DatabaseSource(warehouse).version()


def test_get_published_never_fails_while_another_process_publishes(warehouse: Path, run_folders: list[Path]) -> None:
    with publish_in_loop(warehouse, run_folders, warehouse) as log:
        wait_for_lines(log, 1)
        reads = [read_once(warehouse) for _ in range(READS // 2)]
        wait_for_lines(log, 4)
    assert {run_id for run_id, _ in reads} <= {folder.name for folder in run_folders}
    assert len({version for _, version in reads}) == 1


def test_get_published_while_customers_are_loaded(warehouse: Path, run_folders: list[Path], tmp_path: Path) -> None:
    """The file is open to readers until the customers are in the staging table, however long that takes."""
    with publish_in_loop(warehouse, run_folders, tmp_path / "gate") as log:
        wait_for_lines(log, 1)
        assert read_once(warehouse)[0] == run_folders[0].name
        assert log.read_text().split() == ["loading"]
        (tmp_path / "gate").touch()
        wait_for_lines(log, 2)
