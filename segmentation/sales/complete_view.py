"""The view of all lines of a text file: those that were parsed and those that are malformed, without repeated columns.

This module imports nothing heavy but DuckDB, because the subprocess that decodes uploads has to start quickly.
"""

from __future__ import annotations

import duckdb

from segmentation.runtime.sql_identifiers import quote_name
from segmentation.sales.csv_dialect import Dialect
from segmentation.sales.csv_parsing import PARSED_LINES, ParsedText
from segmentation.sales.file_parsing import SALES_TABLE
from segmentation.sales.malformed_lines import RAW_TEXT

_MALFORMED_LINES = "malformed_lines"
_FORMULA_CELL = """nullif(regexp_replace({}, '^="(.*)"$', '\\1'), '')"""


def create_complete_view(parsed: ParsedText) -> tuple[str, ...]:
    """Create TABLE as a view of PARSED_LINES and the malformed lines.

    Columns with the same name are merged if all their values are equal.

    Returns:
        notices, one sentence each.
    """
    connection, names = parsed.connection, parsed.dialect.names
    columns, notices = _merge_repeated_columns(connection, parsed.dialect)
    cell = _FORMULA_CELL if parsed.dialect.has_formula_cells else "{}"
    selected = [f"{cell.format(quote_name((column,)))} as {quote_name((name,))}" for name, column in columns.items()]
    query = f"select {', '.join(selected)} from {PARSED_LINES}"
    if parsed.malformed:
        kinds = ", ".join(f"{quote_name((name,))} varchar" for name in (*names, RAW_TEXT))
        connection.execute(f"create table {_MALFORMED_LINES} ({kinds})")
        rows = [(*line.cells, line.text) for line in parsed.malformed] + [(None,) * (len(names) + 1)] * parsed.uncounted
        values = ", ".join(f"unnest(${number}::varchar[])" for number in range(1, len(names) + 2))
        connection.execute(f"insert into {_MALFORMED_LINES} select {values}", list(map(list, zip(*rows, strict=True))))
        if any(line.text for line in parsed.malformed):
            raw = quote_name((RAW_TEXT,))
            query = (
                f"select {', '.join(selected)}, null::varchar as {raw} from {PARSED_LINES} union all "
                f"select {', '.join(selected)}, {raw} from {_MALFORMED_LINES}"
            )
        else:
            query += f" union all select {', '.join(selected)} from {_MALFORMED_LINES}"
    connection.execute(f"create view {SALES_TABLE} as {query}")
    return (*parsed.notices, *notices)


def _merge_repeated_columns(
    connection: duckdb.DuckDBPyConnection, dialect: Dialect
) -> tuple[dict[str, str], list[str]]:
    """The columns to select, name -> column of PARSED_LINES, and notices on those that were merged."""
    columns = dict(zip(dialect.names, dialect.names, strict=True))
    notices = []
    for text, (first, *others) in dialect.repeated_names:
        equal = [f"{quote_name((first,))} is not distinct from {quote_name((other,))}" for other in others]
        query = f"select bool_and({' and '.join(equal)}) from {PARSED_LINES}"
        answer = connection.execute(query).fetchall()[0][0]
        if answer:
            columns = {
                text if name == first else name: column for name, column in columns.items() if name not in others
            }
            notices.append(f"{len(others) + 1} columns are called {text!r}; their values are equal.")
    return columns, notices
