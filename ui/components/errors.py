"""Error messages of a page: what the user can do, or a reference to the server log."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from segmentation.errors import AmbiguousFormatError, ColumnError, SegmentationError
from segmentation.presentation.markdown import escape_markdown
from segmentation.runtime.cancellation import WorkCancelled
from ui.components import format_questions
from ui.data import session_upload
from ui.state.app_state import UploadMissingError

log = logging.getLogger("segments")
_MAP_OPTION = re.compile(r": --map \w+=NAME(?: \(or [^)]*\))?| \(--map \w+=NAME\)")
"""The command line's way to map a column, as hints quote it."""


@contextmanager
def error_boundary(*, aside: bool = False) -> Iterator[None]:
    """What goes wrong within is told in words: a user's error with its hint, any other with a reference to the log.

    aside: it stands beside a page that does without; a question waits for the pages that need its answer.
    """
    try:
        yield
    except AmbiguousFormatError as error:
        if aside:
            st.caption("Before these sales are shown you will be asked how they are written.")
        else:
            format_questions.ask_and_stop(error)
    except UploadMissingError as error:  # nothing is wrong: it is how a file stays private
        st.info(escape_markdown(error.hint), title=escape_markdown(error.message), icon=":material/info:")
        _go_to_upload()
    except WorkCancelled:
        st.info("Reload the page to start it again.", title="This was stopped.", icon=":material/info:")
    except SegmentationError as error:
        hint = _MAP_OPTION.sub(" on the page 'Your own file'", error.hint) or "Choose other settings in the sidebar."
        render_error(error.message, hint)
        if isinstance(error, ColumnError):
            _go_to_upload()
    except Exception as error:
        reference = secrets.token_hex(4)
        if session_upload.get_current_upload() is None:
            log.exception("Unexpected error, reference %s", reference)
        else:  # what it says may be what is in the file
            log.error("Unexpected error, reference %s: %s", reference, session_upload.redact_exception(error))
        st.error(
            f"Your settings are kept: try again, or choose others in the sidebar. If it happens again, tell whoever "
            f"runs this page the reference **{reference}**; the server's log says more under it.",
            title="Something went wrong here.",
            icon=":material/error:",
        )


def render_error(sentence: str, hint: str, *, icon: str = ":material/error:") -> None:
    """Show an error with its hint; both may quote data, so both are shown as they are."""
    st.error(escape_markdown(hint), title=escape_markdown(sentence), icon=icon)


def _go_to_upload() -> None:
    st.page_link("pages/data/upload.py", label="Open Your own file", icon=":material/upload_file:")
