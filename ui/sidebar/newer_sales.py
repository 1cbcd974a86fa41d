"""A notice that newer sales exist than a page shows, with a button to load them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui.data import pinned_versions

if TYPE_CHECKING:
    from segmentation.results import CustomerTable


def render_newer_sales_notice(table: CustomerTable) -> None:
    """Notice that the warehouse has newer sales; pages stay on the loaded ones until the visitor clicks."""
    if not pinned_versions.is_outdated(table):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.info("Pages show the sales as they were loaded.", title="Newer sales are available.", icon=":material/info:")
        st.button(
            "Load newer sales",
            key="load_newer_sales",
            icon=":material/refresh:",
            on_click=pinned_versions.unpin_version,
            args=(table.settings.source,),
        )
