"""Resolves the settings of Snowflake from four sources.

In order of precedence: the connection named by a URI, the environment with `.env`, `.streamlit/secrets.toml`, and
Snowflake's own `connections.toml`. Each setting comes from the first source that has it. Credentials are never mixed
across sources: all of them come from the first source that has any.
"""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from segmentation.errors import SettingsError

SIGN_IN = (
    "authenticator",
    "private_key",
    "private_key_file",
    "private_key_file_pwd",
    "token",
    "token_file_path",
    "external_session_id",
    "password",
    "passcode",
    "oauth_client_id",
    "oauth_client_secret",
    "oauth_token_request_url",
    "oauth_authorization_url",
    "oauth_redirect_uri",
    "oauth_scope",
    "workload_identity_provider",
    "workload_identity_entra_resource",
    "workload_identity_impersonation_path",
)
KEYS = (
    "account",
    "user",
    *SIGN_IN,
    "role",
    "secondary_roles",
    "warehouse",
    "database",
    "schema",
    "host",
    "port",
    "protocol",
    "proxy_host",
    "proxy_port",
    "proxy_user",
    "proxy_password",
    "no_proxy",
    "login_timeout",
    "network_timeout",
    "statement_timeout",
)
OTHER_NAMES = {
    "username": "user",
    "accountname": "account",
    "dbname": "database",
    "private_key_path": "private_key_file",
    "private_key_passphrase": "private_key_file_pwd",
}
SECTION = "snowflake"
_PREFIX = "SNOWFLAKE_"


@dataclass(frozen=True)
class Credentials:
    """Settings, and the source of each. The repr contains no values."""

    values: Mapping[str, str]
    origins: Mapping[str, str]
    connection: Any = field(default=None, compare=False)
    """An open connection that needs no settings; see `segmentation.snowflake_client.hosted_connection`."""
    reopen: Callable[[], Any] | None = field(default=None, compare=False, repr=False)
    """Opens a replacement once the session of `connection` has expired; None: the host cannot."""

    def __repr__(self) -> str:
        return f"Credentials({', '.join(f'{name}: {origin}' for name, origin in self.origins.items())})"


def resolve_credentials(connection: str = "") -> Credentials:
    """The settings of a named connection (a section of one of the files), or the default ones.

    Without a name, a hosted connection takes precedence.

    Raises:
        SettingsError: there is no such connection, or a file cannot be read.
    """
    if hosted and not connection:
        return hosted[0]
    named = _read_named(connection) if connection else []
    rest = [
        *_read_environment(),
        *_find_section(_read_secrets(), SECTION),
        *_find_section(_read_connections(), _get_default_name()),
    ]
    values: dict[str, str] = {}
    origins: dict[str, str] = {}
    for origin, entries in [*named, *rest]:
        signs_in = any(name in values for name in SIGN_IN)
        for name in KEYS:
            if name in entries and name not in values and not (name in SIGN_IN and signs_in):
                values[name], origins[name] = entries[name], origin
    return Credentials(values, origins)


hosted: list[Credentials] = []
"""Credentials of the hosted connection, if any: what `resolve_credentials` returns for calls without a name."""


Entries = tuple[str, dict[str, str]]


def _read_named(connection: str) -> list[Entries]:
    entries = [*_find_section(_read_secrets(), connection), *_find_section(_read_connections(), connection)]
    if not entries:
        known = sorted({name for _, sections in (*_read_secrets(), *_read_connections()) for name in sections})
        hint = f"There are: {', '.join(known)}." if known else "Write it into connections.toml; see docs/snowflake.md."
        raise SettingsError(f"There is no connection {connection!r}.", hint=hint)
    return entries


def _read_environment() -> list[Entries]:
    variables = {name: value for name, value in os.environ.items() if name.startswith(_PREFIX) and value.strip()}
    file = _read_dotenv(Path.cwd() / ".env")
    signs_in = any(_normalize_key(name.removeprefix(_PREFIX)) in SIGN_IN for name in variables)
    remaining = {
        name: value
        for name, value in file.items()
        if name not in variables and not (signs_in and _normalize_key(name.removeprefix(_PREFIX)) in SIGN_IN)
    }
    return [("the environment", _parse_entries(variables)), (".env", _parse_entries(remaining))]


def _parse_entries(variables: Mapping[str, str]) -> dict[str, str]:
    return {
        _normalize_key(name.removeprefix(_PREFIX)): value
        for name, value in variables.items()
        if name.startswith(_PREFIX)
    }


def _normalize_key(name: str) -> str:
    return OTHER_NAMES.get(name.lower(), name.lower())


def _read_dotenv(path: Path) -> dict[str, str]:
    try:
        # Without interpolation: a password may contain ${...}.
        values = dotenv_values(path, interpolate=False, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError("The file .env cannot be read.", hint="Save it as plain text in UTF-8.") from error
    return {name: value for name, value in values.items() if value}


Sections = list[tuple[str, dict[str, dict[str, Any]]]]


def _read_secrets() -> Sections:
    path = Path.cwd() / ".streamlit" / "secrets.toml"
    return [(".streamlit/secrets.toml", _select_tables(_read_toml(path).get("connections", {})))]


def _read_connections() -> Sections:
    """Snowflake's own files: connections.toml, then [connections] of config.toml."""
    folder = _get_snowflake_folder()
    path = folder / "connections.toml"
    _check_file_permissions(path)
    return [
        ("connections.toml", _select_tables(_read_toml(path))),
        ("config.toml", _select_tables(_read_toml(folder / "config.toml").get("connections", {}))),
    ]


def _get_snowflake_folder() -> Path:
    home = Path(os.environ.get("SNOWFLAKE_HOME") or Path.home() / ".snowflake").expanduser()
    if home.is_dir():
        return home
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home()) / "snowflake"
    mac = Path.home() / "Library" / "Application Support" / "snowflake"
    linux = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "snowflake"
    return mac if mac.is_dir() else linux


def _get_default_name() -> str:
    return os.environ.get("SNOWFLAKE_DEFAULT_CONNECTION_NAME") or "default"


def _find_section(files: Sections, name: str) -> list[Entries]:
    return [
        (
            f"{origin} [{name}]",
            {_normalize_key(key): str(value) for key, value in sections[name].items() if str(value).strip()},
        )
        for origin, sections in files
        if name in sections
    ]


def _select_tables(values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: dict(value) for name, value in values.items() if isinstance(value, dict)}


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(
            f"The file {path.name} cannot be read as TOML.", hint='Put text in quotes: account = "...".'
        ) from error


def _check_file_permissions(path: Path) -> None:
    if os.name == "posix" and path.exists() and path.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise SettingsError(f"Other users can write to {path.name}.", hint=f"Restrict it: chmod 600 {path.name}.")
