"""Ended sessions leave neither descriptors nor Streamlit session objects in the server."""

from __future__ import annotations

import asyncio
import gc
import time
import weakref
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import streamlit as st
from websockets import Subprotocol
from websockets.asyncio.client import connect

from benchmarks.visitors import Server, open_visit, run_server
from ui.server import sessions
from ui.server.sessions import find_expired

SESSIONS = 20
TIMEOUT = 120.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, shop: Path) -> Iterator[Server]:
    """A warmed-up server that closes a session one second after its connection."""
    folder = tmp_path_factory.mktemp("server")
    with run_server(folder, SEGMENTS_SOURCE=f"Shop={shop}", SEGMENTS_UPLOAD_SECONDS="1") as server:
        asyncio.run(visit_first_page(server.address, 2))
        wait_until_descriptors_fall(server, before=10_000)
        yield server


async def visit_first_page(address: str, sessions: int) -> None:
    for _ in range(sessions):
        async with open_visit(address) as visitor:
            await asyncio.wait_for(visitor.rerun(), TIMEOUT)


async def connect_and_leave(address: str, sessions: int) -> None:
    """Sessions that never request a page."""
    for _ in range(sessions):
        url = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
        async with connect(url, subprotocols=[Subprotocol("streamlit")], origin=address):  # type: ignore[arg-type]
            pass


def wait_until_descriptors_fall(server: Server, before: int, tolerance: int = SESSIONS) -> int:
    """The number of descriptors once it is at most `before` + `tolerance`, or after half a minute."""
    deadline = time.monotonic() + 30
    while server.count_descriptors() > before + tolerance and time.monotonic() < deadline:
        time.sleep(0.5)
    return server.count_descriptors()


@pytest.mark.parametrize("leave", [visit_first_page, connect_and_leave])
def test_ended_sessions_release_their_descriptors(server: Server, leave: object) -> None:
    before = server.count_descriptors()
    asyncio.run(leave(server.address, SESSIONS))  # type: ignore[operator]
    after = wait_until_descriptors_fall(server, before)
    assert after <= before + SESSIONS  # three for each session if its event loop stays open
    assert "could not be shut down" not in server.log.read_text()


def test_session_with_a_connection_is_kept(server: Server) -> None:
    async def stay_for_a_while() -> str:
        async with open_visit(server.address) as visitor:
            await asyncio.wait_for(visitor.rerun(), TIMEOUT)
            first = visitor.session_id
            await asyncio.sleep(6)  # more than two checks, and longer than an ended session is retained
            await asyncio.wait_for(visitor.rerun(), TIMEOUT)
            assert visitor.session_id == first
            return first

    assert asyncio.run(stay_for_a_while())


class Cycle:
    """An object that only the garbage collector frees."""

    def __init__(self) -> None:
        self.itself = self


async def watch(n_sessions: int) -> None:
    """Watch a server with this many connected sessions for two seconds."""
    infos = [SimpleNamespace(session=SimpleNamespace(id=str(number))) for number in range(n_sessions)]
    manager = SimpleNamespace(list_sessions=lambda: infos)
    server = SimpleNamespace(_session_mgr=manager, is_active_session=lambda _: True)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(sessions._watch(server), 2)


def test_garbage_is_collected_regularly_instead_of_after_every_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "_CHECK_SECONDS", 0.01)
    monkeypatch.setattr(sessions, "_COLLECTION_SECONDS", 0.1)
    monkeypatch.setattr(sessions, "_PAUSE_RATIO", 0)
    gc.disable()
    try:
        gone = weakref.ref(Cycle())
        asyncio.run(watch(0))
        assert gone() is not None
        asyncio.run(watch(1))
        assert gone() is None
    finally:
        gc.enable()
    assert st.get_option("runner.postScriptGC") is False


@pytest.mark.parametrize(("seconds", "pause_ratio"), [(0.5, 0), (0.0, 50)], ids=["interval", "long collection"])
def test_pause_follows_each_collection(monkeypatch: pytest.MonkeyPatch, seconds: float, pause_ratio: int) -> None:
    """A pause of at least half a second in both cases; the first collection fails and is repeated at once."""
    collections: list[float] = []

    def collect() -> None:
        collections.append(time.monotonic())
        time.sleep(0.01)
        if len(collections) == 1:
            raise RuntimeError("can't start new thread")

    monkeypatch.setattr(sessions, "_CHECK_SECONDS", 0.01)
    monkeypatch.setattr(sessions, "_COLLECTION_SECONDS", seconds)
    monkeypatch.setattr(sessions, "_PAUSE_RATIO", pause_ratio)
    monkeypatch.setattr(sessions, "free_memory", collect)
    asyncio.run(watch(1))
    assert 2 <= len(collections) <= 6  # a hundred without a pause


def test_find_expired_returns_sessions_disconnected_long_enough() -> None:
    assert find_expired({"a": 0.0, "b": 50.0, "c": 90.0}, now=100.0, retention=50.0, max_sessions=10) == ["a", "b"]
    assert find_expired({}, now=100.0, retention=50.0, max_sessions=10) == []


def test_find_expired_returns_the_oldest_of_too_many() -> None:
    assert find_expired({"c": 90.0, "a": 0.0, "b": 50.0}, now=100.0, retention=600.0, max_sessions=1) == ["a", "b"]
