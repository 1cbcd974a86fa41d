"""Result tables: replaced by their key, in one transaction, in both engines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from segmentation.errors import SourceError
from segmentation.publishing.run_tables import RunTable, publish_tables
from segmentation.publishing.targets import DuckDBConnection
from segmentation.snowflake_client.session import get_session
from tests.snowflake_client.local import DATABASE, Server

COLUMNS = {
    "run_id": "text",
    "segment": "integer",
    "group": "text",  # a reserved word
    "money": "double",
    "treated": "boolean",
    "day": "date",
    "at": "timestamp",
}
MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678900)
FIRST: list[tuple[Any, ...]] = [
    ("a", 1, "it's; --", 0.1 + 0.2, True, date(2026, 1, 31), MOMENT),
    ("a", 2, None, None, None, None, None),
    ("a", None, "", -1.5, False, date(1969, 12, 31), MOMENT),
]
SECOND: list[tuple[Any, ...]] = [("b", 1, "x", 1.0, True, date(2026, 2, 1), MOMENT)]


def build(rows: list[tuple[Any, ...]], name: str = "results", **options: Any) -> RunTable:
    return RunTable(name, COLUMNS, pd.DataFrame(rows, columns=list(COLUMNS)), **options)


def to_text(rows: Any) -> list[str]:
    """In a fixed order; Snowflake's connector gives times of its own class."""
    return sorted(str(tuple(str(value) for value in row)) for row in rows)


@pytest.fixture(params=["duckdb", "snowflake"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Callable[[str], list[str]]]:
    """The URI of an empty schema, and what reads the rows of a table in it."""
    if request.param == "duckdb":
        path = tmp_path / "shop.duckdb"

        def read(name: str) -> list[str]:
            with duckdb.connect(str(path), read_only=True) as connection:
                return to_text(connection.sql(f"select * from ml_results.{name}").fetchall())

        return f"duckdb://{path}", read
    request.getfixturevalue("on_snowflake")
    schema = f"{DATABASE}.RUN_TABLES_{abs(hash(request.node.name)) % 10**6}"
    return f"snowflake:{schema}", lambda name: to_text(get_session().fetch_rows(f"SELECT * FROM {schema}.{name}"))


def test_publish_tables_replaces_rows_of_the_key(target: tuple[str, Callable[[str], list[str]]]) -> None:
    uri, read = target
    publish_tables(uri, [build(FIRST), build(SECOND, "others")])
    assert read("results") == to_text(FIRST)
    publish_tables(uri, [build(FIRST)])
    assert read("results") == to_text(FIRST)
    publish_tables(uri, [build(SECOND)])
    assert read("results") == to_text(FIRST + SECOND)
    publish_tables(uri, [build(FIRST[:1]), build([], "others")])
    assert read("results") == to_text(FIRST[:1] + SECOND)
    assert read("others") == to_text(SECOND)


def test_publish_tables_adds_missing_columns(target: tuple[str, Callable[[str], list[str]]]) -> None:
    uri, read = target
    old = {name: kind for name, kind in COLUMNS.items() if name != "at"}
    frame = pd.DataFrame(FIRST, columns=list(COLUMNS)).drop(columns="at")
    publish_tables(uri, [RunTable("results", old, frame)])
    publish_tables(uri, [build(SECOND)])
    assert read("results") == to_text([(*row[:-1], None) for row in FIRST] + SECOND)


def test_publish_tables_key_of_two_columns(target: tuple[str, Callable[[str], list[str]]]) -> None:
    uri, read = target
    rows = FIRST[:2]
    publish_tables(uri, [build(rows, key=("run_id", "segment"))])
    changed = [(*rows[0][:2], "changed", *rows[0][3:])]
    publish_tables(uri, [build(changed, key=("run_id", "segment"))])
    assert read("results") == to_text([*changed, rows[1]])


def test_publish_tables_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "shop.duckdb"
    publish_tables(f"duckdb://{path}", [build(FIRST), build(FIRST, "others")])
    real = DuckDBConnection.execute

    def execute(self: DuckDBConnection, sql: str, values: Any = ()) -> Any:
        if sql.startswith("INSERT") and "others" in sql:
            raise SourceError("The disk is full.")
        return real(self, sql, values)

    monkeypatch.setattr(DuckDBConnection, "execute", execute)
    changed = build([(*FIRST[0][:3], 9.0, *FIRST[0][4:])])
    with pytest.raises(SourceError):
        publish_tables(f"duckdb://{path}", [changed, replace(changed, name="others")])
    with duckdb.connect(str(path), read_only=True) as connection:
        for name in ("results", "others"):
            assert to_text(connection.sql(f"select * from ml_results.{name}").fetchall()) == to_text(FIRST)


def test_publish_tables_time_zones(tmp_path: Path) -> None:
    path = tmp_path / "shop.duckdb"
    at = pd.Series(pd.to_datetime(["2026-01-01 01:00:00"])).dt.tz_localize("Europe/Berlin")
    columns = {"run_id": "text", "at": "timestamp"}
    publish_tables(f"duckdb://{path}", [RunTable("runs", columns, pd.DataFrame({"run_id": ["a"], "at": at}))])
    with duckdb.connect(str(path), read_only=True) as connection:
        assert connection.sql('select "at" from ml_results.runs').fetchall() == [(datetime(2026, 1, 1),)]


def test_run_table_rejects_wrong_columns() -> None:
    with pytest.raises(ValueError, match="columns"):
        RunTable("results", {"run_id": "text"}, pd.DataFrame({"run": ["a"]}))
    with pytest.raises(ValueError, match="missing values"):
        build([(None, *FIRST[0][1:])])


def test_publish_tables_creates_nothing_twice(on_snowflake: Server) -> None:
    """Nothing is created that exists: a writer without CREATE SCHEMA and CREATE TABLE can publish."""
    uri = f"snowflake:{DATABASE}.RUN_TABLES_AGAIN"
    publish_tables(uri, [build(FIRST)])
    on_snowflake.statements()
    publish_tables(uri, [build(FIRST)])
    created = [one["text"] for one in on_snowflake.statements() if one["text"].upper().startswith("CREATE")]
    assert not [text for text in created if "TEMP" not in text.upper()]
