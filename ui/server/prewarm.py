"""Visit the app once as a browser would, so that no visitor waits for the first load of a new server.

    python -m ui.server.prewarm http://localhost:8501

The first visit loads libraries and data. Until a page was shown, the server does not know the paths of the others, and
a link to one of them shows 'page not found' before the page.
"""

from __future__ import annotations

import asyncio
import sys
import time
import types
import urllib.request
from importlib.util import find_spec

from websockets import Subprotocol
from websockets.asyncio.client import connect


async def visit(address: str) -> None:
    """Request the first page and wait until it is complete."""
    spec = find_spec("streamlit")
    if "streamlit" not in sys.modules and spec is not None:
        # A stub package: importing all of Streamlit for its message classes takes a second of a processor that the
        # server needs now.
        package = types.ModuleType("streamlit")
        package.__path__ = list(spec.submodule_search_locations or ())
        sys.modules["streamlit"] = package
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    message = BackMsg()
    message.rerun_script.query_string = ""
    url = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
    async with connect(url, subprotocols=[Subprotocol("streamlit")], origin=address, max_size=None) as socket:  # type: ignore[arg-type]
        await socket.send(message.SerializeToString())
        async for data in socket:
            if ForwardMsg.FromString(bytes(data)).WhichOneof("type") == "script_finished":  # type: ignore[arg-type]
                return


def wait_for(address: str, seconds: float) -> bool:
    """Wait for the server's health check; False if it does not answer within `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=2).close()
        except OSError:
            time.sleep(0.2)
        else:
            return True
    return False


if __name__ == "__main__":
    if not wait_for(sys.argv[1], 60):
        sys.exit(f"There is no server at {sys.argv[1]}.")
    asyncio.run(asyncio.wait_for(visit(sys.argv[1]), 300))
