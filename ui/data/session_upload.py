"""The uploaded file of a session, private to it and deleted with it.

Session state holds one frozen value that locates the file. The URL only says that an upload is in use.
`upload_cleanup` deletes the file when the session has ended.
"""

from __future__ import annotations

from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from segmentation.errors import SegmentationError
from segmentation.settings import UPLOAD, SalesSettings
from ui.data import session_work
from ui.server import upload_cleanup

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from segmentation.sales.upload_source import UploadSource

KEY = "upload"
_UPLOADER = "upload_box"
redact_exception = upload_cleanup.describe_safely


@dataclass(frozen=True)
class Upload:
    """An uploaded file."""

    uri: str
    name: str
    size: int
    sales: SalesSettings | None = None
    """Settings to read it; None until the user has confirmed the mapping."""


def get_current_upload() -> Upload | None:
    """The file of this session, if any."""
    upload = st.session_state.get(KEY)
    if not isinstance(upload, Upload):
        return None
    try:
        get_upload_source(upload)
    except SegmentationError:  # it was removed in the meantime
        st.session_state.pop(KEY, None)
        return None
    return upload


def get_upload_source(upload: Upload) -> UploadSource:
    """The file itself."""
    from segmentation.sales import upload_store

    return upload_store.get_upload(upload.uri)


def get_max_bytes() -> int:
    """The maximum file size in bytes."""
    return int(st.get_option("server.maxUploadSize")) << 20


def get_uploader_key() -> str:
    """The key of the file uploader; it changes after each upload, so that the widget is empty again."""
    return f"{_UPLOADER}_{st.session_state.get(_UPLOADER, 0)}"


def store_upload(uploaded: Sequence[UploadedFile]) -> None:
    """Store files of one layout as the upload of this session, replacing a previous one.

    Raises:
        SegmentationError: one is no table or has another layout, or together they are too large.
    """
    from segmentation.errors import SourceError
    from segmentation.sales import upload_store

    context = get_script_run_ctx()
    assert context is not None
    try:
        if sum(file.size for file in uploaded) > get_max_bytes():
            subject = "The file is" if len(uploaded) == 1 else "The files together are"
            raise SourceError(
                f"{subject} larger than {get_max_bytes() >> 20} MB.",
                hint="Remove older years or unused columns, or save it as Parquet, which is smaller.",
            )
        token = upload_store.create_token()
        upload_cleanup.register(
            token, context.session_id
        )  # before the file exists: the session may end during the upload
        with ExitStack() as stack:
            files = [(file.name, stack.enter_context(file.getbuffer())) for file in uploaded]
            source = upload_store.store_uploads(files, token, session_work.has_left)
    finally:  # Streamlit's copies are deleted now, not at the end of the session
        manager: Any = context.uploaded_file_mgr
        for file in uploaded:
            manager.remove_file(context.session_id, file.file_id)
            with suppress(BufferError):  # of a refused file the error still holds a view; the new key below lets it go
                file.close()
        st.session_state[_UPLOADER] = st.session_state.get(_UPLOADER, 0) + 1
    remove_upload()
    st.session_state[KEY] = Upload(source.uri, source.name, source.size)


def set_sales_settings(sales: SalesSettings) -> None:
    """Set how the uploaded file is read."""
    upload = get_current_upload()
    if upload is not None:
        st.session_state[KEY] = replace(upload, sales=sales)


def remove_upload() -> None:
    """Delete the uploaded file and everything computed from it."""
    upload = st.session_state.pop(KEY, None)
    if isinstance(upload, Upload):
        upload_cleanup.release(upload.uri)


SAVED_RESULT = (
    "A saved result remains, with its customer list: everyone with access to this app can open it under Saved runs and "
    "download the list."
)
SAVED_CAMPAIGN = (
    "The campaign remains, with its customers' IDs, segments and sales before the launch: everyone with access to "
    "this app can download its lists on this page."
)


def render_retention_notice(sales: SalesSettings, what_stays: str = SAVED_RESULT) -> None:
    """A note next to a save button: what outlives the uploaded file."""
    if is_private(sales):
        st.caption(f"Your file is deleted after your session. {what_stays}")


def is_private(sales: SalesSettings) -> bool:
    """Whether the source is an uploaded file."""
    return sales.source.startswith(UPLOAD)
