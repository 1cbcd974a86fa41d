"""Chooses the authentication method from the settings, and builds the connector's arguments for it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from segmentation.errors import SettingsError

_BROWSER = {"EXTERNALBROWSER", "OAUTH_AUTHORIZATION_CODE"}
_DOC = "docs/snowflake.md says how."
_DER_SEQUENCE, _DER_VERSION = b"\x30", b"\x02\x01\x00"
"""The first bytes of a PKCS#8 key, and the version number that follows only in an unencrypted key (RFC 5958)."""
_TOKEN = ("token", "token_file_path")
_CLIENT_CREDENTIALS = {
    "oauth_client_id": "the ID of the client",
    "oauth_client_secret": "the secret of the client",
    "oauth_token_request_url": "the token endpoint of the identity provider",
}
_AUTHORIZATION_CODE = ("oauth_authorization_url", "oauth_redirect_uri", "oauth_scope")
_WORKLOAD_IDENTITY = ("workload_identity_entra_resource", "workload_identity_impersonation_path")


@dataclass(frozen=True)
class AuthMethod:
    """An authentication method."""

    name: str
    """Shown to users."""
    arguments: Mapping[str, Any] = field(repr=False)
    """Arguments of the connector; secret."""

    @property
    def is_interactive(self) -> bool:
        """Whether a person may have to act: in the browser, or on a phone if a second factor is required."""
        if "password" in self.arguments:  # a password alone may cause a push notification
            return "passcode" not in self.arguments
        return self.arguments.get("authenticator") in _BROWSER


def resolve_auth(values: Mapping[str, str]) -> AuthMethod:
    """The method named by the `authenticator` setting, or else the one whose credentials are set.

    Raises:
        SettingsError: the method is unknown, or one of its settings is missing.

    >>> resolve_auth({"account": "a", "user": "u", "token": "t"}).name
    'access token'
    """
    if not values.get("account") and not values.get("host"):
        raise SettingsError("The Snowflake account is not set.", hint=f"Set SNOWFLAKE_ACCOUNT; {_DOC}")
    method = values.get("authenticator", "").strip().lower()
    if method.startswith("https://"):
        return AuthMethod(
            "Okta single sign-on", {"authenticator": values["authenticator"], **_build_password_arguments(values)}
        )
    if method == "externalbrowser":
        return AuthMethod(
            "single sign-on in the browser", {"authenticator": "EXTERNALBROWSER", **_require_user(values)}
        )
    if method == "workload_identity":
        provider = _require(values, "workload_identity_provider", "one of AWS, AZURE, GCP, OIDC")
        arguments = {"authenticator": "WORKLOAD_IDENTITY", "workload_identity_provider": provider.strip().upper()}
        return AuthMethod(
            "workload identity",
            arguments
            | (_require_token(values) if any(name in values for name in _TOKEN) else {})
            | _select(values, *_WORKLOAD_IDENTITY),
        )
    if method == "oauth":
        return AuthMethod("OAuth token", {"authenticator": "OAUTH", **_require_token(values)})
    if method == "oauth_client_credentials":
        required = {name: _require(values, name, what) for name, what in _CLIENT_CREDENTIALS.items()}
        return AuthMethod(
            "OAuth client credentials",
            {"authenticator": "OAUTH_CLIENT_CREDENTIALS", **required} | _select(values, "oauth_scope", "user"),
        )
    if method == "oauth_authorization_code":
        return AuthMethod(
            "OAuth sign-in in the browser",
            {"authenticator": "OAUTH_AUTHORIZATION_CODE"}
            | _select(values, *_CLIENT_CREDENTIALS, *_AUTHORIZATION_CODE, "user"),
        )
    if method == "pat_with_external_session":
        session_id = _require(values, "external_session_id", "the ID of the external session")
        return AuthMethod(
            "access token with an external session",
            {
                "authenticator": "PAT_WITH_EXTERNAL_SESSION",
                **_require_user(values),
                **_require_token(values),
                "external_session_id": session_id,
            },
        )
    if method == "snowflake_jwt" or (not method and ("private_key" in values or "private_key_file" in values)):
        return AuthMethod(
            "key pair", {"authenticator": "SNOWFLAKE_JWT", **_require_user(values), **_build_key_arguments(values)}
        )
    if method == "programmatic_access_token" or (not method and any(name in values for name in _TOKEN)):
        return AuthMethod(
            "access token",
            {"authenticator": "PROGRAMMATIC_ACCESS_TOKEN", **_require_user(values), **_require_token(values)},
        )
    if method == "username_password_mfa":
        passcode = {"passcode": values["passcode"]} if "passcode" in values else {}
        return AuthMethod(
            "password with a second factor",
            {"authenticator": "USERNAME_PASSWORD_MFA", **_build_password_arguments(values), **passcode},
        )
    if method in {"", "snowflake"} and "password" in values:
        return AuthMethod("password (legacy)", _build_password_arguments(values))
    if method in {"", "snowflake"}:
        raise SettingsError(
            "No credentials for Snowflake are set.",
            hint=f"Set SNOWFLAKE_PRIVATE_KEY_FILE (a key pair), or SNOWFLAKE_TOKEN; {_DOC}",
        )
    raise SettingsError(
        f"Unknown authentication method {method!r}.",
        hint="Choose snowflake_jwt, programmatic_access_token, pat_with_external_session, externalbrowser, oauth, "
        "oauth_client_credentials, oauth_authorization_code or workload_identity.",
    )


