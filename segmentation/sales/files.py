"""Parquet and CSV files, read in a sandboxed in-memory DuckDB that can access no other file."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import duckdb
import ibis

from segmentation.errors import SourceError
from segmentation.messages import ColumnName, MapOption, Message
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

    Every column of a CSV is loaded as text and parsed later, so that ids such as 00123 keep their zeros. Lines with too
    few or too many cells count as lines without values.
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
                f"{self.name!r} has an unsupported file type.", hint="Save it as .csv or .parquet and try again."
            )
        if any(char in str(self._path) for char in "*?[]"):  # DuckDB would expand it as a glob
            raise SourceError(
                f"The path of {self.name!r} contains *, ?, [ or ].", hint="Rename the file or its folder."
            )
        self._is_parquet = path.suffix.lower() in PARQUET or is_parquet(path)
        self._lock = threading.Lock()
        self._loaded: tuple[str, duckdb.DuckDBPyConnection] | None = None
        self._materialized: dict[str, str] = {}
        self._longest: dict[str, int] = {}
        with self._read_connection():  # report an unreadable file now, not at the first query
            pass

    def _connect(self) -> duckdb.DuckDBPyConnection:
        """A cursor on the in-memory database, which is reloaded when the file has changed."""
        version = self.version()
        with self._lock:
            if self._loaded is None or self._loaded[0] != version:
                self._loaded = (version, self._load())
                for name, sql in self._materialized.items():
                    self._loaded[1].execute(f"create table {name} as {sql}")
            return self._loaded[1].cursor()

    def materialize(self, query: ibis.Table) -> ibis.Table:
        """Store the result of `query` as a table, which is rebuilt when the file has changed."""
        sql = self.queries.compile_sql(query, "duckdb")
        name = "kept_" + hashlib.sha256(sql.encode()).hexdigest()[:16]
        with self._read_connection() as connection:
            if name not in self._materialized:
                connection.execute(f"create table if not exists {name} as {sql}")
                self._materialized[name] = sql
        return ibis.table(query.schema(), name=name)

    def _load(self) -> duckdb.DuckDBPyConnection:
        if not self._is_parquet:
            # parsed once, not in every query
            connection = load_csv(self._path, self.name, self._folder, self._config)
        else:
            connection = open_sandboxed_connection(self._path, self._config)
            open_parquet(connection, self._path, self.name)
        self._longest = check_decoded_size(connection, self.name, get_max_decoded_bytes(self._path))
        return connection

    def check_used_columns(self, columns: Mapping[str, str]) -> None:
        """Raise SourceError if a mapped column contains a value longer than MAX_USED_VALUE_BYTES.

        Args:
            columns: name in fct_sales -> name in the file.
        """
        for canonical, column in columns.items():
            if (length := self._longest.get(column, 0)) > MAX_USED_VALUE_BYTES:
                hint = Message(
                    "The limit is {bytes:,} bytes: check whether this is the {name}, or specify another column{how}.",
                    {
                        "bytes": MAX_USED_VALUE_BYTES,
                        "name": ColumnName(canonical),
                        "how": MapOption(f": --map {canonical}=NAME"),
                    },
                )
                raise value_too_long_error(self.name, column, length, hint)


def load_csv(path: Path, name: str, folder: Path | None = None, config: Config = CONFIG) -> duckdb.DuckDBPyConnection:
    """Load a text file into an in-memory database, every column as text.

    Args:
        path: the file.
        name: its display name, for errors.
        folder: where a temporary UTF-8 copy may be written; None: the system's temporary directory.
        config: DuckDB configuration.

    Raises:
        SourceError, ColumnError: the file is not a table.
    """
    config = with_temp_directory(config)
    connection, dialect, broken = parse_csv(path, name, partial(connect_sandboxed, config), folder=folder)
    if broken:
        nulls = ", ".join(["null"] * len(dialect.names))
        connection.execute(f"insert into {TABLE} select {nulls} from range({broken})")
    return connection


def open_sandboxed_connection(path: Path, config: Config = CONFIG) -> duckdb.DuckDBPyConnection:
    """An in-memory database that can access only this file."""
    return connect_sandboxed(with_temp_directory(config), path)
