"""A connection that is open already: Streamlit in Snowflake has one, and the app signs in nowhere.

It may be of a connector before 5, as there: only what both have is called. It belongs to whoever gave it, is shared by
all visitors, and is never closed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from segmentation.snowflake_client.credentials import Credentials, set_hosted

HOSTED_LABEL = "the app's own session"
_NAMES = ("database", "schema", "warehouse", "role")


def set_hosted_connection(connection: Any) -> None:
    """Let this open connection be the one that `snowflake:` means from now on.

    What is set on it helps and is not needed: a session that may not be changed is used as it is.
    """
    if _last == [connection]:
        return
    with suppress(Exception):
        connection.arrow_number_to_decimal_setter = True
    for setting in ("QUERY_TAG = 'segments'", "TIMEZONE = 'UTC'"):
        with suppress(Exception), connection.cursor() as cursor:
            cursor.execute(f"ALTER SESSION SET {setting}")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(f'CURRENT_{name.upper()}()' for name in _NAMES)}")
        told = cursor.fetchall()[0]
    values = {name: f'"{value}"' for name, value in zip(_NAMES, told, strict=True) if value}
    _last[:] = [connection]
    set_hosted(Credentials(values, dict.fromkeys(values, HOSTED_LABEL), connection))


def take_back() -> None:
    """Forget it: `snowflake:` means the settings again."""
    _last.clear()
    set_hosted(None)


def execute(connection: Any, cursor: Any, sql: str, values: Sequence[Any] = ()) -> None:
    """Carry out a statement with values for its question marks, in the way of marking that the connection has."""
    if not values:
        cursor.execute(sql)
    elif getattr(connection, "is_pyformat", False):
        cursor.execute(sql.replace("%", "%%").replace("?", "%s"), tuple(values))
    else:
        cursor.execute(sql, tuple(values))


_last: list[Any] = []
"""The connection that was given last, if any."""
