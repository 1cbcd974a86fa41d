"""A visitor's request while a script run is in progress, at a moment that a browser hits only by chance."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.ui.served_apps import serve, visit

# The first run ends with a rerun, which begins a second later, while the run for the visitor's request is in progress.
RERUN_APP = """
import time

import streamlit as st
from streamlit import runtime

from ui.server import script_runs


def end_slowly():
    time.sleep(1)


runtime.get_instance().media_file_mgr.remove_orphaned_files = end_slowly
script_runs.skip_outdated_runs()
if "is_first" in st.session_state:
    time.sleep(2)
chosen = st.checkbox("Choice")
page = st.navigation([st.Page(lambda: None, title=title, url_path=title) for title in ("first", "second")])
page.run()
st.text(f"{page.title}, {chosen}")
if "is_first" not in st.session_state:
    st.session_state.is_first = False
    st.rerun()
"""
# A button checks the box; its run waits before the box, after it, after the hidden widget, or not at all.
BUTTON_APP = """
import time

import streamlit as st

from ui.state import widget_values


def check():
    widget_values.set_widget_values({"choice": True})


widget_values.restore_pending_values()
before = st.button("Before", on_click=check)
after = st.button("After", on_click=check)
later = st.button("Later", on_click=check)
st.button("At once", on_click=check)
st.text("Drawn after the buttons")
if before:
    time.sleep(2)
chosen = st.checkbox("Choice", key="choice")
st.text(f"{chosen}")
if after:
    time.sleep(2)
widget_values.render_acknowledgment()
st.text("Drawn after the box")
if later:
    time.sleep(2)
st.text("End")
widget_values.mark_values_sent()
"""
# The first page waits for a job that never ends; the second counts the runs that still wait.
WAITING_APP = """
import threading
import time

import streamlit as st

from ui.data import progress
from ui.data.jobs import Job


def wait():
    st.text("Waiting")
    progress.reserve_progress()
    progress.wait_with_progress(Job(lambda report: time.sleep(600)))


def count():
    deadline = time.monotonic() + 30
    while (runs := sum("scriptThread" in thread.name for thread in threading.enumerate())) > 1:
        if time.monotonic() > deadline:
            break
        time.sleep(0.1)
    st.text(f"{runs} run")


st.navigation([st.Page(wait, title="first"), st.Page(count, title="second")]).run()
"""


@pytest.fixture(scope="module")
def rerun_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("rerun"), RERUN_APP) as address:
        yield address


@pytest.fixture(scope="module")
def button_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("button"), BUTTON_APP) as address:
        yield address


@pytest.mark.parametrize(
    ("page", "choice", "expected"), [("first", True, "first, True"), ("second", False, "second, False")]
)
def test_request_before_a_rerun_is_not_lost(rerun_app: str, page: str, choice: bool, expected: str) -> None:
    async def request_before_rerun() -> list[str]:
        async with visit(rerun_app) as session:
            await session.send()
            await session.receive(end=ForwardMsg.FINISHED_EARLY_FOR_RERUN)
            await session.send(page, choice)
            return await session.receive()

    assert asyncio.run(request_before_rerun()) == [expected]


@pytest.mark.parametrize(
    ("button", "seen", "acknowledged", "expected"),
    [
        ("Before", "Drawn after the buttons", "0", "True"),
        ("After", "True", "0", "False"),
        ("Later", "Drawn after the box", "0", "True"),
        ("Later", "Drawn after the box", "1", "False"),
        ("At once", "", "0", "True"),
        ("At once", "", "1", "False"),
    ],
    ids=[
        "not drawn",
        "changed",
        "stopped, not acknowledged",
        "stopped, changed",
        "complete, not acknowledged",
        "changed later",
    ],
)
def test_value_set_by_a_button_is_kept_until_the_browser_has_it(
    button_app: str, button: str, seen: str, acknowledged: str, expected: str
) -> None:
    """The next request has the value of an unchecked box: the browser's former one, or the visitor's next choice."""

    async def request_after_button() -> list[str]:
        async with visit(button_app) as session:
            await session.send()
            await session.receive()
            await session.send(choice=False, button=button)
            await session.receive(until=seen)
            await session.send(choice=False, acknowledged=acknowledged)
            await session.receive(until="Drawn after the buttons")
            return await session.receive()

    assert expected in asyncio.run(request_after_button())


def test_run_that_waits_for_a_job_ends_when_the_visitor_opens_another_page(tmp_path: Path) -> None:
    async def leave_waiting_page(address: str) -> list[str]:
        async with visit(address) as session:
            await session.send()
            await session.receive(until="Waiting")
            await asyncio.sleep(2)  # the progress bar has appeared and does not change
            await session.send("second")
            return await session.receive()

    with serve(tmp_path, WAITING_APP, prewarmed=False) as address:
        assert asyncio.run(leave_waiting_page(address)) == ["1 run"]
