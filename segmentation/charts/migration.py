"""Charts of segment migration: the largest flows, and the sizes of segments in two runs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from segmentation.charts.bar_pairs import plot_bar_pairs
from segmentation.charts.base import ROW_HEIGHT, add_row_labels, build_figure, build_row_bars
from segmentation.charts.palette import ACCENT, Theme
from segmentation.presentation import formatting

MAX_FLOWS = 8


def plot_largest_flows(flows: pd.DataFrame, theme: Theme) -> go.Figure:
    """The largest flows of customers who changed segment, joined or left: one bar each.

    flows: name_before, name_now, segment_before, segment_now, customers.
    """
    moves = flows[flows["segment_before"] != flows["segment_now"]]
    moves = moves.sort_values("customers", ascending=False, kind="stable").head(MAX_FLOWS)
    if moves.empty:
        raise ValueError("No customer migrated: there are no flows to plot.")
    first = moves.iloc[0]
    alt_text = (
        f"The largest move: {formatting.format_count(first['customers'])} customers from {first['name_before']} "
        f"to {first['name_now']}."
    )
    texts = [formatting.format_count(x) for x in moves["customers"]]
    bars = build_row_bars(moves["customers"].tolist(), texts, ACCENT[theme])
    fig = build_figure([bars], theme, height=ROW_HEIGHT * len(moves) + 20, alt=alt_text, bottom=8)
    fig.update_xaxes(visible=False, range=[0, float(moves["customers"].max()) * 1.25])
    names = [
        f"{previous_name} \u2192 {current_name}"
        for previous_name, current_name in zip(moves["name_before"], moves["name_now"], strict=True)
    ]
    add_row_labels(fig, names, above=10)
    return fig


def plot_segment_sizes(segments: pd.DataFrame, theme: Theme) -> go.Figure:
    """Customers of each segment in the previous and the current run: two bars per segment.

    segments: name, customers_before, customers_now.
    """
    difference = (segments["customers_now"] - segments["customers_before"]).to_numpy()
    largest_change = segments.iloc[int(np.abs(difference).argmax())]
    alt_text = (
        f"{largest_change['name']} changed most: from {formatting.format_count(largest_change['customers_before'])} "
        f"to {formatting.format_count(largest_change['customers_now'])} customers."
    )
    largest = float(segments[["customers_before", "customers_now"]].to_numpy().max())
    before, now = (
        (segments[f"customers_{when}"], [f"{formatting.format_count(n)} {when}" for n in segments[f"customers_{when}"]])
        for when in ("before", "now")
    )
    return plot_bar_pairs(
        segments["name"].tolist(), before, now, ACCENT[theme], theme, alt=alt_text, x_range=(0.0, largest * 1.45)
    )
