"""Find the header of a table among its first rows, and name its columns.

A row is a header when its cells look like names and the rows below look like values. Titles, notes such as
`From,2024-01-01` and empty rows may precede it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from segmentation.errors import ColumnError, SourceError
from segmentation.sales.column_mapping import normalize_name
from segmentation.sales.column_names import LOCALIZED_SYNONYMS, SYNONYMS

MAX_COLUMNS = 500
_ROWS_ABOVE = 100
"""A header further down is not found."""
_ROWS_BELOW = 20
_LONGEST_NAME = 100
_MIN_FILLED_SHARE = 0.5
"""Minimum share of the columns filled by the rows below that a header must name."""
_VALUE = re.compile(r"[^A-Za-z]{0,3}\d[\d.,:/ -]*[^A-Za-z]{0,2}$")
_KNOWN = {normalize_name(text) for name, synonyms in SYNONYMS.items() for text in (name, *synonyms)} | {
    text for pair in LOCALIZED_SYNONYMS.values() for synonyms in pair for text in synonyms.split()
}

Row = Sequence[str]


def find_header(rows: Sequence[Row]) -> int | None:
    """The index of the header; None if no row has more than one cell.

    Among the rows that can be a header, the one with the most known column names wins, then the one that names the
    most columns, then the first. Without such a row, the first row with several cells is the header.

    >>> find_header([["Sales", ""], ["From", "2024-01-01"], ["Customer", "Amount"], ["12", "3.50"]])
    2
    """
    candidates = [index for index, row in enumerate(rows[:_ROWS_ABOVE]) if _is_header(row, rows[index + 1 :])]
    if candidates:
        return max(candidates, key=lambda index: (count_known_names(rows[index]), _count_filled(rows[index]), -index))
    filled = [index for index, row in enumerate(rows) if _count_filled(row) > 1]
    several = filled or [index for index, row in enumerate(rows) if len(row) > 1]
    return several[0] if several else None


def count_known_names(row: Row) -> int:
    """How many different cells of a row are known column names."""
    return len({normalize_name(cell) for cell in row} & _KNOWN)


def name_columns(header: Row, name: str) -> tuple[str, ...]:
    """Name the columns of a table; a repeated name gets a number.

    Args:
        header: the cells of its header.
        name: what to call the table in an error.

    Raises:
        SourceError: there are too many columns.
        ColumnError: the header contains values.
    """
    check_column_count(name, len(header))
    cells = [" ".join(cell.split())[:_LONGEST_NAME] for cell in header]
    values = [cell for cell in cells if _VALUE.match(cell)]
    if len(values) > 1 and not count_known_names(cells):
        raise ColumnError(
            f"{name!r} has no header: its first line contains the value {values[0]!r}.",
            hint="Add a first line with the column names, such as customer, date, amount.",
        )
    counts = Counter(cell.lower() for cell in cells)
    seen: Counter[str] = Counter()
    names: list[str] = []
    for number, cell in enumerate(cells, start=1):
        seen[cell.lower()] += 1
        text = cell or f"column {number}"
        if cell and counts[cell.lower()] > 1:
            text = f"{cell} ({seen[cell.lower()]})"
        while text.lower() in {known.lower() for known in names}:
            text += "'"
        names.append(text)
    return tuple(names)


def find_repeated_names(header: Row, names: Sequence[str]) -> dict[str, list[str]]:
    """Columns that share a name, regardless of case: the name -> the names that `name_columns` gave them."""
    cells = [" ".join(cell.split())[:_LONGEST_NAME] for cell in header]
    groups: dict[str, list[int]] = {}
    for index, cell in enumerate(cells):
        groups.setdefault(cell.lower(), []).append(index)
    return {
        cells[places[0]]: [names[place] for place in places]
        for cell, places in groups.items()
        if cell and len(places) > 1
    }


def check_column_count(name: str, columns: int) -> None:
    """Raise SourceError if a table has more than MAX_COLUMNS columns."""
    if columns > MAX_COLUMNS:
        raise SourceError(f"{name!r} has {columns:,} columns.", hint=f"The limit is {MAX_COLUMNS}.")


def _is_header(row: Row, below: Sequence[Row]) -> bool:
    """Whether the cells look like names, and the rows below look like values of as many columns."""
    cells = [cell.strip() for cell in row if cell.strip()]
    names = {cell.lower() for cell in cells if _is_name(cell)}
    if len(names) < 2 or (len(names) < len(cells) and count_known_names(row) < 2):
        return False
    body = [other for other in below[:_ROWS_BELOW] if _count_filled(other) > 1]
    if not body:
        return count_known_names(row) > 1
    if len(cells) < _MIN_FILLED_SHARE * max(map(_count_filled, body)):
        return False
    have_values = sum(any(_is_value_below(row, other, column) for column in range(len(other))) for other in body)
    return 2 * have_values >= len(body) or count_known_names(row) > 1


def _is_value_below(header: Row, row: Row, column: int) -> bool:
    return column < len(header) and bool(header[column].strip()) and bool(_VALUE.match(row[column].strip()))


def _is_name(cell: str) -> bool:
    return not _VALUE.match(cell) and any(char.isalpha() for char in cell) and len(cell) <= 3 * _LONGEST_NAME


def _count_filled(row: Row) -> int:
    return sum(bool(cell.strip()) for cell in row)
