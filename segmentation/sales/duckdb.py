"""Embedded sources: what DuckDB queries, and tables of its own databases."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb
import ibis
import pyarrow as pa
from ibis.backends.sql.datatypes import DuckDBType

from segmentation.errors import SourceError
from segmentation.runtime import workdir
from segmentation.runtime.cancellation import interrupt_when_cancelled, raise_if_cancelled
from segmentation.runtime.duckdb_retry import describe_duckdb_error, restrict_access, retry_while_locked
from segmentation.sales.demographics import TABLE as DEMOGRAPHICS
from segmentation.sales.file_parsing import TABLE, Config
from segmentation.sales.query_cache import SHARED_QUERIES, QueryCache
from segmentation.sales.running_work import RunningWork
from segmentation.sales.source import NO_TABLES

# Nothing is fetched from anywhere, and a time stamp with a zone falls on the same day on every machine.
MEMORY_LIMIT = "1.5GB"
"""What a database may take; beyond it the engine goes on, on disk in the room of this process."""
CONFIG: Config = {
    "memory_limit": MEMORY_LIMIT,
    "autoinstall_known_extensions": False,
    "TimeZone": "UTC",
    "python_enable_replacements": False,  # a name in a query is a table, never a variable of this program
}
_TABLES = """
select schema_name, table_name from duckdb_tables() where database_name = current_database() and not internal
union all
select schema_name, view_name from duckdb_views() where database_name = current_database() and not internal
"""

BATCH_ROWS = 100_000
"""Rows of a batch of a large answer."""
_tokens: dict[tuple[str, str, str], str] = {}
"""File, table and state of the file -> version. One number each; it is asked for at every view of a page."""


def with_temp_directory(config: Config, path: Path | None = None) -> Config:
    """The same, and where to go on beyond the limit of memory, unless that is settled.

    A folder for each database: two in one would write into each other's files. One that is opened twice at a time,
    `path` a file, must be opened in the same way.
    """
    try:
        corner = str(workdir.get_scratch_dir(path))
    except OSError:  # nothing may be written here: it ends at the limit
        corner = ""
    return {"temp_directory": corner, **config}


class DuckDBSource:
    """What the embedded sources share: a file, its version, and queries on a short-lived cursor."""

    name: str
    note = ""
    queries: QueryCache = SHARED_QUERIES
    _table_name = TABLE

    def __init__(self, path: Path, work: RunningWork | None = None) -> None:
        self._work = work or RunningWork()
        if not path.exists():
            raise SourceError(f"There is no file {path.name!r}.", hint="Check the path, or use demo:complete-journey.")
        if not path.is_file():
            raise SourceError(f"{path.name!r} is a folder, not a file.", hint="Name one .parquet or .csv file.")
        if path.stat().st_size == 0:
            raise SourceError(f"The file {path.name!r} is empty.", hint="Export it again and check its size.")
        self._path = path.resolve()
        self.name = path.name

    def version(self) -> str:
        """Size and time of the last change of the file."""
        try:
            stat = self._path.stat()
        except OSError as error:
            raise SourceError(f"The file {self.name!r} is gone.", hint="Put it back, or choose another.") from error
        return f"{stat.st_size}-{stat.st_mtime_ns}"

    def table(self) -> ibis.Table:
        """The sales table, unbound."""
        return self._unbound_table(self._table_name)

    def _unbound_table(self, name: str, schema: str | None = None) -> ibis.Table:
        with self._read_connection() as connection:
            table = connection.table(_quoted(*filter(None, (schema, name))))
            types = [DuckDBType.from_string(str(kind)) for kind in table.types]
            return ibis.table(dict(zip(table.columns, types, strict=True)), name=name, database=schema)

    def fetch(
        self,
        query: ibis.Table,
        tables: Mapping[str, pa.Table] = NO_TABLES,
        on_progress: Callable[[float], None] | None = None,
    ) -> pa.Table:
        """The whole answer to `query`; in batches where `on_progress` is told how far the engine is."""
        with self._read_connection() as connection:
            for name, table in tables.items():
                connection.register(name, table)
            answer = connection.sql(self.queries.compile_sql(query, "duckdb"))
            if on_progress is None:
                return answer.to_arrow_table()
            with _report_query_progress(connection, on_progress):
                return answer.to_arrow_reader(BATCH_ROWS).read_all()

    def iter_batches(self, query: ibis.Table) -> Iterator[pa.Table]:
        """The answer in parts of BATCH rows, made as they are taken."""
        with self._read_connection() as connection:
            answer = connection.sql(self.queries.compile_sql(query, "duckdb"))
            for batch in answer.to_arrow_reader(BATCH_ROWS):
                yield pa.Table.from_batches([batch])

    def _connect(self) -> duckdb.DuckDBPyConnection:
        raise NotImplementedError

    @contextmanager
    def _read_connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection of this call's own; DuckDB's failures become one sentence."""
        connections: list[duckdb.DuckDBPyConnection] = []
        try:
            with self._work.running(lambda: _stop_queries(connections)):
                connections.append(self._connect())
                try:
                    with interrupt_when_cancelled(connections[0].interrupt):
                        yield connections[0]
                finally:
                    connections.pop().close()
        except Exception as error:
            if self._work.closed:  # whatever it is that failed, this is why
                raise source_removed(self.name) from error
            if isinstance(error, duckdb.Error):
                raise_if_cancelled()
                raise SourceError(
                    f"{self.name!r} could not be read.", hint=describe_duckdb_error(error, self._path)
                ) from error
            raise


