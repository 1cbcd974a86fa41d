"""Error messages of a page: what the user can do, or a reference to the server log."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from segmentation.errors import (
    AmbiguousFormatError,
    ColumnError,
    DataQuestionError,
    LoadConfirmationError,
    SegmentationError,
    StatementTimeoutError,
)
from segmentation.presentation.markdown import escape_markdown
from segmentation.presentation.messages import render_message
from segmentation.runtime.cancellation import WorkCancelled
from segmentation.runtime.disk_space import to_disk_full_error
from ui.components import data_questions, format_questions
from ui.data import results, session_upload, sources
from ui.state.app_state import UploadMissingError

log = logging.getLogger("segments")


@contextmanager
def error_boundary(*, compact: bool = False) -> Iterator[None]:
    """Show a user's error with its hint, any other with a reference to the server log.

    compact: next to a page that does not need the sales; format questions are left to the pages that do.
    """
    try:
        yield
    except AmbiguousFormatError as error:
        if compact:
            st.caption("You will be asked to confirm the date and number format.")
        else:
            format_questions.ask_and_stop(error)
    except DataQuestionError as error:
        if compact:
            st.caption("You will be asked a question about the data.")
        elif error.options:
            data_questions.ask_and_stop(error)
        else:
            render_error(error.message, error.hint)
    except UploadMissingError as error:  # not an error: uploads are private to the session
        st.info(escape_markdown(error.hint), title=escape_markdown(error.message), icon=":material/info:")
        _render_upload_link()
    except WorkCancelled:
        st.info("Reload the page to start again.", title="The computation was stopped.", icon=":material/info:")
    except LoadConfirmationError as error:
        if not compact:
            st.warning(
                "Loading it uses credits of your warehouse. The result is shared by all visitors.",
                title=escape_markdown(render_message(error.message)),
                icon=":material/database:",
            )
            st.button("Load", key="confirm_load", type="primary", on_click=sources.confirm_load, args=(error.table,))
    except StatementTimeoutError as error:
        if not compact:
            render_error(error.message, error.hint)
            st.button("Load again", key="load_again", icon=":material/refresh:", on_click=results.forget_timeouts)
    except SegmentationError as error:
        render_error(error.message, error.hint or "Choose other settings in the sidebar.")
        if isinstance(error, ColumnError):
            _render_upload_link()
    except Exception as error:
        if (disk_full := to_disk_full_error(error)) is not None:
            log.error("The disk is full.")
            render_error(disk_full.message, "Your settings are kept. Contact your administrator, then try again.")
            return
        reference = secrets.token_hex(4)
        if session_upload.get_current_upload() is None:
            log.exception("Unexpected error, reference %s", reference)
        else:  # the message may quote the file
            log.error("Unexpected error, reference %s: %s", reference, session_upload.redact_exception(error))
        st.error(
            "Your settings are kept: try again, or change them in the sidebar. If it happens again, give your "
            f"administrator this reference to the server log: **{reference}**.",
            title="Something went wrong.",
            icon=":material/error:",
        )


def render_error(message: str, hint: str, *, icon: str = ":material/error:") -> None:
    """Show an error with its hint. Both may quote data, so Markdown is escaped."""
    st.error(escape_markdown(hint), title=escape_markdown(message), icon=icon)


def _render_upload_link() -> None:
    st.page_link("app_pages/data/upload.py", label="Open Upload data", icon=":material/upload_file:")
