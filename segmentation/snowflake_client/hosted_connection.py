"""A connection supplied by the host: Streamlit in Snowflake provides an open one, and the app does not sign in.

It may belong to a connector before version 5, so only methods that both have are called. It belongs to the host, is
shared by all visitors, and is never closed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from segmentation.snowflake_client import credentials
from segmentation.snowflake_client.query_tag import build_query_tag

HOSTED_LABEL = "the app's own session"
_NAMES = ("database", "schema", "warehouse", "role")


def set_hosted_connection(connection: Any) -> None:
    """Use this open connection for `snowflake:` from now on.

    Its session parameters are set where permitted; they are useful but not required.
    """
    if any(known.connection is connection for known in credentials.hosted):
        return
    with suppress(Exception):
        connection.arrow_number_to_decimal_setter = True
    for setting in (f"QUERY_TAG = '{build_query_tag()}'", "TIMEZONE = 'UTC'"):
        with suppress(Exception), connection.cursor() as cursor:
            cursor.execute(f"ALTER SESSION SET {setting}")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(f'CURRENT_{name.upper()}()' for name in _NAMES)}")
        row = cursor.fetchall()[0]
    values = {name: f'"{value}"' for name, value in zip(_NAMES, row, strict=True) if value}
    credentials.hosted[:] = [credentials.Credentials(values, dict.fromkeys(values, HOSTED_LABEL), connection)]


def execute(connection: Any, cursor: Any, sql: str, values: Sequence[Any] = ()) -> None:
    """Execute a statement with bound parameters (question marks) in the connection's paramstyle."""
    if not values:
        cursor.execute(sql)
    elif getattr(connection, "is_pyformat", False):
        cursor.execute(sql.replace("%", "%%").replace("?", "%s"), tuple(values))
    else:
        cursor.execute(sql, tuple(values))
