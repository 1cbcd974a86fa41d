"""Requests to other hosts or from pages of other origins are refused."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import streamlit as st

from benchmarks.visitors import Server, open_visit, run_server
from ui.server.host_check import HostCheck, is_host_allowed, is_origin_allowed

PUBLIC = {"server.allowedHosts": ["segments.example.com", "*.shop.example.com"], "server.address": "0.0.0.0"}
WEBSOCKET = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol": "streamlit",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, shop: Path) -> Iterator[Server]:
    with run_server(tmp_path_factory.mktemp("server"), SEGMENTS_SOURCE=f"Shop={shop}") as server:
        yield server


@pytest.fixture
def set_options(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Set options of Streamlit: set_options({"server.address": "0.0.0.0"})."""
    real = st.get_option

    def set_options(options: dict[str, object]) -> None:
        monkeypatch.setattr(st, "get_option", lambda key: options[key] if key in options else real(key))

    return set_options


def request(server: Server, path: str, method: str = "GET", **headers: str) -> int:
    """The status of the answer; `{port}` in a header is the server's port."""
    port = urlsplit(server.address).port
    assert port
    values = {"Host": "localhost:{port}", "Connection": "close", "Content-Length": "0"} | headers
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in values.items() if value)]
    with socket.create_connection(("localhost", port), timeout=60) as connection:
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").replace("{port}", str(port)).encode())
        return int(connection.recv(64).split()[1])


@pytest.mark.parametrize("path", ["/", "/segments", "/_stcore/health", "/_stcore/metrics", "/_stcore/host-config"])
def test_server_answers_its_own_hosts_only(server: Server, path: str) -> None:
    for host in ("localhost:{port}", "127.0.0.1:{port}", "[::1]:{port}", "LOCALHOST.", "localhost"):
        assert request(server, path, Host=host) == 200, host
    for host in ("evil.example:{port}", "localhost.evil.example", "localhost@evil.example", "localhost:http", "", "["):
        assert request(server, path, Host=host) == 400, host


def test_server_ignores_forwarded_hosts(server: Server) -> None:
    assert request(server, "/", Host="evil.example", **{"X-Forwarded-Host": "localhost"}) == 400
    assert request(server, "/", **{"X-Forwarded-Host": "evil.example"}) == 200


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("localhost:{port}", "http://localhost:{port}", 101),
        ("127.0.0.1:{port}", "http://127.0.0.1:{port}", 101),
        ("localhost:{port}", "", 101),
        ("localhost:{port}", "https://evil.example", 403),
        ("localhost:{port}", "http://localhost:1", 403),
        ("localhost:{port}", "http://localhost", 403),
        ("localhost:{port}", "http://127.0.0.1:{port}", 403),
        ("localhost:{port}", "null", 403),
        ("evil.example", "http://evil.example", 403),
    ],
)
def test_server_accepts_websockets_of_its_own_pages_only(server: Server, host: str, origin: str, status: int) -> None:
    assert request(server, "/_stcore/stream", **WEBSOCKET, Host=host, Origin=origin) == status


def test_server_refuses_writes_of_foreign_pages(server: Server) -> None:
    path = "/_stcore/upload_file/session/file"
    assert request(server, path, "PUT", Origin="http://localhost:1") == 403
    assert request(server, path, "DELETE", Origin="http://localhost:1") == 403
    assert request(server, "/", Origin="http://localhost:1") == 200  # the browser keeps the answer from that page


def test_server_shows_its_page_to_a_visitor(server: Server) -> None:
    async def visit() -> None:
        async with open_visit(server.address) as visitor:
            await asyncio.wait_for(visitor.rerun(), 120)

    asyncio.run(visit())


@pytest.mark.parametrize(
    ("options", "allowed", "refused"),
    [
        (PUBLIC, ["segments.example.com", "eu.shop.example.com:8443", "localhost"], ["shop.example.com", "10.0.0.5"]),
        (PUBLIC | {"server.address": "10.0.0.5"}, ["10.0.0.5:8501"], ["localhost", "127.0.0.1"]),
        (PUBLIC | {"server.address": "::1"}, ["[::1]:8501", "localhost"], ["[::2]"]),
        (PUBLIC | {"server.allowedHosts": ["*"]}, ["any.example"], ["", "a b/c"]),
        (PUBLIC | {"server.allowedHosts": []}, ["any.example"], [""]),
    ],
    ids=["behind a proxy", "one interface", "IPv6", "wildcard", "empty"],
)
def test_is_host_allowed_follows_the_options(
    set_options: Any, options: dict[str, object], allowed: list[str], refused: list[str]
) -> None:
    set_options(options)
    assert [host for host in allowed if not is_host_allowed(host)] == []
    assert [host for host in refused if is_host_allowed(host)] == []


def test_is_origin_allowed_behind_a_proxy_that_ends_tls(set_options: Any) -> None:
    set_options(PUBLIC | {"server.corsAllowedOrigins": ["https://portal.example.com:8443"]})
    for origin in ("https://segments.example.com", "https://Segments.example.com:443", "http://segments.example.com"):
        assert is_origin_allowed(origin, "segments.example.com", encrypted=False), origin
    assert is_origin_allowed("https://segments.example.com", "segments.example.com:443", encrypted=False)
    assert is_origin_allowed("https://portal.example.com:8443", "segments.example.com", encrypted=False)
    for origin in ("https://portal.example.com", "https://segments.example.com:8443", "https://eu.shop.example.com"):
        assert not is_origin_allowed(origin, "segments.example.com", encrypted=False), origin


def test_is_origin_allowed_needs_https_where_the_server_speaks_tls() -> None:
    assert is_origin_allowed("https://localhost:8501", "localhost:8501", encrypted=True)
    assert not is_origin_allowed("http://localhost:8501", "localhost:8501", encrypted=True)


def test_is_origin_allowed_follows_disabled_cors_protection(set_options: Any) -> None:
    set_options({"server.enableCORS": False})
    assert is_origin_allowed("https://evil.example", "localhost:8501", encrypted=False)


def test_host_check_passes_the_start_of_the_server_on() -> None:
    scopes: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)

    asyncio.run(HostCheck(app)({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert scopes == [{"type": "lifespan"}]
