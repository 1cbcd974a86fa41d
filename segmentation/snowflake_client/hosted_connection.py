"""A connection supplied by the host: in Streamlit in Snowflake, the app gets an open one and does not sign in.

It may belong to a connector before version 5, so only methods that both have are called. It belongs to the host, is
shared by all visitors, and is never closed here; the host is asked for another one when its session has expired.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from segmentation.snowflake_client import credentials
from segmentation.snowflake_client.error_messages import is_session_expired
from segmentation.snowflake_client.query_tag import build_query_tag, build_statement_options

HOSTED_LABEL = "the app's own session"
_MARK = re.compile(r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"]|"")*"|\?""", re.DOTALL)
_NAMES = ("database", "schema", "warehouse", "role")


def set_hosted_connection(connection: Any, reopen: Callable[[], Any] | None = None) -> None:
    """Use this open connection for `snowflake:` from now on.

    Args:
        connection: the host's.
        reopen: asks the host for a new connection once the session has expired; None: there is no other.
    """
    if any(known.connection is connection for known in credentials.hosted):
        return
    try:
        row = _configure(connection)
    except Exception as error:
        if reopen is None or not is_session_expired(error):
            raise
        connection = reopen()
        row = _configure(connection)
    values = {name: f'"{value}"' for name, value in zip(_NAMES, row, strict=True) if value}
    origins = dict.fromkeys(values, HOSTED_LABEL)
    credentials.hosted[:] = [credentials.Credentials(values, origins, connection, reopen)]


def _configure(connection: Any) -> Sequence[Any]:
    """Set the session's parameters where permitted, which is useful but not required; returns what is in use."""
    with suppress(Exception):
        connection.arrow_number_to_decimal_setter = True
    for setting in (f"QUERY_TAG = '{build_query_tag()}'", "TIMEZONE = 'UTC'"):
        with suppress(Exception), connection.cursor() as cursor:
            cursor.execute(f"ALTER SESSION SET {setting}")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(f'CURRENT_{name.upper()}()' for name in _NAMES)}")
        row: Sequence[Any] = cursor.fetchall()[0]
    return row


def reopen_hosted_connection(expired: credentials.Credentials) -> Any:
    """Replace an expired connection by a new one from the host, and return it; None if the host has none."""
    if expired.reopen is None:
        return None
    connection = expired.reopen()
    set_hosted_connection(connection, expired.reopen)
    return connection


def execute(connection: Any, cursor: Any, sql: str, values: Sequence[Any] = ()) -> None:
    """Execute a statement with bound parameters (question marks) in the connection's paramstyle, tagged by visit."""
    options = build_statement_options(getattr(connection, "user", "") or "")
    if not values:
        cursor.execute(sql, **options)
    elif getattr(connection, "is_pyformat", False):
        cursor.execute(_to_pyformat(sql), tuple(values), **options)
    else:
        cursor.execute(sql, tuple(values), **options)


def _to_pyformat(sql: str) -> str:
    """A statement with %s for each question mark outside of texts and quoted names."""
    return _MARK.sub(lambda match: "%s" if match[0] == "?" else match[0], sql.replace("%", "%%"))
