"""Publishes result tables: the rows with the key of a run (or another key) are replaced in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from segmentation.publishing.targets import (
    PublishTarget,
    SqlConnection,
    begin_transaction,
    fetch_columns,
    resolve_target,
)
from segmentation.runtime.sql_identifiers import quote_name

_AS_TEXT = {"date": "%Y-%m-%d", "timestamp": "%Y-%m-%d %H:%M:%S.%f"}


@dataclass(frozen=True, eq=False)
class RunTable:
    """Rows for one table of the target schema."""

    name: str
    """In lower case, like the columns; Snowflake stores both in upper case."""
    columns: Mapping[str, str]
    """Column -> text, integer, double, boolean, date or timestamp (naive or in UTC; to the microsecond)."""
    frame: pd.DataFrame
    """The rows; it has these columns, in any order. Without rows, the table is created and its rows stay."""
    key: tuple[str, ...] = ("run_id",)
    """The columns that identify what is replaced: rows in the target with the key of a row in `frame` are deleted."""
    stage_in_target: Callable[[SqlConnection, PublishTarget], str | None] | None = None
    """Stages the rows with a query in the target, and returns the table for `replace_rows`; None: they are loaded."""

    def __post_init__(self) -> None:
        """Raise ValueError if the columns disagree or a key is missing: an error of the caller."""
        if set(self.frame.columns) != set(self.columns) or not set(self.key) <= set(self.columns):
            raise ValueError(f"The columns of {self.name!r} are not those of its frame.")
        if not self.key or self.frame[list(self.key)].isna().any(axis=None):
            raise ValueError(f"The key of {self.name!r} has missing values.")


def publish_tables(to: str, tables: Sequence[RunTable]) -> str:
    """Publish result tables, and return the name of the target. Publishing the same rows again changes nothing.

    Args:
        to: the target, as in `publish_run`.
        tables: their rows; the schema, the tables and columns that they lack are created.

    Raises:
        SettingsError: the URI or a name in it is invalid.
        SourceError: the target cannot be reached or written to; no row of it is changed.
    """
    target = resolve_target(to)
    columns = {table.name: table.columns for table in tables}
    with target.open_writer() as writer:
        if not target.loads_into_memory:
            create_missing_tables(writer, target, columns)
        stages: list[tuple[str, RunTable]] = []
        for table in tables:
            if len(table.frame):
                staged = table.stage_in_target(writer, target) if table.stage_in_target else None
                stages.append((staged or stage_rows(writer, table), table))
        writer.open_target()
        if target.loads_into_memory:
            create_missing_tables(writer, target, columns)
        with begin_transaction(writer):
            for stage, table in stages:
                replace_rows(writer, target, stage, table)
    return target.name


def create_missing_tables(
    writer: SqlConnection, target: PublishTarget, tables: Mapping[str, Mapping[str, str]]
) -> None:
    """Create the schema, tables and columns that are missing; those that exist are not touched.

    Args:
        writer: an open writer of the target.
        target: the target with the tables.
        tables: name -> column -> kind, as in `RunTable.columns`.
    """
    # IF NOT EXISTS needs the privilege to create even if the object exists.
    schema = target.schema[-1]
    if not writer.execute(f"SELECT COUNT(*) FROM {target.information}.schemata WHERE schema_name = ?", (schema,))[0][0]:
        writer.execute(f"CREATE SCHEMA IF NOT EXISTS {quote_name(target.schema)}")
    existing = fetch_columns(writer, target)
    for name, columns in tables.items():
        path = target.get_table_name(name)
        known = existing.get(name, set())
        types = {
            column: f"{_quote_column(target, column)} {target.column_types[kind]}"
            for column, kind in columns.items()
            if column not in known
        }
        if not known:
            writer.execute(f"{target.create_table} IF NOT EXISTS {quote_name(path)} ({', '.join(types.values())})")
            continue
        for definition in types.values():
            writer.execute(f"ALTER TABLE {quote_name(path)} ADD COLUMN {definition}")


def stage_rows(writer: SqlConnection, table: RunTable) -> str:
    """Load the rows of a table into a temporary one, and return its name for `replace_rows`."""
    return writer.load_temp_table(_to_staged(table), f"staged_{table.name}")


def replace_rows(writer: SqlConnection, target: PublishTarget, stage: str, table: RunTable) -> None:
    """Delete the rows with a staged key and insert the staged ones, within a transaction."""
    into = quote_name(target.get_table_name(table.name))
    values = {
        _quote_column(target, column): f"CAST(s.value_{number} AS {target.column_types[kind]})"
        for number, (column, kind) in enumerate(table.columns.items())
    }
    keys = [_quote_column(target, column) for column in table.key]
    same_key = " AND ".join(f"{key} = {values[key]}" for key in keys)
    writer.execute(f"DELETE FROM {into} WHERE EXISTS (SELECT 1 FROM {stage} AS s WHERE {same_key})")
    writer.execute(f"INSERT INTO {into} ({', '.join(values)}) SELECT {', '.join(values.values())} FROM {stage} AS s")


def _quote_column(target: PublishTarget, column: str) -> str:
    """A column in SQL, in the engine's case; it may be a reserved word."""
    return quote_name(target.get_table_name(column)[-1:])


def _to_staged(table: RunTable) -> pd.DataFrame:
    """The frame in types that every engine loads as they are; the others are text, which the engine casts.

    Its columns are numbered, because loaders do not quote reserved words.
    """
    columns = enumerate(table.columns.items())
    return pd.DataFrame(
        {f"value_{number}": _to_staged_column(table.frame[name], kind) for number, (name, kind) in columns}
    )


def _to_staged_column(values: pd.Series, kind: str) -> pd.Series:
    if kind == "integer":
        return values.astype("Int64")
    if kind == "double":
        return values.astype("Float64")
    if kind in _AS_TEXT:
        times = pd.to_datetime(values)
        utc = times.dt.tz_convert("UTC") if times.dt.tz is not None else times
        return utc.dt.strftime(_AS_TEXT[kind]).astype("string")
    if kind == "boolean":
        return values.astype("boolean").astype("string").str.lower()
    return values.astype("string")
