"""In-memory tables within a query on an engine where nothing may be written.

A small table becomes a VALUES clause of the statement, and a list of ids a JSON array bound to it. Any other table is
not sent: the parts of the query that do not depend on it are fetched, and DuckDB computes the rest in memory.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping

import duckdb
import ibis
import ibis.expr.operations as ops
import numpy as np
import pyarrow as pa
import sqlglot.expressions as sge
from ibis.expr.operations.core import Node

MAX_INLINE_ROWS = 1_000
"""Snowflake accepts 16,384 rows in a VALUES clause; compiling that many costs more than fetching the other parts."""
MAX_INLINE_CHARACTERS = 50_000
MAX_BOUND_BYTES = 900_000
"""Limit of all ids bound to a statement: a connector that inlines them may send one megabyte."""


def render_values(tables: Mapping[str, pa.Table], dialect: str) -> str | None:
    """Common table expressions with the rows of `tables`, without WITH; None if one has too many rows or none."""
    if any(not 0 < table.num_rows <= MAX_INLINE_ROWS for table in tables.values()):
        return None
    parts = [_render_table(name, table, dialect) for name, table in tables.items()]
    text = ", ".join(parts)
    return text if len(text) <= MAX_INLINE_CHARACTERS else None


def render_bound_ids(tables: Mapping[str, pa.Table]) -> tuple[str, list[str]] | None:
    """Common table expressions of lists of ids for Snowflake, without WITH, and the values of their question marks.

    None if a table is not one column of text, or if all of them have more than MAX_BOUND_BYTES.
    """
    if any(table.num_columns != 1 or not pa.types.is_string(table.schema.types[0]) for table in tables.values()):
        return None
    parts, values = [], []
    for name, table in tables.items():
        quoted, column = _quote(name), _quote(table.column_names[0])
        array = "TABLE(FLATTEN(INPUT => PARSE_JSON(?)))"
        parts.append(f"{quoted} AS (SELECT CAST(f.value AS VARCHAR) AS {column} FROM {array} AS f)")
        values.append(_to_json(table.column(0).to_pylist()))
    size = sum(len(text.encode()) for text in values)
    return (", ".join(parts), values) if size <= MAX_BOUND_BYTES else None


def split_ids(ids: pa.Array) -> Iterator[pa.Array]:
    """Split ids into parts, each of which `render_bound_ids` takes, unless a single id is too long."""
    lengths = np.array([len(_to_json([text]).encode()) for text in ids.to_pylist()], np.int64)
    part = np.cumsum(lengths) // (MAX_BOUND_BYTES // 2)  # half: a part may exceed it by one id
    starts = [0, *(np.flatnonzero(np.diff(part)) + 1).tolist()]
    for start, end in zip(starts, [*starts[1:], len(ids)], strict=True):
        yield ids.slice(start, end - start)


def _quote(name: str, dialect: str = "snowflake") -> str:
    return sge.to_identifier(name, quoted=True).sql(dialect)


def _to_json(ids: list[str]) -> str:
    return json.dumps(ids, ensure_ascii=False)


def _render_table(name: str, table: pa.Table, dialect: str) -> str:
    quoted = [sge.to_identifier(column, quoted=True) for column in table.column_names]
    values = sge.values([tuple(row.values()) for row in table.to_pylist()])
    # `sge.values` accepts column names as plain strings only, and quotes them only where it must.
    values.set("alias", sge.TableAlias(this=sge.to_identifier("v"), columns=quoted))
    # The type of a column is that of its literals: a VARCHAR of any length, or a NUMBER.
    return f"{_quote(name, dialect)} AS ({sge.select('*').from_(values).sql(dialect)})"


def prepend_tables(sql: str, tables: str) -> str:
    """A query with the result of `render_values` before its own common table expressions."""
    if not tables:
        return sql
    return f"WITH {tables}, {sql.removeprefix('WITH ')}" if sql.startswith("WITH ") else f"WITH {tables} {sql}"


def join_in_memory(
    query: ibis.Table, tables: Mapping[str, pa.Table], fetch: Callable[[ibis.Table], pa.Table]
) -> pa.Table:
    """The result of `query`, with `fetch` called for its largest parts that do not depend on `tables`."""
    parts = {part: f"part_{number}" for number, part in enumerate(dict.fromkeys(_find_parts(query.op(), tables)))}
    local: dict[Node, Node] = {part: ops.UnboundTable(name, part.schema) for part, name in parts.items()}
    remainder = query.op().replace(local).to_expr()
    with duckdb.connect() as connection:
        for name, table in tables.items():
            connection.register(name, table)
        for part, name in parts.items():
            connection.register(name, fetch(part.to_expr()))
        return connection.sql(str(ibis.to_sql(remainder, dialect="duckdb", pretty=False))).to_arrow_table()


def _find_parts(node: Node, tables: Mapping[str, pa.Table]) -> Iterator[ops.Relation]:
    """The largest relations below `node` that do not depend on `tables`."""
    is_independent = not any(table.name in tables for table in node.find(ops.UnboundTable))
    if isinstance(node, ops.JoinReference):  # a name for another relation within a join
        yield from _find_parts(node.parent, tables)
    elif isinstance(node, ops.Relation) and is_independent:
        yield node
    elif not isinstance(node, ops.UnboundTable):
        for child in node.__children__:
            yield from _find_parts(child, tables)
