"""Resolution of credentials: precedence, and no secret in any output."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmentation.errors import SettingsError
from segmentation.snowflake_client.authentication import resolve_auth
from segmentation.snowflake_client.credentials import resolve_credentials
from segmentation.snowflake_client.session import Session

SECRETS = """
[connections.snowflake]
account = "from-secrets"
user = "secrets-user"
private_key_path = "/keys/secrets.p8"
schema = "SECRETS_SCHEMA"
warehouse = "SECRETS_WH"

[connections.reporting]
account = "from-reporting"
user = "reporter"
token = "reporting-token"
"""
CONNECTIONS = """
[default]
account = "from-default"
role = "DEFAULT_ROLE"
password = "default-password"

[nightly]
accountname = "from-nightly"
username = "robot"
token = "nightly-token"
authenticator = "PROGRAMMATIC_ACCESS_TOKEN"
"""


@pytest.fixture
def desk(no_settings: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a setting of every place."""
    (no_settings / ".streamlit").mkdir()
    (no_settings / ".streamlit/secrets.toml").write_text(SECRETS)
    connections = no_settings / "home/connections.toml"
    connections.write_text(CONNECTIONS)
    connections.chmod(0o600)
    (no_settings / ".env").write_text(
        "# a comment\nexport SNOWFLAKE_USER='dotenv-user'\nSNOWFLAKE_DATABASE=DOTENV_DB # here\nSNOWFLAKE_SCHEMA=\n"
    )
    monkeypatch.setenv("SNOWFLAKE_WAREHOUSE", "ENV_WH")
    return no_settings


def test_resolve_credentials_precedence(desk: Path) -> None:
    credentials = resolve_credentials()
    assert dict(credentials.values) == {
        "warehouse": "ENV_WH",
        "user": "dotenv-user",
        "database": "DOTENV_DB",
        "account": "from-secrets",
        "private_key_file": "/keys/secrets.p8",
        "schema": "SECRETS_SCHEMA",
        "role": "DEFAULT_ROLE",
    }
    secrets = ".streamlit/secrets.toml [snowflake]"
    assert dict(credentials.origins) == {
        "warehouse": "the environment",
        "user": ".env",
        "database": ".env",
        "account": secrets,
        "private_key_file": secrets,
        "schema": secrets,
        "role": "connections.toml [default]",
    }


