"""Parquet and CSV files, read by DuckDB in a room of their own: no other file can be reached from it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import duckdb
import ibis

from segmentation.errors import SourceError
from segmentation.sales.csv_dialect import is_parquet
from segmentation.sales.duckdb import CONFIG, DuckDBSource, with_temp_directory
from segmentation.sales.file_parsing import (
    MAX_USED_VALUE_BYTES,
    TABLE,
    Config,
    check_decoded_size,
    connect_sandboxed,
    get_max_decoded_bytes,
    open_parquet,
    parse_csv,
    value_too_long_error,
)
from segmentation.sales.running_work import RunningWork

TEXT, PARQUET = {".csv", ".tsv", ".txt"}, {".parquet", ".pq"}


class FileSource(DuckDBSource):
    """One Parquet or CSV file.

    Every column of a CSV is read as text and understood later, so that an id like 00123 stays what it is. Lines with
    too few or too many cells count as lines without any value.
    """

    def __init__(
        self,
        path: Path,
        *,
        name: str = "",
        note: str = "",
        folder: Path | None = None,
        config: Config = CONFIG,
        work: RunningWork | None = None,
    ) -> None:
        super().__init__(path, work)
        self.name, self.note = name or path.name, note
        self._folder, self._config = folder, config
        if path.suffix.lower() not in TEXT | PARQUET:
            raise SourceError(
                f"{self.name!r} is of a kind that is not read here.", hint="Save it as .csv or .parquet and try again."
            )
        if any(sign in str(self._path) for sign in "*?[]"):  # DuckDB would take it for a pattern of many files
            raise SourceError(f"The path of {self.name!r} holds *, ?, [ or ].", hint="Rename the file or its folder.")
        self._is_parquet = path.suffix.lower() in PARQUET or is_parquet(path)
        self._lock = threading.Lock()
        self._loaded: tuple[str, duckdb.DuckDBPyConnection] | None = None
        self._kept: dict[str, str] = {}
        self._longest: dict[str, int] = {}
        with self._read_connection():  # a file that cannot be read is told now, not at the first query
            pass

    def _connect(self) -> duckdb.DuckDBPyConnection:
        """A cursor on a database in memory; it is made anew when the file has changed."""
        version = self.version()
        with self._lock:
            if self._loaded is None or self._loaded[0] != version:
                self._loaded = (version, self._load())
                for name, sql in self._kept.items():
                    self._loaded[1].execute(f"create table {name} as {sql}")
            return self._loaded[1].cursor()

    def materialize(self, query: ibis.Table) -> ibis.Table:
        """A table with the answer to `query`, worked out now and again when the file has changed."""
        sql = self.queries.compile_sql(query, "duckdb")
        name = "kept_" + hashlib.sha256(sql.encode()).hexdigest()[:16]
        with self._read_connection() as connection:
            if name not in self._kept:
                connection.execute(f"create table if not exists {name} as {sql}")
                self._kept[name] = sql
        return ibis.table(query.schema(), name=name)

    def _load(self) -> duckdb.DuckDBPyConnection:
        if not self._is_parquet:
            # Parsed once: every later query reads columns, not text.
            connection = load_csv(self._path, self.name, self._folder, self._config)
        else:
            connection = open_sandboxed_connection(self._path, self._config)
            open_parquet(connection, self._path, self.name)
        self._longest = check_decoded_size(connection, self.name, get_max_decoded_bytes(self._path))
        return connection

    def check_used_columns(self, columns: Mapping[str, str]) -> None:
        """Raise SourceError if a column that is used holds a value longer than LONGEST_USED_VALUE.

        columns: name in fct_sales -> name in the file.
        """
        for canonical, column in columns.items():
            if (length := self._longest.get(column, 0)) > MAX_USED_VALUE_BYTES:
                hint = (
                    f"A value may take {MAX_USED_VALUE_BYTES:,} bytes there: check whether this is the {canonical}, or "
                    f"say which column it is: --map {canonical}=NAME."
                )
                raise value_too_long_error(self.name, column, length, hint)


def load_csv(path: Path, name: str, folder: Path | None = None, config: Config = CONFIG) -> duckdb.DuckDBPyConnection:
    """Parse a file of text into a table of a database in memory, every column as text.

    Args:
        path: the file.
        name: what to call it in an error.
        folder: where a copy in UTF-8 may be kept meanwhile; None: where the system keeps such files.
        config: of the database.

    Raises:
        SourceError, ColumnError: it is no table.
    """
    config = with_temp_directory(config)
    connection, dialect, broken = parse_csv(path, name, partial(connect_sandboxed, config), folder=folder)
    if broken:
        nulls = ", ".join(["null"] * len(dialect.names))
        connection.execute(f"insert into {TABLE} select {nulls} from range({broken})")
    return connection


def open_sandboxed_connection(path: Path, config: Config = CONFIG) -> duckdb.DuckDBPyConnection:
    """A database in memory from which no file but one can be reached."""
    return connect_sandboxed(with_temp_directory(config), path)
