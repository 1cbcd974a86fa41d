"""Names of tables, schemas and views that a user gives, taken apart and checked: no name carries a statement."""

from __future__ import annotations

import re
from typing import TypeAlias

from segmentation.errors import SettingsError

Name: TypeAlias = tuple[str, ...]
"""One to three parts, each in the case in which the engine keeps it."""
_PART = re.compile(r'(?:"([^"\x00-\x1f\x7f]{1,128})"|([A-Za-z_][A-Za-z0-9_$]{0,127}))(\.|\Z)', re.ASCII)
PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def parse_name(text: str, dialect: str, max_parts: int = 3) -> Name:
    """The parts of a name; unquoted ones in capitals on Snowflake, as they stand elsewhere.

    Raises:
        SettingsError: it is no name of one to `max_parts` parts.

    >>> parse_name('sales."my table"', "duckdb")
    ('sales', 'my table')
    >>> parse_name("fct_sales", "snowflake")
    ('FCT_SALES',)
    """
    found: list[str] = []
    at = 0
    last = "."
    while last == "." and (match := _PART.match(text, at)):
        quoted, plain, last = match.groups()
        found.append(quoted if quoted is not None else plain.upper() if dialect == "snowflake" else plain)
        at = match.end()
    if at != len(text) or last != "" or not 1 <= len(found) <= max_parts:
        parts = "one part" if max_parts == 1 else f"at most {max_parts} parts with dots between"
        raise SettingsError(
            f"{text[:60]!r} is not a name that can be used here.",
            hint=f"Use letters, digits and _, {parts}; anything else in double quotes, which it cannot hold itself.",
        )
    return tuple(found)


def quote_name(name: Name) -> str:
    """The name as SQL, every part quoted.

    >>> quote_name(("ml_results", "segments"))
    '"ml_results"."segments"'
    """
    return ".".join('"' + part.replace('"', '""') + '"' for part in name)
