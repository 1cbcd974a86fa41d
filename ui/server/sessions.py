"""Shut down sessions whose visitor has left.

Streamlit 1.67 gives each session an event loop with three descriptors, and keeps disconnected sessions for a
reconnect. It removes expired ones only when another visitor disconnects, and then merely drops its reference: the loop
stays open until the garbage collector breaks the session's reference cycles. Descriptors and memory grow with the
number of visits. Here, each expired session is closed as Streamlit closes that of a visitor who logs out, which closes
the loop and empties the session's caches.

Garbage is collected here as well, every few seconds for all sessions together. By default, Streamlit runs a full
collection after every run of a page and of a fragment (`runner.postScriptGC`): it holds the interpreter lock, and with
30 visitors it took three quarters of the time in which the lock was held.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import streamlit as st
from streamlit import runtime

from segmentation.runtime.garbage_collection import free_memory
from ui.server import upload_cleanup

MAX_DISCONNECTED = 100
"""Sessions kept for a reconnect. Streamlit keeps 128 and leaves those beyond to the garbage collector."""
_CHECK_SECONDS = 2.0
_COLLECTION_SECONDS = 20.0
"""Between two garbage collections, which free what reference counts do not: cycles, such as those of ended sessions."""
_PAUSE_RATIO = 50
"""The pause after a collection, at least, as a multiple of its length: during a collection no other thread runs."""
_log = logging.getLogger("segments")


@st.cache_resource(show_spinner=False)
def start_watching() -> None:
    """Close expired sessions for as long as the server runs. Started once per server."""
    if not runtime.exists():  # a script outside of a server
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
    """How long a session outlives its connection: as an upload, but shorter than Streamlit keeps the session."""
    return min(upload_cleanup.get_retention_seconds(), 0.9 * float(st.get_option("server.disconnectedSessionTTL")))


def find_expired(disconnected: dict[str, float], now: float, retention: float, max_sessions: int) -> list[str]:
    """Sessions to shut down: those disconnected for `retention` seconds, and the oldest beyond `max_sessions`.

    Args:
        disconnected: session id -> time at which it was first seen without a connection, in seconds.
        now: the current time on the same clock.
        retention: seconds for which a disconnected session is kept.
        max_sessions: number of disconnected sessions that are kept at most.

    >>> find_expired({"a": 0.0, "b": 50.0, "c": 90.0}, now=100.0, retention=60.0, max_sessions=10)
    ['a']
    >>> find_expired({"a": 0.0, "b": 50.0, "c": 90.0}, now=100.0, retention=600.0, max_sessions=1)
    ['a', 'b']
    """
    oldest_first = sorted(disconnected, key=disconnected.__getitem__)
    surplus = len(oldest_first) - max_sessions
    return [
        session
        for position, session in enumerate(oldest_first)
        if position < surplus or now - disconnected[session] >= retention
    ]


async def _watch(server: Any) -> None:
    """Runs on the server's event loop, the only thread that may read or close its sessions."""
    disconnected: dict[str, float] = {}
    has_garbage, next_collection = False, time.monotonic() + _COLLECTION_SECONDS
    while True:
        await asyncio.sleep(_CHECK_SECONDS)
        try:
            has_garbage |= bool(server._session_mgr.list_sessions())
            disconnected = _shut_down_expired(server, disconnected)
            if has_garbage and time.monotonic() >= next_collection:
                began = time.monotonic()
                await asyncio.to_thread(free_memory)  # finalizers may take a while
                ended = time.monotonic()
                has_garbage, next_collection = False, ended + max(_COLLECTION_SECONDS, _PAUSE_RATIO * (ended - began))
        except Exception:
            _log.warning("Ended sessions could not be shut down, or their memory not freed.", exc_info=True)


def _shut_down_expired(server: Any, previous: dict[str, float]) -> dict[str, float]:
    """Close expired sessions; returns the remaining disconnected ones with the time each was first seen so."""
    now = time.monotonic()
    sessions = [info.session.id for info in server._session_mgr.list_sessions()]
    disconnected = {
        session: previous.get(session, now) for session in sessions if not server.is_active_session(session)
    }
    for session in find_expired(disconnected, now, get_retention_seconds(), MAX_DISCONNECTED):
        server.close_session(session)
        del disconnected[session]
    return disconnected
