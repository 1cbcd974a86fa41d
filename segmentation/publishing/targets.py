"""Publish targets: schemas in DuckDB files and in Snowflake, written with SQL and bound values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

import duckdb
import pandas as pd
import pyarrow as pa

from segmentation.errors import SettingsError, SourceError
from segmentation.runtime.duckdb_retry import (
    check_catalog_name,
    describe_duckdb_error,
    restrict_access,
    retry_while_locked,
)
from segmentation.runtime.sql_identifiers import Name, parse_name

DEFAULT_SCHEMA = "ml_results"
BATCH_ROWS = 100_000
"""Rows of a batch of `DuckDBConnection.iter_batches`."""
_CONFIG: dict[str, Any] = {"autoinstall_known_extensions": False, "TimeZone": "UTC"}


class SqlConnection(Protocol):
    """Runs statements on one connection; that of `PublishTarget.open_reader` runs queries only."""

    def execute(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows; `values` are bound to its question marks."""
        ...

    def iter_batches(self, sql: str, schema: pa.Schema) -> Iterator[pa.Table]:
        """Run a query and yield its result in batches, in these types."""
        ...

    def load_temp_table(self, frame: pd.DataFrame, name: str) -> str:
        """Create a temporary table with the rows of `frame`, and return its name in SQL, which begins with `name`."""
        ...

    def open_target(self) -> None:
        """Switch to the target: called once the staged rows are validated, before the transaction."""
        ...

    def rollback(self) -> None:
        """Roll back, whatever the state of the connection."""
        ...


class PublishTarget(Protocol):
    """A schema that results are published to."""

    name: str
    """Shown to users; never a path."""
    schema: Name
    information: str
    """The name of the information schema, quoted for SQL."""
    column_types: Mapping[str, str]
    """The engine's types for text, integer, double, boolean, date and timestamp."""
    create_table: str
    """The start of a statement that creates a table."""
    loads_into_memory: bool
    """Whether `load_temp_table` works without the target, which is then opened only afterwards."""

    def get_table_name(self, name: str) -> Name:
        """The qualified name of a table, in the engine's case."""
        ...

    def is_missing(self) -> bool:
        """Whether the target certainly does not exist."""
        ...

    def open_writer(self) -> AbstractContextManager[SqlConnection]:
        """A connection to write; the engine's errors become a SourceError."""
        ...

    def open_reader(self) -> AbstractContextManager[SqlConnection]:
        """A connection to read."""
        ...


@contextmanager
def begin_transaction(writer: SqlConnection) -> Iterator[None]:
    """A transaction that is committed at the end, or rolled back on any error."""
    writer.execute("BEGIN TRANSACTION")
    try:
        yield
        writer.execute("COMMIT")
    except BaseException:
        writer.rollback()
        raise


def fetch_columns(connection: SqlConnection, target: PublishTarget) -> dict[str, set[str]]:
    """The columns of each table in the schema of a target, all names in lower case."""
    query = f"SELECT table_name, column_name FROM {target.information}.columns WHERE table_schema = ?"
    columns: dict[str, set[str]] = {}
    for table, column in connection.execute(query, (target.schema[-1],)):
        columns.setdefault(str(table).lower(), set()).add(str(column).lower())
    return columns


def resolve_target(uri: str) -> PublishTarget:
    """Parse the URI of a target; nothing is opened yet.

    Raises:
        SettingsError: the URI is invalid.
    """
    if uri.startswith("duckdb:"):
        return _resolve_duckdb_target(uri)
    if uri.startswith("snowflake:"):
        from segmentation.publishing import snowflake_target

        return snowflake_target.resolve_snowflake_target(uri)
    raise SettingsError(
        f"Cannot publish to {uri[:60]!r}.", hint="Use duckdb:///path/file.duckdb or snowflake: instead."
    )


