"""Publish target in Snowflake: the same statements as for DuckDB, in a session of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs

import pandas as pd
import pyarrow as pa

from segmentation.errors import SegmentationError, SettingsError, SourceError
from segmentation.runtime.sql_identifiers import Name, parse_name, quote_name
from segmentation.snowflake_client.arrow_spool import read_spooled
from segmentation.snowflake_client.credentials import Credentials, resolve_credentials
from segmentation.snowflake_client.hosted_connection import execute
from segmentation.snowflake_client.session import Session, get_session_for
from segmentation.snowflake_client.table_names import TableName, create_temp_table_name

DEFAULT_SCHEMA = "ML_RESULTS"


class SnowflakeTarget:
    """A schema in Snowflake; created if it is missing and the role has the privilege."""

    # Without the seven days of Fail-safe storage that each replaced row would cost: a run can be published again.
    create_table = "CREATE TRANSIENT TABLE"
    loads_into_memory = False
    column_types: Mapping[str, str] = {
        "text": "VARCHAR",
        "integer": "NUMBER(38, 0)",
        "double": "FLOAT",
        "boolean": "BOOLEAN",
        "date": "DATE",
        "timestamp": "TIMESTAMP_NTZ",
    }

    def __init__(self, credentials: Credentials, schema: Name) -> None:
        self._credentials = credentials
        self.schema = schema
        self.information = quote_name((schema[0], "INFORMATION_SCHEMA"))
        self.name = f"Snowflake {'.'.join(schema)}"

    def get_table_name(self, name: str) -> Name:
        """The qualified name of a table, in upper case."""
        return (*self.schema, name.upper())

    def is_missing(self) -> bool:
        """False: only the server knows."""
        return False

    @contextmanager
    def open_writer(self) -> Iterator[SnowflakeConnection]:
        """A new session, or a turn of the shared hosted one: no other statement runs within the transaction."""
        if self._credentials.connection is not None:
            shared = get_session_for(self._credentials)
            with shared.turn:
                yield SnowflakeConnection(shared, self.schema)
            return
        session = Session(self._credentials)
        try:
            yield SnowflakeConnection(session, self.schema)
        finally:
            closing = session.close()
            if closing is not None:
                closing.join(timeout=2)  # a command that exits at once would leave the session open

    @contextmanager
    def open_reader(self) -> Iterator[SnowflakeConnection]:
        """The session that also reads the sales."""
        yield SnowflakeConnection(get_session_for(self._credentials), self.schema)


class SnowflakeConnection:
    """Runs statements in one session. A transaction ends in the session in which it began, or fails."""

    def __init__(self, session: Session, schema: Name) -> None:
        self._session = session
        self._schema = schema
        self._began_in: Any = None

    def execute(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows."""

        def work(connection: Any) -> list[tuple[Any, ...]]:
            if sql.startswith("BEGIN"):
                self._began_in = connection
            # A reopened session is not in the transaction: its statements would autocommit.
            if self._began_in not in {None, connection}:
                raise SourceError(
                    "The session with Snowflake ended while publishing.",
                    hint="Publish again: that is safe whether or not the change was saved.",
                )
            with connection.cursor() as cursor:
                execute(connection, cursor, sql, values)
                return [tuple(row) for row in cursor.fetchall()]

        return self._session.run_with_connection(work)

    def iter_batches(self, sql: str, schema: pa.Schema) -> Iterator[pa.Table]:
        """Run a query and yield its result in batches, after spooling all of it to a temporary file."""
        with tempfile.TemporaryFile() as file:
            self._session.fetch_table(sql, schema, spool=file)
            yield from read_spooled(file)

    def load_temp_table(self, frame: pd.DataFrame, name: str) -> str:
        """Create a temporary table of integers, floats and text, which lasts as long as the session."""
        table = TableName(self._schema[0], self._schema[1], create_temp_table_name(name))
        frame = frame.rename(columns=str.upper)
        # Not created by the connector, which infers types with a file format: one more privilege in the schema.
        types = [f"{quote_name((str(column),))} {_get_column_type(kind)}" for column, kind in frame.dtypes.items()]
        self.execute(f"CREATE TEMPORARY TABLE {table.quoted} ({', '.join(types)})")
        self._session.load_frame(frame, table)
        return table.quoted

    def open_target(self) -> None:
        """Do nothing: the session already writes to the target, and readers are never locked out."""

    def rollback(self) -> None:
        """Roll back; Snowflake rolls back expired sessions itself."""
        try:
            self.execute("ROLLBACK")
        except SegmentationError:
            return


def _get_column_type(dtype: Any) -> str:
    numeric = "integer" if pd.api.types.is_integer_dtype(dtype) else "double"
    return SnowflakeTarget.column_types[numeric if pd.api.types.is_numeric_dtype(dtype) else "text"]


def resolve_snowflake_target(uri: str) -> SnowflakeTarget:
    """Parse `snowflake:`, `snowflake:SCHEMA` or `snowflake:DATABASE.SCHEMA`, each optionally with `?connection=NAME`.

    Raises:
        SettingsError: the URI is invalid, or neither it nor the settings name a database.
    """
    text, _, query = uri.removeprefix("snowflake:").partition("?")
    options = parse_qs(query, keep_blank_values=True)
    if set(options) - {"connection"}:
        raise SettingsError("The Snowflake target is not valid.", hint="Use snowflake:DATABASE.SCHEMA.")
    schema = parse_name(text or DEFAULT_SCHEMA, "snowflake", max_parts=2)
    credentials = resolve_credentials(options.get("connection", [""])[0])
    if len(schema) == 1:
        database = credentials.values.get("database")
        if not database:
            raise SettingsError("No database is specified.", hint="Set SNOWFLAKE_DATABASE, or use snowflake:DB.SCHEMA.")
        schema = (*parse_name(database, "snowflake", max_parts=1), *schema)
    return SnowflakeTarget(credentials, schema)
