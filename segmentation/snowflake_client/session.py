"""A session with Snowflake: opened at first use, shared by all threads, renewed once when it has ended.

Whatever is asked of it ends within its time-out plus two seconds, with a whole answer or a `SourceError`.
"""

from __future__ import annotations

import atexit
import os
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import IO, Any, TypeVar

import pandas as pd
import pyarrow as pa

from segmentation.errors import SettingsError, SourceError
from segmentation.runtime.timeout import run_with_timeout
from segmentation.snowflake_client import hosted_connection
from segmentation.snowflake_client.arrow_spool import create_spool_writer
from segmentation.snowflake_client.authentication import check_key, resolve_auth
from segmentation.snowflake_client.credentials import Credentials, resolve_credentials
from segmentation.snowflake_client.error_messages import get_error_code, is_session_expired, to_source_error
from segmentation.snowflake_client.table_names import TableName

QUERY_TAG = "segments"
LOGIN_SECONDS, NETWORK_SECONDS, STATEMENT_SECONDS = 30, 30, 300
Result = TypeVar("Result")
Progress = Callable[[float], None]


@dataclass(frozen=True)
class Column:
    """A column of an answer: its name in Snowflake's case, and its type by Snowflake's number."""

    name: str
    kind: int
    precision: int | None
    scale: int | None