class DatabaseSource(DuckDBSource):
    """One table of a DuckDB database; the file is open only while a query runs, so that others may write to it."""

    def __init__(self, path: Path, table: str = TABLE, *, name: str = "", note: str = "") -> None:
        super().__init__(path)
        self.note = note
        with self._read_connection() as connection:
            rows = connection.execute(_TABLES).fetchall()
        tables = {name if schema == "main" else f"{schema}.{name}": (str(schema), str(name)) for schema, name in rows}
        asked = table.replace('"', "").removeprefix("main.").lower()
        found = [label for label in tables if label.lower() == asked]
        found = found or [label for label, (_, name) in tables.items() if name.lower() == asked]
        if len(found) != 1:
            several = f"There are several tables {table!r} in {path.name!r}."
            raise SourceError(
                several if found else f"There is no table {table!r} in {path.name!r}.",
                hint=f"{'Name one of' if found else 'It holds'}: {', '.join(sorted(found or tables)[:10])}.",
            )
        self._schema, self._table_name = tables[found[0]]
        self._people = next((known for known in tables if known.lower() == DEMOGRAPHICS), None)
        self.name = name or f"{path.name} {found[0]}"

    def table(self) -> ibis.Table:
        """The sales table, unbound; it may stand in any schema of the file."""
        return self._unbound_table(self._table_name, self._schema)

    def version(self) -> str:
        """A sum over the rows: what else happens in the file, results published to it for example, changes nothing."""
        sold = _quoted(self._schema, self._table_name)
        key = (str(self._path), sold, super().version())
        if key not in _tokens:
            with self._read_connection() as connection:
                sums = [
                    connection.execute(f"select count(*), sum(hash(t)) from {table} as t").fetchall()[0]
                    for table in filter(None, (sold, self._people and _quoted(self._people)))
                ]
            _tokens[key] = "-".join(f"{rows}-{int(mixed or 0):x}" for rows, mixed in sums)
        return _tokens[key]

    def demographics(self) -> ibis.Table | None:
        """The table `demographics` of the same database, unbound; None where there is none."""
        return None if self._people is None else self._unbound_table(self._people)

    def _connect(self) -> duckdb.DuckDBPyConnection:
        config = with_temp_directory(CONFIG, self._path)
        connection = retry_while_locked(lambda: duckdb.connect(str(self._path), read_only=True, config=config))
        with suppress(duckdb.Error):  # per connection, and refused once another one has locked the database
            connection.execute("set enable_progress_bar = true; set enable_progress_bar_print = false")
        return restrict_access(connection)


def source_removed(name: str) -> SourceError:
    """The error of whoever still works on a file when it is removed."""
    return SourceError(f"The file {name!r} was removed.", hint="Upload it again, or choose other sales.")


def _stop_queries(connections: list[duckdb.DuckDBPyConnection]) -> bool:
    """Interrupt what runs on the connection; whether it is closed. It refuses that while a query runs: ask again."""
    for connection in connections:
        connection.interrupt()
        with suppress(duckdb.Error):
            connection.close()
            return True
    return False


@contextmanager
def _report_query_progress(connection: duckdb.DuckDBPyConnection, progress: Callable[[float], None]) -> Iterator[None]:
    """Tell how far the engine is with what is asked within; nothing where its settings are locked, as with files."""
    try:
        connection.execute("set enable_progress_bar = true; set enable_progress_bar_print = false")
    except duckdb.Error:
        yield
        return
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(0.2):
            progress(min(max(connection.query_progress() / 100, 0.0), 1.0))

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def _quoted(*name: str) -> str:
    return ".".join('"' + part.replace('"', '""') + '"' for part in name)
