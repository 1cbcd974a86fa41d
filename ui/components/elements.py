"""Page elements in one style: headings, charts with text alternatives, tables, the feature picker."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

import streamlit as st

from segmentation.presentation import number_format

if TYPE_CHECKING:
    import pandas as pd

    from segmentation import charts
    from segmentation.features.registry import Feature


def get_theme() -> charts.Theme:
    """Light or dark, as the visitor's browser shows the page."""
    return "dark" if st.context.theme.type == "dark" else "light"


def render_heading(title: str, explain: str) -> None:
    """What a chart is called, and how to read it."""
    st.header(title, anchor=False)
    st.caption(explain)


def render_chart(figure: charts.Figure, *, key: str, numbers: pd.DataFrame | None = None) -> None:
    """A figure with its finding as text alternative, and its numbers folded away below."""
    from segmentation import charts

    st.plotly_chart(figure, key=key, alt=charts.get_alt_text(figure), config={"displayModeBar": False})
    if numbers is not None:
        render_table(numbers, key=f"{key}_numbers")


def render_table(numbers: pd.DataFrame, *, key: str, label: str = "The numbers of this chart") -> None:
    """A small table, folded away; its cells are text already."""
    with st.expander(label, key=key):
        st.table(numbers, hide_index=True, border="horizontal", alt=label)


def select_feature(label: str, features: Mapping[str, Feature], *, key: str, default: str) -> str:
    """A list of features to choose one from, kept in the address; gives its name."""
    names = list(features)
    name = st.selectbox(
        label,
        names,
        index=names.index(default),
        format_func=lambda name: features[name].label,
        key=key,
        bind="query-params",
        width=280,
    )
    return name if name in features else default


def render_dataframe(
    frame: pd.DataFrame,
    *,
    alt: str,
    height: int | Literal["content"] = "content",
    **writers: Callable[[float], str],
) -> None:
    """A table to scroll and sort. Its numbers are written in the visitor's format and stay numbers to sort by.

    writers: for a column of numbers (its name with _ for spaces), how they are written.
    """
    how: dict[Any, Any] = {
        name: writers.get(str(name).replace(" ", "_")) or _build_formatter(frame[name])
        for name in frame.select_dtypes("number")
    }
    st.dataframe(frame.style.format(how), hide_index=True, alt=alt, height=height)


def _build_formatter(numbers: pd.Series[Any]) -> Callable[[float], str]:
    """Whole numbers without decimals, others with two, a missing one as a dash."""
    whole = bool((numbers.dropna() % 1 == 0).all())
    return lambda number: number_format.format_decimal(number, 0 if whole else 2) if math.isfinite(number) else "\u2013"
