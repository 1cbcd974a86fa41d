"""Chart of the flows of customers between two sets of segments."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from segmentation.charts.base import build_figure, wrap_text
from segmentation.charts.palette import INK, Theme, get_color
from segmentation.presentation import formatting

NODE_HEIGHT = 64
LINK_OPACITY = 0.35
LABEL_WIDTH = 22
"""Characters per line of a label, so that both sides fit on a phone."""


def plot_model_flows(
    flows: pd.DataFrame, colors_before: Mapping[int, int], colors_now: Mapping[int, int], theme: Theme
) -> go.Figure:
    """Sankey diagram of customers from the segments on the left to those on the right, in the colors of the left.

    Args:
        flows: segment_before, segment_now, name_before, name_now, customers.
        colors_before, colors_now: segment_id -> color index.
        theme: light or dark.
    """
    before = flows.drop_duplicates("segment_before").sort_values("segment_before")
    now = flows.drop_duplicates("segment_now").sort_values("segment_now")
    node_before = {segment: node for node, segment in enumerate(before["segment_before"].tolist())}
    node_now = {segment: len(before) + node for node, segment in enumerate(now["segment_now"].tolist())}
    colors = [
        *(get_color(colors_before.get(segment, 0), theme) for segment in node_before),
        *(get_color(colors_now.get(segment, 0), theme) for segment in node_now),
    ]
    names = [*before["name_before"], *now["name_now"]]
    sources = [node_before[segment] for segment in flows["segment_before"]]
    sankey = go.Sankey(
        arrangement="snap",
        textfont={"color": INK[theme], "size": 13},
        node={
            "label": [wrap_text(str(name), LABEL_WIDTH) for name in names],
            "color": colors,
            "pad": 18,
            "thickness": 14,
            "line": {"width": 0},
            "hovertemplate": "%{label}: %{value:,}<extra></extra>",
        },
        link={
            "source": sources,
            "target": [node_now[segment] for segment in flows["segment_now"]],
            "value": flows["customers"].tolist(),
            "color": [_fade_color(colors[node]) for node in sources],
            "hovertemplate": "%{source.label} → %{target.label}: %{value:,}<extra></extra>",
        },
    )
    largest = flows.sort_values("customers", ascending=False, kind="stable").iloc[0]
    alt_text = (
        f"Customers by segment, from left to right. The largest flow: {formatting.format_count(largest['customers'])} "
        f"customers from {largest['name_before']} to {largest['name_now']}."
    )
    return build_figure([sankey], theme, height=NODE_HEIGHT * max(len(before), len(now)) + 40, alt=alt_text, bottom=16)


def _fade_color(color: str) -> str:
    """A hexadecimal color as translucent CSS.

    >>> _fade_color("#0077BB")
    'rgba(0, 119, 187, 0.35)'
    """
    red, green, blue = (int(color[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {LINK_OPACITY})"
