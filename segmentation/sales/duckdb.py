"""Sources that DuckDB queries: the base class, and tables of DuckDB databases."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import duckdb
import ibis
import ibis.expr.operations as ops
import pyarrow as pa
from ibis.backends.sql.datatypes import DuckDBType

from segmentation.errors import SourceError
from segmentation.runtime import workdir
from segmentation.runtime.cancellation import interrupt_when_cancelled, raise_if_cancelled
from segmentation.runtime.duckdb_retry import describe_duckdb_error, restrict_access, retry_while_locked
from segmentation.runtime.progress import Progress
from segmentation.runtime.sql_identifiers import quote_name
from segmentation.sales.demographics import DEMOGRAPHICS_TABLE
from segmentation.sales.file_parsing import SALES_TABLE, Config
from segmentation.sales.query_cache import SHARED_QUERIES, QueryCache
from segmentation.sales.running_work import RunningWork
from segmentation.sales.source import NO_TABLES

MEMORY_LIMIT = "1.5GB"
"""Memory limit of a database; DuckDB spills to disk above it."""
CONFIG: Config = {
    "memory_limit": MEMORY_LIMIT,
    "autoinstall_known_extensions": False,
    "TimeZone": "UTC",  # a timestamp with a zone falls on the same day on every machine
    "python_enable_replacements": False,  # names in a query never resolve to Python variables
}
_TABLES = """
select schema_name, table_name from duckdb_tables() where database_name = current_database() and not internal
union all
select schema_name, view_name from duckdb_views() where database_name = current_database() and not internal
"""
_ENABLE_PROGRESS = "set enable_progress_bar = true; set enable_progress_bar_print = false"
_POLL_SECONDS = 0.2
"""Seconds between two reports of a query's progress."""

BATCH_ROWS = 100_000
"""Rows per batch of a large result."""
_versions: dict[tuple[str, str, str], str] = {}
"""File, table and state of the file -> version; pages need it at every view."""

# `fetch` copies single rows on purpose.
warnings.filterwarnings("ignore", "Arrow output on a DB-API result", UserWarning)


def with_temp_directory(config: Config, path: Path | None = None) -> Config:
    """Add a directory for spilling to disk to a configuration, unless it has one.

    Each database gets its own directory, because two would overwrite each other's files. Connections to the same
    database file (`path`) must share one, because DuckDB requires the same configuration.
    """
    try:
        directory = str(workdir.get_scratch_dir(path))
    except OSError:  # nothing can be written: queries above the memory limit fail
        directory = ""
    return {"temp_directory": directory, **config}


