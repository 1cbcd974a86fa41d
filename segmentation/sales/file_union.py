"""Read several files of one layout as one table, and count the lines that more than one of them contains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from segmentation.errors import SourceError
from segmentation.messages import Message
from segmentation.runtime.sql_identifiers import quote_name
from segmentation.sales.file_parsing import SALES_TABLE, check_decoded_size, get_max_decoded_bytes, open_parquet
from segmentation.sales.malformed_lines import RAW_TEXT

_OVERLAP = """
select coalesce(sum(lines), 0) from (
    select part, count(*) as lines, min(part) over (partition by line) as first_part
    from ({lines}) group by line, part
) where part > first_part
"""


def create_union_view(connection: duckdb.DuckDBPyConnection, files: Sequence[tuple[str, Path]]) -> tuple[str, ...]:
    """Create TABLE as a view of several Parquet files.

    Args:
        connection: a database that may read the files.
        files: display names and files, with the same columns in any order.

    Returns:
        a notice if lines of a file also occur in an earlier one.

    Raises:
        SourceError: a file cannot be read, or its columns differ from those of the first.
    """
    columns: list[dict[str, str]] = []
    for number, (name, path) in enumerate(files):
        open_parquet(connection, path, name, f"file_{number}")
        names = connection.table(f"file_{number}").columns
        columns.append({column.lower(): column for column in names if column != RAW_TEXT})
        _check_layout(files[0][0], name, columns[0], columns[number])
        check_decoded_size(connection, name, get_max_decoded_bytes(path), f"file_{number}")
    union = " union all by name ".join(f"select * from file_{number}" for number in range(len(files)))
    connection.execute(f"create view {SALES_TABLE} as {union}")
    hashes = [f"hash({', '.join(quote_name((found[key],)) for key in columns[0])})" for found in columns]
    lines = " union all ".join(
        f"select {number} as part, {line} as line from file_{number}" for number, line in enumerate(hashes)
    )
    overlap = int(connection.execute(_OVERLAP.format(lines=lines)).fetchall()[0][0])
    if not overlap:
        return ()
    sentence = (
        "{overlap:,} lines of the {files} files are exact copies of lines in another file. If the exports overlap, "
        "drop duplicates (--drop-duplicates)."
    )
    return (Message(sentence, {"overlap": overlap, "files": len(files)}),)


def _check_layout(first: str, other: str, expected: Mapping[str, str], actual: Mapping[str, str]) -> None:
    missing = [column for key, column in expected.items() if key not in actual]
    added = [column for key, column in actual.items() if key not in expected]
    if missing or added:
        parts = [
            f"{text} {', '.join(map(repr, names[:5]))}" for text, names in (("no", missing), ("also", added)) if names
        ]
        raise SourceError(
            f"{other!r} has different columns from {first!r}: {'; '.join(parts)}.",
            hint="Choose files with the same columns, or read them one at a time.",
        )
