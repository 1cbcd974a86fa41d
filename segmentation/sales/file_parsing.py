"""Open files with DuckDB on a connection that can access no other file, and check the size of what they contain.

This module imports nothing heavy but DuckDB, because the subprocess that decodes uploads has to start quickly.
"""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

from segmentation.errors import SourceError
from segmentation.runtime.disk_space import FREE_SPACE, is_disk_full_message
from segmentation.runtime.duckdb_retry import restrict_access
from segmentation.runtime.sql_identifiers import quote_name
from segmentation.sales.column_mapping import match_columns
from segmentation.sales.table_header import check_column_count

Config = dict[str, str | bool | int | float | list[str]]
SALES_TABLE = "fct_sales"
MAX_VALUE_BYTES = 1 << 17
"""Maximum length of a value in any column, in bytes."""
MAX_USED_VALUE_BYTES = 1 << 10
"""The same in a mapped column: ids and categories of millions of lines are kept in memory."""
MAX_DECODED_BYTES = 2 << 30
"""Limit of a decoded file, or MAX_EXPANSION times its own size if that is more."""
MAX_EXPANSION = 100
_BYTES_PER_CELL = 4
"""Minimum size of a decoded cell, even an empty one."""
_NESTED = {"struct", "list", "map", "array", "union", "variant"}
_LENGTHS = {"varchar": "strlen({})", "blob": "octet_length({})"}


def connect_sandboxed(config: Config, *paths: Path) -> duckdb.DuckDBPyConnection:
    """An in-memory database that can access only these files."""
    connection = duckdb.connect(config=config)
    connection.execute("set allowed_paths = [" + ", ".join(quote_literal(path) for path in paths) + "]")
    return restrict_access(connection)


def open_parquet(connection: duckdb.DuckDBPyConnection, path: Path, name: str, view: str = SALES_TABLE) -> None:
    """Create a view of a Parquet file, without its nested columns.

    Raises:
        SourceError: the file cannot be read, or a required column is nested.
    """
    try:
        relation = connection.read_parquet(str(path), binary_as_string=True)
        flat = [column for column, kind in zip(relation.columns, relation.types, strict=True) if kind.id not in _NESTED]
        nested = [column for column in relation.columns if column not in flat]
        check_column_count(name, len(flat))
        for column in nested:
            if match_columns([column]) or not flat:
                raise SourceError(
                    f"The column {column[:100]!r} of {name!r} contains lists or records instead of single values.",
                    hint="Export it again with one value in each cell.",
                )
        columns = ", ".join(quote_name((column,)) for column in flat)
        query = f"select {columns} from read_parquet({quote_literal(path)}, binary_as_string = true)"
        connection.execute(f"create view {view} as {query}")
    except duckdb.Error as error:
        raise _build_unreadable_parquet_error(name) from error


def get_max_decoded_bytes(path: Path) -> int:
    """Limit of the decoded size of a file in bytes."""
    return max(MAX_DECODED_BYTES, MAX_EXPANSION * path.stat().st_size)


def check_decoded_size(
    connection: duckdb.DuckDBPyConnection, name: str, max_bytes: int, view: str = SALES_TABLE
) -> dict[str, int]:
    """Check the decoded size of a table.

    A Parquet file of a few kilobytes can repeat one huge value for millions of rows. Lengths are summed without
    copying values, so this is fast for such a file too.

    Returns:
        the length of the longest value of each column of text, in bytes.

    Raises:
        SourceError: a value is longer than MAX_VALUE_BYTES, or all values together take more than `max_bytes`.
    """
    table = connection.table(view)
    kinds = zip(table.columns, table.types, strict=True)
    lengths = {column: _LENGTHS[kind.id].format(quote_name((column,))) for column, kind in kinds if kind.id in _LENGTHS}
    sizes = [f"max({length}), sum({length})" for length in lengths.values()]
    try:
        cells = int(table.count("*").fetchall()[0][0]) * len(table.columns)
        check_unpacked_size(name, _BYTES_PER_CELL * cells, max_bytes)  # known from the footer, before anything is read
        row = connection.execute(f"select {', '.join(['1', *sizes])} from {view}").fetchall()[0]
    except duckdb.Error as error:
        if is_out_of_memory(str(error)):
            raise build_out_of_memory_error(name) from error
        raise _build_unreadable_parquet_error(name) from error
    longest = {column: length or 0 for column, length in zip(lengths, row[1::2], strict=True)}
    for column, length in longest.items():
        if length > MAX_VALUE_BYTES:
            raise build_value_too_long_error(
                name, column, length, f"The limit is {MAX_VALUE_BYTES:,} bytes: remove this column."
            )
    check_unpacked_size(name, sum(total or 0 for total in row[2::2]) + _BYTES_PER_CELL * cells, max_bytes)
    return longest


def build_value_too_long_error(name: str, column: str, length: int, hint: str) -> SourceError:
    """The error for a value that is too long."""
    return SourceError(f"The column {column[:100]!r} of {name!r} contains a value of {length:,} bytes.", hint=hint)


def check_unpacked_size(name: str, decoded: int, max_bytes: int) -> None:
    """Raise SourceError if the decoded size of a file exceeds the limit, both in bytes."""
    if decoded > max_bytes:
        raise SourceError(
            f"{name!r} contains {decoded / 1e9:,.1f} GB of data when decompressed.",
            hint=f"The limit is {max_bytes / 1e9:,.1f} GB: remove columns or earlier years.",
        )


def to_source_error(name: str, message: str) -> SourceError:
    """The error to show for an error message of DuckDB."""
    if is_disk_full_message(message):
        return SourceError(f"{name!r} cannot be read here: the disk is full.", hint=FREE_SPACE)
    if is_out_of_memory(message):
        return build_out_of_memory_error(name)
    line = re.search(r"Line: (\d+)", message)
    where = f" at line {line[1]}" if line else ""
    return SourceError(
        f"{name!r} cannot be read as a table{where}.",
        hint="It may contain an unclosed quotation mark. Export it again as CSV.",
    )


def build_out_of_memory_error(name: str) -> SourceError:
    """The error for a file that needs more memory than allowed."""
    return SourceError(
        f"{name!r} needs more memory than one file may use.",
        hint="Remove columns or earlier years, or save it as Parquet.",
    )


def is_out_of_memory(message: str) -> bool:
    """Whether an error message of DuckDB means that memory is exhausted."""
    return message.startswith("Out of Memory") or "bad_alloc" in message


def _build_unreadable_parquet_error(name: str) -> SourceError:
    return SourceError(
        f"{name!r} is not a readable Parquet file.",
        hint="Export it again; it may be incomplete or password-protected.",
    )


def quote_literal(path: Path) -> str:
    """A path as a text literal in SQL."""
    return "'{}'".format(str(path).replace("'", "''"))
