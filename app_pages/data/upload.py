"""Upload data: upload a file, map its columns, create segments."""

import streamlit as st

from segmentation.errors import SegmentationError
from segmentation.presentation import formatting
from segmentation.presentation.markdown import escape_markdown
from ui.components import errors
from ui.data import session_upload
from ui.sidebar import saved_run_picker
from ui.state import page_requests
from ui.views import upload, upload_summary

current_upload = session_upload.get_current_upload()
saved_run_picker.render_upload_prompt(current_upload)

if current_upload is None:
    st.markdown("Upload a sales file to segment it, or several exports with the same columns.")
    files = st.file_uploader(
        "Sales file",
        key=session_upload.get_uploader_key(),
        accept_multiple_files=True,
        help=upload.describe_limits(),
    )
    st.caption(upload.describe_limits())
    if files:
        try:
            with st.spinner("Reading your file" if len(files) == 1 else "Reading your files"):
                session_upload.store_upload(files)
            upload.reset_mapping()
        except SegmentationError as error:
            page_requests.set_request("upload_problem", (error.message, error.hint))
        st.rerun()
    removed = page_requests.take_request(upload.REMOVED)
    if removed:
        st.success(
            "Its results are deleted too, and running jobs on it have been stopped.",
            title=f"{escape_markdown(removed)} was removed.",
            icon=":material/delete:",
        )
    problem = page_requests.take_request("upload_problem")
    if problem:
        errors.render_error(*problem)
    upload.render_requirements()
else:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{escape_markdown(current_upload.name)}** \u00b7 "
            f"{formatting.format_count(session_upload.get_upload_source(current_upload).lines)} rows"
        )
        st.button(
            "Remove file",
            key="remove_file",
            icon=":material/delete:",
            on_click=upload.remove_file,
            help="Deletes the file and all results computed from it.",
        )
    st.header("Preview", anchor=False)
    st.dataframe(upload.preview_lines(current_upload), hide_index=True, alt=f"The first rows of {current_upload.name}")
    st.header("Column mapping", anchor=False)
    st.caption("Correct the mapping if needed. In parentheses: the first value of each column.")
    mapping = upload.render_mapping(current_upload)
    missing = upload.describe_missing(mapping)
    if missing:
        sales = None
    else:
        settings = upload.build_sales_settings(current_upload, mapping)
        sales = upload_summary.render_summary(settings, upload.find_upload_layout(current_upload))
    if missing:
        st.info(escape_markdown(missing), icon=":material/info:")
    clicked = st.button(
        "Create segments", key="segment", type="primary", icon=":material/groups:", disabled=sales is None
    )
    if clicked and sales is not None and upload.confirm_upload(sales):
        st.switch_page("app_pages/data/overview.py", query_params={})
