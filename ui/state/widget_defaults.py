"""Default values of the sidebar's widgets, which a reset restores."""

from __future__ import annotations

from typing import Any

import streamlit as st

from segmentation.settings import DEFAULT_FEATURES
from ui.state.app_state import AUTO

SCALING_LABELS = {
    "Log scale": "log",
    "Standardized": "standard",
    "Robust": "robust",
    "Rank-based": "ranks",
}
"""Labels of the scalings, in the sidebar and in the URL."""
DEFAULT_SCALING = "Log scale"
_FORMER_LABELS = {
    "Evened out": "Log scale",
    "As they are": "Standardized",
    "Middle half decides": "Robust",
    "Only the order": "Rank-based",
}
"""Labels in older URLs, which keep working."""
MAX_PERIODS = 8
"""Excluded periods on offer."""


def get_widget_defaults() -> dict[str, Any]:
    """Widget key -> default value, for every setting but the source."""
    from segmentation.features.registry import REGISTRY

    return {
        "k": AUTO,
        "scaling": DEFAULT_SCALING,
        "start": None,
        "as_of": None,
        "categories": [],
        **{f"out_{end}_{number}": None for number in range(1, MAX_PERIODS + 1) for end in ("from", "to")},
        **{name: name in DEFAULT_FEATURES for name in REGISTRY},
        **{get_weight_key(name): "1x" for name in REGISTRY},
    }


def read_former_scaling() -> None:
    """Before the scaling widget: replace the label of an older URL by the current one."""
    label = _FORMER_LABELS.get(st.query_params.get("scaling", ""))
    if label and "scaling" not in st.session_state:
        st.session_state["scaling"] = label


def get_weight_key(feature: str) -> str:
    """The widget key of a feature's weight."""
    return f"weight_{feature}"
