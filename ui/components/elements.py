"""Page elements in one style: headings, charts with text alternatives, tables, the feature picker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

import streamlit as st

from segmentation.presentation import formatting

if TYPE_CHECKING:
    import pandas as pd

    from segmentation import charts
    from segmentation.features.registry import Feature
    from segmentation.results import Segmentation


def get_theme() -> charts.Theme:
    """Light or dark, as the browser shows the page."""
    return "dark" if st.context.theme.type == "dark" else "light"


def render_heading(title: str, caption: str) -> None:
    """Title of a section and how to read it."""
    st.header(title, anchor=False)
    st.caption(caption)


def describe_precision(segmentation: Segmentation) -> str:
    """What to add to the caption of medians; empty where they are exact."""
    is_approximate = segmentation.has_approximate_medians
    return " Approximate, to spare the warehouse; saved and published results are exact." if is_approximate else ""


def render_chart(figure: charts.Figure, *, key: str, numbers: pd.DataFrame | None = None) -> None:
    """A chart with its text alternative, and its data in a collapsed table below."""
    from segmentation import charts

    st.plotly_chart(figure, key=key, alt=charts.get_alt_text(figure), config={"displayModeBar": False})
    if numbers is not None:
        render_table(numbers, key=f"{key}_numbers")


def render_table(numbers: pd.DataFrame, *, key: str, label: str = "Chart data") -> None:
    """A small collapsed table of text cells."""
    with st.expander(label, key=key):
        st.table(numbers, hide_index=True, border="horizontal", alt=label)


def select_feature(label: str, features: Mapping[str, Feature], *, key: str, default: str) -> str:
    """A feature picker bound to the URL; returns the feature's name."""
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
    **formatters: Callable[[float], str],
) -> None:
    """A scrollable, sortable table. Numbers and days use the display format and still sort as such.

    formatters: for a numeric column (its name with _ for spaces), how to format it.
    """
    formats: dict[Any, Any] = {
        name: formatters.get(str(name).replace(" ", "_")) or _build_formatter(frame[name])
        for name in frame.select_dtypes("number")
    }
    formats |= dict.fromkeys(frame.select_dtypes("datetime"), formatting.format_short_date)
    st.dataframe(frame.style.format(formats, na_rep="–"), hide_index=True, alt=alt, height=height)


def _build_formatter(numbers: pd.Series[Any]) -> Callable[[float], str]:
    """Integers without decimals, others with two; missing values as a dash."""
    is_integer = bool((numbers.dropna() % 1 == 0).all())
    return lambda number: formatting.format_decimal(number, 0 if is_integer else 2)
