"""Edits of segment names, texts and colors in this session, until the result is saved.

Session state holds one frozen value: for each result, known by the hash in its run id, its edits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from segmentation.results import Segmentation
    from segmentation.segments.overrides import SegmentOverride

KEY = "own_words"


@dataclass(frozen=True)
class PendingOverrides:
    """Unsaved edits of one result."""

    result_hash: str
    overrides: tuple[SegmentOverride, ...]


def get_pending_overrides(base: Segmentation) -> tuple[SegmentOverride, ...]:
    """The unsaved edits of a result; () if there are none."""
    pending: tuple[PendingOverrides, ...] = st.session_state.get(KEY, ())
    return next((entry.overrides for entry in pending if entry.result_hash == get_result_hash(base)), ())


def set_pending_overrides(base: Segmentation, overrides: tuple[SegmentOverride, ...]) -> None:
    """Replace the unsaved edits of a result."""
    pending: tuple[PendingOverrides, ...] = st.session_state.get(KEY, ())
    st.session_state[KEY] = (
        *(entry for entry in pending if entry.result_hash != get_result_hash(base)),
        PendingOverrides(get_result_hash(base), overrides),
    )


def get_result_hash(segmentation: Segmentation) -> str:
    """The part of the run id that is the same each time the same result is computed."""
    return segmentation.run_id.rpartition("-")[2]
