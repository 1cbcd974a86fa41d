"""Delete each upload soon after its session has ended, whatever happens to other uploads.

One thread checks all of them. It survives every error, and the next page view starts it again should it have died.
Whether it is alive is asked of the thread itself: a flag could outlive it.
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
"""Between two checks for ended sessions."""
KEEP_SECONDS = 110.0
"""How long a file outlives its session, because a lost connection is often back within moments. With the time between
two checks, and on a busy server, the file is gone within the two minutes that the page promises."""
_STOP_SECONDS = 0.2
"""How long one removal waits for queries to end; short, because sessions that end together are handled in turn."""
_guard = threading.Lock()
_owners: dict[str, str] = {}
"""Upload token -> session id."""
_watcher: threading.Thread | None = None


def register(token: str, session: str) -> None:
    """Tie an upload to a session, before the file is stored, so that it is deleted with its session."""
    with _guard:
        _owners[token] = session
    ensure_running()


def ensure_running() -> None:
    """Start the cleanup thread unless it is alive."""
    global _watcher
    with _guard:
        if _watcher is None or not _watcher.is_alive():
            _watcher = threading.Thread(target=_watch, name="upload cleanup", daemon=True)
            _watcher.start()


def release(token: str, seconds: float | None = None) -> None:
    """Delete an upload and everything computed from it, and stop work on it.

    Args:
        token: the upload's token or URI.
        seconds: time to wait for running work to stop; None: the default of the upload store.
    """
    from segmentation.sales import upload_store

    results: list[Any] = []
    with suppress(SegmentationError):
        derived = upload_store.get_upload(token).derived
        results = [result for cache in list(derived.values()) for result in list(cache.values())]
    try:
        upload_store.remove_upload(token, upload_store.STOP_SECONDS if seconds is None else seconds)
    except Exception as error:  # the file is deleted; only memory is still in use
        log.error("The memory of an upload could not be freed: %s", describe_safely(error))
    with _guard:
        _owners.pop(upload_store.get_token(token), None)
    for result in results:
        stop = getattr(result, "stop", None)
        if callable(stop):  # a background job
            stop()


def release_all() -> None:
    """Delete every upload, then stop work on them: the server is about to end."""
    from segmentation.sales import upload_store

    with _guard:
        tokens = list(_owners)
    upload_store.delete_all_files()
    for token in tokens:
        with suppress(Exception):
            release(token, 0.0)


def get_retention_seconds() -> float:
    """Seconds for which a file outlives its session: SEGMENTS_UPLOAD_SECONDS if it is a number, else KEEP_SECONDS."""
    try:
        seconds = float(os.environ.get("SEGMENTS_UPLOAD_SECONDS") or KEEP_SECONDS)
    except ValueError:
        return KEEP_SECONDS
    return seconds if math.isfinite(seconds) else KEEP_SECONDS


def describe_safely(error: BaseException) -> str:
    """Describe an error for the log by types and code positions; its message may quote a visitor's data."""
    steps: list[str] = []
    current: BaseException | None = error
    while current is not None and len(steps) < 5:
        frames = traceback.extract_tb(current.__traceback__)
        positions = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames]
        steps.append(f"{type(current).__name__} at {' < '.join(reversed(positions[-6:]))}")
        current = current.__cause__ or current.__context__
    return "; after ".join(steps)


def _watch() -> None:
    absent: dict[str, float] = {}
    while True:
        time.sleep(CHECK_SECONDS)
        try:
            check_sessions(absent)
        except BaseException as error:  # the other files must be deleted whatever it is
            log.error("The check for ended sessions failed: %s", describe_safely(error))


def check_sessions(absent: dict[str, float]) -> None:
    """Delete what belongs to sessions that have ended.

    Args:
        absent: session id -> time at which it was first seen disconnected; updated in place between calls.
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
            log.error("An upload could not be removed; trying again: %s", describe_safely(error))
    for session in ended.intersection(copies):
        runtime.get_instance().uploaded_file_mgr.remove_session_files(session)
    upload_store.delete_remains()


def _find_ended(sessions: Iterable[str], absent: dict[str, float]) -> set[str]:
    """Sessions that have been disconnected for longer than the retention time."""
    now, gone = time.monotonic(), {session for session in sessions if not _is_active(session)}
    for session in set(absent) - gone:
        del absent[session]
    return {session for session in gone if now - absent.setdefault(session, now) >= get_retention_seconds()}


def _is_active(session: str) -> bool:
    return not runtime.exists() or runtime.get_instance().is_active_session(session)


def _list_streamlit_copies() -> list[str]:
    """Sessions of which Streamlit still holds uploaded bytes that no page has taken over."""
    if not runtime.exists():
        return []
    manager: Any = getattr(runtime.get_instance(), "uploaded_file_mgr", None)
    return list(getattr(manager, "file_storage", None) or ())
