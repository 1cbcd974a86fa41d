"""A Snowflake session: opened on first use, shared by all threads, reopened once when it has expired.

Every call ends within its timeout plus two seconds, with a complete result or a `SourceError`.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import IO, Any, TypeVar

import pandas as pd
import pyarrow as pa

from segmentation.errors import SourceError, StatementTimeoutError
from segmentation.runtime.progress import Progress
from segmentation.runtime.timeout import run_with_timeout
from segmentation.snowflake_client import hosted_connection
from segmentation.snowflake_client.arrow_spool import cast_batch, create_spool_writer
from segmentation.snowflake_client.authentication import resolve_auth
from segmentation.snowflake_client.connection import Timeouts, connect
from segmentation.snowflake_client.credentials import Credentials, resolve_credentials
from segmentation.snowflake_client.error_messages import (
    LOGIN_TIMED_OUT,
    build_login_timeout_error,
    get_error_code,
    is_connection_lost,
    is_session_expired,
    to_source_error,
)
from segmentation.snowflake_client.table_names import TableName

Result = TypeVar("Result")


@dataclass(frozen=True)
class Column:
    """A column of a result: its name as Snowflake stores it, and its type as the connector's type code."""

    name: str
    kind: int
    precision: int | None
    scale: int | None


class Session:
    """Runs statements in one session. Thread-safe; connects on the first statement."""

    def __init__(self, credentials: Credentials) -> None:
        self.credentials = credentials
        self._auth = None if credentials.connection is not None else resolve_auth(credentials.values)
        self.auth_label = hosted_connection.HOSTED_LABEL if self._auth is None else self._auth.name
        # A hosted connection is shared by all visitors: statements take turns, and a transaction is one turn.
        self.turn: AbstractContextManager[Any] = threading.RLock() if self._auth is None else nullcontext()
        self._is_interactive = self._auth is not None and self._auth.is_interactive
        self._timeouts = Timeouts.from_settings(credentials.values, is_interactive=self._is_interactive)
        self._lock = threading.Lock()
        self._connection: Any = None
        self._hosted = credentials.connection

    def fetch_rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement with a small result, and return its rows; `values` are bound to its question marks."""

        def work(connection: Any) -> list[tuple[Any, ...]]:
            with connection.cursor() as cursor:
                hosted_connection.execute(connection, cursor, sql, values)
                return [tuple(row) for row in cursor.fetchall()]

        return self.run_with_connection(work)

    def describe_columns(self, sql: str) -> list[Column]:
        """The columns of the result of a query, without running it."""

        def work(connection: Any) -> list[Column]:
            with connection.cursor() as cursor:
                columns = cursor.describe(sql)
                return [
                    Column(str(column.name), int(column.type_code), column.precision, column.scale)
                    for column in columns
                ]

        return self.run_with_connection(work)

    def fetch_table(
        self,
        sql: str,
        schema: pa.Schema,
        on_progress: Progress | None = None,
        spool: IO[bytes] | None = None,
        prepare: Callable[[Any], None] | None = None,
        values: Sequence[Any] = (),
    ) -> pa.Table:
        """The result of a query as one Arrow table.

        Args:
            sql: the query.
            schema: the types of the columns; decimals stay exact.
            on_progress: called with the share of rows that have arrived, 0 to 1.
            spool: a file that batches are written to as they arrive (Arrow IPC file format); the table is then empty.
            prepare: called with the connection before the query.
            values: bound to the question marks of the query.

        Raises:
            SourceError: rows are missing.
        """

        def work(connection: Any, share_read: list[float]) -> pa.Table:
            if prepare is not None:
                prepare(connection)
            with connection.cursor() as cursor:
                hosted_connection.execute(connection, cursor, sql, values)
                batches: list[pa.Table] = []
                total, rows = cursor.rowcount or 0, 0
                with create_spool_writer(spool, schema) as write:
                    for batch in cursor.fetch_arrow_batches() if total else ():
                        (write or batches.append)(cast_batch(batch, schema))
                        rows += batch.num_rows
                        share_read[0] = rows / total
            if rows != total:
                raise SourceError(
                    f"Only {rows:,} of {total:,} rows came from Snowflake.", hint="They were discarded. Try again."
                )
            return pa.concat_tables(batches, promote_options="permissive") if batches else schema.empty_table()

        return self._execute_with_reconnect(work, on_progress)

    def load_frame(self, frame: pd.DataFrame, into: TableName) -> int:
        """Append `frame` to an existing table, matching columns by name, and return the number of rows."""
        from snowflake.connector.pandas_tools import write_pandas

        def work(connection: Any) -> int:
            written = write_pandas(connection, frame, into.table, into.database, into.schema)
            return int(written[2])  # a named tuple only from connector 5 on

        return self.run_with_connection(work)

    def run_with_connection(self, work: Callable[[Any], Result]) -> Result:
        """Call `work` with the connection, for example for a transaction; once more if the session had expired.

        `work` must leave nothing half done if it is interrupted.
        """
        return self._execute_with_reconnect(lambda connection, share_read: work(connection))

    def close(self) -> threading.Thread | None:
        """Close the session in a background thread, which is returned; the next statement opens another."""
        with self._lock:
            connection, self._connection = self._connection, None
        if connection is None or connection is self._hosted:
            return None
        closing = threading.Thread(target=_run_ignoring_errors, args=(connection.close,), daemon=True)
        closing.start()
        return closing

    def _execute_with_reconnect(
        self, work: Callable[[Any, list[float]], Result], on_progress: Progress | None = None
    ) -> Result:
        with self.turn:
            try:
                return self._execute_once(work, on_progress)
            except _SessionExpiredError:
                self.close()
                self._reopen_hosted()
            try:
                return self._execute_once(work, on_progress)
            except _SessionExpiredError as error:
                raise to_source_error(error.cause) from error.cause

    def _reopen_hosted(self) -> None:
        if self._hosted is not None:
            try:
                self._hosted = hosted_connection.reopen_hosted_connection(self.credentials) or self._hosted
            except Exception as error:
                raise to_source_error(error) from error

    def _execute_once(self, work: Callable[[Any, list[float]], Result], on_progress: Progress | None) -> Result:
        connection = self._open()
        share_read = [0.0]
        try:
            return run_with_timeout(
                self._timeouts.statement,
                lambda: work(connection, share_read),
                on_progress and (lambda: on_progress(share_read[0])),
            )
        except TimeoutError:
            self._close_unless_alive(connection)
            raise StatementTimeoutError(
                f"Snowflake did not answer within {self._timeouts.statement} seconds.",
                hint="Check the network, raise SNOWFLAKE_STATEMENT_TIMEOUT, or use a larger warehouse.",
            ) from None
        except SourceError:
            raise
        except Exception as error:
            if is_session_expired(error):
                raise _SessionExpiredError(error) from error
            if is_connection_lost(error):
                self.close()
            raise to_source_error(error) from error

    def _close_unless_alive(self, connection: Any) -> None:
        """Close the session in the background if it does not answer; other visitors may still use it."""

        def ask() -> None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")

        def check() -> None:
            try:
                run_with_timeout(self._timeouts.network, ask)
            except Exception:
                if self._connection is connection:
                    self.close()

        threading.Thread(target=check, daemon=True).start()

    def _open(self) -> Any:
        with self._lock:
            if self._connection is None:
                try:
                    self._connection = run_with_timeout(self._timeouts.login, self._connect)
                except TimeoutError:
                    raise build_login_timeout_error(self._timeouts.login, self._is_interactive) from None
                except Exception as error:
                    if self._is_interactive and get_error_code(error) == LOGIN_TIMED_OUT:
                        raise build_login_timeout_error(self._timeouts.login, self._is_interactive) from error
                    raise to_source_error(error) from error
            return self._connection

    def _connect(self) -> Any:
        if self._auth is None:
            return self._hosted
        connection = connect(self.credentials, self._auth, self._timeouts)
        # Registered anew: exit handlers run last in, first out, so this runs before the connector's own.
        atexit.unregister(close_sessions)
        atexit.register(close_sessions)
        return connection


_sessions: dict[tuple[tuple[str, str], ...], Session] = {}
_sessions_lock = threading.Lock()


def get_session(connection: str = "") -> Session:
    """The session of a named connection: one for all callers while its settings stay the same.

    Raises:
        SettingsError: the settings are not enough to sign in.
    """
    return get_session_for(resolve_credentials(connection))


def get_session_for(credentials: Credentials) -> Session:
    """The session of resolved credentials, as in `get_session`."""
    key = (*sorted(credentials.values.items()), ("", str(id(credentials.connection))))
    with _sessions_lock:
        if key not in _sessions:
            _sessions[key] = Session(credentials)
        return _sessions[key]


def close_sessions() -> None:
    """Close every session; waits at most two seconds for each."""
    with _sessions_lock:
        sessions = list(_sessions.values())
        _sessions.clear()
    threads = [session.close() for session in sessions]
    for thread in filter(None, threads):
        thread.join(timeout=2)


class _SessionExpiredError(Exception):
    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


def _run_ignoring_errors(work: Callable[[], Any]) -> None:
    try:
        work()
    except Exception:
        return
