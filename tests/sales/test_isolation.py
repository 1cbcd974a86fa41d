"""A source reaches nothing but itself: no other file, no network, no extension."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from segmentation.__main__ import main
from segmentation.errors import SourceError
from segmentation.publishing.targets import resolve_target
from segmentation.sales.duckdb import DatabaseSource
from segmentation.sales.open_source import open_source

REMOTE = [
    "http://127.0.0.1:9/sales.parquet",
    "HTTPS://example.com/sales.csv",
    "s3://bucket/sales.parquet",
    "gs://bucket/sales.parquet",
    "abfss://container@account/sales.parquet",
    "hf://datasets/a/b/sales.csv",
    "https:/example.com/sales.csv",
    "file:///etc/passwd",
    "unknown://host/sales.csv",
]


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A database whose views read a secret file, another database and every file of a folder."""
    secret, other, path = tmp_path / "secret.csv", tmp_path / "other.duckdb", tmp_path / "hostile.duckdb"
    secret.write_text("customer_id,amount\nprivate,1\n")
    with duckdb.connect(str(other)) as connection:
        connection.execute("create table t as select 1 as a")
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table fct_sales as select 1 as a")
        connection.execute(f"create view csv_file as from read_csv('{secret}')")
        connection.execute(f"create view text_file as from read_text('{secret}')")
        connection.execute(f"create view folder as from glob('{tmp_path}/*')")
        connection.execute(f"create macro peek() as table from read_text('{secret}')")
        connection.execute("create view by_macro as from peek()")
        connection.execute(f"attach '{other}' as other (read_only)")
        connection.execute("create view attached as from other.t")
    return path


@pytest.mark.parametrize("view", ["csv_file", "text_file", "folder", "by_macro", "attached"])
def test_views_of_a_database_reach_no_other_file(hostile: Path, view: str) -> None:
    own = DatabaseSource(hostile)
    assert own.fetch(own.table()).num_rows == 1

    def read() -> None:
        source = open_source(f"duckdb://{hostile}?table={view}")
        source.fetch(source.table())

    with pytest.raises(SourceError, match="could not be read") as error:
        read()
    assert "private" not in str(error.value)
    assert str(hostile.parent) not in str(error.value)


def test_connections_open_at_the_same_time_are_all_closed_off(hostile: Path) -> None:
    source = DatabaseSource(hostile)
    connections = [source._connect() for _ in range(3)]
    for connection in connections:
        assert connection.execute("select a from fct_sales").fetchall() == [(1,)]
        with pytest.raises(duckdb.Error):
            connection.execute("from csv_file")
        connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "copy fct_sales to '{folder}/out.csv'",
        "attach '{folder}/other.duckdb'",
        "install httpfs",
        "load httpfs",
        "from read_csv('http://127.0.0.1:9/a.csv')",
        "set enable_external_access = true",
        "set threads = 1",
    ],
)
def test_connections_to_a_database_are_closed_off(hostile: Path, statement: str) -> None:
    sql = statement.format(folder=hostile.parent)
    connection = DatabaseSource(hostile)._connect()
    try:
        with pytest.raises(duckdb.Error):
            connection.execute(sql)
    finally:
        connection.close()
    with pytest.raises(SourceError), resolve_target(f"duckdb://{hostile}").open_reader() as reader:
        reader.execute(sql)
    assert not (hostile.parent / "out.csv").exists()


@pytest.mark.parametrize("uri", REMOTE)
def test_remote_addresses_are_refused(uri: str) -> None:
    with pytest.raises(SourceError, match="not read from remote addresses") as error:
        open_source(uri)
    assert error.value.hint


def test_the_command_line_refuses_a_remote_address(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--source", REMOTE[0]]) == 2
    assert "not read from remote addresses" in capsys.readouterr().err
