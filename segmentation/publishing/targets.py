"""Where a run can be published. A place is opened briefly and speaks SQL, with values bound."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

import duckdb
import pandas as pd
import pyarrow as pa

from segmentation.export.sql_identifiers import Name, name_of
from segmentation.errors import SettingsError, SourceError
from segmentation.runtime.duckdb_retry import different_names, patiently, restrict_access, told

RESULTS = "ml_results"
STAGE = "staged_customer_segments"
_CONFIG: dict[str, Any] = {"autoinstall_known_extensions": False, "TimeZone": "UTC"}


class Writer(Protocol):
    """Statements on one connection."""

    def run(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The answer to one statement; `values` are bound to its question marks."""
        ...

    def load(self, frame: pd.DataFrame) -> str:
        """Make a temporary table of `frame`; its name as SQL."""
        ...

    def open_target(self) -> None:
        """Called once what was loaded is known to be good: from here on, statements reach the place itself."""
        ...

    def undo(self) -> None:
        """Roll back, whatever state the connection is in."""
        ...


class Place(Protocol):
    """A schema that results go to."""

    name: str
    """What a person calls it; never a path."""
    schema: Name
    information: str
    """The schema in which the engine tells of its schemas and tables, as SQL."""
    kinds: Mapping[str, str]
    """The engine's word for text, integer, double, date and timestamp."""
    loads_into_memory: bool
    """Whether `Writer.load` needs nothing of the place, so that it is opened only afterwards."""

    def table(self, name: str) -> Name:
        """One of our tables, in the engine's case."""
        ...

    def is_missing(self) -> bool:
        """Whether there is surely nothing there."""
        ...

    def writing(self) -> AbstractContextManager[Writer]:
        """A connection to write; failures become one sentence."""
        ...

    def reading(self) -> AbstractContextManager[Writer]:
        """A connection to read."""
        ...


def place_of(uri: str) -> Place:
    """The place that an address names; nothing is opened yet.

    Raises:
        SettingsError: it names none.
    """
    if uri.startswith("duckdb:"):
        return _duckdb_place(uri)
    if uri.startswith("snowflake:"):
        from segmentation.publishing import snowflake_target as on_snowflake

        return on_snowflake.place_of(uri)
    raise SettingsError(
        f"Nothing can be published to {uri[:60]!r}.", hint="Name duckdb:///path/file.duckdb or snowflake:."
    )


def _duckdb_place(uri: str) -> DuckDBPlace:
    parts = urlsplit(uri)
    options = parse_qs(parts.query, keep_blank_values=True)
    path = parts.path.removeprefix("/") if parts.netloc else parts.path
    if set(options) - {"schema"} or parts.fragment or not path.strip("/"):
        raise SettingsError(
            "The address of the DuckDB database cannot be read.", hint="Write duckdb:///path/file.duckdb?schema=NAME."
        )
    return DuckDBPlace(Path(path), name_of(options.get("schema", [RESULTS])[0], "duckdb", most=1))


class DuckDBPlace:
    """A schema of a DuckDB database, which is made where there is none."""

    information = "information_schema"
    loads_into_memory = True
    kinds: Mapping[str, str] = {
        "text": "VARCHAR", "integer": "BIGINT", "double": "DOUBLE", "date": "DATE", "timestamp": "TIMESTAMP"
    }  # fmt: skip

    def __init__(self, path: Path, schema: Name) -> None:
        self._path = path
        self.schema = schema
        self.name = f"{path.name} {schema[-1]}"

    def table(self, name: str) -> Name:
        """One of our tables."""
        return (*self.schema, name)

    def is_missing(self) -> bool:
        """Whether there is no such file."""
        return not self._path.exists()

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """Loads into memory; the file is open for writing, and closed to readers, only from `open_target` on."""
        if not self._path.parent.is_dir():
            raise SourceError(f"There is no folder for {self._path.name!r}.", hint="Make it, or check the path.")
        with self._errors("written to"), closing(DuckDBWriter(duckdb.connect(config=_CONFIG), self._connect)) as writer:
            yield writer

    @contextmanager
    def reading(self) -> Iterator[Writer]:
        """The file, open for reading."""
        with self._errors("read"), closing(DuckDBWriter(self._connect(read_only=True))) as reader:
            yield reader

    def _connect(self, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
        """The file, once nobody else has it open in a way that excludes this one."""
        connection = patiently(lambda: duckdb.connect(str(self._path), read_only=read_only, config=_CONFIG))
        try:
            restrict_access(connection)  # a view in the target reaches no other file
            different_names(connection, self.schema[-1])
        except BaseException:
            connection.close()
            raise
        return connection

    @contextmanager
    def _errors(self, what: str) -> Iterator[None]:
        try:
            yield
        except duckdb.Error as error:
            raise SourceError(f"{self._path.name!r} could not be {what}.", hint=told(error, self._path)) from error


class DuckDBWriter:
    """Statements on one connection to DuckDB."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, connect: Callable[[], duckdb.DuckDBPyConnection] | None = None
    ) -> None:
        """connect: opens what `open_target` changes to."""
        self._connection = connection
        self._connect = connect

    def run(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The answer to one statement."""
        return self._connection.execute(sql, list(values)).fetchall()

    def load(self, frame: pd.DataFrame) -> str:
        """A temporary table, which no other connection sees and no file keeps."""
        self._connection.register("sent", pa.Table.from_pandas(frame, preserve_index=False))
        self.run(f"CREATE TEMP TABLE {STAGE} AS SELECT * FROM sent")
        self._connection.unregister("sent")
        return STAGE

    def open_target(self) -> None:
        """Open the file; what was loaded is found there under the same name, without being copied or stored."""
        assert self._connect is not None
        staged = self._connection.table(STAGE).to_arrow_table()
        target = self._connect()
        self._connection.close()
        self._connection = target
        target.register(STAGE, staged)

    def close(self) -> None:
        """Close what is open."""
        self._connection.close()

    def undo(self) -> None:
        """Roll back; where there is nothing to roll back, nothing happens."""
        try:
            self._connection.rollback()
        except duckdb.Error:
            return
