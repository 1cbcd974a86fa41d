"""Sales in Snowflake: the same expressions, compiled for Snowflake; one row per customer is fetched."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from weakref import WeakKeyDictionary

import ibis
import ibis.expr.datatypes as dt
import pyarrow as pa

from segmentation.errors import ColumnError, SourceError
from segmentation.runtime.progress import Progress
from segmentation.runtime.sql_identifiers import quote_name
from segmentation.sales.inline_tables import join_in_memory, prepend_tables, render_bound_ids, render_values
from segmentation.sales.load_size import LoadSize, check_confirmed, get_confirmation_limit
from segmentation.sales.query_cache import SHARED_QUERIES
from segmentation.sales.source import NO_TABLES
from segmentation.sales.stacked_queries import split_queries, stack_queries
from segmentation.snowflake_client.arrow_spool import read_spooled
from segmentation.snowflake_client.error_messages import is_refused_statement
from segmentation.snowflake_client.scratch import ScratchTables, get_scratch_tables
from segmentation.snowflake_client.session import Column, Session, get_session
from segmentation.snowflake_client.table_names import TableName, parse_sales_address, parse_table_name

DIALECT = "snowflake"
VERSION_SECONDS = 60
"""Pages need the version at every view; Snowflake is queried at most this often."""
SUMMARY_SECONDS = 900
"""The same if the version is a summary of the rows, which costs a scan of some columns."""
_STORED_READS, _LINE_READS = 2, 6
"""Reads of the table by a load, with and without a schema for temporary tables."""
# Type codes of columns, as snowflake.connector.constants.FIELD_TYPES numbers them.
_FIXED, _REAL, _DATE, _TIMESTAMP, _LTZ, _TZ, _NTZ, _TIME, _BOOLEAN = 0, 1, 3, 4, 6, 7, 8, 12, 13
_TYPES: dict[int, dt.DataType] = {
    _REAL: dt.float64,
    _DATE: dt.date,
    _LTZ: dt.Timestamp("UTC"),
    _TZ: dt.Timestamp("UTC"),
    _NTZ: dt.timestamp,
    _TIMESTAMP: dt.timestamp,
    _TIME: dt.time,
    _BOOLEAN: dt.boolean,
}
# Keyed by weak reference to the session: ids of deleted objects can be reused.
_versions: WeakKeyDictionary[Session, dict[str, tuple[float, str]]] = WeakKeyDictionary()
_versions_lock = threading.Lock()


class SnowflakeSource:
    """One table or view of sales lines in Snowflake."""

    note = ""
    notices: tuple[str, ...] = ()
    reads_local_tables = False
    combines_queries = True

    def __init__(self, session: Session, table: TableName) -> None:
        self.session = session
        self.address = table
        self.name = f"Snowflake {table.table}"
        self._size: LoadSize | None = None
        self._is_size_checked = False

    def version(self) -> str:
        """Time of the last change of the table, or of the tables below a view; at most VERSION_SECONDS old.

        For some views and imported tables, where Snowflake does not know it, a summary of the rows instead.
        """
        with _versions_lock:
            known = _versions.setdefault(self.session, {}).get(self.address.quoted)
        if known is not None and time.monotonic() < known[0]:
            return known[1]
        token, seconds = self._fetch_change_time(), VERSION_SECONDS
        if not token:
            token, seconds = self._summarize_rows(), SUMMARY_SECONDS
        with _versions_lock:
            _versions[self.session][self.address.quoted] = (time.monotonic() + seconds, token)
        return token

    def _fetch_change_time(self) -> str:
        name = self.address.quoted.replace("'", "''")
        try:
            changed = self.session.fetch_rows(f"SELECT SYSTEM$LAST_CHANGE_COMMIT_TIME('{name}')")[0][0]
        except SourceError as error:
            if not is_refused_statement(error):
                raise
            return ""
        return "" if changed is None else str(changed)

    def _summarize_rows(self) -> str:
        """Number of rows, latest value of each date, and sum of each amount; hardly any change leaves them all equal.

        Sums of floating-point numbers depend on the order of the rows, so they are rounded.
        """
        table = self.table()
        kinds = table.schema().items()
        days = [table[name].max().cast("string") for name, kind in kinds if kind.is_date() or kind.is_timestamp()]
        sums = [table[name].sum().round(2) for name, kind in kinds if kind.is_decimal() or kind.is_floating()]
        self.check_size()
        parts = {f"part_{number}": part for number, part in enumerate([table.count(), *days, *sums])}
        rows = self.session.fetch_rows(SHARED_QUERIES.compile_sql(table.aggregate(**parts), DIALECT))
        return "-".join(map(str, rows[0]))

    def measure_load(self) -> LoadSize:
        """Rows and bytes from the metadata of the database; unknown for a view, or if the role may not see them."""
        self._size = self._size or self._fetch_size()
        return self._size

    def _fetch_size(self) -> LoadSize:
        information = quote_name((self.address.database, "INFORMATION_SCHEMA", "TABLES"))
        names = (self.address.schema, self.address.table)
        try:
            rows = self.session.fetch_rows(
                f"SELECT ROW_COUNT, BYTES FROM {information} WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? "
                "AND TABLE_TYPE <> 'VIEW'",
                names,
            )
        except SourceError as error:
            if not is_refused_statement(error):
                raise
            rows = []
        number, size = (None if value is None else int(value) for value in (rows[0] if rows else (None, None)))
        return LoadSize(number, size, reads=_STORED_READS if self.can_store else _LINE_READS)

    def check_size(self, reads: int | None = None) -> None:
        """Raise LoadConfirmationError before the first, unconfirmed read of a large table.

        Args:
            reads: how often the work that follows reads the table; None: as often as a load.
        """
        if not self._is_size_checked and get_confirmation_limit() is not None:
            size = self.measure_load()
            check_confirmed(
                self.address.quoted, str(self.address), size if reads is None else replace(size, reads=reads)
            )
        self._is_size_checked = True

    def table(self) -> ibis.Table:
        """The sales table, unbound, with its columns in Snowflake's case."""
        columns = self.session.describe_columns(f"SELECT * FROM {self.address.quoted}")
        names = [column.name for column in columns]
        if len(set(names)) < len(names):
            raise ColumnError(
                "The table has two columns with the same name.", hint="Create a view with distinct names."
            )
        schema = {column.name: infer_column_type(column) for column in columns}
        namespace = {"catalog": self.address.database, "database": self.address.schema}
        return ibis.table(schema, name=self.address.table, **namespace)

    def fetch(
        self,
        query: ibis.Table,
        tables: Mapping[str, pa.Table] = NO_TABLES,
        on_progress: Progress | None = None,
    ) -> pa.Table:
        """Run `query` and return its result. `tables` are sent with the statement, because a reader may not write."""
        self.check_size()
        values: list[str] = []
        rendered = render_values(tables, DIALECT)
        if rendered is None:
            bound = render_bound_ids(tables)
            if bound is None:
                return join_in_memory(query, tables, self.fetch)
            rendered, values = bound
        sql = prepend_tables(SHARED_QUERIES.compile_sql(query, DIALECT), rendered)
        prepare = self._scratch.prepare_for(sql)
        return self.session.fetch_table(
            sql, _to_arrow_schema(query.schema()), on_progress, prepare=prepare, values=values
        )

    @property
    def _scratch(self) -> ScratchTables:
        return get_scratch_tables(self.session, self.address.database)

    @property
    def can_store(self) -> bool:
        """Whether there is a schema for temporary tables."""
        return self._scratch.find_schema() is not None

    def store(
        self, queries: Mapping[str, ibis.Table], tables: Mapping[str, pa.Table] = NO_TABLES
    ) -> Mapping[str, ibis.Table] | None:
        """Store the results in one temporary table, by one statement; None if `tables` are too large to be sent."""
        self.check_size()
        stacked, rendered = stack_queries(queries), render_values(tables, DIALECT)
        if rendered is None:
            return None
        table = self._scratch.create(prepend_tables(SHARED_QUERIES.compile_sql(stacked, DIALECT), rendered))
        if table is None:
            return None
        namespace = {"catalog": table.database, "database": table.schema}
        return split_queries(ibis.table(stacked.schema(), name=table.table, **namespace), queries)

    def iter_batches(self, query: ibis.Table) -> Iterator[pa.Table]:
        """Run `query` and yield its result in batches, after spooling all of it to a temporary file."""
        self.check_size()
        with tempfile.TemporaryFile() as file:
            sql = SHARED_QUERIES.compile_sql(query, DIALECT)
            prepare = self._scratch.prepare_for(sql)
            self.session.fetch_table(sql, _to_arrow_schema(query.schema()), spool=file, prepare=prepare)
            yield from read_spooled(file)


