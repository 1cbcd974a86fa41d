"""A visitor's own file: taken over, kept for the visit alone, and gone with it.

The session holds one frozen value that says where the file is; nothing of it stands in the page's address but that
a file of the visitor's own is meant. A thread watches whether visits that have a file are still there.
"""

from __future__ import annotations

import os
import threading
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages._ui import visits
from segmentation.errors import SegmentationError
from segmentation.settings import UPLOAD, SalesSettings

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from segmentation.sales.uploads import UploadSource

KEY = "upload"
_BOX = "upload_box"
_EVERY = 2.0
"""Seconds between two looks at which visits have ended."""
_guard = threading.Lock()
_owners: dict[str, str] = {}
"""Address of a file -> session."""
_watching = threading.Event()


@dataclass(frozen=True)
class Upload:
    """The visitor's own file."""

    uri: str
    name: str
    size: int
    sales: SalesSettings | None = None
    """How it is to be read; None until its owner has said so."""


def mine() -> Upload | None:
    """This visitor's file, if there is one."""
    upload = st.session_state.get(KEY)
    if not isinstance(upload, Upload):
        return None
    try:
        opened(upload)
    except SegmentationError:  # it was let go meanwhile
        st.session_state.pop(KEY, None)
        return None
    return upload


def opened(upload: Upload) -> UploadSource:
    """The file itself."""
    from segmentation.sales import uploads

    return uploads.opened(upload.uri)


def most_bytes() -> int:
    """How large a file may be."""
    return int(st.get_option("server.maxUploadSize")) << 20


def box_key() -> str:
    """The key of the field a file is dropped on; another after each file, so that it holds none."""
    return f"{_BOX}_{st.session_state.get(_BOX, 0)}"


def take(file: UploadedFile) -> None:
    """Make a file the visitor's own, in place of any before.

    Raises:
        SegmentationError: it is no table, or too large.
    """
    from segmentation.errors import SourceError
    from segmentation.sales import uploads

    context = get_script_run_ctx()
    assert context is not None
    try:
        if file.size > most_bytes():
            raise SourceError(
                f"The file is larger than {most_bytes() >> 20} MB.",
                hint="Leave out earlier years or columns, or save it as Parquet, which takes less room.",
            )
        source = uploads.keep(file.getbuffer(), file.name, lambda: not visits.is_active(context.session_id))
    finally:  # Streamlit's own copy goes at once, not with the visit
        st.session_state[_BOX] = st.session_state.get(_BOX, 0) + 1
        files: Any = context.uploaded_file_mgr
        files.remove_file(context.session_id, file.file_id)
    remove()
    st.session_state[KEY] = Upload(source.uri, source.name, source.size)
    with _guard:
        _owners[source.uri] = context.session_id
        if not _watching.is_set():
            _watching.set()
            threading.Thread(target=_watch, daemon=True).start()


def use(sales: SalesSettings) -> None:
    """Say how the visitor's file is to be read."""
    upload = mine()
    if upload is not None:
        st.session_state[KEY] = replace(upload, sales=sales)


def remove() -> None:
    """Delete the visitor's file and all that was made from it."""
    upload = st.session_state.pop(KEY, None)
    if isinstance(upload, Upload):
        _let_go(upload.uri)


def caution(sales: SalesSettings) -> None:
    """Beside a button that saves a result: what stays of a file that does not."""
    if private(sales):
        st.caption(
            "Your own file is deleted after your visit. A saved result stays here, with its list of customers, and "
            "whoever can open this page finds it under Saved runs, and can download that list."
        )


def private(sales: SalesSettings) -> bool:
    """Whether these are sales that one visitor handed over."""
    return sales.source.startswith(UPLOAD)


def told(error: BaseException) -> str:
    """What went wrong without a word of what the data hold: kinds of errors, and where in the program."""
    steps: list[str] = []
    now: BaseException | None = error
    while now is not None and len(steps) < 5:
        places = [f"{Path(step.filename).name}:{step.lineno}" for step in traceback.extract_tb(now.__traceback__)]
        steps.append(f"{type(now).__name__} at {' < '.join(reversed(places[-6:]))}")
        now = now.__cause__ or now.__context__
    return "; after ".join(steps)


def seconds_kept() -> float:
    """How long a file outlives its visit: a lost connection is often there again within moments."""
    return float(os.environ.get("SEGMENTS_UPLOAD_SECONDS") or 120)


def _watch() -> None:
    """Let go of each file whose visit has ended; ends when there is none left."""
    absent: dict[str, float] = {}
    while True:
        time.sleep(_EVERY)
        with _guard:
            owners = dict(_owners)
            if not owners:
                _watching.clear()
                return
        for uri, session in owners.items():
            if not _is_here(uri):
                _let_go(uri)
            elif not runtime.exists() or runtime.get_instance().is_active_session(session):
                absent.pop(uri, None)
            elif time.monotonic() - absent.setdefault(uri, time.monotonic()) >= seconds_kept():
                _let_go(uri)


def _is_here(uri: str) -> bool:
    from segmentation.sales import uploads

    try:
        uploads.opened(uri)
    except SegmentationError:
        return False
    return True


def _let_go(uri: str) -> None:
    from segmentation.sales import uploads

    with suppress(SegmentationError):
        for results in list(uploads.opened(uri).made.values()):
            for result in list(results.values()):
                _stop(result)
    uploads.remove(uri)
    with _guard:
        _owners.pop(uri, None)


def _stop(result: Any) -> None:
    """Work that still runs on the file ends soon."""
    stop = getattr(result, "stop", None)
    if callable(stop):
        stop()