class DuckDBSource:
    """Base class of sources that DuckDB queries: a file, its version, and short-lived connections."""

    name: str
    note = ""
    notices: tuple[str, ...] = ()
    reads_local_tables = True
    combines_queries = False
    can_store = False
    queries: QueryCache = SHARED_QUERIES
    _table_name = SALES_TABLE

    def __init__(self, path: Path, work: RunningWork | None = None) -> None:
        self._work = work or RunningWork()
        check_file(path)
        self._path = path.resolve()
        self.name = path.name

    def version(self) -> str:
        """Size and modification time of the file."""
        try:
            stat = self._path.stat()
        except OSError as error:
            raise SourceError(
                f"The file {self.name!r} no longer exists.", hint="Restore it, or choose another one."
            ) from error
        return f"{stat.st_size}-{stat.st_mtime_ns}"

    def table(self) -> ibis.Table:
        """The sales table, unbound."""
        return self._build_unbound_table(self._table_name)

    def _build_unbound_table(self, name: str, schema: str | None = None) -> ibis.Table:
        with self._read_connection() as connection:
            table = connection.table(quote_name(tuple(filter(None, (schema, name)))))
            types = [DuckDBType.from_string(str(kind)) for kind in table.types]
            return ibis.table(dict(zip(table.columns, types, strict=True)), name=name, database=schema)

    def fetch(
        self,
        query: ibis.Table,
        tables: Mapping[str, pa.Table] = NO_TABLES,
        on_progress: Progress | None = None,
    ) -> pa.Table:
        """Run `query` and return its result; `on_progress` receives the progress of DuckDB."""
        with self._read_connection() as connection:
            for name, table in tables.items():
                connection.register(name, table)
            sql = self.queries.compile_sql(query, "duckdb")
            if _has_one_row(query):
                # `execute` binds the statement once, `sql` twice; but it keeps the result twice in memory.
                return connection.execute(sql).to_arrow_table()
            result = connection.sql(sql)
            if on_progress is None:
                return result.to_arrow_table()
            with _report_query_progress(connection, on_progress):
                return result.to_arrow_reader(BATCH_ROWS).read_all()

    def store(self, queries: Mapping[str, ibis.Table], tables: Mapping[str, pa.Table] = NO_TABLES) -> None:
        """Store nothing: reading again is cheap."""

    def iter_batches(self, query: ibis.Table) -> Iterator[pa.Table]:
        """Run `query` and yield its result lazily in batches of BATCH_ROWS."""
        with self._read_connection() as connection:
            result = connection.sql(self.queries.compile_sql(query, "duckdb"))
            for batch in result.to_arrow_reader(BATCH_ROWS):
                yield pa.Table.from_batches([batch])

    def _connect(self) -> duckdb.DuckDBPyConnection:
        raise NotImplementedError

    @contextmanager
    def _read_connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open a connection for one call and translate errors of DuckDB."""
        connections: list[duckdb.DuckDBPyConnection] = []
        try:
            with self._work.running(lambda: _stop_queries(connections)):
                connections.append(self._connect())
                try:
                    with interrupt_when_cancelled(partial(_interrupt, connections[0])):
                        yield connections[0]
                finally:
                    connections.pop().close()
        except Exception as error:
            if self._work.closed:  # the removal is the cause of any error
                raise build_removed_error(self.name) from error
            if isinstance(error, duckdb.Error):
                raise_if_cancelled()
                raise SourceError(
                    f"{self.name!r} could not be read.", hint=describe_duckdb_error(error, self._path)
                ) from error
            raise


class DatabaseSource(DuckDBSource):
    """One table of a DuckDB database; the file is open only while a query runs, so that others can write to it."""

    def __init__(self, path: Path, table: str = SALES_TABLE, *, name: str = "", note: str = "") -> None:
        super().__init__(path)
        self.note = note
        with self._read_connection() as connection:
            rows = connection.execute(_TABLES).fetchall()
        tables = {name if schema == "main" else f"{schema}.{name}": (str(schema), str(name)) for schema, name in rows}
        requested = table.replace('"', "").removeprefix("main.").lower()
        matches = [label for label in tables if label.lower() == requested]
        matches = matches or [label for label, (_, name) in tables.items() if name.lower() == requested]
        if len(matches) != 1:
            ambiguous = f"There are several tables {table!r} in {path.name!r}."
            raise SourceError(
                ambiguous if matches else f"There is no table {table!r} in {path.name!r}.",
                hint=f"{'Specify one of' if matches else 'Available'}: {', '.join(sorted(matches or tables)[:10])}.",
            )
        self._schema, self._table_name = tables[matches[0]]
        self._demographics = next((known for known in tables if known.lower() == DEMOGRAPHICS_TABLE), None)
        self.name = name or f"{path.name} {matches[0]}"

    def table(self) -> ibis.Table:
        """The sales table, unbound; it may be in any schema of the database."""
        return self._build_unbound_table(self._table_name, self._schema)

    def version(self) -> str:
        """A hash of the rows, so that other changes to the file, such as published results, do not count."""
        sales = quote_name((self._schema, self._table_name))
        key = (str(self._path), sales, super().version())
        if key not in _versions:
            with self._read_connection() as connection:
                sums = [
                    connection.execute(f"select count(*), sum(hash(t)) from {table} as t").fetchall()[0]
                    for table in filter(None, (sales, self._demographics and quote_name((self._demographics,))))
                ]
            _versions[key] = "-".join(f"{rows}-{int(total or 0):x}" for rows, total in sums)
        return _versions[key]

    def demographics(self) -> ibis.Table | None:
        """The table `demographics` of the same database, unbound; None if there is none."""
        return None if self._demographics is None else self._build_unbound_table(self._demographics)

    def _connect(self) -> duckdb.DuckDBPyConnection:
        config = with_temp_directory(CONFIG, self._path)
        connection = retry_while_locked(lambda: duckdb.connect(str(self._path), read_only=True, config=config))
        with suppress(duckdb.Error):  # fails once another connection has locked the configuration
            connection.execute(_ENABLE_PROGRESS)
        return restrict_access(connection)


def check_file(path: Path) -> None:
    """Raise SourceError if a path is not a file with content."""
    if not path.exists():
        raise SourceError(f"File {path.name!r} not found.", hint="Check the path, or use demo:complete-journey.")
    if not path.is_file():
        raise SourceError(f"{path.name!r} is a folder, not a file.", hint="Specify a file, or several: 'folder/*.csv'.")
    if path.stat().st_size == 0:
        raise SourceError(f"The file {path.name!r} is empty.", hint="Export it again and check its size.")


def _has_one_row(query: ibis.Table) -> bool:
    """Whether a query is an aggregate of all rows."""
    operation = query.op()
    return isinstance(operation, ops.Aggregate) and not operation.groups


def build_removed_error(name: str) -> SourceError:
    """The error for a query on an upload that has been removed."""
    return SourceError(f"The file {name!r} was removed.", hint="Upload it again, or choose another source.")


def _interrupt(connection: duckdb.DuckDBPyConnection) -> None:
    """Interrupt the running query, if any: the removal of a file closes connections that a job may still cancel."""
    with suppress(duckdb.ConnectionException):
        connection.interrupt()


def _stop_queries(connections: list[duckdb.DuckDBPyConnection]) -> bool:
    """Interrupt the running query; return whether the connection is closed, which fails while the query still runs."""
    for connection in connections:
        _interrupt(connection)
        with suppress(duckdb.Error):
            connection.close()
            return True
    return False


@contextmanager
def _report_query_progress(connection: duckdb.DuckDBPyConnection, on_progress: Progress) -> Iterator[None]:
    """Report the progress of queries in the body; does nothing if the connection does not measure it, as for files."""
    if not connection.execute("select current_setting('enable_progress_bar')").fetchall()[0][0]:
        yield
        return
    ended = threading.Event()

    def poll() -> None:
        while not ended.wait(_POLL_SECONDS):
            on_progress(min(max(connection.query_progress() / 100, 0.0), 1.0))

    watcher = threading.Thread(target=poll, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
