"""Servers of small apps, and sessions that send requests at chosen moments."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets import Subprotocol
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.visitors import ROOT, run_server
from ui.server import prewarm

TIMEOUT = 120.0


class Visit:
    """A session: the browser's widgets and pages, and the texts of the current run."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._pages: dict[str, str] = {}
        self._ids: dict[str, str] = {}
        self._fragments: dict[str, str] = {}
        self.texts: list[str] = []

    async def send(self, page: str = "", choice: bool | None = None, button: str = "", acknowledged: str = "") -> None:
        """Request a script run without waiting for it."""
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
        """Read messages until this text, or until a run has ended with this status; return the texts."""
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
