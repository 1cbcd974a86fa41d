"""Names of Snowflake's tables: up to three parts, upper case unless quoted."""

from __future__ import annotations

import re
from dataclasses import dataclass

from segmentation.errors import SettingsError

_PART = re.compile(r'(?:"((?:[^"]|"")+)"|([A-Za-z_][A-Za-z0-9_$]*))(\.|$)')


@dataclass(frozen=True)
class TableName:
    """One table, fully named, each part in the case in which Snowflake keeps it."""

    database: str
    schema: str
    table: str

    def __str__(self) -> str:
        """As a person writes it, quoted where it must be.

        >>> print(TableName("SALES", "mart", "FCT_SALES"))
        SALES."mart".FCT_SALES
        """
        return ".".join(
            part if re.fullmatch(r"[A-Z_][A-Z0-9_$]*", part) else quote_identifier(part)
            for part in (self.database, self.schema, self.table)
        )

    @property
    def to_sql(self) -> str:
        """Every part quoted."""
        return ".".join(quote_identifier(part) for part in (self.database, self.schema, self.table))


def quote_identifier(part: str) -> str:
    """One identifier, quoted.

    >>> quote_identifier('a"b')
    '"a""b"'
    """
    return '"' + part.replace('"', '""') + '"'


def split_name(text: str) -> tuple[str, ...]:
    """The parts of a name, each as Snowflake keeps it.

    Raises:
        SettingsError: it is no name of one to three parts.

    >>> split_name('sales."mart".fct_sales')
    ('SALES', 'mart', 'FCT_SALES')
    """
    found, at = [], 0
    while at < len(text) and (match := _PART.match(text, at)):
        found.append(match[1].replace('""', '"') if match[1] is not None else match[2].upper())
        at = match.end()
        if match[3] == "":
            break
    if at != len(text) or not 1 <= len(found) <= 3 or text.endswith("."):
        raise SettingsError(
            f"{text!r} is not the name of a table.",
            hint='Write DATABASE.SCHEMA.TABLE; a part in lower case or with other signs in double quotes: "my table".',
        )
    return tuple(found)


def parse_table_name(text: str, database: str | None, schema: str | None) -> TableName:
    """`text` with the parts it leaves out filled in from the settings, which are names too.

    Raises:
        SettingsError: a part is missing, or it is no name.

    >>> parse_table_name("fct_sales", "sales", '"mart"')
    TableName(database='SALES', schema='mart', table='FCT_SALES')
    """
    given = split_name(text)
    missing = 3 - len(given)
    before = []
    for what, value in list({"database": database, "schema": schema}.items())[:missing]:
        if not value:
            raise SettingsError(
                f"The {what} of {text!r} is not known.",
                hint=f"Set SNOWFLAKE_{what.upper()}, or name the table in full: snowflake:DATABASE.SCHEMA.TABLE.",
            )
        before.append(_parse_part(value, what))
    return TableName(*before, *given)


def _parse_part(value: str, what: str) -> str:
    found = split_name(value)
    if len(found) != 1:
        raise SettingsError(f"The {what} must be one name.", hint=f"Set SNOWFLAKE_{what.upper()} to one name only.")
    return found[0]
