"""A click while a script run begins or ends, at a moment that a browser hits only by chance."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.ui.served_apps import serve, visit

# Runs begin half a second late, and end a second late, as on a busy server.
CLICK_APP = """
import time

import streamlit as st
from streamlit.runtime.scriptrunner import script_runner
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequests

from ui.server import script_runs


@st.cache_resource
def delay_runs():
    begin, execute = ScriptRequests.on_scriptrunner_ready, script_runner.exec_func_with_error_handling

    def begin_late(requests):
        time.sleep(0.5)
        return begin(requests)

    def end_late(*arguments):
        result = execute(*arguments)
        time.sleep(1)
        return result

    ScriptRequests.on_scriptrunner_ready = begin_late
    script_runner.exec_func_with_error_handling = end_late


def count(seconds=0):
    n_clicks = st.session_state.get("n_clicks", 0)
    time.sleep(seconds)
    st.session_state.n_clicks = n_clicks + 1


@st.fragment
def draw_fragment():
    st.button("In a fragment", on_click=count)


delay_runs()
script_runs.skip_outdated_runs()
st.button("Callback", on_click=count)
st.button("Slow callback", on_click=count, args=[1])
draw_fragment()
if "is_drawn" in st.session_state:
    time.sleep(2)
if st.button("Value"):
    count()
st.session_state.is_drawn = True
st.text(f"{st.session_state.get('n_clicks', 0)} clicked")
"""


@pytest.fixture(scope="module")
def click_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("click"), CLICK_APP) as address:
        yield address


def test_click_is_not_lost_when_the_run_before_ends_late(click_app: str) -> None:
    async def click_at_the_end() -> list[str]:
        async with visit(click_app) as session:
            await session.send()
            await session.receive(until="0 clicked")
            await session.send(button="Value")
            return await session.receive()

    assert asyncio.run(click_at_the_end()) == ["1 clicked"]


@pytest.mark.parametrize(
    ("button", "before", "after"),
    [("Callback", False, 0), ("Slow callback", False, 1), ("In a fragment", True, 0)],
    ids=["run has not begun", "callback has begun", "fragment is waiting"],
)
def test_click_is_not_lost_when_another_request_follows(
    click_app: str, button: str, before: bool, after: float
) -> None:
    """Another request follows `after` seconds later; with `before`, a run that takes seconds is in progress."""

    async def click_and_request() -> list[str]:
        async with visit(click_app) as session:
            await session.send()
            await session.receive()
            if before:
                await session.send()
                await asyncio.sleep(1)
            await session.send(button=button)
            await asyncio.sleep(after)
            await session.send()
            return await session.receive()

    assert asyncio.run(click_and_request()) == ["1 clicked"]
