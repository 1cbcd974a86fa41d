"""A visitor's choice or navigation while the page is about to be run again by itself."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets import Subprotocol
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.visitors import ROOT, wait_until_healthy
from ui.server import prewarm

TIMEOUT = 120.0
# The first run ends with a rerun, which begins a second later, while the run for the visitor's request is in progress.
APP = """
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


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server of `APP`."""
    script = tmp_path_factory.mktemp("app") / "app.py"
    script.write_text(APP)
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    command += ["--server.headless", "true", "--server.fileWatcherType", "none"]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
    )
    try:
        wait_until_healthy(f"http://localhost:{port}", process)
        asyncio.run(asyncio.wait_for(prewarm.visit(f"http://localhost:{port}"), TIMEOUT))
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait(30)


@pytest.mark.parametrize(("is_choice", "expected"), [(True, "first, True"), (False, "second, False")])
def test_request_during_a_rerun_is_not_lost(address: str, is_choice: bool, expected: str) -> None:
    async def visit() -> str:
        url = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
        async with connect(url, subprotocols=[Subprotocol("streamlit")], origin=address) as connection:  # type: ignore[arg-type]
            await connection.send(BackMsg(rerun_script={}).SerializeToString())  # type: ignore[arg-type]
            request, pages = BackMsg(), {}
            async for message in receive(connection):
                kind = message.WhichOneof("type")
                if kind == "navigation":
                    pages = {page.page_name: page.page_script_hash for page in message.navigation.app_pages}
                elif message.delta.new_element.WhichOneof("type") == "checkbox" and is_choice:
                    request.rerun_script.widget_states.widgets.add(
                        id=message.delta.new_element.checkbox.id, bool_value=True
                    )
                elif kind == "script_finished":
                    break
            request.rerun_script.page_script_hash = pages["first" if is_choice else "second"]
            await connection.send(request.SerializeToString())
            text = ""
            with suppress(TimeoutError):
                async for message in receive(connection):
                    text = message.delta.new_element.text.body or text
                    is_end = message.WhichOneof("type") == "script_finished"
                    if is_end and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                        break
            return text

    assert asyncio.run(asyncio.wait_for(visit(), TIMEOUT)) == expected


async def receive(connection: ClientConnection) -> AsyncIterator[ForwardMsg]:
    while True:
        yield ForwardMsg.FromString(bytes(await connection.recv()))  # type: ignore[arg-type]
