"""Rewrites a text file with unbalanced quotation marks, so that a strict parser can read all of its lines.

Exports write 12" within quotation marks without doubling it, or lose a closing mark. Each line is read by these rules:
a quotation mark closes a cell only before a delimiter or the end of the line; a cell may contain line breaks unless a
line below it is complete in itself; a mark that nothing closes is text.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from segmentation.sales.text_encoding import replace_control_characters

_MAX_CELL_LINES = 100
"""Maximum number of lines of a cell with line breaks."""


@dataclass(frozen=True)
class RepairedCopy:
    """A copy in UTF-8 with balanced quotation marks, the header first."""

    path: Path
    unbalanced: int
    """Number of lines with an unmatched quotation mark."""
    first_unbalanced: int
    """The number of the first such line in the file, from 1; 0 if there is none."""

    def describe(self) -> str:
        """A notice on the lines that were repaired, or an empty string."""
        if not self.unbalanced:
            return ""
        lines = "line has" if self.unbalanced == 1 else "lines have"
        first = f"line {self.first_unbalanced:,}" if self.unbalanced == 1 else f"the first is {self.first_unbalanced:,}"
        return f"{self.unbalanced:,} {lines} an unmatched quotation mark: {first}. It was read as text."


@contextmanager
def create_repaired_copy(
    path: Path,
    encoding: str,
    delimiter: str,
    columns: int,
    skip: int = 0,
    *,
    has_backslashes: bool = False,
    folder: Path | None = None,
) -> Iterator[RepairedCopy]:
    """Yield a temporary copy of a text file with balanced quotation marks.

    Args:
        path: the file.
        encoding: its encoding; invalid bytes are replaced.
        delimiter: between cells.
        columns: how many cells a complete line has.
        skip: lines before the header, which are left out.
        has_backslashes: whether a backslash escapes a quotation mark.
        folder: where to write the copy; None: the system's temporary directory.
    """
    unbalanced: list[int] = []
    with NamedTemporaryFile("w", encoding="utf-8", newline="", suffix=".csv", prefix="segments-", dir=folder) as copy:
        writer = csv.writer(copy, delimiter=delimiter, lineterminator="\n")
        with path.open(encoding=encoding, errors="replace") as text:
            for _ in range(skip):
                text.readline()
            lines: Iterable[str] = map(replace_control_characters, text)
            if has_backslashes:
                lines = (line.replace('\\"', '""') for line in lines)
            writer.writerows(_iter_rows(lines, delimiter, columns, skip, unbalanced))
        copy.flush()
        yield RepairedCopy(Path(copy.name), len(unbalanced), unbalanced[0] if unbalanced else 0)


def split_line(text: str, delimiter: str) -> list[str] | None:
    """The cells of a line; None if a quotation mark is not closed.

    >>> split_line('7,"Jam 12" jar","a ""b"", c",', ",")
    ['7', 'Jam 12" jar', 'a "b", c', '']
    >>> split_line('7,"Jam', ",")
    """
    cells: list[str] = []
    position = 0
    while True:
        if text.startswith('"', position):
            end = _find_closing_mark(text, position + 1, delimiter)
            if end < 0:
                return None
            cells.append(text[position + 1 : end].replace('""', '"'))
            position = end + 1
        else:
            end = text.find(delimiter, position)
            end = len(text) if end < 0 else end
            cells.append(text[position:end])
            position = end
        if position >= len(text):
            return cells
        position += 1


def _find_closing_mark(text: str, position: int, delimiter: str) -> int:
    """The position of the mark that closes a cell whose text begins at `position`; -1: none does."""
    while (position := text.find('"', position)) >= 0:
        following = text[position + 1 : position + 2]
        if following in ("", delimiter):
            return position
        position += 2 if following == '"' else 1
    return -1


def _iter_rows(
    lines: Iterable[str], delimiter: str, columns: int, skipped: int, unbalanced: list[int]
) -> Iterator[list[str]]:
    """The rows of a file; the numbers of lines with unbalanced marks are appended to `unbalanced`.

    skipped: lines of the file above `lines`, which count in these numbers.
    """
    source, pending = iter(lines), deque[str]()
    number = skipped

    def look_ahead(count: int) -> str | None:
        """The line at this place below the last row, from 1, without reading it; None after the last line."""
        while len(pending) < count:
            line = next(source, None)
            if line is None:
                return None
            pending.append(line.removesuffix("\n"))
        return pending[count - 1]

    while (text := look_ahead(1)) is not None:
        row, used = split_line(text, delimiter), 1
        while row is None and used < _MAX_CELL_LINES and (below := look_ahead(used + 1)) is not None:
            alone = split_line(below, delimiter)
            if alone is not None and len(alone) == columns:
                break
            text, used = f"{text}\n{below}", used + 1
            row = split_line(text, delimiter)
            if row is not None and len(row) != columns:
                row = None
                break
        if row is None:  # no line below closes the mark, so it is text, and the row is this line alone
            used = 1
            unbalanced.append(number + 1)
            row = [cell.removeprefix('"') for cell in pending[0].split(delimiter)]
        for _ in range(used):
            pending.popleft()
        number += used
        yield row
