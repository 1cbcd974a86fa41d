"""What changed between two runs: who moved where, and how each segment grew or shrank."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from segmentation.presentation import formatting as numbers
from segmentation.charts.base import ROW, figure, name_rows
from segmentation.charts.palette import ACCENT, QUIET, Theme

MOST_MOVES = 8


def largest_moves(flows: pd.DataFrame, theme: Theme) -> go.Figure:
    """The largest groups of customers who are in another segment than before, joined or left: one bar each.

    flows: name_before, name_now, segment_before, segment_now, customers.
    """
    moves = flows[flows["segment_before"] != flows["segment_now"]]
    moves = moves.sort_values("customers", ascending=False, kind="stable").head(MOST_MOVES)
    if moves.empty:
        raise ValueError("Nobody moved: there is nothing to draw.")
    first = moves.iloc[0]
    words = (
        f"The largest move: {numbers.count(first['customers'])} customers from {first['name_before']} "
        f"to {first['name_now']}."
    )
    bars = go.Bar(
        x=moves["customers"].tolist(), y=list(range(len(moves))), orientation="h", width=0.3,
        marker={"color": ACCENT[theme]}, text=[numbers.count(x) for x in moves["customers"]],
        textposition="outside", cliponaxis=False, hoverinfo="skip",
    )  # fmt: skip
    fig = figure([bars], theme, height=ROW * len(moves) + 20, alt=words, bottom=8)
    fig.update_xaxes(visible=False, range=[0, float(moves["customers"].max()) * 1.25])
    names = [f"{before} \u2192 {now}" for before, now in zip(moves["name_before"], moves["name_now"], strict=True)]
    name_rows(fig, names, above=10)
    return fig


def before_and_now(segments: pd.DataFrame, theme: Theme) -> go.Figure:
    """Customers of each segment in the earlier run and in the later one: two bars per segment.

    segments: name, customers_before, customers_now.
    """
    difference = (segments["customers_now"] - segments["customers_before"]).to_numpy()
    most = segments.iloc[int(np.abs(difference).argmax())]
    words = (
        f"{most['name']} changed most: from {numbers.count(most['customers_before'])} "
        f"to {numbers.count(most['customers_now'])} customers."
    )
    rows = np.arange(len(segments))
    fig = figure(
        [
            _bars(segments["customers_before"], rows - 0.02, "before", QUIET[theme], "/"),
            _bars(segments["customers_now"], rows + 0.27, "now", ACCENT[theme], ""),
        ],
        theme,
        height=82 * len(segments) + 20,
        alt=words,
        bottom=8,
    )
    fig.update_layout(barmode="overlay")
    largest = float(segments[["customers_before", "customers_now"]].to_numpy().max())
    fig.update_xaxes(visible=False, range=[0, largest * 1.45])
    name_rows(fig, segments["name"].tolist(), above=13, pitch=82)
    return fig


def _bars(counts: pd.Series, rows: np.ndarray, when: str, fill: str, pattern: str) -> go.Bar:
    return go.Bar(
        x=counts.tolist(), y=rows.tolist(), orientation="h", width=0.25, hoverinfo="skip", cliponaxis=False,
        text=[f"{numbers.count(count)} {when}" for count in counts], textposition="outside",
        marker={"color": fill, "pattern": {"shape": pattern, "fillmode": "overlay", "size": 5}},
    )  # fmt: skip
