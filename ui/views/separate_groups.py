"""Separate groups: which borders between segments are gaps. Tested with every sweep, so known at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from segmentation.presentation.markdown import escape_markdown
from ui.components import elements
from ui.data import results

if TYPE_CHECKING:
    from segmentation.clustering.validation.evidence import ValidationResult
    from segmentation.results import Segmentation


def render_separate_groups(segmentation: Segmentation) -> None:
    """The number of separate groups, and each border of the segments in view; nothing for a saved run."""
    from segmentation.clustering.validation import descriptions
    from segmentation.presentation import validation_tables

    training, validation = segmentation.training, segmentation.training.validation
    if validation is None:
        return
    elements.render_heading(
        "Separate groups",
        "A gap has few customers between two segments. Where there is none, customers form a continuum, which is the "
        "normal case: segments are useful slices of it, but customers near a border are nearly alike.",
    )
    for text in (descriptions.describe_groups(validation), descriptions.describe_borders(validation, segmentation.k)):
        st.markdown(escape_markdown(text))
    features = [training.features[place] for place in validation.gaps.feature_gaps]
    if features:
        registry = results.get_feature_registry()
        st.markdown(f"Gaps on single features: {', '.join(registry[name].label for name in features)}.")
    borders = validation_tables.build_border_table(_tabulate(segmentation, validation), _get_names(segmentation))
    elements.render_table(borders, key="borders", label="Borders between neighboring segments")


def render_map_borders(segmentation: Segmentation) -> None:
    """Below the customer map: which borders are gaps."""
    from segmentation.presentation import validation_tables

    validation = segmentation.training.validation
    if validation is not None:
        findings = _tabulate(segmentation, validation)
        st.caption(escape_markdown(validation_tables.describe_map_borders(findings, _get_names(segmentation))))


def _tabulate(segmentation: Segmentation, validation: ValidationResult) -> dict[str, Any]:
    from segmentation.clustering.validation.evidence import tabulate_validation

    recommended_k = segmentation.training.recommendation.k
    return tabulate_validation(validation, segmentation.k, segmentation.cluster_to_segment, recommended_k)


def _get_names(segmentation: Segmentation) -> dict[int, str]:
    return dict(zip(segmentation.segments["segment_id"], segmentation.segments["segment_name"], strict=True))
