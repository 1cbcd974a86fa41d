"""Style rules that Streamlit's theme does not offer."""

from __future__ import annotations

import streamlit as st

_NO_EXPANDER_ANIMATION = """<style>
[data-testid="stExpander"] details { height: auto !important; }
[data-testid="stExpander"] details > [data-testid="stExpanderDetails"][inert] { display: none; }
</style>"""


def disable_expander_animation() -> None:
    """Let expanders open and close at once.

    Streamlit slides them for half a second. A button in a sliding expander moves between press and release, so the
    browser sends no click and the visitor's choice is lost. The animation is a script's, which ignores
    prefers-reduced-motion; an !important rule overrides it.
    """
    st.html(_NO_EXPANDER_ANIMATION)