def infer_column_type(column: Column) -> dt.DataType:
    """The Ibis type of a column; types that sales lines do not need become text."""
    if column.kind == _FIXED:
        return dt.Decimal(column.precision or 38, column.scale) if column.scale else dt.int64
    return _TYPES.get(column.kind, dt.string)


def _to_arrow_schema(schema: ibis.Schema) -> pa.Schema:
    """The Arrow schema of a query result."""
    return pa.schema([(name, _to_arrow_type(kind)) for name, kind in schema.items()])


def _to_arrow_type(kind: dt.DataType) -> pa.DataType:
    if kind.is_decimal():
        return pa.decimal128(38, 6 if kind.scale is None else kind.scale)
    if kind.is_timestamp():
        return pa.timestamp("us", tz=kind.timezone)
    plain = {"is_integer": pa.int64(), "is_floating": pa.float64(), "is_boolean": pa.bool_(), "is_date": pa.date32()}
    return next((arrow_type for test, arrow_type in plain.items() if getattr(kind, test)()), pa.string())


def open_snowflake(uri: str) -> SnowflakeSource:
    """Open `snowflake:`, `snowflake:DB.SCHEMA.TABLE` or `snowflake:?connection=NAME`; does not connect yet.

    Raises:
        SettingsError: the address is invalid, or settings are missing.
    """
    table, connection = parse_sales_address(uri)
    session = get_session(connection)
    values = session.credentials.values
    return SnowflakeSource(session, parse_table_name(table, values.get("database"), values.get("schema")))
