"""Opens a connection with the Snowflake connector."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from segmentation.errors import SettingsError
from segmentation.snowflake_client.authentication import AuthMethod, check_key
from segmentation.snowflake_client.credentials import Credentials
from segmentation.snowflake_client.query_tag import build_query_tag

INTERACTIVE_LOGIN_SECONDS = 120
"""Time to sign in with the browser or to confirm a push notification; login_timeout overrides it."""
_CONNECTION_SETTINGS = (
    "account",
    "role",
    "secondary_roles",
    "warehouse",
    "database",
    "schema",
    "host",
    "protocol",
    "proxy_host",
    "proxy_user",
    "proxy_password",
    "no_proxy",
)


@dataclass(frozen=True)
class Timeouts:
    """Limits in seconds."""

    login: int = 30
    network: int = 30
    statement: int = 900

    @classmethod
    def from_settings(cls, values: Mapping[str, str], *, is_interactive: bool = False) -> Timeouts:
        """Read login_timeout, network_timeout and statement_timeout; missing ones have their default.

        Args:
            values: the settings.
            is_interactive: whether a person may have to act during the sign-in, which takes longer.

        Raises:
            SettingsError: one is not a whole number.
        """
        return cls(
            login=_parse_number(values, "login_timeout", INTERACTIVE_LOGIN_SECONDS if is_interactive else cls.login),
            network=_parse_number(values, "network_timeout", cls.network),
            statement=_parse_number(values, "statement_timeout", cls.statement),
        )


def connect(credentials: Credentials, auth: AuthMethod, timeouts: Timeouts) -> Any:
    """Open a new connection; the connector's exceptions are passed on unchanged.

    Raises:
        SettingsError: a port is not a number, or secondary_roles is neither ALL nor NONE.
        ValueError: the private key cannot be opened.
    """
    # Platform detection sends requests to the metadata servers of cloud providers.
    os.environ.setdefault("SNOWFLAKE_DISABLE_PLATFORM_DETECTION", "true")
    import snowflake.connector

    check_key(auth.arguments)
    values = credentials.values
    arguments: dict[str, Any] = {name: values[name] for name in _CONNECTION_SETTINGS if name in values}
    arguments |= {name: _parse_number(values, name, 443) for name in ("port", "proxy_port") if name in values}
    if "secondary_roles" in arguments:
        arguments["secondary_roles"] = _parse_secondary_roles(values["secondary_roles"])
    return snowflake.connector.connect(
        **arguments,
        **auth.arguments,
        paramstyle="qmark",
        application="Segments",
        login_timeout=timeouts.login,
        connect_timeout=min(timeouts.network, timeouts.login),
        query_timeout=timeouts.statement,
        # One request waits until a push notification is confirmed.
        request_timeout=max(timeouts.network, timeouts.login) if auth.is_interactive else timeouts.network,
        arrow_number_to_decimal=True,
        enable_server_session_keep_alive_auto_detection=False,
        session_parameters={
            "QUERY_TAG": build_query_tag(values.get("user", "")),
            "TIMEZONE": "UTC",
            "STATEMENT_TIMEOUT_IN_SECONDS": timeouts.statement,
        },
    )


def _parse_number(values: Mapping[str, str], name: str, default: int) -> int:
    text = values.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= 604_800:
        raise SettingsError(f"The setting {name} must be a whole number.", hint=f"For example {name} = {default}.")
    return int(text)


def _parse_secondary_roles(text: str) -> str:
    if text.strip().upper() not in {"ALL", "NONE"}:
        raise SettingsError(
            f"{text[:40]!r} is not a mode of secondary roles.", hint="Set SNOWFLAKE_SECONDARY_ROLES to ALL or NONE."
        )
    return text.strip().upper()
