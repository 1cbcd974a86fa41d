"""Write the table of a workbook (.xlsx, .xlsb, .xls, .ods) as CSV.

Workbooks are read whole into memory, so only a subprocess with limits does this.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any

from segmentation.errors import SourceError
from segmentation.sales.column_mapping import normalize_name
from segmentation.sales.table_header import count_known_names, find_header

_SAMPLE_ROWS = 100
_EXACT_INTEGER = 2.0**53
"""Below this, a float represents every integer exactly."""
_CONTROL_CHARACTERS = re.compile("[\x00-\x08\x0b-\x1f]")
"""All but tab and line feed; a space takes their place."""
_THREE_PLACES = re.compile("[.][0-9]{3}$")
Row = list[str]


@dataclass(frozen=True)
class _Sheet:
    """A sheet that may be the table."""

    name: str
    known_names: int
    """How many cells of the header are known column names."""
    header: tuple[str, ...]
    """Normalized names, without empty ones at the end."""
    header_row: int
    """Rows above the header, without empty ones."""
    rows: int
    """Rows below the header, without empty ones."""


def convert_to_csv(path: Path, name: str, out: Path) -> tuple[str, ...]:
    """Write the table of a workbook as CSV in UTF-8.

    The table is the sheet with the most known column names, then the most rows. Sheets with the same columns, in any
    order, are appended: some exports have one sheet per year.

    Args:
        path: the workbook.
        name: its display name, for errors.
        out: the file to write.

    Returns:
        notices on the sheets that are used, one sentence each.

    Raises:
        SourceError: it cannot be read, or has no table.
    """
    from python_calamine import CalamineError, CalamineWorkbook  # not needed for other files

    try:
        with path.open("rb") as file_of_any_name, CalamineWorkbook.from_filelike(file_of_any_name) as workbook:
            sheets = [_describe_sheet(workbook, sheet) for sheet in workbook.sheet_names]
            tables = [sheet for sheet in sheets if sheet is not None]
            if not tables:
                raise SourceError(f"{name!r} contains no table.", hint="Put the sales into one sheet with a header.")
            best = max(tables, key=lambda sheet: (sheet.known_names, sheet.rows))
            used = [sheet for sheet in tables if sorted(sheet.header) == sorted(best.header)]
            with out.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                for sheet in used:
                    skipped = sheet.header_row if sheet is used[0] else sheet.header_row + 1
                    rows = islice(_iter_rows(workbook, sheet.name), skipped, None)
                    writer.writerows(_reorder_cells(rows, sheet.header, used[0].header))
    except (CalamineError, OSError, ValueError, OverflowError) as error:
        raise SourceError(
            f"{name!r} is a damaged or password-protected Excel workbook, or another document.",
            hint="Save it as .xlsx without a password, or as CSV.",
        ) from error
    if len(tables) == 1:
        return ()
    others = [sheet.name for sheet in tables if sheet not in used]
    verb = "is read" if len(used) == 1 else "are read one after the other"
    rest = f"; not {_join_names(others)}." if others else "."
    return (f"Of the sheets of {name!r}, {_join_names(sheet.name for sheet in used)} {verb}{rest}",)


def _reorder_cells(rows: Iterable[Row], header: tuple[str, ...], order: tuple[str, ...]) -> Iterable[Row]:
    """The cells of each row in the order of another header with the same names; equal names keep their order."""
    if header == order:
        return rows
    positions = sorted(range(len(order)), key=lambda position: (order[position], position))
    sources = sorted(range(len(header)), key=lambda position: (header[position], position))
    source_of = dict(zip(positions, sources, strict=True))
    in_order = [source_of[position] for position in range(len(order))]
    return ([row[source] if source < len(row) else "" for source in in_order] for row in rows)


def _join_names(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names))


def _describe_sheet(workbook: Any, sheet: str) -> _Sheet | None:
    """Find the header of a sheet and count its rows; None if it has no header, or nothing below it."""
    rows = _iter_rows(workbook, sheet)
    sample = list(islice(rows, _SAMPLE_ROWS))
    header_row = find_header(sample)
    if header_row is None:
        return None
    header = tuple(normalize_name(cell) for cell in sample[header_row])
    while header and not header[-1]:
        header = header[:-1]
    count = len(sample) - header_row - 1 + sum(1 for _ in rows)
    return _Sheet(sheet, count_known_names(sample[header_row]), header, header_row, count) if count else None


def _iter_rows(workbook: Any, sheet: str) -> Iterator[Row]:
    """The rows of a sheet as text, without empty ones."""
    rows = (list(map(format_cell, row)) for row in workbook.get_sheet_by_name(sheet).iter_rows())
    return (row for row in rows if any(row))


def format_cell(value: Any) -> str:
    """A cell as text: dates as ISO, numbers with a decimal point, whole numbers without.

    >>> [format_cell(value) for value in (12077.0, 7.95, 1.234, datetime(2024, 1, 31), None, True)]
    ['12077', '7.95', '1.2340', '2024-01-31', '', 'TRUE']
    """
    if isinstance(value, str):
        return _CONTROL_CHARACTERS.sub(" ", value)
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        if value.is_integer() and abs(value) < _EXACT_INTEGER:
            return str(int(value))
        text = repr(value)
        return f"{text}0" if _THREE_PLACES.search(text) else text  # three places would look like a group of thousands
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return "" if value is None else str(value)