def test_resolve_credentials_never_mixes_sources(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The password of the default connection does not join the key of another place, nor the key a token."""
    assert "password" not in resolve_credentials().values
    monkeypatch.setenv("SNOWFLAKE_TOKEN", "env-token")
    assert "private_key_file" not in resolve_credentials().values
    assert resolve_auth(resolve_credentials().values).name == "access token"


@pytest.mark.parametrize(
    ("name", "account", "user", "way"),
    [("reporting", "from-reporting", "reporter", "access token"), ("nightly", "from-nightly", "robot", "access token")],
)
def test_resolve_credentials_named_connection(
    desk: Path, monkeypatch: pytest.MonkeyPatch, name: str, account: str, user: str, way: str
) -> None:
    monkeypatch.setenv("SNOWFLAKE_ACCOUNT", "env-account")
    monkeypatch.setenv("SNOWFLAKE_PASSWORD", "env-password")
    credentials = resolve_credentials(name)
    assert (credentials.values["account"], credentials.values["user"]) == (account, user)
    assert resolve_auth(credentials.values).name == way
    assert credentials.values["warehouse"] == "ENV_WH"


def test_credentials_repr_hides_values(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNOWFLAKE_PASSWORD", "hunter2")
    credentials = resolve_credentials()
    shown = f"{credentials!r} {credentials} {resolve_auth(credentials.values)!r} {Session(credentials)!r}"
    assert "hunter2" not in shown
    assert "from-secrets" not in shown
    assert "password: the environment" in shown


def test_resolve_credentials_keeps_signs_of_dotenv_values(no_settings: Path) -> None:
    """A password may contain what a shell would replace; a byte order mark is no part of a name."""
    text = "\ufeffSNOWFLAKE_PASSWORD=pa#ss${HOME}$1\nSNOWFLAKE_PRIVATE_KEY_FILE_PWD='a # b'\n"
    (no_settings / ".env").write_text(text + 'SNOWFLAKE_PRIVATE_KEY="begin\\nend"\n', "utf-8")
    assert dict(resolve_credentials().values) == {
        "password": "pa#ss${HOME}$1",
        "private_key_file_pwd": "a # b",
        "private_key": "begin\nend",
    }


def test_resolve_credentials_rejects_dotenv_not_utf8(no_settings: Path) -> None:
    (no_settings / ".env").write_bytes("SNOWFLAKE_PASSWORD=hünter2".encode("latin-1"))
    with pytest.raises(SettingsError, match=r"\.env cannot be read") as caught:
        resolve_credentials()
    assert "nter2" not in str(caught.value)


def test_resolve_credentials_rejects_writable_file(desk: Path) -> None:
    (desk / "home/connections.toml").chmod(0o666)
    with pytest.raises(SettingsError, match=r"Other users can write to connections.toml"):
        resolve_credentials()


def test_resolve_credentials_broken_file(desk: Path) -> None:
    (desk / ".streamlit/secrets.toml").write_text("password = hunter2\n")
    with pytest.raises(SettingsError, match=r"secrets.toml cannot be read as TOML") as caught:
        resolve_credentials()
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("values", "way"),
    [
        ({"private_key": "-----BEGIN PRIVATE KEY-----\\nabc\\n-----END PRIVATE KEY-----"}, "key pair"),
        ({"token": "t"}, "access token"),
        ({"token": "t", "authenticator": "OAuth"}, "OAuth token"),
        ({"authenticator": "externalbrowser"}, "single sign-on in the browser"),
        ({"authenticator": "WORKLOAD_IDENTITY", "workload_identity_provider": "AWS"}, "workload identity"),
        ({"password": "p", "authenticator": "username_password_mfa"}, "password with a second factor"),
        ({"password": "p"}, "password (legacy)"),
        ({"password": "p", "authenticator": "snowflake"}, "password (legacy)"),
    ],
)
def test_resolve_auth_methods(values: dict[str, str], way: str) -> None:
    assert resolve_auth({"account": "a", "user": "u", **values}).name == way


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "The Snowflake account is not set"),
        ({"account": "a"}, "No credentials for Snowflake are set"),
        ({"account": "a", "password": "p"}, "The setting user is missing"),
        ({"account": "a", "user": "u", "authenticator": "oauth"}, "The setting token is missing"),
        ({"account": "a", "user": "u", "authenticator": "magic"}, "Unknown authentication method 'magic'"),
        ({"account": "a", "user": "u", "private_key_file": "/nowhere/rsa_key.p8"}, "no key file 'rsa_key.p8'"),
        ({"account": "a", "user": "u", "private_key": "hunter2"}, "neither PEM nor base64"),
        ({"account": "a", "authenticator": "workload_identity"}, "workload_identity_provider is missing"),
    ],
)
def test_resolve_auth_missing_setting(values: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence) as caught:
        resolve_auth(values)
    assert caught.value.hint
    assert "hunter2" not in str(caught.value)


def test_example_files_can_be_filled_in(no_settings: Path) -> None:
    root = Path(__file__).parents[2]
    (no_settings / ".env").write_text((root / ".env.example").read_text("utf-8"))
    values = resolve_credentials().values
    assert values["warehouse"] == "MARKETING_WH"
    assert (values["database"], values["schema"]) == ("MARKETING_INSIGHTS_DB", "DBT_SKAMRA_ANALYTICS")
    (no_settings / ".env").unlink()
    (no_settings / ".streamlit").mkdir()
    text = (root / ".streamlit/secrets.toml.example").read_text("utf-8")
    (no_settings / ".streamlit/secrets.toml").write_text(text)
    assert dict(resolve_credentials().values) == dict(values)