def _resolve_duckdb_target(uri: str) -> DuckDBTarget:
    parts = urlsplit(uri)
    options = parse_qs(parts.query, keep_blank_values=True)
    path = parts.path.removeprefix("/") if parts.netloc else parts.path
    if set(options) - {"schema"} or parts.fragment or not path.strip("/"):
        raise SettingsError("The DuckDB target is not valid.", hint="Use duckdb:///path/file.duckdb?schema=NAME.")
    return DuckDBTarget(Path(path), parse_name(options.get("schema", [DEFAULT_SCHEMA])[0], "duckdb", max_parts=1))


class DuckDBTarget:
    """A schema of a DuckDB file; both are created if needed."""

    information = "information_schema"
    create_table = "CREATE TABLE"
    loads_into_memory = True
    column_types: Mapping[str, str] = {
        "text": "VARCHAR",
        "integer": "BIGINT",
        "double": "DOUBLE",
        "boolean": "BOOLEAN",
        "date": "DATE",
        "timestamp": "TIMESTAMP",
    }

    def __init__(self, path: Path, schema: Name) -> None:
        self._path = path
        self.schema = schema
        self.name = f"{path.name} {schema[-1]}"

    def get_table_name(self, name: str) -> Name:
        """The qualified name of a table."""
        return (*self.schema, name)

    def is_missing(self) -> bool:
        """Whether the file does not exist."""
        return not self._path.exists()

    @contextmanager
    def open_writer(self) -> Iterator[SqlConnection]:
        """An in-memory connection; the file is open for writing, and locked for readers, only from `open_target` on."""
        if not self._path.parent.is_dir():
            raise SourceError(f"There is no folder for {self._path.name!r}.", hint="Create it, or check the path.")
        with (
            self._translate_errors("written to"),
            closing(DuckDBConnection(duckdb.connect(config=_CONFIG), self._connect)) as writer,
        ):
            yield writer

    @contextmanager
    def open_reader(self) -> Iterator[SqlConnection]:
        """A read-only connection to the file."""
        with self._translate_errors("read"), closing(DuckDBConnection(self._connect(read_only=True))) as reader:
            yield reader

    def _connect(self, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
        """Open the file, waiting for other processes that have it locked."""
        connection = retry_while_locked(
            lambda: duckdb.connect(str(self._path), read_only=read_only, config=_CONFIG), for_writing=not read_only
        )
        try:
            restrict_access(connection)  # a view in the target reaches no other file
            check_catalog_name(connection, self.schema[-1])
        except BaseException:
            connection.close()
            raise
        return connection

    @contextmanager
    def _translate_errors(self, action: str) -> Iterator[None]:
        try:
            yield
        except duckdb.Error as error:
            raise SourceError(
                f"{self._path.name!r} could not be {action}.", hint=describe_duckdb_error(error, self._path)
            ) from error


class DuckDBConnection:
    """Runs statements on one connection to DuckDB."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, connect: Callable[[], duckdb.DuckDBPyConnection] | None = None
    ) -> None:
        """Wrap an open connection; `connect` opens the one that `open_target` switches to."""
        self._connection = connection
        self._connect = connect
        self._staged: list[str] = []

    def execute(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows."""
        return self._connection.execute(sql, list(values)).fetchall()

    def iter_batches(self, sql: str, schema: pa.Schema) -> Iterator[pa.Table]:
        """Run a query and yield its result in batches, in these types."""
        for batch in self._connection.sql(sql).to_arrow_reader(BATCH_ROWS):
            yield pa.Table.from_batches([batch]).cast(schema)

    def load_temp_table(self, frame: pd.DataFrame, name: str) -> str:
        """Create a temporary table: invisible to other connections, never stored."""
        self._connection.register("staged_frame", pa.Table.from_pandas(frame, preserve_index=False))
        self.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM staged_frame")
        self._connection.unregister("staged_frame")
        self._staged.append(name)
        return name

    def open_target(self) -> None:
        """Switch to the file; the staging tables are registered there under the same names, not copied."""
        assert self._connect is not None
        staged = {name: self._connection.table(name).to_arrow_table() for name in self._staged}
        target = self._connect()
        self._connection.close()
        self._connection = target
        for name, table in staged.items():
            target.register(name, table)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def rollback(self) -> None:
        """Roll back, if there is a transaction."""
        try:
            self._connection.rollback()
        except duckdb.Error:
            return
