"""Snowflake table names: up to three parts, upper case unless quoted."""

from __future__ import annotations

import re
from dataclasses import dataclass

from segmentation.errors import SettingsError
from segmentation.runtime.sql_identifiers import quote_name

_PART = re.compile(r'(?:"((?:[^"]|"")+)"|([A-Za-z_][A-Za-z0-9_$]*))(\.|$)')


@dataclass(frozen=True)
class TableName:
    """A fully qualified table name, each part in the case in which Snowflake stores it."""

    database: str
    schema: str
    table: str

    def __str__(self) -> str:
        """The name as written in SQL, quoted only where needed.

        >>> print(TableName("SALES", "mart", "FCT_SALES"))
        SALES."mart".FCT_SALES
        """
        return ".".join(
            part if re.fullmatch(r"[A-Z_][A-Z0-9_$]*", part) else quote_name((part,))
            for part in (self.database, self.schema, self.table)
        )

    @property
    def to_sql(self) -> str:
        """The name in SQL, every part quoted."""
        return quote_name((self.database, self.schema, self.table))


def split_name(text: str) -> tuple[str, ...]:
    """Split a name into its parts, each as Snowflake stores it.

    Raises:
        SettingsError: it is not a name of one to three parts.

    >>> split_name('sales."mart".fct_sales')
    ('SALES', 'mart', 'FCT_SALES')
    """
    parts, position = [], 0
    while position < len(text) and (match := _PART.match(text, position)):
        parts.append(match[1].replace('""', '"') if match[1] is not None else match[2].upper())
        position = match.end()
        if match[3] == "":
            break
    if position != len(text) or not 1 <= len(parts) <= 3 or text.endswith("."):
        raise SettingsError(
            f"{text!r} is not the name of a table.",
            hint='Write DATABASE.SCHEMA.TABLE; a part in lower case or with other signs in double quotes: "my table".',
        )
    return tuple(parts)


def parse_table_name(text: str, database: str | None, schema: str | None) -> TableName:
    """Complete a name with the database and schema of the settings, which are parsed as names too.

    Raises:
        SettingsError: a part is missing, or it is not a name.

    >>> parse_table_name("fct_sales", "sales", '"mart"')
    TableName(database='SALES', schema='mart', table='FCT_SALES')
    """
    parts = split_name(text)
    missing = 3 - len(parts)
    prefix = []
    for what, value in list({"database": database, "schema": schema}.items())[:missing]:
        if not value:
            raise SettingsError(
                f"The {what} of {text!r} is not known.",
                hint=f"Set SNOWFLAKE_{what.upper()}, or name the table in full: snowflake:DATABASE.SCHEMA.TABLE.",
            )
        prefix.append(_parse_part(value, what))
    return TableName(*prefix, *parts)


def _parse_part(value: str, what: str) -> str:
    parts = split_name(value)
    if len(parts) != 1:
        raise SettingsError(f"The {what} must be one name.", hint=f"Set SNOWFLAKE_{what.upper()} to one name only.")
    return parts[0]
