"""Style rules that Streamlit's theme does not offer."""

from __future__ import annotations

import streamlit as st

_NO_EXPANDER_ANIMATION = """
[data-testid="stExpander"] details { height: auto !important; }
[data-testid="stExpander"] details > [data-testid="stExpanderDetails"][inert] { display: none; }
"""
"""Expanders open and close at once.

Streamlit slides them for half a second. A button in a sliding expander moves between press and release, so the browser
sends no click and the visitor's choice is lost. The animation is a script's, which ignores prefers-reduced-motion; an
!important rule overrides it.
"""
_WHOLE_SELECTIONS = """
[data-testid="stMultiSelect"] :has(> [data-testid="stMultiSelectTagsContainer"]) { max-height: none !important; }
[data-testid="stMultiSelect"] [data-tag] { height: auto !important; min-height: 1.75rem; }
[data-testid="stMultiSelect"] [data-tag] > span { white-space: normal !important; }
"""
"""A list of selected values is as tall as it needs to be, and a long value wraps. Streamlit cuts both."""

_ACKNOWLEDGMENT = ".st-key-acknowledgment { display: none; }"
"""A widget for the server alone: see `ui/state/widget_values.py`."""


def apply_style_rules() -> None:
    """Add the rules to the page."""
    st.html(f"<style>{_NO_EXPANDER_ANIMATION}{_WHOLE_SELECTIONS}{_ACKNOWLEDGMENT}</style>")
