"""Parsing and quoting of user-supplied table, schema and view names, safe against SQL injection."""

from __future__ import annotations

import re
from typing import TypeAlias

from segmentation.errors import SettingsError

Name: TypeAlias = tuple[str, ...]
"""One to three parts, each in the case that the engine stores."""
_PART = re.compile(r'(?:"([^"\x00-\x1f\x7f]{1,128})"|([A-Za-z_][A-Za-z0-9_$]{0,127}))(\.|\Z)', re.ASCII)
PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def parse_name(text: str, dialect: str, max_parts: int = 3) -> Name:
    """Parse a dotted name; unquoted parts are upper-cased on Snowflake and unchanged elsewhere.

    Raises:
        SettingsError: the text is not a name of one to `max_parts` parts.

    >>> parse_name('sales."my table"', "duckdb")
    ('sales', 'my table')
    >>> parse_name("fct_sales", "snowflake")
    ('FCT_SALES',)
    """
    names: list[str] = []
    position = 0
    last = "."
    while last == "." and (match := _PART.match(text, position)):
        quoted, plain, last = match.groups()
        names.append(quoted if quoted is not None else plain.upper() if dialect == "snowflake" else plain)
        position = match.end()
    if position != len(text) or last != "" or not 1 <= len(names) <= max_parts:
        parts = "one part" if max_parts == 1 else f"at most {max_parts} parts with dots between"
        raise SettingsError(
            f"{text[:60]!r} is not a valid name.",
            hint=f"Use letters, digits and _, {parts}; put anything else in double quotes (a name cannot contain one).",
        )
    return tuple(names)


def quote_name(name: Name) -> str:
    """The name as SQL, every part quoted.

    >>> quote_name(("ml_results", 'a"b'))
    '"ml_results"."a""b"'
    """
    return ".".join('"' + part.replace('"', '""') + '"' for part in name)
