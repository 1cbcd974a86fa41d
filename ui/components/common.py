"""Small things that pages draw alike: charts with their words and numbers, metrics, problems, progress."""

from __future__ import annotations

import logging
import math
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import streamlit as st

from segmentation.errors import AmbiguousFormatError, ColumnError, SegmentationError
from segmentation.presentation import number_format, settings_summary
from segmentation.presentation.markdown import escape_markdown
from segmentation.runtime.cancellation import WorkCancelled
from segmentation.runtime.disk_space import to_disk_full_error
from ui.components import format_questions
from ui.data import session_upload
from ui.data.jobs import Job
from ui.state.app_state import UploadMissingError

if TYPE_CHECKING:
    import pandas as pd
    from streamlit.delta_generator import DeltaGenerator

    from segmentation import charts
    from segmentation.features.registry import Feature
    from segmentation.results import SweepResult
    from ui.state.app_state import AppState

__all__ = [
    "error_boundary",
    "get_theme",
    "refresh_labels",
    "render_chart",
    "render_dataframe",
    "render_error",
    "render_heading",
    "render_result_header",
    "render_table",
    "reserve_progress",
    "select_feature",
    "wait_with_progress",
]

log = logging.getLogger("segments")
Result = TypeVar("Result")


_OPTION = re.compile(r": --map \w+=NAME(?: \(or [^)]*\))?| \(--map \w+=NAME\)")
"""Where a hint names the command line's way to say which column is which."""
_slot: ContextVar[DeltaGenerator] = ContextVar("slot")


def reserve_progress() -> None:
    """Keep one place for progress bars, so that one that comes and goes moves nothing on the page."""
    _slot.set(st.empty())


def get_theme() -> charts.Theme:
    """Light or dark, as the visitor's browser shows the page."""
    return "dark" if st.context.theme.type == "dark" else "light"


def render_heading(title: str, explain: str) -> None:
    """What a chart is called, and how to read it."""
    st.header(title, anchor=False)
    st.caption(explain)


def render_chart(figure: charts.Figure, *, key: str, numbers: pd.DataFrame | None = None) -> None:
    """A figure with its finding as text alternative, and its numbers folded away below."""
    from segmentation import charts

    st.plotly_chart(figure, key=key, alt=charts.get_alt_text(figure), config={"displayModeBar": False})
    if numbers is not None:
        render_table(numbers, key=f"{key}_numbers")


def render_table(numbers: pd.DataFrame, *, key: str, label: str = "The numbers of this chart") -> None:
    """A small table, folded away; its cells are text already."""
    with st.expander(label, key=key):
        st.table(numbers, hide_index=True, border="horizontal", alt=label)


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
        hint = _OPTION.sub(" on the page 'Your own file'", error.hint) or "Choose other settings in the sidebar."
        render_error(error.message, hint)
        if isinstance(error, ColumnError):
            _go_to_upload()
    except Exception as error:
        if (full := to_disk_full_error(error)) is not None:
            log.error("The disk is full.")
            render_error(full.message, "Your settings are kept: tell whoever runs this page, and try again later.")
            return
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


def wait_with_progress(job: Job[Result]) -> Result:
    """The job's result; when it takes more than a moment, a bar shows how far it is."""
    if not job.wait_done(0.7):
        slot = _slot.get(None) or st.empty()
        while not job.wait_done(0.15):
            part, doing = job.progress
            slot.progress(part, doing)
        slot.empty()
    return job.get_result()


def render_result_header(state: AppState, training: SweepResult, k: int) -> None:
    """What the page is about, in one line: on a phone the sidebar is folded away."""
    from ui.data.results import get_feature_registry

    chosen = "as saved" if state.open_run_id else "recommended" if state.k is None else "chosen"
    counted = settings_summary.summarize_sales(state.sales)
    said = (
        state.source,
        f"{number_format.format_decimal(training.table.n_customers, 0)} customers in {k} segments ({chosen})",
        settings_summary.summarize_model(state.model, training.features, get_feature_registry()),
        *([counted] if counted else []),
    )
    st.caption(" \u00b7 ".join(escape_markdown(part) for part in said))
    for notice in (*training.table.notices, *training.notices):
        st.caption(escape_markdown(number_format.localize_numbers(settings_summary.humanize_columns(notice))))


def select_feature(label: str, features: Mapping[str, Feature], *, key: str, default: str) -> str:
    """A list of features to choose one from, kept in the address; gives its name."""
    names = list(features)
    name = st.selectbox(
        label,
        names,
        index=names.index(default),
        format_func=lambda name: features[name].label,
        key=key,
        bind="query-params",
        width=280,
    )
    return name if name in features else default


def refresh_labels(key: str, labels: Mapping[Any, str]) -> None:
    """Before a list whose labels may change while its options stay: say anew what is chosen.

    A browser sends the label that it knows. An old one means nothing any more, and the choice would be lost.
    """
    now, before = tuple(labels.values()), st.session_state.get(f"{key}_labels")
    if before not in (None, now) and key in st.session_state:
        value = st.session_state[key]
        if all(one in labels for one in (value if isinstance(value, list) else [value])):
            st.session_state[key] = value
    st.session_state[f"{key}_labels"] = now


def render_dataframe(
    frame: pd.DataFrame,
    *,
    alt: str,
    height: int | Literal["content"] = "content",
    **writers: Callable[[float], str],
) -> None:
    """A table to scroll and sort. Its numbers are written in the visitor's format and stay numbers to sort by.

    writers: for a column of numbers (its name with _ for spaces), how they are written.
    """
    how: dict[Any, Any] = {
        name: writers.get(str(name).replace(" ", "_")) or _build_formatter(frame[name])
        for name in frame.select_dtypes("number")
    }
    st.dataframe(frame.style.format(how), hide_index=True, alt=alt, height=height)


def _build_formatter(numbers: pd.Series[Any]) -> Callable[[float], str]:
    """Whole numbers without decimals, others with two, a missing one as a dash."""
    whole = bool((numbers.dropna() % 1 == 0).all())
    return lambda number: number_format.format_decimal(number, 0 if whole else 2) if math.isfinite(number) else "\u2013"
