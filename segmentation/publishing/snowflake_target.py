"""Publishing to Snowflake: the same statements, on the session that also reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs

import pandas as pd

from segmentation.errors import SegmentationError, SettingsError, SourceError
from segmentation.export.sql_identifiers import Name, parse_name, quote_name
from segmentation.snowflake_client.credentials import Credentials, resolve_credentials
from segmentation.snowflake_client.hosted_connection import execute
from segmentation.snowflake_client.session import Session, create_temp_table_name, get_session_for
from segmentation.snowflake_client.table_names import TableName

RESULTS = "ML_RESULTS"


class SnowflakeTarget:
    """A schema in Snowflake. It is made where it is missing and the role may make it."""

    loads_into_memory = False
    column_types: Mapping[str, str] = {
        "text": "VARCHAR",
        "integer": "NUMBER(38, 0)",
        "double": "FLOAT",
        "date": "DATE",
        "timestamp": "TIMESTAMP_NTZ",
    }

    def __init__(self, found: Credentials, schema: Name) -> None:
        self._found = found
        self.schema = schema
        self.information = quote_name((schema[0], "INFORMATION_SCHEMA"))
        self.name = f"Snowflake {'.'.join(schema)}"

    def get_table_name(self, name: str) -> Name:
        """One of our tables, in capitals."""
        return (*self.schema, name.upper())

    def is_missing(self) -> bool:
        """False: only the server knows."""
        return False

    @contextmanager
    def open_writer(self) -> Iterator[SnowflakeWriter]:
        """A session of its own, or a turn of a shared one: nobody else's statement is within the transaction."""
        if self._found.connection is not None:
            shared = get_session_for(self._found)
            with shared.turn:
                yield SnowflakeWriter(shared, self.schema)
            return
        opened = Session(self._found)
        try:
            yield SnowflakeWriter(opened, self.schema)
        finally:
            ending = opened.close()
            if ending is not None:
                ending.join(timeout=2)  # else a command that ends now would leave it open

    @contextmanager
    def open_reader(self) -> Iterator[SnowflakeWriter]:
        """The session that also reads the sales."""
        yield SnowflakeWriter(get_session_for(self._found), self.schema)


class SnowflakeWriter:
    """Statements in one session. Once a transaction has begun, it ends in the session in which it began."""

    def __init__(self, opened: Session, schema: Name) -> None:
        self._session = opened
        self._schema = schema
        self._began_in: Any = None

    def execute(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The answer to one statement."""

        def work(connection: Any) -> list[tuple[Any, ...]]:
            if sql.startswith("BEGIN"):
                self._began_in = connection
            if self._began_in not in {None, connection}:  # a renewed session has no transaction: it would write at once
                raise SourceError(
                    "The session with Snowflake ended while publishing.", hint="All is as it was. Publish again."
                )
            with connection.cursor() as cursor:
                execute(connection, cursor, sql, values)
                return [tuple(row) for row in cursor.fetchall()]

        return self._session.run_with_connection(work)

    def load_temp_table(self, frame: pd.DataFrame) -> str:
        """A temporary table, which lasts as long as the session."""
        made = TableName(self._schema[0], self._schema[1], create_temp_table_name("STAGED_SEGMENTS"))
        self._session.load_frame(frame.rename(columns=str.upper), made, temporary=True)
        return made.to_sql

    def open_target(self) -> None:
        """Nothing to do: the session is the place itself, and readers are never locked out."""

    def rollback(self) -> None:
        """Roll back; a session that has ended has rolled back by itself."""
        try:
            self.execute("ROLLBACK")
        except SegmentationError:
            return


def resolve_snowflake_target(uri: str) -> SnowflakeTarget:
    """The place of `snowflake:`, `snowflake:SCHEMA`, `snowflake:DATABASE.SCHEMA`, each with `?connection=NAME` or not.

    Raises:
        SettingsError: the address or the settings are not enough.
    """
    text, _, query = uri.removeprefix("snowflake:").partition("?")
    options = parse_qs(query, keep_blank_values=True)
    if set(options) - {"connection"}:
        raise SettingsError(
            "The address of the place in Snowflake cannot be read.", hint="Write snowflake:DATABASE.SCHEMA."
        )
    given = parse_name(text or RESULTS, "snowflake", max_parts=2)
    found = resolve_credentials(options.get("connection", [""])[0])
    if len(given) == 1:
        database = found.values.get("database")
        if not database:
            raise SettingsError("No database is named.", hint="Set SNOWFLAKE_DATABASE, or write snowflake:DB.SCHEMA.")
        given = (*parse_name(database, "snowflake", max_parts=1), *given)
    return SnowflakeTarget(found, given)
