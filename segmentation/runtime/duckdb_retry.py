"""Opening DuckDB files: retry on file locks, restricted access, messages for errors."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

import duckdb

from segmentation.errors import SettingsError
from segmentation.runtime.disk_space import DISK_FULL, is_disk_full

READER_WAIT_SECONDS = 2.0
"""How long a reader waits for a writer, which has the file for one short transaction."""
WRITER_WAIT_SECONDS = 10.0
"""How long a writer waits for readers, which may follow one another closely."""
_MIN_ATTEMPTS = 60
"""Attempts before giving up: on a busy machine the seconds may pass while neither process gets to run."""


def retry_while_locked(
    connect: Callable[[], duckdb.DuckDBPyConnection], *, for_writing: bool = False
) -> duckdb.DuckDBPyConnection:
    """Call `connect`, again and again while another connection holds the lock on the file.

    Raises:
        duckdb.Error: any other error, or the file is still locked after the wait.
    """
    end = time.monotonic() + (WRITER_WAIT_SECONDS if for_writing else READER_WAIT_SECONDS)
    for attempt in count(1):
        try:
            return connect()
        except (duckdb.IOException, duckdb.ConnectionException) as error:
            if not _is_locked(error) or (attempt >= _MIN_ATTEMPTS and time.monotonic() > end):
                raise
            time.sleep(random.uniform(0.002, 0.02))  # random: waiting processes must not stay in step
    raise AssertionError("unreachable")


def describe_duckdb_error(error: Exception, path: Path) -> str:
    """The first line of DuckDB's message without the folder of the file: it may be shown on a page."""
    if _is_locked(error):
        return "Another program has it open: close it there, or wait and try again."
    if isinstance(error, duckdb.PermissionException):
        return "It refers to other files or to the network, which is not allowed: copy the data into a table."
    if is_disk_full(error):
        return DISK_FULL
    return str(error).strip().split("\n")[0].replace(str(path), path.name)[:200]


def restrict_access(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Permanently bar the views and macros of a database file from other files and the network.

    Set after connecting: passed as configuration, these settings make DuckDB refuse `temp_directory` and fail to load
    the extension that `TimeZone` needs. Connections of one process to one file share an instance, so another
    connection may have locked it already.
    """
    try:
        connection.execute("set autoload_known_extensions = false")
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
    except duckdb.Error:
        settings = "current_setting('enable_external_access'), current_setting('lock_configuration')"
        if connection.execute(f"select {settings}").fetchall() != [(False, True)]:
            connection.close()
            raise
    return connection


def check_catalog_name(connection: duckdb.DuckDBPyConnection, schema: str) -> None:
    """Raise SettingsError if file and schema have the same name: DuckDB cannot tell them apart."""
    catalog = str(connection.execute("select current_database()").fetchall()[0][0])
    if catalog.lower() == schema.lower():
        raise SettingsError(
            f"The file and its schema are both called {schema!r}, which DuckDB cannot tell apart.",
            hint="Give the file another name.",
        )


def _is_locked(error: Exception) -> bool:
    return "lock on file" in str(error) or "different configuration" in str(error)
