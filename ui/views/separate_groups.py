"""Separate groups: which borders between segments are gaps. Tested with every sweep, so known at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from segmentation.presentation.markdown import escape_markdown
from ui.components import elements
from ui.data import results

if TYPE_CHECKING:
    from segmentation.results import Segmentation


def render_separate_groups(segmentation: Segmentation) -> None:
    """The number of separate groups, and each border of the segments in view; nothing for a run of an early version."""
    from segmentation.clustering.validation import descriptions
    from segmentation.presentation import validation_tables

    training, summary = segmentation.training, segmentation.validation_summary
    if summary is None:
        return
    elements.render_heading(
        "Separate groups",
        "At a gap, few customers are between two segments. At a gradual border, customers on both sides are nearly "
        "alike.",
    )
    borders = [border["gap"] for border in summary["borders"]]
    for text in (
        descriptions.describe_groups(summary["separate_groups"]),
        descriptions.describe_borders(borders),
    ):
        st.markdown(escape_markdown(text))
    if training.validation is not None and training.validation.gaps.feature_gaps:
        registry = results.get_feature_registry()
        labels = [registry[training.features[position]].label for position in training.validation.gaps.feature_gaps]
        st.markdown(f"Gaps on single features: {', '.join(labels)}.")
    table = validation_tables.build_border_table(summary, segmentation.segment_names)
    elements.render_table(table, key="borders", label="Borders between neighboring segments")


def render_map_borders(segmentation: Segmentation) -> None:
    """Below the customer map: which borders are gaps."""
    from segmentation.presentation import validation_tables

    if segmentation.validation_summary is not None:
        names = segmentation.segment_names
        st.caption(escape_markdown(validation_tables.describe_map_borders(segmentation.validation_summary, names)))
