"""Detect the dialect of a CSV file: encoding, delimiter, quoting, header and column names.

Detection uses the bytes, never the file name.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segmentation.errors import SourceError
from segmentation.sales.table_header import count_known_names, find_header, find_repeated_names, name_columns
from segmentation.sales.text_encoding import TextEncoding, detect_encoding
from segmentation.sales.unusual_layouts import SEPARATE_COLUMNS, USUAL_DELIMITERS

DOUBLED, BACKSLASH = '"', "\\"
"""How a quotation mark within quotation marks is escaped."""
_QUOTING: dict[str, dict[str, Any]] = {DOUBLED: {}, BACKSLASH: {"escapechar": BACKSLASH, "doublequote": False}}
_SAMPLE = 1 << 18
_LONGEST_HEADER = 1 << 23
"""Maximum number of characters of a header."""
_FORMULA = re.compile(r'=".*"$')
_JSON = re.compile(r'\s*(\{|\[\s*([{\["\d]|$))')
_MARKUP = re.compile(r"\s*<(!doctype|html|head|body|table|\?xml|meta|style|script|div)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Dialect:
    """Layout of a text file."""

    encoding: TextEncoding
    delimiter: str
    names: tuple[str, ...]
    """Column names; duplicates are numbered."""
    skip: int
    """Lines before the header."""
    has_quotes_above: bool = False
    """Whether these lines contain quotation marks, because of which DuckDB would count them differently."""
    escape: str = DOUBLED
    is_ragged: bool = False
    """Whether lines end early, because their last cells are empty."""
    repeated_names: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Pairs: a name that several columns have -> their numbered names."""
    has_formula_cells: bool = False
    """Whether cells are text formulas such as ="00123", which exports use to preserve leading zeros."""


def detect_dialect(path: Path, name: str, encoding: TextEncoding | None = None) -> Dialect:
    """Detect the dialect of a text file.

    Args:
        path: the file.
        name: what to call it in an error.
        encoding: its encoding; None: detect it.

    Raises:
        SourceError: the file is not text, or not a table.
        ColumnError: it has no header.
    """
    encoding = encoding or detect_encoding(path, name)
    with path.open(encoding=encoding.name, errors="replace", newline="") as file:
        sample = file.read(_SAMPLE)
        is_complete = len(sample) < _SAMPLE
    if not sample.strip():
        raise SourceError(f"{name!r} contains no text.", hint="Export it again and check its size.")
    if _MARKUP.match(sample):
        raise SourceError(f"{name!r} is a web page, not a table.", hint="Open it in a spreadsheet and save it as CSV.")
    if _JSON.match(sample):
        raise SourceError(f"{name!r} is JSON, not a table.", hint="Export the sales as CSV or Parquet.")
    declared, skip = None, 0
    if match := re.match(r"sep=(.)\r?\n", sample):  # Excel's own separator line
        declared, skip, sample = match[1], 1, sample[match.end() :]
    if not is_complete:
        sample = sample[: sample.rfind("\n") + 1] or sample
    delimiter = declared if declared in USUAL_DELIMITERS else _detect_delimiter(sample, name)
    escape = _detect_escape(sample, delimiter)
    rows, line_numbers = _parse_rows(sample, delimiter, escape)
    place = find_header(rows)
    if place is None:
        raise _build_one_column_error(name)
    skip += line_numbers[place - 1] if place else 0
    has_quotes_above = any('"' in line for line in sample.splitlines()[:skip])
    header = _read_header(path, encoding, delimiter, skip, name)
    body = [row for row in rows[place + 1 :] if row]
    header += _count_empty_columns(header, body) * [""]
    names = name_columns(header, name)
    repeated = tuple((text, tuple(columns)) for text, columns in find_repeated_names(header, names).items())
    is_ragged = any(len(row) < len(names) for row in body)
    has_formulas = any(_FORMULA.match(cell) for row in body for cell in row)
    return Dialect(encoding, delimiter, names, skip, has_quotes_above, escape, is_ragged, repeated, has_formulas)


def _parse_rows(sample: str, delimiter: str, escape: str = DOUBLED) -> tuple[list[list[str]], list[int]]:
    """The rows of a sample, and the number of the last line of each."""
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, **_QUOTING[escape])
    rows, line_numbers = [], []
    try:
        for row in reader:
            rows.append(row)
            line_numbers.append(reader.line_num)
    except csv.Error:  # an unclosed quotation mark exceeds the field size limit of the parser
        rows = [line.split(delimiter) for line in sample.splitlines()]
        line_numbers = list(range(1, len(rows) + 1))
    return rows, line_numbers


def _detect_delimiter(sample: str, name: str) -> str:
    """The delimiter with the most known column names, then the most regular lines, then the most columns."""
    fits: dict[str, tuple[int, float, int]] = {}
    for delimiter in USUAL_DELIMITERS:
        rows = [row for row in _parse_rows(sample, delimiter)[0] if row]
        place = find_header(rows)
        if place is None:
            continue
        header, body = rows[place], rows[place + 1 :]
        regular = sum(len(row) == len(header) for row in body) / len(body) if body else 1.0
        fits[delimiter] = (count_known_names(header), round(regular, 1), len(header))
    if not fits:
        raise _build_one_column_error(name)
    return max(fits, key=lambda delimiter: fits[delimiter])


def _detect_escape(sample: str, delimiter: str) -> str:
    """Backslash where lines are more regular with it."""
    if '\\"' not in sample:
        return DOUBLED
    regular = {}
    for escape in (DOUBLED, BACKSLASH):
        rows = [row for row in _parse_rows(sample, delimiter, escape)[0] if row]
        lengths = [len(row) for row in rows]
        quotes = sum(cell.count('"') % 2 for row in rows for cell in row if escape == DOUBLED)  # left over
        regular[escape] = max(map(lengths.count, set(lengths))) - quotes
    return max(regular, key=lambda escape: regular[escape])


def _count_empty_columns(header: Sequence[str], body: Sequence[Sequence[str]]) -> int:
    """How many empty cells most lines have beyond the header, usually because each line ends with a delimiter."""
    extra = [len(row) - len(header) for row in body]
    wider = [count for count in extra if count > 0]
    is_empty = all(not cell.strip() for row in body for cell in row[len(header) :])
    return max(wider) if is_empty and 2 * len(wider) > len(body) else 0


def _build_one_column_error(name: str) -> SourceError:
    return SourceError(f"{name!r} has only one column.", hint=SEPARATE_COLUMNS)


def _read_header(path: Path, encoding: TextEncoding, delimiter: str, skip: int, name: str) -> list[str]:
    """Read the complete header, which may be longer than the sample and contain quoted line breaks."""
    with path.open(encoding=encoding.name, errors="replace", newline="") as file:
        lines = iter(lambda: file.readline(_LONGEST_HEADER + 1), "")
        try:
            for _ in range(skip):
                next(lines)
            header = next(csv.reader(_limit_length(lines), delimiter=delimiter))
        except (csv.Error, OverflowError, StopIteration) as error:
            raise SourceError(
                f"The header of {name!r} is too long.",
                hint="It may contain an unclosed quotation mark. Export it again as CSV.",
            ) from error
    return header


def _limit_length(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines; raise OverflowError after _LONGEST_HEADER characters."""
    length = 0
    for line in lines:
        length += len(line)
        if length > _LONGEST_HEADER:
            raise OverflowError
        yield line
