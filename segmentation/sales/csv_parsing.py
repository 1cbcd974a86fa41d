"""Parse a CSV file with DuckDB, every column as text.

Lines that end early have empty last cells. Lines with too many cells are kept as text: see `malformed_lines`.
This module imports nothing heavy but DuckDB, because the subprocess that decodes uploads has to start quickly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from segmentation.errors import SourceError
from segmentation.runtime.sql_identifiers import quote_name
from segmentation.sales.csv_dialect import BACKSLASH, DOUBLED, Dialect, detect_dialect
from segmentation.sales.file_kinds import check_kind
from segmentation.sales.file_parsing import TABLE, is_out_of_memory, to_source_error
from segmentation.sales.malformed_lines import MAX_KEPT_LINES, RAW_TEXT, MalformedLine, parse_malformed_line
from segmentation.sales.quote_repair import create_repaired_copy
from segmentation.sales.text_encoding import create_utf8_copy

PARSED_LINES = "parsed_lines"
"""The table or view with the lines that were parsed."""
_MALFORMED_LINES = "malformed_lines"
MAX_BROKEN_SHARE = 0.5
"""A file with a larger share of lines with too many cells is not a table."""
_TOO_FEW, _TOO_MANY = "MISSING COLUMNS", "TOO MANY COLUMNS"
_READ_CSV = """
select * from read_csv(
    $path, auto_detect = false, delim = $delimiter, quote = '"', escape = $escape, header = true, skip = $skip,
    columns = $columns, nullstr = '', store_rejects = true, rejects_limit = 0{padding}
)
"""
_PADDING = ", null_padding = true, parallel = false"  # in parallel, padding does not allow quoted line breaks
_FORMULA_CELL = """nullif(regexp_replace({}, '^="(.*)"$', '\\1'), '')"""
_CHUNK = 1 << 20
Connect = Callable[[Path], duckdb.DuckDBPyConnection]
"""Opens a database that may read the given file."""
LoadStatement = Callable[[str], str]
"""Turns a query on the file into the statement that stores its result."""


@dataclass(frozen=True, eq=False)
class ParsedText:
    """A parsed text file."""

    connection: duckdb.DuckDBPyConnection
    """The connection that the lines were loaded on."""
    dialect: Dialect
    malformed: Sequence[MalformedLine]
    uncounted: int
    """Malformed lines beyond MAX_KEPT_LINES."""
    repair: str = ""
    """A notice on repaired quotation marks, or an empty string."""

    @property
    def is_complete(self) -> bool:
        """Whether PARSED_LINES has every line and column."""
        return not (self.malformed or self.dialect.repeated_names or self.dialect.has_formula_cells)

    @property
    def notices(self) -> tuple[str, ...]:
        """Notices on how the file was read, one sentence each."""
        return tuple(filter(None, [self.dialect.encoding.describe(), self.repair]))


@dataclass(frozen=True, eq=False)
class _Attempt:
    connection: duckdb.DuckDBPyConnection
    loaded: int
    rejected: Sequence[tuple[str, int, str]]
    """Kind of error, line number, text."""

    def has_error(self, *kinds: str) -> bool:
        return any(kind in kinds for kind, _, _ in self.rejected)

    @property
    def unparsed_line(self) -> int | None:
        """The number of the first line with an error other than its number of cells."""
        return min((line for kind, line, _ in self.rejected if kind not in (_TOO_FEW, _TOO_MANY)), default=None)


def load_into_table(query: str) -> str:
    """A statement that loads the result of a query into PARSED_LINES."""
    return f"create table {PARSED_LINES} as {query}"


def parse_csv(
    path: Path, name: str, connect: Connect, load: LoadStatement = load_into_table, folder: Path | None = None
) -> ParsedText:
    """Parse a CSV file.

    Args:
        path: the file.
        name: its display name, for errors.
        connect: opens a database that may read the given file.
        load: stores the rows.
        folder: where a temporary copy in UTF-8 may be written; None: the system's temporary directory.

    Raises:
        SourceError, ColumnError: the file is not a table.
    """
    check_kind(path, name)
    dialect = detect_dialect(path, name)
    attempt = _parse(path, name, dialect, connect, load, folder)
    if attempt.has_error(_TOO_FEW):
        dialect = replace(dialect, is_ragged=True)
        attempt = _parse_again(attempt, path, name, dialect, connect, load, folder)
    if attempt.unparsed_line and dialect.escape == DOUBLED and _contains(path, b'\\"'):
        dialect = replace(dialect, escape=BACKSLASH)
        attempt = _parse_again(attempt, path, name, dialect, connect, load, folder)
    repair = ""
    if attempt.unparsed_line:
        attempt.connection.close()
        attempt, repair = _parse_repaired(path, name, dialect, connect, load, folder)
    texts = {line: text for _, line, text in attempt.rejected}
    kept = [texts[line] for line in sorted(texts)[:MAX_KEPT_LINES]]
    malformed = [parse_malformed_line(text, dialect.delimiter, len(dialect.names)) for text in kept]
    broken = len(texts) - sum(line.text is None for line in malformed)
    if broken > MAX_BROKEN_SHARE * (len(texts) + attempt.loaded):
        raise SourceError(
            f"Most lines of {name!r} do not have as many cells as its header.",
            hint="Export it again as CSV; quote texts that contain the delimiter.",
        )
    return ParsedText(attempt.connection, dialect, malformed, len(texts) - len(kept), repair)


def create_complete_view(parsed: ParsedText) -> tuple[str, ...]:
    """Create TABLE as a view of PARSED_LINES and the malformed lines.

    Columns of one name are merged where all their values are equal.

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
    connection.execute(f"create view {TABLE} as {query}")
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


