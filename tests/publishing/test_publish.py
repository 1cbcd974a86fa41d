"""Publishing: published tables, repetition, interruption at any statement, and hostile names."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from segmentation.errors import RunError, SettingsError, SourceError
from segmentation.publishing.publish import TABLES, fetch_published_run, publish_run
from segmentation.publishing.targets import DuckDBConnection
from segmentation.runs.load import SavedRun, open_run
from segmentation.runs.manifest import RunRecord
from segmentation.runs.save import save_run
from segmentation.runtime import duckdb_retry
from segmentation.runtime.sql_identifiers import parse_name
from tests.injection_strings import HOSTILE
from tests.run_records import ODD_IDS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def first(models: Path, record: RunRecord) -> SavedRun:
    return open_run(save_run(record, models))


@pytest.fixture
def second(models: Path, later: RunRecord) -> SavedRun:
    return open_run(save_run(later, models))


@pytest.fixture
def shop_file(tmp_path: Path) -> Path:
    return tmp_path / "warehouse.duckdb"


def uri(path: Path) -> str:
    return f"duckdb://{path}"


def contents(path: Path, schema: str = "ml_results") -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, in a fixed order, read as a stranger would."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return {name: connection.execute(f'select * from "{schema}".{name} order by all').fetchall() for name in TABLES}


def test_publish_run_tables(first: SavedRun, shop_file: Path) -> None:
    assert publish_run(first, uri(shop_file)) == "warehouse.duckdb ml_results"
    with duckdb.connect(str(shop_file), read_only=True) as connection:
        rows = connection.sql("select * from ml_results.customer_segments").df()
        runs = connection.sql("select * from ml_results.segmentation_runs").df()
        segments = connection.sql("select * from ml_results.segments order by segment_id").df()
    expected = first.read_customers()
    result = rows.set_index("customer_id").loc[expected["customer_id"]].reset_index()
    assert list(rows.columns) == list(TABLES["customer_segments"])
    assert set(ODD_IDS) <= set(rows["customer_id"])
    for name in ("segment_id", "segment_name", "rfm_recency", "rfm_frequency", "rfm_monetary"):
        assert result[name].tolist() == expected[name].tolist(), name
    assert set(rows["prediction_timestamp"]) == {pd.Timestamp("2026-01-01 12:00:00")}
    assert set(rows["run_id"]) == {first.run_id}
    assert segments["segment_name"].tolist() == ["High-Value Customers", "Promising", "New"]
    assert segments["share_of_sales"].tolist()[:2] == [0.1 + 0.2, 1 / 3]
    assert runs.loc[0, ["segments", "customers", "silhouette_score"]].tolist() == [3, 200, 0.1 + 0.2]
    assert json.loads(runs.loc[0, "settings"])["model"]["seed"] == 7
    published = fetch_published_run(uri(shop_file))
    assert published is not None
    assert (published.run_id, published.created, published.customers) == (first.run_id, "2026-01-01 12:00", 200)


def test_publish_run_twice_and_history(first: SavedRun, second: SavedRun, shop_file: Path) -> None:
    publish_run(first, uri(shop_file))
    once = contents(shop_file)
    publish_run(first, uri(shop_file))
    assert contents(shop_file) == once
    publish_run(second, uri(shop_file))
    after = contents(shop_file)
    assert {row[7] for row in after["customer_segments"]} == {second.run_id}
    assert {row[-1] for row in after["segments"]} == {second.run_id}
    assert len(after["customer_segments_history"]) == 400
    assert [row[0] for row in after["segmentation_runs"]] == [first.run_id, second.run_id]
    publish_run(first, uri(shop_file))
    back = contents(shop_file)
    assert back["customer_segments"] == once["customer_segments"]
    assert back["customer_segments_history"] == after["customer_segments_history"]


def test_get_published_none(shop_file: Path) -> None:
    assert fetch_published_run(uri(shop_file)) is None
    duckdb.connect(str(shop_file)).close()
    assert fetch_published_run(uri(shop_file)) is None


def statements(run: SavedRun, path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is said when a run is published."""
    text: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(DuckDBConnection, "execute", spy(text.append))
        publish_run(run, uri(path))
    return text


