"""DuckDB spills to a private folder above its memory limit, deleted with the process."""

from __future__ import annotations

import stat
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

import duckdb
import pytest

from segmentation.runtime import workdir
from segmentation.sales.duckdb import CONFIG, DatabaseSource, with_temp_directory
from segmentation.sales.files import FileSource
from segmentation.sales.open_source import open_source

LINES = 400_000
MADE = f"""
select 'customer ' || hash(i) as customer_id, i // 2 as transaction_id, date '2024-01-01' as transaction_date,
       1.5 as net_sales_amount
from range({LINES}) as lines (i)
"""


@pytest.fixture
def private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The place where the system keeps such folders, with none of ours in it yet."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    workdir.cleanup()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    workdir.cleanup()


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    path = tmp_path / "lines.parquet"
    duckdb.sql(MADE).write_parquet(str(path))
    return path


def test_source_spills_to_private_folder(private: Path, lines: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CONFIG, "memory_limit", "24MB")
    source = open_source(str(lines))
    assert isinstance(source, FileSource)
    table = source.table()
    retained = source.materialize(table)  # some 30 MB
    written = [path for path in private.rglob("*") if path.is_file() and path.name != "lock"]
    assert sum(path.stat().st_size for path in written) > 1_000_000
    created = workdir.get_process_dir()
    assert private in created.parents
    assert all(created in path.parents for path in written)
    assert stat.S_IMODE(created.stat().st_mode) == 0o700
    text = source.fetch(retained.aggregate(lines=retained.count(), net=retained.net_sales_amount.sum())).to_pylist()[0]
    assert (text["lines"], float(text["net"])) == (LINES, 1.5 * LINES)
    workdir.cleanup()
    assert list(private.iterdir()) == []


def test_source_writes_nothing_below_limit(private: Path, lines: Path) -> None:
    source = open_source(str(lines))
    assert source.fetch(source.table().count().as_table())[0][0].as_py() == LINES
    assert [path for path in private.rglob("*") if path.is_file() and path.name != "lock"] == []


def test_with_temp_directory_is_unique(private: Path, lines: Path) -> None:
    assert with_temp_directory(CONFIG)["temp_directory"] != with_temp_directory(CONFIG)["temp_directory"]
    assert with_temp_directory(CONFIG, lines) == with_temp_directory(CONFIG, lines)
    assert with_temp_directory(CONFIG | {"temp_directory": ""})["temp_directory"] == ""


def test_database_source_concurrent_connections(private: Path, tmp_path: Path) -> None:
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"create table fct_sales as {MADE}")
    one, other = DatabaseSource(path), DatabaseSource(path)
    with one._read_connection() as first, other._read_connection() as second:
        for connection in (first, second):
            assert connection.execute("select count(*) from fct_sales").fetchall() == [(LINES,)]


def test_source_without_writable_temp_directory(private: Path, lines: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(private / "not there"))
    source = open_source(str(lines))
    assert source.fetch(source.table().count().as_table())[0][0].as_py() == LINES


def test_cleanup_deletes_a_folder_that_is_being_written_to(private: Path) -> None:
    """Deleting a folder fails if a file is added after its files have been listed."""
    is_done = threading.Event()

    def write(number: int) -> None:
        for name in count():
            with suppress(OSError):
                (folder / f"{number}-{name}").touch()
            if is_done.is_set():
                return

    for _ in range(10):
        folder = workdir.get_process_dir()
        is_done.clear()
        threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(0.02)
        workdir.cleanup()
        is_done.set()
        for thread in threads:
            thread.join()
        assert list(private.iterdir()) == []
