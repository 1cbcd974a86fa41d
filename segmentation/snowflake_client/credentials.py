"""Where Snowflake's settings come from.

Four places, earlier before later: the connection that an address names, the environment with `.env`,
`.streamlit/secrets.toml`, and Snowflake's own `connections.toml`. Each setting comes from the first place that has it.
What one signs in with comes from one place as a whole, so that one's password never meets another's key.
"""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from segmentation.errors import SettingsError

SIGN_IN = (
    "authenticator", "private_key", "private_key_file", "private_key_file_pwd", "token", "password", "passcode",
    "workload_identity_provider",
)  # fmt: skip
KEYS = (
    "account", "user", *SIGN_IN, "role", "warehouse", "database", "schema", "host", "port", "protocol",
    "login_timeout", "network_timeout", "statement_timeout",
)  # fmt: skip
OTHER_NAMES = {
    "username": "user", "accountname": "account", "dbname": "database", "private_key_path": "private_key_file",
    "private_key_passphrase": "private_key_file_pwd",
}  # fmt: skip
SECTION = "snowflake"
_PREFIX = "SNOWFLAKE_"


@dataclass(frozen=True)
class Found:
    """Settings, and the place each came from. Shown and printed without a value."""

    values: Mapping[str, str]
    places: Mapping[str, str]
    connection: Any = field(default=None, compare=False)
    """One that is open already and needs no settings; see `segmentation.snowflake_client.hosted_connection`."""

    def __repr__(self) -> str:
        return f"Found({', '.join(f'{name}: {place}' for name, place in self.places.items())})"


def find_settings(connection: str = "") -> Found:
    """The settings of `connection` (a section of one of the files), or of nobody in particular.

    Where a connection was given and none is named, that one.

    Raises:
        SettingsError: there is no such connection, or a file cannot be read.
    """
    if _given and not connection:
        return _given[0]
    named = _named(connection) if connection else []
    rest = [*_environment(), *_section(_secrets(), SECTION), *_section(_connections(), _default_name())]
    values: dict[str, str] = {}
    places: dict[str, str] = {}
    for place, entries in [*named, *rest]:
        signs_in = any(name in values for name in SIGN_IN)
        for name in KEYS:
            if name in entries and name not in values and not (name in SIGN_IN and signs_in):
                values[name], places[name] = entries[name], place
    return Found(values, places)


_given: list[Found] = []


def set_given(found: Found | None) -> None:
    """What `find_settings` gives where no connection is named; None: what is set."""
    _given[:] = [] if found is None else [found]


Entries = tuple[str, dict[str, str]]


def _named(connection: str) -> list[Entries]:
    found = [*_section(_secrets(), connection), *_section(_connections(), connection)]
    if not found:
        known = sorted({name for _, sections in (*_secrets(), *_connections()) for name in sections})
        hint = f"There are: {', '.join(known)}." if known else "Write it into connections.toml; see docs/snowflake.md."
        raise SettingsError(f"There is no connection {connection!r}.", hint=hint)
    return found


def _environment() -> list[Entries]:
    own = {name: value for name, value in os.environ.items() if name.startswith(_PREFIX) and value.strip()}
    file = _dotenv(Path.cwd() / ".env")
    merged_sign_in = any(_plain(name.removeprefix(_PREFIX)) in SIGN_IN for name in own)
    filed = {
        name: value
        for name, value in file.items()
        if name not in own and not (merged_sign_in and _plain(name.removeprefix(_PREFIX)) in SIGN_IN)
    }
    return [("the environment", _entries(own)), (".env", _entries(filed))]


def _entries(variables: Mapping[str, str]) -> dict[str, str]:
    return {_plain(name.removeprefix(_PREFIX)): value for name, value in variables.items() if name.startswith(_PREFIX)}


def _plain(name: str) -> str:
    return OTHER_NAMES.get(name.lower(), name.lower())


def _dotenv(path: Path) -> dict[str, str]:
    """NAME=value lines; quotes around a value and `export` before a name are taken off."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError("The file .env cannot be read.", hint="Save it as plain text in UTF-8.") from error
    values = {}
    for line in lines:
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        value = value.strip()
        if not equals or name.startswith("#"):
            continue
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1].replace("\\n", "\n") if value[0] == '"' else value[1:-1]
        else:
            value = value.partition(" #")[0].rstrip()
        if value:
            values[name.strip()] = value
    return values


Sections = list[tuple[str, dict[str, dict[str, Any]]]]


def _secrets() -> Sections:
    path = Path.cwd() / ".streamlit" / "secrets.toml"
    return [(".streamlit/secrets.toml", _tables(_toml(path).get("connections", {})))]


def _connections() -> Sections:
    """Snowflake's own files: connections.toml, then [connections] of config.toml."""
    folder = _snowflake_folder()
    path = folder / "connections.toml"
    _only_mine(path)
    return [
        ("connections.toml", _tables(_toml(path))),
        ("config.toml", _tables(_toml(folder / "config.toml").get("connections", {}))),
    ]


def _snowflake_folder() -> Path:
    home = Path(os.environ.get("SNOWFLAKE_HOME") or Path.home() / ".snowflake").expanduser()
    if home.is_dir():
        return home
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home()) / "snowflake"
    mac = Path.home() / "Library" / "Application Support" / "snowflake"
    linux = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "snowflake"
    return mac if mac.is_dir() else linux


def _default_name() -> str:
    return os.environ.get("SNOWFLAKE_DEFAULT_CONNECTION_NAME") or "default"


def _section(files: Sections, name: str) -> list[Entries]:
    return [
        (f"{place} [{name}]", {_plain(key): str(value) for key, value in sections[name].items() if str(value).strip()})
        for place, sections in files
        if name in sections
    ]


def _tables(values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: dict(value) for name, value in values.items() if isinstance(value, dict)}


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(
            f"The file {path.name} cannot be read as TOML.", hint='Put text in quotes: account = "...".'
        ) from error


def _only_mine(path: Path) -> None:
    if os.name == "posix" and path.exists() and path.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise SettingsError(f"Others may write to {path.name}.", hint=f"Close it to them: chmod 600 {path.name}.")
