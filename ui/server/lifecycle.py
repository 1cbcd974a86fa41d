"""Start and stop of the server: remove what a killed server left behind, and stop within seconds with nothing left.

At exit, Python waits for the threads of pools and whatever they compute, and the web server waits for requests in
progress. A stop therefore has its own deadline, after which the process ends whatever still runs.
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
"""Time for the web server to close its connections."""
_LAST_RESORT_SECONDS = 4.5
"""Time until faulthandler ends the process without the interpreter lock, in case no Python thread can run."""
_stopping, _deleted, _closed = threading.Event(), threading.Event(), threading.Event()
"""The stop has begun; visitors' files are deleted; the web server has closed its connections."""


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """Run by Streamlit: before the first visitor, and at shutdown."""
    from segmentation.runtime import workdir

    workdir.remove_stale()
    upload_cleanup.ensure_running()
    with suppress(ValueError):  # not the main thread: the embedding program handles signals
        _handle_signals()
    try:
        yield
    finally:
        begin_stop()
        await asyncio.to_thread(_deleted.wait, STOP_SECONDS)
        _closed.set()


def report_error(error: Exception) -> bool:
    """Show an error outside the page script, in a callback for example, as the pages show errors."""
    from ui.components import errors

    with errors.error_boundary():
        raise error
    return True


def begin_stop() -> None:
    """Delete visitors' files and end the process within seconds. Returns at once; further calls do nothing."""
    if not _stopping.is_set():
        _stopping.set()
        threading.Thread(target=_stop, name="stop", daemon=True).start()


def _handle_signals() -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _announce_stop(signal.getsignal(number)))
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:  # else started by `nohup`
        signal.signal(signal.SIGHUP, signal.getsignal(signal.SIGTERM))


def _announce_stop(previous: Any) -> Callable[[int, FrameType | None], None]:
    """A signal handler that begins the stop, then calls the previous handler."""

    def handle(number: int, frame: FrameType | None) -> None:
        begin_stop()
        if callable(previous):
            previous(number, frame)

    return handle


def _stop() -> None:
    with suppress(Exception):  # no descriptor may be left for its output
        faulthandler.dump_traceback_later(_LAST_RESORT_SECONDS, exit=True, file=os.open(os.devnull, os.O_WRONLY))
    _delete_everything()
    _deleted.set()
    _closed.wait(STOP_SECONDS)
    _delete_everything()  # files created in the meantime
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
            log.error("Cleanup at shutdown failed: %s", upload_cleanup.describe_safely(error))
    for child in multiprocessing.active_children():
        child.kill()
