"""Processes that read a DuckDB file while another publishes to it in a loop."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb

from segmentation.publishing.publish import get_published, publish_run
from segmentation.runs.save import RunRecord, open_run, save_run
from segmentation.sales.duckdb import DatabaseSource

ROOT = Path(__file__).resolve().parents[2]
READS = 300
PUBLISH = """
import sys
from segmentation.publishing.publish import publish_run
from segmentation.runs.load import open_run
runs = [open_run(folder) for folder in sys.argv[2:]]
while True:
    for run in runs:
        publish_run(run, sys.argv[1])
        print(run.run_id, flush=True)
"""


def test_no_read_fails_while_another_process_publishes(
    record: RunRecord, later: RunRecord, models: Path, tmp_path: Path
) -> None:
    folders = [save_run(run, models) for run in (record, later)]
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table fct_sales as select 1 as customer_id, 2.0 as net")
    publish_run(open_run(folders[0]), f"duckdb://{path}")
    command = [sys.executable, "-c", PUBLISH, f"duckdb://{path}", *map(str, folders)]
    seen, versions = set(), set()
    with (tmp_path / "log").open("wb") as log, subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log) as process:
        try:
            for number in range(READS):
                if number % 2:
                    versions.add(DatabaseSource(path).version())
                    continue
                found = get_published(f"duckdb://{path}")
                assert found is not None
                assert found.customers == 200
                seen.add(found.run_id)
            while len((tmp_path / "log").read_text().split()) < 4 and process.poll() is None:
                get_published(f"duckdb://{path}")
            assert process.poll() is None, (tmp_path / "log").read_text()
        finally:
            process.kill()
    assert seen <= {record.run_id, later.run_id}
    assert len(versions) == 1
