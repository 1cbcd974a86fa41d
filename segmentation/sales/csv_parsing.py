"""Parse a CSV file with DuckDB, every column as text.

Lines that end early have empty last cells. Lines with too many cells are kept as text: see `malformed_lines`.
This module imports nothing heavy but DuckDB, because the subprocess that decodes uploads has to start quickly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from segmentation.errors import SourceError
from segmentation.sales.csv_dialect import BACKSLASH, DOUBLED, Dialect, detect_dialect
from segmentation.sales.file_kinds import check_kind
from segmentation.sales.file_parsing import is_out_of_memory, to_source_error
from segmentation.sales.malformed_lines import MAX_KEPT_LINES, MalformedLine, parse_malformed_line
from segmentation.sales.mixed_encodings import create_unmixed_copy
from segmentation.sales.quote_repair import create_repaired_copy
from segmentation.sales.text_encoding import UTF8, TextEncoding, create_utf8_copy, detect_encoding
from segmentation.sales.unusual_layouts import create_rewritten_copy, find_unusual_layout

PARSED_LINES = "parsed_lines"
"""The table or view with the lines that were parsed."""
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
_CHUNK, _SAMPLE = 1 << 20, 1 << 16
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
    rewriting: tuple[str, ...] = ()
    """Notices on how the text was rewritten before it was parsed, and on repaired quotation marks."""

    @property
    def is_complete(self) -> bool:
        """Whether PARSED_LINES has every line and column."""
        return not (self.malformed or self.dialect.repeated_names or self.dialect.has_formula_cells)

    @property
    def notices(self) -> tuple[str, ...]:
        """Notices on how the file was read, one sentence each."""
        return tuple(filter(None, [self.dialect.encoding.describe(), *self.rewriting]))


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
    with _rewrite(path, name, folder) as (text, encoding, notices):
        parsed = _parse_text(text, name, detect_dialect(text, name, encoding), connect, load, folder)
    return replace(parsed, rewriting=(*notices, *parsed.rewriting))


@contextmanager
def _rewrite(path: Path, name: str, folder: Path | None) -> Iterator[tuple[Path, TextEncoding, list[str]]]:
    """Yield the file, or a copy in one encoding and of a usual layout, with its encoding and notices."""
    encoding, notices = detect_encoding(path, name), []
    with ExitStack() as copies:
        if encoding.mixture is not None:
            notices.append(encoding.mixture.describe())
            path, encoding = copies.enter_context(create_unmixed_copy(path, encoding.mixture, folder)), encoding.unmixed
        with path.open(encoding=encoding.name, errors="replace", newline="") as text:
            layout = find_unusual_layout(text.read(_SAMPLE))
        if layout is not None:
            notices += [f"In this file, {layout.description}.", *filter(None, [encoding.describe()])]
            copy = create_rewritten_copy(path, encoding.name, layout, name, folder)
            path, encoding = copies.enter_context(copy), UTF8
        yield path, encoding, notices


def _parse_text(
    path: Path, name: str, dialect: Dialect, connect: Connect, load: LoadStatement, folder: Path | None
) -> ParsedText:
    """Parse a text file of one encoding and of a usual layout."""
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
    repairs = (repair,) if repair else ()
    return ParsedText(attempt.connection, dialect, malformed, len(texts) - len(kept), repairs)


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
    parsed = _try_parsing(path, dialect, connect, load) if is_direct else "needs a copy in UTF-8"
    if isinstance(parsed, str) and not is_out_of_memory(parsed):
        # Files with mixed line endings are also read from a normalized copy.
        with create_utf8_copy(path, encoding.name, folder, dialect.skip) as text:
            parsed = _try_parsing(text, replace(dialect, skip=0), connect, load)
    if isinstance(parsed, str):
        raise to_source_error(name, parsed)
    return parsed


def _try_parsing(path: Path, dialect: Dialect, connect: Connect, load: LoadStatement) -> _Attempt | str:
    """Parse a file in UTF-8; returns DuckDB's error message if that fails."""
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
