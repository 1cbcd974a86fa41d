"""Refuse requests that are addressed to another host, or that come from a page of another origin.

A web page elsewhere can let its own name resolve to this server's address (DNS rebinding); the browser then sends its
requests here, with that name in the Host header. Streamlit 1.67 compares Host with `server.allowedHosts` for its
WebSocket only, and accepts a WebSocket from a page on any port of localhost. Here, the check covers every request.

Forwarded headers are not read: any client can send them. Behind a reverse proxy the operator lists the public host in
`server.allowedHosts` and lets the proxy pass the Host header on.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import streamlit as st

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_ALL_INTERFACES = frozenset({"", "0.0.0.0", "::"})
_DEFAULT_PORTS = {"http": 80, "https": 443}
_READ_ONLY = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing: a browser keeps their answers from pages of other origins."""


class Origin(NamedTuple):
    """Scheme, host and port of a page."""

    scheme: str
    host: str
    port: int


class HostCheck:
    """ASGI middleware: 400 for a Host that is not allowed, 403 for a WebSocket or a write from a foreign origin."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it; the server's own events (its start and stop) always pass."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        hosts, origins = _get_header(scope, b"host"), _get_header(scope, b"origin")
        if len(hosts) != 1 or not is_host_allowed(hosts[0]):
            await _refuse(scope, send, 400, "This host name is not allowed.")
        elif _is_state_changing(scope) and not all(
            is_origin_allowed(origin, hosts[0], encrypted=scope.get("scheme") in ("https", "wss")) for origin in origins
        ):
            await _refuse(scope, send, 403, "Requests from pages of other origins are not accepted.")
        else:
            await self._app(scope, receive, send)


def is_host_allowed(host: str) -> bool:
    """Whether a Host header names this server: by `server.allowedHosts`, its bind address, or a loopback name.

    Loopback names belong to a server that is bound to loopback or to all interfaces, so that health checks on the same
    machine reach it. An empty `server.allowedHosts` allows every host, as in Streamlit.
    """
    patterns = [_normalize(pattern) for pattern in st.get_option("server.allowedHosts") or ()]
    name = _parse_host(host)
    return name is not None and (not patterns or name in _get_server_names() or _match_patterns(name, patterns))


def is_origin_allowed(origin: str, host: str, *, encrypted: bool) -> bool:
    """Whether a page of this origin may open a WebSocket to, or write to, the server addressed as `host`.

    Args:
        origin: of the page, as in the Origin header.
        host: as in the Host header of the same request.
        encrypted: whether this server itself speaks TLS. Otherwise a proxy in front of it may, so https is accepted.
    """
    if not st.get_option("server.enableCORS"):  # the operator has switched the protection off
        return True
    page = _parse_origin(origin)
    if page is None:
        return False
    if page in map(_parse_origin, st.get_option("server.corsAllowedOrigins") or ()):
        return True
    return page == _parse_origin(f"{page.scheme}://{host}") and (page.scheme == "https" or not encrypted)


def _get_server_names() -> frozenset[str]:
    address = _normalize(st.get_option("server.address") or "")
    if address in _ALL_INTERFACES:
        return _LOOPBACK
    return _LOOPBACK if address in _LOOPBACK else frozenset({address})


def _match_patterns(name: str, patterns: Iterable[str]) -> bool:
    """Whether a name is one of the patterns, which are names, `*.example.com` or `*`."""
    return any(
        name.endswith(pattern[1:]) if pattern.startswith("*.") else pattern in ("*", name) for pattern in patterns
    )


def _normalize(name: str) -> str:
    return name.strip().lower().rstrip(".").removeprefix("[").removesuffix("]")


def _parse_host(host: str) -> str | None:
    """The name in a Host header without its port; None where it is no host."""
    origin = _parse_origin(f"http://{host}")
    return origin.host if origin else None


def _parse_origin(text: str) -> Origin | None:
    """Scheme, host and port of an origin; None for anything else, such as `null` or an address with a path.

    >>> _parse_origin("https://Segments.example.com")
    Origin(scheme='https', host='segments.example.com', port=443)
    >>> _parse_origin("http://[::1]:8501")
    Origin(scheme='http', host='::1', port=8501)
    """
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:  # no number, out of range, or an unfinished IPv6 address
        return None
    is_bare = "@" not in parts.netloc and not (parts.path or parts.query or parts.fragment)
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or not is_bare:
        return None
    return Origin(parts.scheme, _normalize(parts.hostname), port or _DEFAULT_PORTS[parts.scheme])


def _get_header(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]


def _is_state_changing(scope: Scope) -> bool:
    return scope["type"] == "websocket" or scope["method"] not in _READ_ONLY


async def _refuse(scope: Scope, send: Send, status: int, sentence: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})  # before it is accepted: the client receives 403
        return
    headers: list[tuple[bytes, bytes]] = [(b"content-type", b"text/plain; charset=utf-8")]
    start: dict[str, Any] = {"type": "http.response.start", "status": status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": sentence.encode()})
