"""What everybody who opens a DuckDB file must mind: somebody else may have it open, and names that collide."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from segmentation.errors import SettingsError
from segmentation.runtime.disk_space import DISK_FULL, is_disk_full

WAIT_SECONDS = 10.0
"""How long to wait for others who have a database open: a writer for readers, and readers for a writer."""


def retry_while_locked(open_: Callable[[], duckdb.DuckDBPyConnection]) -> duckdb.DuckDBPyConnection:
    """What `open_` gives, tried again while another connection has the file."""
    end = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            return open_()
        except (duckdb.IOException, duckdb.ConnectionException) as error:
            if not _is_locked(error) or time.monotonic() > end:
                raise
            time.sleep(random.uniform(0.002, 0.03))  # so that processes that wait do not keep in step


def describe_duckdb_error(error: Exception, path: Path) -> str:
    """What DuckDB says first of what went wrong with a file, without its folder: the sentence may stand on a page."""
    if _is_locked(error):
        return "Somebody else has it open: close it there, or wait and try again."
    if isinstance(error, duckdb.PermissionException):
        return "It refers to other files or to the network, which is not allowed: copy the data into a table."
    if is_disk_full(error):
        return DISK_FULL
    return str(error).strip().split("\n")[0].replace(str(path), path.name)[:200]


def restrict_access(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Keep views and macros of a database file away from other files and the network, for good.

    Set after connecting: in one configuration with these, DuckDB refuses `temp_directory` and cannot load what
    `TimeZone` needs. Connections of one process to one file share an instance, so another
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
    """Raise SettingsError where file and schema have one name: DuckDB cannot tell them apart then."""
    catalog = str(connection.execute("select current_database()").fetchall()[0][0])
    if catalog.lower() == schema.lower():
        raise SettingsError(
            f"The file and its schema are both called {schema!r}, which DuckDB cannot tell apart.",
            hint="Give the file another name.",
        )


def _is_locked(error: Exception) -> bool:
    return "lock on file" in str(error) or "different configuration" in str(error)
