"""Export: a list of customers by segment as a file, and the result saved for others."""

from functools import partial

import streamlit as st

from segmentation.presentation import formatting
from segmentation.presentation.markdown import escape_markdown
from ui.components import elements
from ui.data import results
from ui.state import widget_labels
from ui.state.app_state import get_state
from ui.views import export, report_download, result_header, save_run, validation

state = get_state()
found = validation.with_validated_recommendation(state, results.get_segmentation(state))
result_header.render_result_header(state, found.training, found.k)

names = found.segments["segment_name"].tolist()
sizes = dict(zip(names, found.segments["customers"], strict=True))
labels = export.get_column_labels()
options = {name: f"{name} ({formatting.format_count(sizes[name])})" for name in names}
widget_labels.refresh_labels("segments", options)
export.drop_other_segments(names)

asked = st.multiselect(
    "Segments in the list",
    names,
    default=names,
    format_func=lambda name: options.get(name, name),
    key="segments",
    persist_state="session",
    help="Every customer of the chosen segments is a row of the list.",
)
with st.expander("Columns of the list", key="columns_box"):
    picked = st.multiselect(
        "Columns",
        list(labels),
        default=list(export.get_default_columns()),
        format_func=lambda name: labels[name],
        key="columns",
        persist_state="session",
        help="In the file they keep their short names, so that other tools find them.",
    )
formats = export.list_formats()
form = st.radio(
    "Kind of file",
    list(formats),
    horizontal=True,
    format_func=lambda name: formats[name].label,
    key="format",
    persist_state="session",
    help="Excel for spreadsheets, with a sheet for each segment; CSV (commas, decimal points) and Parquet for other "
    "tools. The list is the same.",
)
form = form if form in formats else "csv"
segments = [name for name in names if name in asked]
columns = [name for name in picked if name in labels]

if not segments or not columns:
    st.info("Choose at least one segment and one column.", icon=":material/info:")
else:
    rows = export.count_rows(found, segments)
    st.metric(
        "Customers in the list", formatting.format_count(rows), help="The rows of the file, without its first line."
    )
    if form == "xlsx":
        for name, sheets in export.count_split_sheets(found, segments).items():
            st.warning(f"{escape_markdown(name)} does not fit on one sheet of a workbook: it goes on over {sheets}.")
    st.download_button(
        f"Download the list ({form.upper() if form != 'parquet' else 'Parquet'})",
        data=partial(export.render_file, found, segments, columns, form),
        file_name=export.build_file_name(found, segments, form),
        mime=formats[form].mime,
        on_click="ignore",
        type="primary",
        icon=":material/download:",
        key="download",
    )
    first = export.preview_rows(found, segments, columns)
    if len(first.columns):
        st.header(f"First {len(first)} of {formatting.format_count(rows)} rows", anchor=False)
        elements.render_dataframe(first, alt="The first rows of the list")
    for label, text in export.list_constant_columns(found, columns).items():
        st.caption(f"**{label}**, in every row: {escape_markdown(text)}")

report_download.render_report_button(found, state.display)

save_run.render_save_form(state, found)
