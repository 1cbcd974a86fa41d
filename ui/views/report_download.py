"""The HTML report of a result."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from segmentation.presentation.number_format import NumberFormat, number_format_context
from ui.views import export

if TYPE_CHECKING:
    from segmentation.results import Segmentation


def render_report_button(segmentation: Segmentation, display: NumberFormat) -> None:
    """The download button, in the display number format."""
    st.header("Report", anchor=False)
    st.caption(
        "A single file to share or print: recommendation, segments with key metrics and actions, scores, and data "
        "quality. Opens in any browser, even offline, and contains no customer IDs."
    )
    st.download_button(
        "Download report (HTML)",
        data=partial(render_report_file, segmentation, display),
        file_name=build_report_name(segmentation),
        mime="text/html",
        on_click="ignore",
        icon=":material/description:",
        key="report",
    )


def render_report_file(segmentation: Segmentation, display: NumberFormat) -> bytes:
    """The report; built on click, in a separate thread."""
    from segmentation.export import report_html
    from segmentation.pipeline import complete_for_saving

    with number_format_context(display):
        return report_html.build_report(complete_for_saving(segmentation).to_run_record(with_customers=False))


def build_report_name(segmentation: Segmentation) -> str:
    """File name with source, as-of date and run."""
    list_name = export.build_file_name(segmentation, segmentation.segments["segment_name"].tolist(), "csv")
    return f"report{list_name.removeprefix('segments').removesuffix('.csv')}.html"
