"""A server of its own and visitors without a browser: clients that speak Streamlit's WebSocket and upload protocol."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets import Subprotocol
from websockets.asyncio.client import ClientConnection, connect

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 120


class Server:
    """A running server, and what it holds."""

    def __init__(self, process: subprocess.Popen[bytes], address: str, log: Path) -> None:
        self.address = address
        self.log = log
        self.process = process

    def count_descriptors(self) -> int:
        return sum(1 for _ in Path(f"/proc/{self.process.pid}/fd").iterdir())

    def check_health(self) -> None:
        """Ask whether the server is well, and wait for its answer for at most a minute."""
        with suppress(OSError):
            urllib.request.urlopen(f"{self.address}/_stcore/health", timeout=60).close()

    def measure_memory(self) -> float:
        """Resident memory in MB, that of child processes included."""
        return sum(map(read_resident_memory, [self.process.pid, *find_started_children(self.process.pid)]))


def read_resident_memory(pid: int) -> float:
    """In MB; 0 for a process that has ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def find_started_children(pid: int) -> list[int]:
    """Child processes that run a program of their own.

    For a moment after its creation, a child still runs that of its parent, in the parent's memory, and that memory
    would be counted twice.
    """
    return [child for child in find_children(pid) if read_command(child) != read_command(pid)]


def read_command(pid: int) -> bytes:
    """The command line; empty for a process that has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def find_children(pid: int) -> list[int]:
    """Processes that this one started, and those that they started."""
    children: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, path.read_text().split()):
                children += [child, *find_children(child)]
    return children


@contextmanager
def run_server(folder: Path, port: int = 0, script: str = "app.py", **settings: str) -> Iterator[Server]:
    """Start the app with saved runs, temporary files and the log in `folder`; stop it at the end. Port 0: any."""
    if not port:
        with socket.socket() as free:
            free.bind(("localhost", 0))
            port = free.getsockname()[1]
    temporary = folder / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    environment = os.environ | {
        "SEGMENTS_SOURCE": "",
        "SEGMENTS_MODELS": str(folder / "models"),
        "TMPDIR": str(temporary),
        **settings,
    }
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port)]
    command += ["--server.headless", "true", "--server.fileWatcherType", "none"]
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
    address = f"http://localhost:{port}"
    try:
        wait_until_healthy(address, process)
        yield Server(process, address, log)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_healthy(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=2).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError("The server did not start.")


class Visitor:
    """One session: what is on its page, and the values of its widgets."""

    def __init__(self, address: str, connection: ClientConnection) -> None:
        self._address = address
        self._connection = connection
        self._states: dict[str, WidgetState] = {}
        self._query = ""
        self._page_hash = ""
        self.session_id = ""
        self._page: dict[tuple[int, ...], Any] = {}
        """Elements by their place on the page."""

    async def rerun(self, page: str = "", trigger: str = "") -> None:
        """Run the page's script, as after a click on the button with the id `trigger`, and wait for its end."""
        message = BackMsg()
        request = message.rerun_script
        request.query_string, request.page_name = self._query, page
        request.page_script_hash = "" if page else self._page_hash
        request.widget_states.widgets.extend(self._states.values())
        if trigger:
            request.widget_states.widgets.add(id=trigger, trigger_value=True)
        await self._connection.send(message.SerializeToString())
        await self._receive_run()

    def find(self, kind: str, label: str = "") -> Any:
        """The page's element of a kind whose label starts with `label`.

        Raises:
            LookupError: there is none.
        """
        for element in self._page.values():
            if element.WhichOneof("type") == kind and getattr(element, kind).label.startswith(label):
                return getattr(element, kind)
        raise LookupError(f"There is no {kind} {label!r} on the page.")

    async def click(self, label: str) -> None:
        """Press a button and wait for the end of the script runs it starts."""
        await self.rerun(trigger=self.find("button", label).id)

    async def upload_file(self, name: str, content: bytes) -> None:
        """Send a file to the page's file uploader, and wait for the end of the script runs that follow."""
        uploader = self.find("file_uploader")
        message = BackMsg()
        request = message.file_urls_request
        request.request_id, request.session_id = str(uuid.uuid4()), self.session_id
        request.file_names.append(name)
        await self._connection.send(message.SerializeToString())
        urls = (await self._receive("file_urls_response")).file_urls_response.file_urls[0]
        await asyncio.to_thread(self._put, urls.upload_url, name, content)
        state = WidgetState(id=uploader.id)
        state.file_uploader_state_value.uploaded_file_info.add(
            file_id=urls.file_id, name=name, size=len(content), file_urls=urls
        )
        self._states[uploader.id] = state
        await self.rerun()

    def _put(self, path: str, name: str, content: bytes) -> None:
        cookies = CookieJar()
        client = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies))
        client.open(f"{self._address}/_stcore/health", timeout=60).close()  # sets the token that an upload must repeat
        token = next((cookie.value or "" for cookie in cookies if cookie.name == "_streamlit_xsrf"), "")
        boundary = uuid.uuid4().hex
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        request = urllib.request.Request(
            f"{self._address}/{path.lstrip('/')}",
            data=head.encode() + content + f"\r\n--{boundary}--\r\n".encode(),
            headers={"X-Xsrftoken": token, "Content-Type": f"multipart/form-data; boundary={boundary}"},
            method="PUT",
        )
        client.open(request, timeout=120).close()

    async def _receive_run(self) -> None:
        """Read messages until a script run has ended that is not followed by another."""
        while True:
            run: dict[tuple[int, ...], Any] = {}
            ended = (await self._receive("script_finished", run)).script_finished
            is_full_run = ended != ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
            self._page = run if is_full_run else self._page | run
            if ended != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return

    async def _receive(self, kind: str, elements: dict[tuple[int, ...], Any] | None = None) -> ForwardMsg:
        """Read messages up to one of a kind, and collect the elements in those before."""
        while True:
            message = ForwardMsg.FromString(bytes(await self._connection.recv()))  # type: ignore[arg-type]
            received = message.WhichOneof("type")
            if received == "new_session":
                self.session_id = message.new_session.initialize.session_id or self.session_id
            elif received == "navigation":  # which page of the app is shown
                self._page_hash = message.navigation.page_script_hash
            elif received == "page_info_changed":
                self._query = message.page_info_changed.query_string
            elif received == "delta" and elements is not None and message.delta.WhichOneof("type") == "new_element":
                elements[tuple(message.metadata.delta_path)] = message.delta.new_element
            if received == kind:
                return message


@asynccontextmanager
async def open_visit(address: str) -> AsyncIterator[Visitor]:
    """Connect as a new visitor; leaving closes the connection, whatever the server is doing."""
    url = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
    async with connect(
        url,
        subprotocols=[Subprotocol("streamlit")],
        origin=address,  # type: ignore[arg-type]
        max_size=None,
        open_timeout=120,
        ping_interval=None,
        close_timeout=2,
    ) as connection:
        yield Visitor(address, connection)