def spy(report_progress: Callable[[str], object], after: bool = False) -> Callable[..., list[tuple[Any, ...]]]:
    real = DuckDBConnection.execute

    def run(self: DuckDBConnection, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        if not after:
            report_progress(sql)
        rows = real(self, sql, values)
        if after:
            report_progress(sql)
        return rows

    return run


class StopError(Exception):
    pass


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_publish_run_interrupted_at_every_statement(
    first: SavedRun, second: SavedRun, shop_file: Path, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    publish_run(first, uri(shop_file))
    old = contents(shop_file)
    text = statements(second, Path(shutil.copy(shop_file, shop_file.with_name("other.duckdb"))), monkeypatch)
    assert len(text) > 15
    for stop in range(len(text) - after):  # after COMMIT it is done
        left = iter(range(stop + 1))

        def tell(sql: str, left: Any = left, stop: int = stop) -> None:
            if next(left, None) == stop:
                raise StopError

        with monkeypatch.context() as patch:
            patch.setattr(DuckDBConnection, "execute", spy(tell, after))
            with pytest.raises(StopError):
                publish_run(second, uri(shop_file))
        assert contents(shop_file) == old, text[stop]
    publish_run(second, uri(shop_file))
    assert {row[7] for row in contents(shop_file)["customer_segments"]} == {second.run_id}


KILLED = """
import os, signal, sys
from segmentation.publishing.targets import DuckDBConnection
from segmentation.publishing.publish import publish_run
from segmentation.runs.load import open_run
real, stop, count = DuckDBConnection.execute, int(sys.argv[3]), 0
def run(self, sql, values=()):
    global count
    if count == stop:
        os.kill(os.getpid(), signal.SIGKILL)
    count += 1
    return real(self, sql, values)
DuckDBConnection.execute = run
publish_run(open_run(sys.argv[1]), sys.argv[2])
"""


def test_publish_run_killed(
    first: SavedRun, second: SavedRun, shop_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_run(first, uri(shop_file))
    old = contents(shop_file)
    text = statements(second, Path(shutil.copy(shop_file, shop_file.with_name("other.duckdb"))), monkeypatch)
    for stop in (len(text) - 1, len(text) - 3, text.index("BEGIN TRANSACTION") + 2):
        command = [sys.executable, "-c", KILLED, str(second.folder), uri(shop_file), str(stop)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=120)
        assert done.returncode == -signal.SIGKILL, done.stderr.decode()
        assert contents(shop_file) == old
    publish_run(second, uri(shop_file))
    assert len(contents(shop_file)["customer_segments_history"]) == 400


def test_publish_run_rejects_incomplete_staging(
    first: SavedRun, second: SavedRun, shop_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_run(first, uri(shop_file))
    old = contents(shop_file)
    real = DuckDBConnection.load_temp_table
    for spoil in (
        lambda frame: frame.iloc[1:],
        lambda frame: pd.concat([frame, frame.head(1)]),
        lambda frame: frame.assign(segment_id=9),
        lambda frame: frame.assign(customer_id=frame["customer_id"].where(frame.index > 0, None)),
    ):
        monkeypatch.setattr(
            DuckDBConnection, "load_temp_table", lambda self, frame, name, spoil=spoil: real(self, spoil(frame), name)
        )
        with pytest.raises(RunError, match="Of 200 customers"):
            publish_run(second, uri(shop_file))
        assert contents(shop_file) == old


def test_publish_run_never_drops_tables(
    first: SavedRun, second: SavedRun, shop_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A view stands in for grants: dropping a table would break it, and change DuckDB's table IDs."""
    publish_run(first, uri(shop_file))
    requested = "select table_name, table_oid from duckdb_tables() where schema_name = 'ml_results' order by all"
    with duckdb.connect(str(shop_file)) as connection:
        before = connection.sql(requested).fetchall()
    for sql in statements(second, shop_file, monkeypatch):
        assert not any(word in sql.upper() for word in ("DROP", "REPLACE", "TRUNCATE", "ALTER")), sql
    with duckdb.connect(str(shop_file)) as connection:
        assert connection.sql(requested).fetchall() == before


def test_publish_run_locked_by_reader(first: SavedRun, shop_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_run(first, uri(shop_file))
    monkeypatch.setattr(duckdb_retry, "WRITER_WAIT_SECONDS", 0.2)
    with duckdb.connect(str(shop_file), read_only=True), pytest.raises(SourceError, match="could not be written to"):
        publish_run(first, uri(shop_file))
    publish_run(first, uri(shop_file))


@pytest.mark.parametrize("name", HOSTILE)
def test_parse_name_rejects_hostile_names(
    first: SavedRun, shop_file: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    from urllib.parse import quote

    assert len(HOSTILE) >= 50
    text: list[str] = []
    monkeypatch.setattr(DuckDBConnection, "execute", spy(text.append))
    for dialect in ("duckdb", "snowflake"):
        with pytest.raises(SettingsError):
            parse_name(name, dialect, max_parts=3)
    with pytest.raises(SettingsError):
        publish_run(first, f"{uri(shop_file)}?schema={quote(name)}")
    with pytest.raises(SettingsError):
        publish_run(first, f"snowflake:{quote(name)}" if name else "nowhere:")
    assert text == []
    assert not shop_file.exists()


def test_publish_run_hostile_values(record: RunRecord, models: Path, shop_file: Path) -> None:
    """Ids, names and sentences are values: they arrive as they are, and harm nothing."""
    output = [text for text in HOSTILE if text.strip() and "\x00" not in text]
    texts = [*output, *(f"C{number}" for number in range(200 - len(output)))]
    names = [output[0], output[16], output[40]]
    called = record.customers["segment_id"].map(dict(zip((1, 2, 3), names, strict=True)))
    customers = record.customers.assign(customer_id=texts, segment_name=called)
    segments = record.segments.assign(segment_name=names, sentence=output[16])
    run = open_run(save_run(replace(record, customers=customers, segments=segments), models))
    publish_run(run, uri(shop_file))
    result = contents(shop_file)
    assert {row[0] for row in result["customer_segments"]} == set(texts)
    assert [(row[1], row[2]) for row in result["segments"]] == [(name, output[16]) for name in names]


def test_publish_run_rejects_file_named_like_schema(first: SavedRun, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="are both called 'ml_results'"):
        publish_run(first, uri(tmp_path / "ml_results.duckdb"))


def test_publish_run_quoted_schema(first: SavedRun, shop_file: Path) -> None:
    publish_run(first, f"{uri(shop_file)}?schema=%22my%20%27schema%3B--%22")
    assert len(contents(shop_file, "my 'schema;--")["customer_segments"]) == 200


@pytest.mark.parametrize("to", ["duckdb:", "duckdb:///", "postgres://x", "duckdb:///x.duckdb?table=a", ""])
def test_publish_run_invalid_target(first: SavedRun, to: str) -> None:
    with pytest.raises(SettingsError):
        publish_run(first, to)
    with pytest.raises(SourceError, match="no folder"):
        publish_run(first, "duckdb:///no/such/folder/x.duckdb")


def test_publish_run_locks_file_only_for_exchange(
    first: SavedRun, shop_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is closed to others for the exchange alone."""
    publish_run(first, uri(shop_file))
    real = DuckDBConnection.load_temp_table
    read = []

    def load(self: DuckDBConnection, frame: pd.DataFrame, name: str) -> str:
        stage = real(self, frame, name)
        script = f"import duckdb; duckdb.connect({str(shop_file)!r}, read_only=True).close()"
        read.append(subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=60).returncode)
        return stage

    monkeypatch.setattr(DuckDBConnection, "load_temp_table", load)
    publish_run(first, uri(shop_file))
    assert read == [0]
