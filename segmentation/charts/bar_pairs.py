"""Two values of each named row, one bar above the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from segmentation.charts.base import add_row_labels, build_figure
from segmentation.charts.palette import MUTED, Theme


def plot_bar_pairs(
    names: Sequence[str],
    first: tuple[pd.Series, Sequence[str]],
    second: tuple[pd.Series, Sequence[str]],
    fill: str | Sequence[str],
    theme: Theme,
    *,
    alt: str,
    x_range: tuple[float, float],
    pitch: int = 82,
) -> go.Figure:
    """A muted, hatched bar of the first values and a bar of the second for each name.

    Args:
        names: one per row.
        first, second: values, one per row, and the text at the end of each bar.
        fill: color of the second bars: one, or one per row.
        theme: light or dark.
        alt: text alternative.
        x_range: the values at both ends of the axis, with room for the texts.
        pitch: pixels from row to row.
    """
    rows = np.arange(len(names))
    bars = [
        go.Bar(
            x=values.fillna(0).tolist(),
            y=(rows + offset).tolist(),
            orientation="h",
            width=0.25,
            hoverinfo="skip",
            cliponaxis=False,
            text=texts,
            textposition="outside",
            marker={"color": color, "pattern": {"shape": pattern, "fillmode": "overlay", "size": 5}},
        )
        for (values, texts), offset, color, pattern in (
            (first, -0.02, MUTED[theme], "/"),
            (second, 0.27, fill, ""),
        )
    ]
    fig = build_figure(bars, theme, height=pitch * len(names) + 20, alt=alt, bottom=8)
    fig.update_layout(barmode="overlay")
    fig.update_xaxes(visible=False, range=x_range)
    add_row_labels(fig, names, above=13, pitch=pitch)
    return fig
