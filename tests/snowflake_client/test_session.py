"""Refusals, faults and timeouts between the real connector and a server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from segmentation.errors import SourceError
from segmentation.pipeline import load_customers
from segmentation.sales.open_source import open_source
from segmentation.settings import SalesSettings
from segmentation.snowflake_client.authentication import resolve_auth
from segmentation.snowflake_client.connection import Timeouts
from segmentation.snowflake_client.session import get_session
from tests.conftest import SIX_CUSTOMERS
from tests.snowflake_client.faults import Proxy, refusing_sign_in
from tests.snowflake_client.local import Server, settings_for

GIVES_UP = 20
"""Seconds: less than any default time-out, more than a busy machine needs."""


@pytest.fixture(scope="module")
def refusing() -> Iterator[int]:
    with refusing_sign_in() as port:
        yield port


@pytest.fixture(scope="module")
def key() -> str:
    """A key pair's private part, as openssl writes it (PKCS#8)."""
    created = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    plain = serialization.NoEncryption()
    return created.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"PASSWORD": "wrong"}, "Incorrect Snowflake username or password"),
        ({"PASSWORD": "locked"}, "locked this user"),
        ({"PASSWORD": "factor"}, "requires a second factor"),
        ({"PASSWORD": "address"}, "does not allow this machine's address"),
        ({"PASSWORD": "role"}, "no such role"),
        ({"PRIVATE_KEY": "KEY"}, "does not accept this key"),
        ({"PRIVATE_KEY": "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----"}, "private key cannot be read"),
        ({"TOKEN": "t"}, "access token is not valid"),
        ({"TOKEN": "t", "AUTHENTICATOR": "oauth"}, "OAuth token is not valid"),
    ],
)
def test_session_refused_sign_in(
    refusing: int,
    no_settings: Path,
    key: str,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, str],
    sentence: str,
) -> None:
    for name, value in {
        **settings_for(refusing),
        **{f"SNOWFLAKE_{name}": value for name, value in settings.items()},
    }.items():
        monkeypatch.setenv(name, key if value == "KEY" else value)
    if "PASSWORD" not in settings:
        monkeypatch.delenv("SNOWFLAKE_PASSWORD")
    monkeypatch.setenv("SNOWFLAKE_LOGIN_TIMEOUT", "10")
    start = time.monotonic()
    with pytest.raises(SourceError, match=sentence) as caught:
        get_session().fetch_rows("SELECT 1")
    assert caught.value.hint
    assert "\n" not in str(caught.value)
    assert time.monotonic() - start < GIVES_UP


@pytest.mark.parametrize(
    ("code", "message", "sentence"),
    [
        ("000606", "No active warehouse selected in the current session.", "No warehouse is running"),
        ("002003", "SQL compilation error:\nObject 'X' does not exist or not authorized.", "table does not exist"),
        ("003001", "SQL access control error:\nInsufficient privileges to operate on table", "may not do that"),
        ("000630", "Statement reached its statement or warehouse timeout of 5 second(s)", "exceeded its time limit"),
        ("000604", "SQL execution canceled", "stopped the query"),
        ("090073", "Warehouse 'X' cannot be resumed because resource monitor 'Y' has exceeded its quota.", "suspended"),
        ("100051", "Division by zero", "could not run the query. Division by zero"),
    ],
)
def test_session_refused_statement(
    on_snowflake: Server, tmp_path: Path, code: str, message: str, sentence: str
) -> None:
    on_snowflake.load(SIX_CUSTOMERS, tmp_path)
    on_snowflake.fail(code, message, match="sum")
    with pytest.raises(SourceError, match=sentence) as caught:
        load_customers(SalesSettings("snowflake:"))
    assert caught.value.hint
    assert "\n" not in str(caught.value)
    assert "request_id" not in str(caught.value)
    source = open_source("snowflake:")
    assert source.fetch(source.table()).num_rows == 14, "the session is still good"


def test_session_reopened_once(on_snowflake: Server, tmp_path: Path) -> None:
    on_snowflake.load(SIX_CUSTOMERS, tmp_path)
    source = open_source("snowflake:")
    before = load_customers(SalesSettings("snowflake:"), source=source)
    on_snowflake.call("expire")
    after = load_customers(SalesSettings("snowflake:"), source=source)
    pd.testing.assert_frame_equal(after.frame, before.frame)
    on_snowflake.fail("390112", "Your session has expired. Please login again.", times=50)
    with pytest.raises(SourceError, match="session with Snowflake has expired"):
        source.table()
    on_snowflake.fail("0", "", times=0)


