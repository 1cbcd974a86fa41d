"""Export: a list of customers by segment as a file, and the result saved for others."""

from functools import partial

import streamlit as st

from ui.data import results as cached
from ui.views import validation as evidence, export as lists, report_download as report, save_run as saving
from ui.components import common as parts
from ui.state.app_state import current
from segmentation.charts import numbers

state = current()
found = evidence.advised(state, cached.segmentation(state))
parts.in_use(state, found.training, found.k)

names = found.segments["segment_name"].tolist()
sizes = dict(zip(names, found.segments["customers"], strict=True))
labels = lists.columns()
options = {name: f"{name} ({numbers.count(sizes[name])})" for name in names}
parts.relabelled("segments", options)
lists.drop_other_segments(names)

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
        default=list(lists.default_columns()),
        format_func=lambda name: labels[name],
        key="columns",
        persist_state="session",
        help="In the file they keep their short names, so that other tools find them.",
    )
formats = lists.formats()
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
    rows = lists.size(found, segments)
    st.metric("Customers in the list", numbers.count(rows), help="The rows of the file, without its first line.")
    if form == "xlsx":
        for name, sheets in lists.over_several_sheets(found, segments).items():
            st.warning(f"{parts.plain(name)} does not fit on one sheet of a workbook: it goes on over {sheets}.")
    st.download_button(
        f"Download the list ({form.upper() if form != 'parquet' else 'Parquet'})",
        data=partial(lists.contents, found, segments, columns, form),
        file_name=lists.file_name(found, segments, form),
        mime=formats[form].mime,
        on_click="ignore",
        type="primary",
        icon=":material/download:",
        key="download",
    )
    first = lists.first_rows(found, segments, columns)
    if len(first.columns):
        st.header(f"First {len(first)} of {numbers.count(rows)} rows", anchor=False)
        parts.rows(first, alt="The first rows of the list")
    for label, text in lists.same_in_every_row(found, columns).items():
        st.caption(f"**{label}**, in every row: {parts.plain(text)}")

report.offer(found, state.display)

saving.offer(state, found)