def _parse_again(attempt: _Attempt, path: Path, name: str, dialect: Dialect, *how: Any) -> _Attempt:
    attempt.connection.close()
    return _parse(path, name, dialect, *how)


def _parse_repaired(
    path: Path, name: str, dialect: Dialect, connect: Connect, load: LoadStatement, folder: Path | None
) -> tuple[_Attempt, str]:
    """Parse a copy of the file with balanced quotation marks, and describe what was repaired."""
    columns, is_backslash = len(dialect.names), dialect.escape == BACKSLASH
    copy = create_repaired_copy(
        path,
        dialect.encoding.name,
        dialect.delimiter,
        columns,
        dialect.skip,
        has_backslashes=is_backslash,
        folder=folder,
    )
    with copy as repaired:
        balanced = replace(dialect, skip=0, escape=DOUBLED, is_ragged=True)
        parsed = _try_parsing(repaired.path, balanced, connect, load)
    if isinstance(parsed, str):
        raise to_source_error(name, parsed)
    if parsed.unparsed_line:
        raise to_source_error(name, f"Line: {parsed.unparsed_line}")
    return parsed, repaired.describe()


def _parse(
    path: Path, name: str, dialect: Dialect, connect: Connect, load: LoadStatement, folder: Path | None
) -> _Attempt:
    """Parse the file or, if DuckDB cannot, a copy of it in UTF-8."""
    encoding = dialect.encoding
    is_direct = encoding.is_plain_utf8 and not dialect.has_quotes_above
    parsed = _try_parsing(path, dialect, connect, load) if is_direct else "not to be read as it is"
    if isinstance(parsed, str) and not is_out_of_memory(parsed):
        # Files with mixed line endings are also read from a normalized copy.
        with create_utf8_copy(path, encoding.name, folder, dialect.skip) as text:
            parsed = _try_parsing(text, replace(dialect, skip=0), connect, load)
    if isinstance(parsed, str):
        raise to_source_error(name, parsed)
    return parsed


def _try_parsing(path: Path, dialect: Dialect, connect: Connect, load: LoadStatement) -> _Attempt | str:
    """Parse a file in UTF-8; the error message of DuckDB if it cannot."""
    connection = connect(path)
    options = {
        "path": str(path),
        "delimiter": dialect.delimiter,
        "escape": dialect.escape,
        "skip": dialect.skip,
        "columns": dict.fromkeys(dialect.names, "VARCHAR"),
    }
    query = _READ_CSV.format(padding=_PADDING if dialect.is_ragged else "")
    try:
        loaded = int(connection.execute(load(query), options).fetchall()[0][0])
        rejected = connection.execute("select error_type, line, csv_line from reject_errors").fetchall()
    except duckdb.Error as error:
        connection.close()
        return str(error)
    return _Attempt(connection, loaded, rejected)


def _contains(path: Path, text: bytes) -> bool:
    with path.open("rb") as file:
        last = b""
        while chunk := file.read(_CHUNK):
            if text in last + chunk:
                return True
            last = chunk[-len(text) :]
    return False
