"""Snowflake table names: up to three parts, upper case unless quoted."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from urllib.parse import parse_qs

from segmentation.errors import SettingsError
from segmentation.runtime.sql_identifiers import Name, parse_name, quote_name

_ADDRESS = re.compile(r'snowflake:(?P<table>(?:[^"?]|"[^"]*")*)(?:\?(?P<options>.*))?')


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
    def quoted(self) -> str:
        """The name in SQL, every part quoted."""
        return quote_name((self.database, self.schema, self.table))


def parse_table_name(text: str, database: str | None, schema: str | None) -> TableName:
    """Complete a name with the database and schema of the settings, which are parsed as names too.

    Raises:
        SettingsError: a part is missing, or it is not a name.

    >>> parse_table_name("fct_sales", "sales", '"mart"')
    TableName(database='SALES', schema='mart', table='FCT_SALES')
    """
    parts = parse_name(text, "snowflake")
    missing = 3 - len(parts)
    prefix: Name = ()
    for what, value in list({"database": database, "schema": schema}.items())[:missing]:
        if not value:
            raise SettingsError(
                f"The {what} of {text!r} is not known.",
                hint=f"Set SNOWFLAKE_{what.upper()}, or name the table in full: snowflake:DATABASE.SCHEMA.TABLE.",
            )
        prefix += parse_name(value, "snowflake", max_parts=1)
    return TableName(*prefix, *parts)


def parse_sales_address(uri: str) -> tuple[str, str]:
    """The table and the connection of `snowflake:`, `snowflake:DB.SCHEMA.TABLE` or `snowflake:?connection=NAME`.

    Returns:
        The name of the table as written, by default fct_sales, and that of the connection, "" for the default one.

    Raises:
        SettingsError: the address is invalid.

    >>> parse_sales_address("snowflake:SALES.MART.ORDERS?connection=shop")
    ('SALES.MART.ORDERS', 'shop')
    """
    match = _ADDRESS.fullmatch(uri)
    options = parse_qs(match["options"] or "", keep_blank_values=True) if match else {"?": [""]}
    if match is None or set(options) - {"connection"} or not all(options.get("connection", ["-"])):
        raise SettingsError(
            "Invalid address of a Snowflake table.",
            hint="Use snowflake:DATABASE.SCHEMA.TABLE?connection=NAME; each part is optional.",
        )
    return match["table"] or "fct_sales", options.get("connection", [""])[0]


def create_temp_table_name(prefix: str) -> str:
    """A unique name for a temporary table."""
    return f"{prefix}_{uuid.uuid4().hex}".upper()
