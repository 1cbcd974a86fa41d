"""A visitor's request while a script run is in progress, at a moment that a browser hits only by chance."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets import Subprotocol
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.visitors import ROOT, run_server
from ui.server import prewarm

TIMEOUT = 120.0
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


class Visit:
    """A session: the browser's widgets and pages, and the texts of the current run."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._pages: dict[str, str] = {}
        self._ids: dict[str, str] = {}
        self._fragments: dict[str, str] = {}
        self.texts: list[str] = []

    async def send(self, page: str = "", choice: bool | None = None, button: str = "", acknowledged: str = "") -> None:
        """Request a script run; without waiting for it."""
        request = BackMsg()
        request.rerun_script.page_script_hash = self._pages.get(page, "")
        states = request.rerun_script.widget_states
        if choice is not None:
            states.widgets.add(id=self._ids["Choice"], bool_value=choice)
        if acknowledged:
            states.widgets.add(id=self._ids["Acknowledged values"], string_value=acknowledged)
        if button:
            states.widgets.add(id=self._ids[button], trigger_value=True)
            request.rerun_script.fragment_id = self._fragments[button]
        self.texts.clear()
        await self._connection.send(request.SerializeToString())

    async def receive(self, until: str = "", end: int = ForwardMsg.FINISHED_SUCCESSFULLY) -> list[str]:
        """Read messages until this text, or until a run has ended so; returns the texts."""
        while True:
            message = ForwardMsg.FromString(bytes(await self._connection.recv()))  # type: ignore[arg-type]
            kind, element = message.WhichOneof("type"), message.delta.new_element
            if kind == "navigation":
                self._pages = {page.page_name: page.page_script_hash for page in message.navigation.app_pages}
            for name in ("checkbox", "button", "text_input"):
                if element.WhichOneof("type") == name:
                    label = getattr(element, name).label
                    self._ids[label] = getattr(element, name).id
                    self._fragments[label] = message.delta.fragment_id
            if element.WhichOneof("type") == "text":
                self.texts.append(element.text.body)
                if element.text.body == until:
                    return self.texts
            if kind == "script_finished" and message.script_finished == end:
                return self.texts


@asynccontextmanager
async def visit(address: str) -> AsyncIterator[Visit]:
    url = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
    async with (
        asyncio.timeout(TIMEOUT),
        connect(url, subprotocols=[Subprotocol("streamlit")], origin=address) as connection,  # type: ignore[arg-type]
    ):
        yield Visit(connection)


@contextmanager
def serve(folder: Path, app: str, *, prewarmed: bool = True) -> Iterator[str]:
    """The address of a server of this app."""
    (folder / "app.py").write_text(app)
    with run_server(folder, script=str(folder / "app.py"), PYTHONPATH=str(ROOT)) as server:
        if prewarmed:
            asyncio.run(asyncio.wait_for(prewarm.visit(server.address), TIMEOUT))
        yield server.address


@pytest.fixture(scope="module")
def rerun_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("rerun"), RERUN_APP) as address:
        yield address


@pytest.fixture(scope="module")
def button_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("button"), BUTTON_APP) as address:
        yield address


@pytest.fixture(scope="module")
def click_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("click"), CLICK_APP) as address:
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
    """Another request `after` seconds; `before` the click, a run has begun that takes seconds."""

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
