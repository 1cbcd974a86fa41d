"""Each method of signing in reaches the connector with the parameters that the connector knows."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from snowflake.connector.connection_config import ConnectionConfig

from segmentation.errors import SettingsError
from segmentation.snowflake_client.authentication import resolve_auth
from segmentation.snowflake_client.connection import Timeouts, connect
from segmentation.snowflake_client.credentials import resolve_credentials

CLIENT = {
    "oauth_client_id": "client",
    "oauth_client_secret": "hunter2",
    "oauth_token_request_url": "https://idp.example.org/token",
}


@pytest.fixture
def sign_in(no_settings: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets settings in the environment; returns what the connector's connect is called with."""
    called: dict[str, Any] = {}
    monkeypatch.setattr(snowflake.connector, "connect", lambda **arguments: called.update(arguments))

    def run(**settings: str) -> dict[str, Any]:
        called.clear()
        for name, value in {"account": "a", **settings}.items():
            monkeypatch.setenv(f"SNOWFLAKE_{name.upper()}", value)
        credentials = resolve_credentials()
        connect(credentials, resolve_auth(credentials.values), Timeouts())
        known = {name.lower() for name in ConnectionConfig._all_field_names()} | set(ConnectionConfig._ALIAS_MAP)
        assert set(called) <= known | {"paramstyle", "application"}
        return dict(called)

    return run


@pytest.mark.parametrize(
    ("settings", "authenticator", "passed"),
    [
        ({"authenticator": "oauth_client_credentials", **CLIENT}, "OAUTH_CLIENT_CREDENTIALS", set(CLIENT)),
        (
            {"authenticator": "oauth_client_credentials", **CLIENT, "oauth_scope": "session:role:READER"},
            "OAUTH_CLIENT_CREDENTIALS",
            {*CLIENT, "oauth_scope"},
        ),
        ({"authenticator": "oauth_authorization_code", "user": "u"}, "OAUTH_AUTHORIZATION_CODE", {"user"}),
        (
            {
                "authenticator": "OAUTH_AUTHORIZATION_CODE",
                **CLIENT,
                "oauth_authorization_url": "https://idp.example.org/authorize",
                "oauth_redirect_uri": "http://127.0.0.1:8001",
            },
            "OAUTH_AUTHORIZATION_CODE",
            {*CLIENT, "oauth_authorization_url", "oauth_redirect_uri"},
        ),
        (
            {"authenticator": "PAT_WITH_EXTERNAL_SESSION", "user": "u", "token": "t", "external_session_id": "s"},
            "PAT_WITH_EXTERNAL_SESSION",
            {"user", "token", "external_session_id"},
        ),
        (
            {
                "authenticator": "workload_identity",
                "workload_identity_provider": "azure",
                "workload_identity_entra_resource": "api://resource",
            },
            "WORKLOAD_IDENTITY",
            {"workload_identity_entra_resource"},
        ),
    ],
)
def test_connect_passes_parameters(
    sign_in: Any, settings: dict[str, str], authenticator: str, passed: set[str]
) -> None:
    arguments = sign_in(**settings)
    assert arguments["authenticator"] == authenticator
    assert {name: arguments[name] for name in passed} == {name: settings[name] for name in passed}
    if "workload_identity_provider" in settings:
        assert arguments["workload_identity_provider"] == "AZURE"


@pytest.mark.parametrize(
    "settings",
    [
        {"user": "u"},
        {"authenticator": "oauth"},
        {"authenticator": "workload_identity", "workload_identity_provider": "OIDC"},
        {"authenticator": "pat_with_external_session", "user": "u", "external_session_id": "s"},
    ],
)
def test_connect_token_file(sign_in: Any, no_settings: Path, settings: dict[str, str]) -> None:
    """The path is passed on, so that a renewed token is read at the next sign-in."""
    path = no_settings / "token.txt"
    with pytest.raises(SettingsError, match=r"no token file 'token\.txt'"):
        sign_in(**settings, token_file_path=str(path))
    path.write_text("t")
    arguments = sign_in(**settings, token_file_path=str(path))
    assert (arguments["token_file_path"], "token" in arguments) == (str(path), False)


def test_connect_proxy_and_secondary_roles(sign_in: Any) -> None:
    proxy = {"proxy_host": "proxy.example.org", "proxy_user": "p", "proxy_password": "hunter2", "no_proxy": "localhost"}
    arguments = sign_in(user="u", token="t", secondary_roles="none", proxy_port="8080", **proxy)
    assert {name: arguments[name] for name in proxy} == proxy
    assert (arguments["proxy_port"], arguments["secondary_roles"]) == (8080, "NONE")
    with pytest.raises(SettingsError, match="'SOME' is not a mode of secondary roles"):
        sign_in(secondary_roles="SOME")
    with pytest.raises(SettingsError, match="proxy_port must be a whole number"):
        sign_in(secondary_roles="ALL", proxy_port="http")


@pytest.mark.parametrize("passphrase", ["", "a passphrase, long enough"], ids=["open", "encrypted"])
def test_connect_base64_key(sign_in: Any, passphrase: str) -> None:
    """The PEM text or the DER bytes in base64, as secret stores keep keys on one line."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    lock = serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
    pem, der = (
        key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, lock)
        for encoding in (serialization.Encoding.PEM, serialization.Encoding.DER)
    )
    password = {"private_key_file_pwd": passphrase} if passphrase else {}
    for data in (pem, der):
        arguments = sign_in(user="u", private_key=base64.b64encode(data).decode(), **password)
        loaded = serialization.load_pem_private_key(arguments["private_key"].encode(), passphrase.encode() or None)
        assert isinstance(loaded, rsa.RSAPrivateKey)
        assert loaded.private_numbers() == key.private_numbers()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"authenticator": "oauth_client_credentials"}, "The setting oauth_client_id is missing"),
        (
            {"authenticator": "oauth_client_credentials", "oauth_client_id": "c", "oauth_client_secret": "hunter2"},
            "The setting oauth_token_request_url is missing",
        ),
        (
            {"authenticator": "pat_with_external_session", "user": "u", "token": "t"},
            "The setting external_session_id is missing",
        ),
        ({"user": "u", "private_key": base64.b64encode(b"hunter2").decode()}, "neither PEM nor base64"),
    ],
)
def test_connect_missing_setting(sign_in: Any, settings: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence) as caught:
        sign_in(**settings)
    assert "hunter2" not in f"{caught.value} {caught.value.hint}"