class Session:
    """Statements in one session. Safe to share between threads; nothing is connected before the first statement."""

    def __init__(self, found: Credentials) -> None:
        self.found = found
        self._sign_in = None if found.connection is not None else resolve_auth(found.values)
        self.way = hosted_connection.HOSTED_LABEL if self._sign_in is None else self._sign_in.name
        # A connection that is everybody's: its statements take turns, and a transaction is one turn.
        self.turn: AbstractContextManager[Any] = threading.RLock() if self._sign_in is None else nullcontext()
        self.login_seconds = _parse_seconds(found.values, "login_timeout", LOGIN_SECONDS)
        self.statement_seconds = _parse_seconds(found.values, "statement_timeout", STATEMENT_SECONDS)
        self._network_seconds = _parse_seconds(found.values, "network_timeout", NETWORK_SECONDS)
        self._lock = threading.Lock()
        self._connection: Any = None

    def fetch_rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The whole answer of a small statement; `values` are bound to its question marks."""

        def work(connection: Any, told: list[float]) -> list[tuple[Any, ...]]:
            with connection.cursor() as cursor:
                hosted_connection.execute(connection, cursor, sql, values)
                return [tuple(row) for row in cursor.fetchall()]

        return self._execute_with_reconnect(work)

    def describe_columns(self, sql: str) -> list[Column]:
        """The columns of the answer that a query would give; nothing is read."""

        def work(connection: Any, told: list[float]) -> list[Column]:
            with connection.cursor() as cursor:
                found = cursor.describe(sql)
                return [Column(str(one.name), int(one.type_code), one.precision, one.scale) for one in found]

        return self._execute_with_reconnect(work)

    def fetch_table(
        self, sql: str, schema: pa.Schema, progress: Progress | None = None, keep: IO[bytes] | None = None
    ) -> pa.Table:
        """The whole answer to a query as one Arrow table in the types of `schema`; decimals stay exact.

        It comes in batches; `progress` is told the share of rows that have come. With `keep` they go into that file
        (Arrow's format for files) as they come, and the table is empty.

        Raises:
            SourceError: not every row came.
        """

        def work(connection: Any, told: list[float]) -> pa.Table:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                batches: list[pa.Table] = []
                total, rows = cursor.rowcount or 0, 0
                with create_spool_writer(keep, schema) as put:
                    for batch in cursor.fetch_arrow_batches() if total else ():
                        (put or batches.append)(cast_batch(batch, schema))
                        rows += batch.num_rows
                        told[0] = rows / total
            if rows != total:
                raise SourceError(
                    f"Only {rows:,} of {total:,} rows came from Snowflake.", hint="Nothing was kept of them. Try again."
                )
            return pa.concat_tables(batches, promote_options="permissive") if batches else schema.empty_table()

        return self._execute_with_reconnect(work, progress)

    def load_frame(self, frame: pd.DataFrame, into: TableName, *, temporary: bool = False) -> int:
        """Append `frame` to a table that exists, column by column of the same name; the number of rows.

        A temporary table is made for it, and lasts as long as the session.
        """
        from snowflake.connector.pandas_tools import write_pandas

        def work(connection: Any, told: list[float]) -> int:
            written = write_pandas(
                connection,
                frame,
                into.table,
                into.database,
                into.schema,
                auto_create_table=temporary,
                table_type="temp" if temporary else "",
            )
            return int(written[2])  # by name only in connector 5

        return self._execute_with_reconnect(work)

    def run_with_connection(self, work: Callable[[Any], Result]) -> Result:
        """Do several things on one connection, for example a transaction; all of it again if the session had ended.

        `work` must leave nothing half done when it is interrupted.
        """
        return self._execute_with_reconnect(lambda connection, told: work(connection))

    def close(self) -> threading.Thread | None:
        """End the session, if there is one, in a thread of its own; the next statement opens another."""
        with self._lock:
            connection, self._connection = self._connection, None
        if connection is None or connection is self.found.connection:
            return None
        ending = threading.Thread(target=_run_ignoring_errors, args=(connection.close,), daemon=True)
        ending.start()
        return ending

    def _execute_with_reconnect(
        self, work: Callable[[Any, list[float]], Result], progress: Progress | None = None
    ) -> Result:
        with self.turn:
            try:
                return self._execute_once(work, progress)
            except _SessionExpiredError:
                self.close()
            try:
                return self._execute_once(work, progress)
            except _SessionExpiredError as error:
                raise to_source_error(error.cause) from error.cause

    def _execute_once(self, work: Callable[[Any, list[float]], Result], progress: Progress | None) -> Result:
        connection = self._open()
        told = [0.0]
        try:
            return run_with_timeout(
                self.statement_seconds, lambda: work(connection, told), progress and (lambda: progress(told[0]))
            )
        except TimeoutError:
            self.close()
            raise SourceError(
                f"Snowflake did not answer within {self.statement_seconds} seconds.",
                hint="Check the network, raise SNOWFLAKE_STATEMENT_TIMEOUT, or use a larger warehouse.",
            ) from None
        except SourceError:
            raise
        except Exception as error:
            if is_session_expired(error):
                raise _SessionExpiredError(error) from error
            told_error = to_source_error(error)
            if _is_connection_lost(error):
                self.close()
            raise told_error from error

    def _open(self) -> Any:
        with self._lock:
            if self._connection is None:
                try:
                    self._connection = run_with_timeout(self.login_seconds, self._connect)
                except TimeoutError:
                    raise SourceError(
                        f"Snowflake did not answer the sign-in within {self.login_seconds} seconds.",
                        hint="Check the account's name and the network.",
                    ) from None
                except Exception as error:
                    raise to_source_error(error) from error
            return self._connection

    def _connect(self) -> Any:
        if self._sign_in is None:
            return self.found.connection
        os.environ.setdefault("SNOWFLAKE_DISABLE_PLATFORM_DETECTION", "true")  # asks no cloud what it runs on
        import snowflake.connector

        check_key(self._sign_in.arguments)
        plain = ("account", "role", "warehouse", "database", "schema", "host", "protocol")
        arguments: dict[str, Any] = {name: self.found.values[name] for name in plain if name in self.found.values}
        if "port" in self.found.values:
            arguments["port"] = _parse_seconds(self.found.values, "port", 443)
        connection = snowflake.connector.connect(
            **arguments,
            **self._sign_in.arguments,
            paramstyle="qmark",
            application="Segments",
            login_timeout=self.login_seconds,
            connect_timeout=min(self._network_seconds, self.login_seconds),
            query_timeout=self.statement_seconds,
            request_timeout=self._network_seconds,
            arrow_number_to_decimal=True,
            enable_server_session_keep_alive_auto_detection=False,
            session_parameters={
                "QUERY_TAG": QUERY_TAG,
                "TIMEZONE": "UTC",
                "STATEMENT_TIMEOUT_IN_SECONDS": self.statement_seconds,
            },
        )
        atexit.unregister(close_sessions)
        atexit.register(close_sessions)  # after this connection's own, hence done before it
        return connection


_sessions: dict[tuple[tuple[str, str], ...], Session] = {}
_sessions_lock = threading.Lock()


def get_session(connection: str = "") -> Session:
    """The session of these settings: one for all who ask, kept while the settings stay the same.

    Raises:
        SettingsError: the settings are not enough to sign in.
    """
    return get_session_for(resolve_credentials(connection))


def get_session_for(found: Credentials) -> Session:
    """The same for settings that were found already."""
    key = (*sorted(found.values.items()), ("", str(id(found.connection))))
    with _sessions_lock:
        if key not in _sessions:
            _sessions[key] = Session(found)
        return _sessions[key]


def close_sessions() -> None:
    """End every session, without waiting long for any."""
    with _sessions_lock:
        open_ones = list(_sessions.values())
        _sessions.clear()
    ending = [one.close() for one in open_ones]
    for thread in filter(None, ending):
        thread.join(timeout=2)


def create_temp_table_name(prefix: str) -> str:
    """A name for a table that lasts as long as a session."""
    return f"{prefix}_{uuid.uuid4().hex}".upper()


def cast_batch(batch: pa.Table, schema: pa.Schema) -> pa.Table:
    """`batch` in the types of `schema`; a decimal that is wanted stays as it came."""
    columns = []
    for wanted, column in zip(schema, batch.columns, strict=True):
        exact = pa.types.is_decimal(wanted.type) and pa.types.is_decimal(column.type)
        columns.append(column if exact or column.type == wanted.type else column.cast(wanted.type))
    return pa.table(columns, names=schema.names)


class _SessionExpiredError(Exception):
    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


def _parse_seconds(values: Mapping[str, str], name: str, otherwise: int) -> int:
    text = values.get(name, "")
    if not text:
        return otherwise
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= 604_800:
        raise SettingsError(f"The setting {name} must be a whole number.", hint=f"For example {name} = {otherwise}.")
    return int(text)


def _is_connection_lost(error: Exception) -> bool:
    """Not the answer of a server: the connection itself is of no more use."""
    number = get_error_code(error)
    return number == 0 or 250000 <= number < 260000 or number in {14, 7}


def _run_ignoring_errors(work: Callable[[], Any]) -> None:
    try:
        work()
    except Exception:
        return
