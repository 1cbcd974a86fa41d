"""Export: download a customer list by segment, or save the result."""

from functools import partial

import streamlit as st

from segmentation.presentation import formatting
from segmentation.presentation.markdown import escape_markdown
from ui.components import elements, errors
from ui.data import results
from ui.state import widget_labels
from ui.state.app_state import get_state
from ui.views import export, report_download, result_header, save_run, validation

state = get_state()
segmentation = validation.add_validation(state, results.get_segmentation(state))
result_header.render_result_header(state, segmentation.training, segmentation.k)

names = segmentation.segments["segment_name"].tolist()
sizes = dict(zip(names, segmentation.segments["customers"], strict=True))
labels = export.get_column_labels(segmentation)
options = {name: f"{name} ({formatting.format_count(sizes[name])})" for name in names}
widget_labels.refresh_labels("segments", options)
export.reset_outdated_selection(names)

selected = st.multiselect(
    "Segments in the list",
    names,
    default=names,
    format_func=lambda name: options.get(name, name),
    key="segments",
    persist_state="session",
    help="The list has one row per customer of these segments.",
)
with st.expander("List columns", key="columns_box"):
    selected_columns = st.multiselect(
        "Columns",
        list(labels),
        default=[name for name in export.get_default_columns() if name in labels],
        format_func=lambda name: labels[name],
        key="columns",
        persist_state="session",
        help="The file uses short column names that other tools recognize.",
    )
formats = export.list_formats()
file_format = st.radio(
    "File format",
    list(formats),
    horizontal=True,
    format_func=lambda name: formats[name].label,
    key="format",
    persist_state="session",
    help="Excel has one sheet per segment; CSV (commas, decimal points) and Parquet suit other tools. The list is the "
    "same.",
)
file_format = file_format if file_format in formats else "csv"
segments = [name for name in names if name in selected]
columns = [name for name in selected_columns if name in labels]

if not segments or not columns:
    st.info("Choose at least one segment and one column.", icon=":material/info:")
else:
    rows, list_forecasts = export.count_rows(segmentation, segments), export.get_list_forecasts(state, columns)
    if list_forecasts is None:
        columns = export.drop_forecast_columns(columns)
    st.metric("Customers in the list", formatting.format_count(rows), help="Rows, excluding the header.")
    if file_format == "xlsx":
        for name, sheets in export.count_split_sheets(segmentation, segments).items():
            st.warning(f"{escape_markdown(name)} exceeds the row limit of a sheet: it is split across {sheets} sheets.")
    st.download_button(
        f"Download list ({file_format.upper() if file_format != 'parquet' else 'Parquet'})",
        data=partial(export.render_file, segmentation, segments, columns, file_format, list_forecasts),
        file_name=export.build_file_name(segmentation, segments, file_format),
        mime=formats[file_format].mime,
        on_click="ignore",
        type="primary",
        icon=":material/download:",
        key="download",
    )
    with errors.error_boundary():
        export.render_contact_join(segmentation, segments, columns, list_forecasts)
    st.page_link(
        "app_pages/campaigns/campaigns.py",
        label="Plan a campaign with these segments",
        icon=":material/campaign:",
        help="Hold back some of these customers at random, and later read what the campaign brought in.",
    )
    first = export.preview_rows(segmentation, segments, columns, list_forecasts)
    if len(first.columns):
        st.header(f"First {len(first)} of {formatting.format_count(rows)} rows", anchor=False)
        elements.render_dataframe(first, alt="First rows of the list")
    for label, text in export.list_constant_columns(segmentation, columns).items():
        st.caption(f"**{label}** (same in every row): {escape_markdown(text)}")

report_download.render_report_button(segmentation, state.display)

save_run.render_save_form(state, segmentation)
