"""Shut down sessions whose visitor has left.

Streamlit 1.67 gives each session an event loop, which holds three descriptors, and keeps a disconnected session for a
reconnect. It removes expired sessions only when another visitor disconnects, and then merely drops its reference: the
loop stays open until the garbage collector finds the session, which is part of reference cycles. So descriptors and
memory grow with the number of visits. Here, each session is shut down in the same way as Streamlit closes the session
of a visitor who logs out. That closes the loop and empties the session's caches.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import streamlit as st
from streamlit import runtime

from ui.server import upload_cleanup

MAX_DISCONNECTED = 100
"""Sessions kept for a reconnect. Streamlit keeps 128 and leaves those beyond to the garbage collector."""
_CHECK_SECONDS = 2.0
_log = logging.getLogger("segments")


@st.cache_resource(show_spinner=False)
def start_watching() -> None:
    """Look for ended sessions as long as the server runs. Started once per server."""
    if not runtime.exists():  # a page in a test runs without a server
        return
    server = runtime.get_instance()
    try:
        loop = server._get_async_objs().eventloop
    except AttributeError:  # internal to Streamlit: another version serves pages all the same
        _log.warning("Ended sessions are not shut down with this version of Streamlit.")
        return
    if not isinstance(loop, asyncio.AbstractEventLoop):  # AppTest's stand-in for a server, which has none
        return
    asyncio.run_coroutine_threadsafe(_watch(server), loop)


def get_retention_seconds() -> float:
    """How long a session outlives its connection: as long as an upload, while Streamlit can still find it."""
    return min(upload_cleanup.get_retention_seconds(), 0.9 * float(st.get_option("server.disconnectedSessionTTL")))


def find_expired(disconnected: dict[str, float], now: float, kept: float, most: int) -> list[str]:
    """Sessions to shut down: those disconnected for `kept` seconds, and the oldest of more than `most`.

    Args:
        disconnected: session -> when it was first seen without a connection.
        now: the time on the same clock.

    >>> find_expired({"a": 0.0, "b": 50.0, "c": 90.0}, now=100.0, kept=60.0, most=10)
    ['a']
    >>> find_expired({"a": 0.0, "b": 50.0, "c": 90.0}, now=100.0, kept=600.0, most=1)
    ['a', 'b']
    """
    oldest_first = sorted(disconnected, key=disconnected.__getitem__)
    surplus = len(oldest_first) - most
    return [name for place, name in enumerate(oldest_first) if place < surplus or now - disconnected[name] >= kept]


async def _watch(server: Any) -> None:
    """Runs on the server's event loop: nowhere else may its sessions be read or closed."""
    disconnected: dict[str, float] = {}
    while True:
        await asyncio.sleep(_CHECK_SECONDS)
        try:
            disconnected = _shut_down_expired(server, disconnected)
        except Exception:
            _log.warning("Ended sessions could not be shut down.", exc_info=True)


def _shut_down_expired(server: Any, before: dict[str, float]) -> dict[str, float]:
    """Close what has expired; returns the sessions that are still kept, with when each was first seen disconnected."""
    now = time.monotonic()
    sessions = [info.session.id for info in server._session_mgr.list_sessions()]
    disconnected = {name: before.get(name, now) for name in sessions if not server.is_active_session(name)}
    for name in find_expired(disconnected, now, get_retention_seconds(), MAX_DISCONNECTED):
        server.close_session(name)
        del disconnected[name]
    return disconnected
