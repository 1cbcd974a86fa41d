"""Sales in Snowflake: the same expressions, compiled for it; one row per customer comes back."""

from __future__ import annotations

import re
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import parse_qs
from weakref import WeakKeyDictionary

import ibis
import ibis.expr.datatypes as dt
import pyarrow as pa

from segmentation.errors import ColumnError, SettingsError
from segmentation.sales.source import NO_TABLES
from segmentation.snowflake_client.arrow_spool import read_spooled
from segmentation.snowflake_client.session import Column, Session, create_temp_table_name, get_session
from segmentation.snowflake_client.table_names import TableName, parse_table_name

VERSION_SECONDS = 60
"""A page asks for the version at every view; Snowflake is asked at most this often."""
_ADDRESS = re.compile(r'snowflake:(?P<table>(?:[^"?]|"[^"]*")*)(?:\?(?P<options>.*))?')
_FIXED, _REAL, _DATE, _LTZ, _TZ, _NTZ, _TIME, _BOOLEAN = 0, 1, 3, 6, 7, 8, 12, 13
_TYPES: dict[int, dt.DataType] = {
    _REAL: dt.float64,
    _DATE: dt.date,
    _LTZ: dt.Timestamp("UTC"),
    _TZ: dt.Timestamp("UTC"),
    _NTZ: dt.timestamp,
    4: dt.timestamp,
    _TIME: dt.time,
    _BOOLEAN: dt.boolean,
}
# By session, which is held weakly: the id of one that is gone may come back as another's.
_versions: WeakKeyDictionary[Session, dict[str, tuple[float, str]]] = WeakKeyDictionary()
_versions_lock = threading.Lock()


class SnowflakeSource:
    """One table or view of sold lines in Snowflake."""

    note = ""

    def __init__(self, session: Session, table: TableName) -> None:
        self.session = session
        self.address = table
        self.name = f"Snowflake {table.table}"

    def version(self) -> str:
        """Snowflake's own token of the last change of the table, or of what a view rests on; a minute old at most."""
        with _versions_lock:
            known = _versions.setdefault(self.session, {}).get(self.address.to_sql)
        if known is not None and time.monotonic() - known[0] < VERSION_SECONDS:
            return known[1]
        asked = self.address.to_sql.replace("'", "''")
        token = str(self.session.fetch_rows(f"SELECT SYSTEM$LAST_CHANGE_COMMIT_TIME('{asked}')")[0][0])
        with _versions_lock:
            _versions[self.session][self.address.to_sql] = (time.monotonic(), token)
        return token

    def table(self) -> ibis.Table:
        """The sales table, unbound, with its columns in Snowflake's case."""
        columns = self.session.describe_columns(f"SELECT * FROM {self.address.to_sql}")
        names = [column.name for column in columns]
        if len(set(names)) < len(names):
            raise ColumnError("The table has two columns of one name.", hint="Make a view that names them apart.")
        schema = {column.name: infer_column_type(column) for column in columns}
        where = {"catalog": self.address.database, "database": self.address.schema}
        return ibis.table(schema, name=self.address.table, **where)

    def fetch(
        self,
        query: ibis.Table,
        tables: Mapping[str, pa.Table] = NO_TABLES,
        on_progress: Callable[[float], None] | None = None,
    ) -> pa.Table:
        """The whole answer to `query`, in batches with progress; `tables` are uploaded for it and forgotten."""
        for name, table in tables.items():
            query = self._with_uploaded_table(query, name, table)
        sql = str(ibis.to_sql(query, dialect="snowflake"))
        return self.session.fetch_table(sql, _to_arrow_schema(query.schema()), on_progress)

    def iter_batches(self, query: ibis.Table) -> Iterator[pa.Table]:
        """The answer in parts. All of it comes first, into a file that goes at the end: it is whole or not there."""
        with tempfile.TemporaryFile() as file:
            self.session.fetch_table(
                str(ibis.to_sql(query, dialect="snowflake")), _to_arrow_schema(query.schema()), keep=file
            )
            yield from read_spooled(file)

    def _with_uploaded_table(self, query: ibis.Table, name: str, table: pa.Table) -> ibis.Table:
        """`query` with a temporary table in the place of the one called `name`."""
        made = TableName(self.address.database, self.address.schema, create_temp_table_name(name))
        self.session.load_frame(table.to_pandas(), made, temporary=True)
        for op in query.op().find(ibis.expr.operations.UnboundTable):
            if op.name == name:
                where = ibis.expr.operations.Namespace(catalog=made.database, database=made.schema)
                query = query.op().replace({op: op.copy(name=made.table, namespace=where)}).to_expr()
        return query


def infer_column_type(column: Column) -> dt.DataType:
    """The type of a column, so far as lines need to know it: whole numbers, decimals, times; all else is text."""
    if column.kind == _FIXED:
        return dt.Decimal(column.precision or 38, column.scale) if column.scale else dt.int64
    return _TYPES.get(column.kind, dt.string)


def _to_arrow_schema(schema: ibis.Schema) -> pa.Schema:
    """The Arrow types in which an answer is wanted."""
    return pa.schema([(name, _to_arrow_type(kind)) for name, kind in schema.items()])


def _to_arrow_type(kind: dt.DataType) -> pa.DataType:
    if kind.is_decimal():
        return pa.decimal128(38, 6 if kind.scale is None else kind.scale)
    if kind.is_timestamp():
        return pa.timestamp("us", tz=kind.timezone)
    plain = {"is_integer": pa.int64(), "is_floating": pa.float64(), "is_boolean": pa.bool_(), "is_date": pa.date32()}
    return next((wanted for test, wanted in plain.items() if getattr(kind, test)()), pa.string())


def open_snowflake(uri: str) -> SnowflakeSource:
    """Open `snowflake:`, `snowflake:DB.SCHEMA.TABLE` or `snowflake:?connection=NAME`; nothing is connected yet.

    Raises:
        SettingsError: the address or the settings are not enough.
    """
    match = _ADDRESS.fullmatch(uri)
    options = parse_qs(match["options"] or "", keep_blank_values=True) if match else {"?": [""]}
    if match is None or set(options) - {"connection"} or not all(options.get("connection", ["-"])):
        raise SettingsError(
            "The address of the Snowflake table cannot be read.",
            hint="Write snowflake:DATABASE.SCHEMA.TABLE?connection=NAME, each part of which may be left out.",
        )
    opened = get_session(options.get("connection", [""])[0])
    values = opened.found.values
    return SnowflakeSource(
        opened, parse_table_name(match["table"] or "fct_sales", values.get("database"), values.get("schema"))
    )
