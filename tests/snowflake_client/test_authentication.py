"""Key-pair authentication, verified by the server with the public key alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from segmentation.errors import SourceError
from segmentation.snowflake_client.session import get_session
from tests.snowflake_client.local import Server, settings_for

USER = "SEGMENTS_READER"


def pem(key: rsa.RSAPrivateKey, passphrase: str = "") -> str:
    """The private part as openssl writes it."""
    shut = serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, shut).decode()


@pytest.fixture(scope="module")
def key(snowflake_server: Server) -> rsa.RSAPrivateKey:
    """A key pair whose public part the server knows."""
    created = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = created.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    snowflake_server.call("key", user=USER, pem=public.decode())
    return created


@pytest.fixture
def desk(snowflake_server: Server, no_settings: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings without anything to sign in with, and a folder for key files."""
    for name, value in settings_for(snowflake_server.port).items():
        if name != "SNOWFLAKE_PASSWORD":
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("SNOWFLAKE_USER", USER)
    return no_settings


@pytest.mark.parametrize("passphrase", ["", "a passphrase, long enough"], ids=["open", "shut"])
@pytest.mark.parametrize("as_text", [False, True], ids=["file", "text"])
def test_session_key_pair(
    key: rsa.RSAPrivateKey, desk: Path, monkeypatch: pytest.MonkeyPatch, as_text: bool, passphrase: str
) -> None:
    text = pem(key, passphrase)
    if as_text:
        monkeypatch.setenv("SNOWFLAKE_PRIVATE_KEY", text)
    else:
        (desk / "rsa_key.p8").write_text(text)
        monkeypatch.setenv("SNOWFLAKE_PRIVATE_KEY_FILE", "rsa_key.p8")
    if passphrase:
        monkeypatch.setenv("SNOWFLAKE_PRIVATE_KEY_FILE_PWD", passphrase)
    assert get_session().auth_label == "key pair"
    assert get_session().fetch_rows("SELECT 1") == [(1,)]


def test_session_rejects_unknown_key_or_user(
    key: rsa.RSAPrivateKey, desk: Path, monkeypatch: pytest.MonkeyPatch, snowflake_server: Server
) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    monkeypatch.setenv("SNOWFLAKE_PRIVATE_KEY", pem(other))
    with pytest.raises(SourceError, match="does not accept this key"):
        get_session().fetch_rows("SELECT 1")
    public = other.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    snowflake_server.call("key", user="SOMEBODY_ELSE", pem=public.decode())
    with pytest.raises(SourceError, match="does not accept this key"):
        get_session().fetch_rows("SELECT 1")
    monkeypatch.setenv("SNOWFLAKE_USER", "SOMEBODY_ELSE")
    assert get_session().fetch_rows("SELECT 1") == [(1,)]


def test_session_wrong_passphrase(key: rsa.RSAPrivateKey, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNOWFLAKE_PRIVATE_KEY", pem(key, "right passphrase"))
    for passphrase in ("", "wrong passphrase"):
        monkeypatch.setenv("SNOWFLAKE_PRIVATE_KEY_FILE_PWD", passphrase)
        with pytest.raises(SourceError, match=r"passphrase is missing or wrong|key cannot be read"):
            get_session().fetch_rows("SELECT 1")
