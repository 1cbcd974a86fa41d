"""The beginning and the end of a server: leftovers of a killed one go at once; a stop takes seconds and leaves nothing.

Python waits at its end for threads of pools and for whatever they compute, and a request that is still being answered
holds the web server up. So a stop has a deadline of its own, after which the process ends as it is.
"""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from types import FrameType
from typing import Any

from ui.server import upload_cleanup

log = logging.getLogger("segments")
STOP_SECONDS = 3.0
"""How long the web server may take to close its connections."""
_LAST_RESORT_SECONDS = 4.5
"""After so long the process is ended from outside of Python, should nothing in it get a turn any more."""
_stopping, _deleted, _closed = threading.Event(), threading.Event(), threading.Event()
"""The stop has begun; what visitors left is deleted; the web server has closed its connections."""


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """What Streamlit does at the start of the server, before its first visitor, and at its end."""
    from segmentation.runtime import workdir

    workdir.remove_stale()
    upload_cleanup.ensure_running()
    with suppress(ValueError):  # another program has the main thread, and handles signals itself
        _handle_signals()
    try:
        yield
    finally:
        begin_stop()
        await asyncio.to_thread(_deleted.wait, STOP_SECONDS)
        _closed.set()


def report_error(error: Exception) -> bool:
    """Say in the page what Streamlit would say in its own words: an error in a button's function, for example."""
    from ui.components import errors

    with errors.error_boundary():
        raise error
    return True


def begin_stop() -> None:
    """Delete what visitors left here and end the process within seconds; returns at once, and may be called again."""
    if not _stopping.is_set():
        _stopping.set()
        threading.Thread(target=_stop, name="stop", daemon=True).start()


def _handle_signals() -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _announce_stop(signal.getsignal(number)))
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:  # `nohup` ignores it
        signal.signal(signal.SIGHUP, signal.getsignal(signal.SIGTERM))


def _announce_stop(previous: Any) -> Callable[[int, FrameType | None], None]:
    """A handler of a signal that begins the stop and then does what was to be done anyway."""

    def handle(number: int, frame: FrameType | None) -> None:
        begin_stop()
        if callable(previous):
            previous(number, frame)

    return handle


def _stop() -> None:
    with suppress(Exception):  # there may be no file for what it writes
        faulthandler.dump_traceback_later(_LAST_RESORT_SECONDS, exit=True, file=os.open(os.devnull, os.O_WRONLY))
    _delete_everything()
    _deleted.set()
    _closed.wait(STOP_SECONDS)
    _delete_everything()  # what was made meanwhile
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()
    os._exit(0)


def _delete_everything() -> None:
    from segmentation.runtime import workdir

    for step in (upload_cleanup.release_all, workdir.close_permanently):
        try:
            step()
        except Exception as error:
            log.error("At the end of the server: %s", upload_cleanup.describe_safely(error))
    for child in multiprocessing.active_children():
        child.kill()
