"""Text tables with a rare layout, which are rewritten as comma-separated values: rare delimiters, single quotation
marks, and columns aligned with spaces.

A layout is used only if the usual delimiters yield no table, and it yields a table with lines of equal length.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import NamedTemporaryFile

from segmentation.errors import SourceError
from segmentation.sales.table_header import count_known_names, find_header

USUAL_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
SEPARATE_COLUMNS = f"Separate its columns by {', '.join(list(USUAL_DELIMITERS.values())[:-1])} or vertical bar."
"""Hint for a text without columns."""
CONTROL_DELIMITERS = ("\x01", "\x1f", "\x1e")
_RARE_DELIMITERS = {"^": "^", "~": "~", "\xa6": "\xa6", "\x01": "\\x01", "\x1f": "\\x1f", "\x1e": "\\x1e"}
_STAND_IN = "\x1d"
"""For a delimiter of two characters."""
_MIN_NAMES = 3
"""A customer, a date and an amount."""
_MIN_REGULAR = 0.95
_SAMPLED_LINES = 500
_RULER = re.compile(r"[-=+ ]+$")
_SPACES = re.compile(r" {2,}|\t+ *")

Split = Callable[[Iterable[str]], Iterator[list[str]]]


@dataclass(frozen=True)
class UnusualLayout:
    """How lines become rows."""

    description: str
    """For a notice: what separates or quotes the cells."""
    split: Split
    """Lines -> rows."""
    is_strict: bool = False
    """Whether a row with another number of cells makes the file unreadable: cells may be missing anywhere."""


def find_unusual_layout(sample: str) -> UnusualLayout | None:
    """The layout of a text, from its first lines; None if it is usual, or not certain."""
    lines = [line for line in sample.split("\n")[:_SAMPLED_LINES] if line.strip()]
    usual = {delimiter: _count_names(_split_at(delimiter)(lines)) for delimiter in USUAL_DELIMITERS}
    best = max(usual, key=lambda delimiter: usual[delimiter])
    if best == "|" and all(line.count("|") == 2 * line.count("||") for line in lines):
        return UnusualLayout("cells are separated by ||", _split_at("||"))
    if usual[best] > 1:
        return _find_single_quotes(lines, best)
    fitting = []
    for delimiter, shown in _RARE_DELIMITERS.items():
        rows = list(_split_at(delimiter)(lines))
        if _is_table(rows) and (_count_names(rows) >= _MIN_NAMES or not any(mark in sample for mark in usual)):
            fitting.append(UnusualLayout(f"cells are separated by {shown}", _split_at(delimiter)))
    if fitting:
        return fitting[0] if len(fitting) == 1 else None
    return _find_aligned_columns(lines)


@contextmanager
def create_rewritten_copy(
    path: Path, encoding: str, layout: UnusualLayout, name: str, folder: Path | None = None
) -> Iterator[Path]:
    """Yield a temporary copy in UTF-8 of comma-separated values.

    Args:
        path: the file.
        encoding: its encoding; invalid bytes are replaced.
        layout: its layout.
        name: what to call it in an error.
        folder: where to write the copy; None: the system's temporary directory.

    Raises:
        SourceError: lines further down do not have this layout.
    """
    with NamedTemporaryFile("w", encoding="utf-8", newline="", suffix=".csv", prefix="segments-", dir=folder) as copy:
        writer = csv.writer(copy, lineterminator="\n")
        with path.open(encoding=encoding, errors="replace") as text:
            try:
                lengths = set()
                for row in layout.split(line for line in text if line.strip()):
                    writer.writerow(row)
                    lengths.add(len(row))
            except csv.Error as error:
                raise SourceError(f"{name!r} has an unclosed quotation mark.", hint="Export it again.") from error
        if layout.is_strict and len(lengths) > 1:
            raise SourceError(
                f"The columns of {name!r} are separated by spaces, and some lines do not have a value in each.",
                hint=SEPARATE_COLUMNS,
            )
        copy.flush()
        yield Path(copy.name)


def _split_at(delimiter: str, quote: str = '"') -> Split:
    def split(lines: Iterable[str]) -> Iterator[list[str]]:
        if len(delimiter) == 1:
            yield from csv.reader(lines, delimiter=delimiter, quotechar=quote)
            return
        for row in csv.reader((line.replace(delimiter, _STAND_IN) for line in lines), delimiter=_STAND_IN):
            yield [cell.replace(_STAND_IN, delimiter) for cell in row]

    return split


def _count_names(rows: Iterable[list[str]]) -> int:
    """How many known names the header of a table has; 0 without a header."""
    try:
        found = list(rows)
    except csv.Error:
        return 0
    header = find_header(found)
    return 0 if header is None else count_known_names(found[header])


def _is_table(rows: Sequence[Sequence[str]]) -> bool:
    """Whether there is a header of several cells, and the rows have as many."""
    header = find_header(rows)
    if header is None or len(rows[header]) < _MIN_NAMES or header + 1 == len(rows):
        return False
    body = rows[header + 1 :]
    return sum(len(row) == len(rows[header]) for row in body) >= _MIN_REGULAR * len(body)


def _find_single_quotes(lines: Sequence[str], delimiter: str) -> UnusualLayout | None:
    """The layout with texts in single quotation marks, including texts that contain the delimiter."""
    edge = re.escape(delimiter)
    quoted = re.compile(rf"(?:^|{edge})'(?:[^']|'')*'(?={edge}|\r?$)")
    if any('"' in line for line in lines) or not quoted.search(lines[-1]):
        return None
    split = _split_at(delimiter, "'")
    if sum(bool(quoted.search(line)) for line in lines[1:]) < _MIN_REGULAR * (len(lines) - 1):
        return None
    return UnusualLayout("texts are in single quotation marks", split) if _is_table(list(split(lines))) else None


def _find_aligned_columns(lines: Sequence[str]) -> UnusualLayout | None:
    """The layout with columns that are aligned, or separated by several spaces."""
    for split in (_split_at_positions(_find_column_starts(lines)), _split_at_spaces):
        rows = list(split(lines))
        if _count_names(rows) >= _MIN_NAMES and len({len(row) for row in rows}) == 1:
            return UnusualLayout("columns are aligned with spaces", split, is_strict=True)
    return None


def _find_column_starts(lines: Sequence[str]) -> list[int]:
    """Where columns begin: after two or more places that are blank in every line."""
    texts = [line.rstrip("\r\n") for line in lines if not _RULER.match(line)]
    width = max(map(len, texts), default=0)
    blank = [all(position >= len(text) or text[position] == " " for text in texts) for position in range(width)]
    return [
        position
        for position in range(width)
        if not blank[position] and (position == 0 or (position > 1 and blank[position - 1] and blank[position - 2]))
    ]


def _split_at_positions(starts: Sequence[int]) -> Split:
    """Cut lines at columns; a line whose text runs over the edge of a column gets a further cell."""

    def split(lines: Iterable[str]) -> Iterator[list[str]]:
        for line in lines:
            text = line.rstrip("\r\n")
            if _RULER.match(text):
                continue
            cells = [text[start:end].strip() for start, end in pairwise([*starts, max(len(text), *starts, 0) + 1])]
            runs_over = any(text[start - 2 : start].strip() for start in starts[1:])
            yield [*cells, ""] if runs_over else cells

    return split


def _split_at_spaces(lines: Iterable[str]) -> Iterator[list[str]]:
    for line in lines:
        if not _RULER.match(line):
            yield _SPACES.split(line.strip())
