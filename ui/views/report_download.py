"""The report of a result, as a file to send."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from segmentation.presentation.number_format import NumberFormat, number_format_context
from ui.views import export

if TYPE_CHECKING:
    from segmentation.results import Segmentation


def render_report_button(found: Segmentation, form: NumberFormat) -> None:
    """A button that hands the report over, in the visitor's number format."""
    st.header("Report", anchor=False)
    st.caption(
        "One file to send or print: the recommendation with its reasons, every segment with its figures and what to "
        "do, all scores, the data behind it. It opens in any browser, also without a network, and names no customer."
    )
    st.download_button(
        "Download the report (HTML)",
        data=partial(render_report_file, found, form),
        file_name=build_report_name(found),
        mime="text/html",
        on_click="ignore",
        icon=":material/description:",
        key="report",
    )


def render_report_file(found: Segmentation, form: NumberFormat) -> bytes:
    """The report; built at the click, in a thread of its own."""
    from segmentation.export import report_html

    with number_format_context(form):
        return report_html.build_report(found.to_run_record(with_customers=False))


def build_report_name(found: Segmentation) -> str:
    """What the file is called: source, as-of date, run."""
    listed = export.build_file_name(found, found.segments["segment_name"].tolist(), "csv")
    return f"report{listed.removeprefix('segments').removesuffix('.csv')}.html"