def check_key(arguments: Mapping[str, Any]) -> None:
    """Check the private key, if there is one: the connector's own error does not mention a wrong passphrase.

    Raises:
        ValueError: it cannot be opened; the message begins with "private key".
    """
    if "private_key" not in arguments and "private_key_file" not in arguments:
        return
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    text = arguments.get("private_key") or Path(arguments["private_key_file"]).read_text(encoding="ascii")
    passphrase = str(arguments.get("private_key_password", "")).encode() or None
    try:
        load_pem_private_key(str(text).encode(), passphrase)
    except (TypeError, ValueError) as error:
        raise ValueError(f"private key: {error}") from error


def _require(values: Mapping[str, str], name: str, what: str) -> str:
    if not values.get(name):
        raise SettingsError(
            f"The setting {name} is missing, which this authentication method needs.",
            hint=f"Set SNOWFLAKE_{name.upper()} to {what}.",
        )
    return values[name]


def _select(values: Mapping[str, str], *names: str) -> dict[str, str]:
    """Those of the settings that are set."""
    return {name: values[name] for name in names if name in values}


def _require_token(values: Mapping[str, str]) -> dict[str, str]:
    """The token, or the file that a sidecar keeps renewing; the connector reads it at each sign-in."""
    if "token_file_path" not in values:
        return {"token": _require(values, "token", "the token, or SNOWFLAKE_TOKEN_FILE_PATH to a file with it")}
    path = Path(values["token_file_path"]).expanduser()
    if not path.is_file():
        raise SettingsError(f"There is no token file {path.name!r}.", hint="Check SNOWFLAKE_TOKEN_FILE_PATH.")
    return {"token_file_path": str(path)}


def _require_user(values: Mapping[str, str]) -> dict[str, str]:
    return {"user": _require(values, "user", "the user's name")}


def _build_password_arguments(values: Mapping[str, str]) -> dict[str, str]:
    return {**_require_user(values), "password": _require(values, "password", "the password")}


def _build_key_arguments(values: Mapping[str, str]) -> dict[str, str]:
    passphrase = {"private_key_password": values["private_key_file_pwd"]} if "private_key_file_pwd" in values else {}
    if "private_key" in values:
        return {"private_key": _to_pem(values["private_key"].replace("\\n", "\n")), **passphrase}
    path = Path(_require(values, "private_key_file", "the path of the .p8 file")).expanduser()
    if not path.is_file():
        raise SettingsError(f"There is no key file {path.name!r}.", hint="Check SNOWFLAKE_PRIVATE_KEY_FILE.")
    return {"private_key_file": str(path), **passphrase}


def _to_pem(text: str) -> str:
    """A private key as PEM, from PEM or from its base64: that of the PEM text or of the DER bytes."""
    if "-----BEGIN" in text:
        return text
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except ValueError:
        data = b""
    if b"-----BEGIN" in data:
        return data.decode("ascii", errors="replace")
    if not data.startswith(_DER_SEQUENCE):
        raise SettingsError(
            "The private key is neither PEM nor base64.",
            hint="Give it from -----BEGIN to -----END, line by line, or in base64.",
        )
    label = "PRIVATE KEY" if _DER_VERSION in data[:8] else "ENCRYPTED PRIVATE KEY"
    return f"-----BEGIN {label}-----\n{base64.encodebytes(data).decode()}-----END {label}-----\n"
