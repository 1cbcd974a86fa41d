"""The end of uploads: a file is deleted once its visit has been gone for a while, whatever happens to other files.

One thread looks at all of them. It outlives every error, and is started again at the next page view should it have
died; nothing else says whether it runs.
"""

from __future__ import annotations

import logging
import math
import os
import threading
import time
import traceback
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from streamlit import runtime

from segmentation.errors import SegmentationError

log = logging.getLogger("segments")
CHECK_SECONDS = 2.0
"""Between two looks at which visits have ended."""
KEEP_SECONDS = 110.0
"""How long a file outlives its visit: a lost connection is often back within moments. With the time between two looks,
and on a busy server, the file is gone within two minutes."""
_STOP_SECONDS = 0.2
"""How long one removal waits for queries to end, so that many visits that end together do not wait for each other."""
_guard = threading.Lock()
_owners: dict[str, str] = {}
"""Token of a file -> session."""
_watcher: threading.Thread | None = None


def register(token: str, session: str) -> None:
    """Say whose file this is, before it is there, and see to it that it goes with its visit."""
    with _guard:
        _owners[token] = session
    ensure_running()


def ensure_running() -> None:
    """Start the thread unless it is alive."""
    global _watcher
    with _guard:
        if _watcher is None or not _watcher.is_alive():
            _watcher = threading.Thread(target=_watch, name="upload cleanup", daemon=True)
            _watcher.start()


def release(token: str, seconds: float | None = None) -> None:
    """Delete a file and all that was made from it, and stop what still works on it.

    Args:
        token: of the file, or its address.
        seconds: wait at most so long for that to stop; None: as long as the store of uploads thinks right.
    """
    from segmentation.sales import upload_store

    results: list[Any] = []
    with suppress(SegmentationError):
        results = [one for many in list(upload_store.get_upload(token).derived.values()) for one in list(many.values())]
    try:
        upload_store.remove_upload(token, upload_store.STOP_SECONDS if seconds is None else seconds)
    except Exception as error:  # the file is gone: only some memory is not
        log.error("What an upload held could not be freed: %s", describe_safely(error))
    with _guard:
        _owners.pop(upload_store.get_token(token), None)
    for result in results:
        stop = getattr(result, "stop", None)
        if callable(stop):  # work in the background, which has nothing to work on any more
            stop()


def release_all() -> None:
    """The server is about to end: delete every file, then stop what works on them."""
    from segmentation.sales import upload_store

    with _guard:
        tokens = list(_owners)
    upload_store.delete_all()
    for token in tokens:
        with suppress(Exception):
            release(token, 0.0)


def get_retention_seconds() -> float:
    """How long a file outlives its visit; SEGMENTS_UPLOAD_SECONDS if that is a number."""
    try:
        seconds = float(os.environ.get("SEGMENTS_UPLOAD_SECONDS") or KEEP_SECONDS)
    except ValueError:
        return KEEP_SECONDS
    return seconds if math.isfinite(seconds) else KEEP_SECONDS


def describe_safely(error: BaseException) -> str:
    """What went wrong without a word of what the data hold: kinds of errors, and where in the program."""
    steps: list[str] = []
    now: BaseException | None = error
    while now is not None and len(steps) < 5:
        places = [f"{Path(step.filename).name}:{step.lineno}" for step in traceback.extract_tb(now.__traceback__)]
        steps.append(f"{type(now).__name__} at {' < '.join(reversed(places[-6:]))}")
        now = now.__cause__ or now.__context__
    return "; after ".join(steps)


def _watch() -> None:
    absent: dict[str, float] = {}
    while True:
        time.sleep(CHECK_SECONDS)
        try:
            check_visits(absent)
        except BaseException as error:  # whatever it is, the other files must go
            log.error("Looking for visits that have ended failed: %s", describe_safely(error))


def check_visits(absent: dict[str, float]) -> None:
    """Delete what belongs to visits that have ended.

    Args:
        absent: session -> when it was first found to be gone; kept from one call to the next.
    """
    from segmentation.sales import upload_store

    with _guard:
        owners = dict(_owners)
    copies = _list_streamlit_copies()
    ended = _find_ended({*owners.values(), *copies}, absent)
    for token, session in owners.items():
        try:
            if session in ended:
                release(token, _STOP_SECONDS)
        except Exception as error:
            log.error("An upload could not be removed and will be tried again: %s", describe_safely(error))
    for session in ended.intersection(copies):
        runtime.get_instance().uploaded_file_mgr.remove_session_files(session)
    upload_store.delete_remains()


def _find_ended(sessions: Iterable[str], absent: dict[str, float]) -> set[str]:
    """The sessions that have been gone for long enough."""
    now, gone = time.monotonic(), {session for session in sessions if not _is_active(session)}
    for session in set(absent) - gone:
        del absent[session]
    return {session for session in gone if now - absent.setdefault(session, now) >= get_retention_seconds()}


def _is_active(session: str) -> bool:
    return not runtime.exists() or runtime.get_instance().is_active_session(session)


def _list_streamlit_copies() -> list[str]:
    """The sessions of which Streamlit holds uploaded bytes, which no page has taken over."""
    if not runtime.exists():
        return []
    manager: Any = getattr(runtime.get_instance(), "uploaded_file_mgr", None)
    return list(getattr(manager, "file_storage", None) or ())
