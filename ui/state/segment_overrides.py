"""Edits of segment names, texts and colors in this session, until the result is saved.

Session state holds the edits of each result, by the hash in its run id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from segmentation.results import Segmentation
    from segmentation.segments.overrides import SegmentOverride

KEY = "segment_overrides"


def get_pending_overrides(base: Segmentation) -> tuple[SegmentOverride, ...]:
    """The unsaved edits of a result; () if there are none."""
    pending: dict[str, tuple[SegmentOverride, ...]] = st.session_state.get(KEY, {})
    return pending.get(get_result_hash(base), ())


def set_pending_overrides(base: Segmentation, overrides: tuple[SegmentOverride, ...]) -> None:
    """Replace the unsaved edits of a result."""
    st.session_state[KEY] = st.session_state.get(KEY, {}) | {get_result_hash(base): overrides}


def get_result_hash(segmentation: Segmentation) -> str:
    """The part of the run id that is the same each time the same result is computed."""
    return segmentation.run_id.rpartition("-")[2]
