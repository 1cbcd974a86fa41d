"""Your own file: hand it over, say what its columns are, and see its segments."""

import streamlit as st

from segmentation.errors import SegmentationError
from segmentation.presentation import formatting
from segmentation.presentation.markdown import escape_markdown
from ui.components import errors
from ui.data import session_upload
from ui.sidebar import saved_run_picker
from ui.views import upload

current_upload = session_upload.get_current_upload()
saved_run_picker.render_upload_prompt(current_upload)

if current_upload is None:
    st.markdown("Bring a file of your sales and see its segments.")
    file = st.file_uploader("Your file of sales", key=session_upload.get_uploader_key(), help=upload.describe_limits())
    st.caption(upload.describe_limits())
    if file is not None:
        try:
            with st.spinner("Reading your file"):
                session_upload.store_upload(file)
            upload.reset_mapping()
        except SegmentationError as error:
            st.session_state["upload_problem"] = (error.message, error.hint)
        st.rerun()
    removed = st.session_state.pop(upload.REMOVED, None)
    if removed:
        st.success(
            "All that was worked out from it is gone, too. Work on it that was still running has been stopped.",
            title=f"{escape_markdown(removed)} was removed.",
            icon=":material/delete:",
        )
    problem = st.session_state.pop("upload_problem", None)
    if problem:
        errors.render_error(*problem)
    upload.render_requirements()
else:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{escape_markdown(current_upload.name)}** \u00b7 {formatting.format_count(session_upload.get_upload_source(current_upload).lines)} lines"
        )
        st.button(
            "Remove my file",
            key="remove_file",
            icon=":material/delete:",
            on_click=upload.remove_file,
            help="Deletes the file here, and all that was worked out from it.",
        )
    st.header("First lines", anchor=False)
    st.dataframe(upload.preview_lines(current_upload), hide_index=True, alt=f"The first lines of {current_upload.name}")
    st.header("What we recognized", anchor=False)
    st.caption("Change what is not right. In brackets: the first value of each column.")
    chosen = upload.render_mapping(current_upload)
    lacking = upload.describe_missing(chosen)
    sales = None if lacking else upload.render_format_settings(current_upload, chosen)
    if lacking:
        st.info(escape_markdown(lacking), icon=":material/info:")
    pressed = st.button(
        "Segment these sales", key="segment", type="primary", icon=":material/groups:", disabled=sales is None
    )
    if pressed and sales is not None and upload.confirm_upload(sales):
        st.switch_page("pages/data/overview.py", query_params={})
