"""Temporary tables of a session, for results that many queries read.

A temporary table requires only USAGE on a schema, is invisible to other sessions, and ends with its session. It is
created anew if a query needs it in another session.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from segmentation.errors import SourceError
from segmentation.runtime.sql_identifiers import parse_name, quote_name
from segmentation.snowflake_client.error_messages import is_refused_statement
from segmentation.snowflake_client.hosted_connection import execute
from segmentation.snowflake_client.session import Session
from segmentation.snowflake_client.table_names import TableName, create_temp_table_name

SETTING = "SEGMENTS_SCRATCH_SCHEMA"
DEFAULT_SCHEMA = "ML_RESULTS"
"""The schema of published results, used if it exists and the role may use it. Never the schema of the sales."""
NEVER = "none"
MAX_TABLES = 12
"""Tables that a session holds at once; the least recently used one is dropped, and created anew when it is needed."""


@dataclass
class _Table:
    sql: str
    connection: Any = None
    """The connection that has the table; None: it does not exist."""
    lock: threading.Lock = field(default_factory=threading.Lock)


class ScratchTables:
    """The temporary tables of one session; thread-safe."""

    def __init__(self, session: Session, database: str) -> None:
        self._session = session
        self._database = database
        self._lock = threading.RLock()
        self._tables: OrderedDict[str, _Table] = OrderedDict()
        self._schema: tuple[str, ...] | None = None
        self._is_known = False

    def find_schema(self) -> tuple[str, ...] | None:
        """Database and schema in which tables are created; None if there is none. Determined once per session.

        Raises:
            SettingsError: the setting is not a name.
        """
        with self._lock:
            if not self._is_known:
                self._schema, self._is_known = self._look_for_schema(), True
            return self._schema

    def _look_for_schema(self) -> tuple[str, ...] | None:
        setting = os.environ.get(SETTING, "").strip()
        if setting.lower() == NEVER:
            return None
        name = parse_name(setting or DEFAULT_SCHEMA, "snowflake", max_parts=2)
        name = name if len(name) == 2 else (self._database, *name)
        if setting:
            return name
        information = quote_name((name[0], "INFORMATION_SCHEMA", "SCHEMATA"))  # lists what the role may use
        try:
            rows = self._session.fetch_rows(f"SELECT COUNT(*) FROM {information} WHERE SCHEMA_NAME = ?", name[1:])
        except SourceError as error:
            if not is_refused_statement(error):  # such as a time-out: asked again at the next load
                raise
            return None
        return name if rows[0][0] else None

    def create(self, sql: str) -> TableName | None:
        """Create a table with the result of a query; None if the role may not, unless the schema is configured.

        Raises:
            SourceError: the query failed, or the configured schema cannot be used.
        """
        schema = self.find_schema()
        if schema is None:
            return None
        name = TableName(schema[0], schema[1], create_temp_table_name("SEGMENTS_SCRATCH"))
        with self._lock:
            self._tables[name.quoted] = _Table(f"CREATE TEMPORARY TABLE {name.quoted} AS {sql}")
        try:
            self._session.run_with_connection(self.prepare_for(name.quoted))
        except SourceError:
            with self._lock:
                del self._tables[name.quoted]
            if os.environ.get(SETTING) or self._may_create(schema):
                raise
            with self._lock:
                self._schema = None
            return None
        return name

    def _may_create(self, schema: tuple[str, ...]) -> bool:
        """Whether the role may create a temporary table at all."""
        probe = quote_name((*schema, create_temp_table_name("SEGMENTS_PROBE")))
        try:
            self._session.fetch_rows(f"CREATE TEMPORARY TABLE {probe} (PROBE NUMBER(1, 0))")
            self._session.fetch_rows(f"DROP TABLE IF EXISTS {probe}")
        except SourceError as error:
            if not is_refused_statement(error):
                raise
            return False
        return True

    def prepare_for(self, sql: str) -> Callable[[Any], None]:
        """Build a function that creates the tables a statement reads, in a connection that lacks them."""

        def prepare(connection: Any) -> None:
            with self._lock:
                needed = {name: table for name, table in self._tables.items() if name in sql}
                for name in needed:
                    self._tables.move_to_end(name)
            for table in needed.values():
                with table.lock:  # a second reader waits for the table; readers of other tables do not
                    if table.connection is not connection:
                        _run(connection, table.sql)
                        table.connection = connection
            if needed:
                self._drop_unused(connection, needed)

        return prepare

    def _drop_unused(self, connection: Any, needed: Collection[str]) -> None:
        with self._lock:
            present = [name for name, table in self._tables.items() if table.connection is connection]
            unused = [name for name in present if name not in needed][: max(0, len(present) - MAX_TABLES)]
        for name in unused:
            with self._tables[name].lock:
                _run(connection, f"DROP TABLE IF EXISTS {name}")
                self._tables[name].connection = None


def _run(connection: Any, sql: str) -> None:
    with connection.cursor() as cursor:
        execute(connection, cursor, sql)


_scratch: WeakKeyDictionary[Session, dict[str, ScratchTables]] = WeakKeyDictionary()
_scratch_lock = threading.Lock()


def get_scratch_tables(session: Session, database: str) -> ScratchTables:
    """The tables of a session for the sales of a database: one object for all callers."""
    with _scratch_lock:
        of_session = _scratch.setdefault(session, {})
        if database not in of_session:
            of_session[database] = ScratchTables(session, database)
        return of_session[database]
