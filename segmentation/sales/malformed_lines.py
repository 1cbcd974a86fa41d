"""Lines of a text file with more cells than its header: kept as text, with their amounts if readable."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

RAW_TEXT = "malformed line"
"""Column with the text of a malformed line; only tables with such lines have it."""
MAX_KEPT_LINES = 100_000
"""Further malformed lines are only counted."""
_LONGEST_TEXT = 1_000
_THOUSANDS = re.compile(r"[-+(]?[^\w.,]?\d{1,3}$")
_REST = re.compile(r"\d{3}([.]\d*)?[)]?$")


@dataclass(frozen=True)
class MalformedLine:
    """A line with too many cells."""

    text: str | None
    """None for an accepted line, whose surplus cells are all empty."""
    cells: tuple[str | None, ...]
    """One per column; all None if they cannot be told apart."""


def parse_malformed_line(text: str, delimiter: str, columns: int) -> MalformedLine:
    """Parse a line that has more cells than the header.

    Empty surplus cells are dropped. If the surplus comes from unquoted thousands separators, and the numbers can be
    joined in only one way, the line keeps its cells.

    >>> parse_malformed_line("7,2024-01-31,1,234.50", ",", 3).cells
    ('7', '2024-01-31', '1,234.50')
    >>> parse_malformed_line("7,2024-01-31,a,b", ",", 3).cells
    (None, None, None)
    """
    text = text.strip("\r\n")
    shown = text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"
    try:
        row = next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error:
        row = []
    if len(row) > columns and not any(cell.strip() for cell in row[columns:]):
        return MalformedLine(None, _blank_to_none(row[:columns]))
    joined = _join_thousands(row, columns) if delimiter == "," else None
    return MalformedLine(shown, (None,) * columns if joined is None else _blank_to_none(joined))


def _join_thousands(row: Sequence[str], columns: int) -> list[str] | None:
    """Join `1` and `234.50` to `1,234.50`; None unless that leaves exactly one cell per column."""
    joined: list[str] = []
    joins = 0
    continues = False
    for cell in row:
        if joined and _REST.match(cell) and (continues or _THOUSANDS.match(joined[-1])):
            joined[-1] += f",{cell}"
            joins += 1
            continues = "." not in cell
        else:
            joined.append(cell)
            continues = False
    return joined if joins and len(joined) == columns else None


def _blank_to_none(cells: Iterable[str]) -> tuple[str | None, ...]:
    return tuple(cell or None for cell in cells)