@pytest.fixture
def way(on_snowflake: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Proxy:
    """A way to the local server that can be broken, with short time-outs; the table behind it has 20,000 customers."""
    ids = [f"customer-{number:06d}" for number in np.random.default_rng(3).permutation(20_000)]
    lines = pd.DataFrame({"customer_id": ids, "transaction_date": pd.Timestamp("2024-01-01"), "revenue": 12.5})
    on_snowflake.load(lines, tmp_path)
    proxy = Proxy(on_snowflake.port)
    monkeypatch.setenv("SNOWFLAKE_PORT", str(proxy.port))
    for name in ("LOGIN", "STATEMENT", "NETWORK"):
        monkeypatch.setenv(f"SNOWFLAKE_{name}_TIMEOUT", "3")
    return proxy


def test_session_connection_refused(way: Proxy) -> None:
    way.refuse()
    start = time.monotonic()
    with pytest.raises(SourceError, match=r"connection to Snowflake was lost|did not answer|was not completed"):
        open_source("snowflake:").version()
    assert time.monotonic() - start < GIVES_UP


def test_session_sign_in_timeout(way: Proxy) -> None:
    way.stalls.set()
    start = time.monotonic()
    with pytest.raises(SourceError, match=r"was not completed|did not answer"):
        open_source("snowflake:").version()
    assert time.monotonic() - start < GIVES_UP


@pytest.mark.parametrize(
    ("settings", "seconds"),
    [
        ({"authenticator": "externalbrowser"}, 120),
        ({"authenticator": "username_password_mfa", "password": "p"}, 120),
        ({"authenticator": "username_password_mfa", "password": "p", "passcode": "123456"}, 30),
        ({"password": "p"}, 120),
        ({"token": "t"}, 30),
        ({"authenticator": "externalbrowser", "login_timeout": "300"}, 300),
    ],
)
def test_session_time_to_sign_in(settings: dict[str, str], seconds: int) -> None:
    """A person needs longer than a key; a password alone may cause a push notification."""
    values = {"account": "a", "user": "u", **settings}
    auth = resolve_auth(values)
    assert Timeouts.from_settings(values, is_interactive=auth.is_interactive).login == seconds


def test_session_interactive_sign_in_timeout(way: Proxy) -> None:
    """The message names what the person may have to do; nobody said that the network is at fault."""
    way.stalls.set()
    with pytest.raises(SourceError, match="sign-in to Snowflake was not completed within 3 seconds") as caught:
        open_source("snowflake:").version()
    assert "confirm the notification" in caught.value.hint


def test_session_query_timeout(way: Proxy) -> None:
    source = open_source("snowflake:")
    source.version()
    way.stalls.set()
    start = time.monotonic()
    with pytest.raises(SourceError, match=r"did not answer (within 3 seconds|in time)"):
        source.table()
    assert time.monotonic() - start < GIVES_UP
    way.stalls.clear()
    assert len(source.table().columns) == 3, "a new session serves the next one"


@pytest.mark.parametrize("count", [0, 300, 20_000, 150_000])
def test_fetch_truncated_result(way: Proxy, count: int) -> None:
    source = open_source("snowflake:")
    table = source.table()
    way.cut_in(count)
    start = time.monotonic()
    with pytest.raises(SourceError, match=r"was lost|did not answer"):
        source.fetch(table)
    assert time.monotonic() - start < GIVES_UP


def test_fetch_progress(on_snowflake: Server, tmp_path: Path) -> None:
    on_snowflake.load(SIX_CUSTOMERS, tmp_path)
    source = open_source("snowflake:")
    reported: list[float] = []
    answer = source.fetch(source.table().select("CUSTOMER_ID"), on_progress=reported.append)
    assert sorted(answer["CUSTOMER_ID"].to_pylist()) == sorted(SIX_CUSTOMERS["customer_id"])
    assert reported == sorted(reported)
    assert all(0 <= share <= 1 for share in reported)
    assert source.fetch(source.table().filter(ibis.literal(False))).num_rows == 0
