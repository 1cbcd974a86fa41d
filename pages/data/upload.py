"""Your own file: hand it over, say what its columns are, and see its segments."""

import streamlit as st

from ui.views import upload as mapping
from ui.sidebar import saved_run_picker as opened
from ui.components import common as parts
from ui.data import session_upload as uploads
from segmentation.charts import numbers
from segmentation.errors import SegmentationError

upload = uploads.mine()
opened.with_file(upload)

if upload is None:
    st.markdown("Bring a file of your sales and see its segments.")
    file = st.file_uploader("Your file of sales", key=uploads.box_key(), help=mapping.limits())
    st.caption(mapping.limits())
    if file is not None:
        try:
            with st.spinner("Reading your file"):
                uploads.take(file)
            mapping.start()
        except SegmentationError as error:
            st.session_state["upload_problem"] = (error.sentence, error.hint)
        st.rerun()
    removed = st.session_state.pop(mapping.REMOVED, None)
    if removed:
        st.success(
            "All that was worked out from it is gone, too. Work on it that was still running has been stopped.",
            title=f"{parts.plain(removed)} was removed.",
            icon=":material/delete:",
        )
    problem = st.session_state.pop("upload_problem", None)
    if problem:
        parts.show_error(*problem)
    mapping.what_it_needs()
else:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{parts.plain(upload.name)}** \u00b7 {numbers.count(uploads.opened(upload).lines)} lines")
        st.button(
            "Remove my file",
            key="remove_file",
            icon=":material/delete:",
            on_click=mapping.remove,
            help="Deletes the file here, and all that was worked out from it.",
        )
    st.header("First lines", anchor=False)
    st.dataframe(mapping.first_lines(upload), hide_index=True, alt=f"The first lines of {upload.name}")
    st.header("What we recognised", anchor=False)
    st.caption("Change what is not right. In brackets: the first value of each column.")
    chosen = mapping.columns(upload)
    lacking = mapping.missing(chosen)
    sales = None if lacking else mapping.settings(upload, chosen)
    if lacking:
        st.info(parts.plain(lacking), icon=":material/info:")
    pressed = st.button(
        "Segment these sales", key="segment", type="primary", icon=":material/groups:", disabled=sales is None
    )
    if pressed and sales is not None and mapping.take(sales):
        st.switch_page("pages/data/overview.py", query_params={})
