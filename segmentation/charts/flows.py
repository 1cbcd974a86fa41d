"""Chart of the flows of customers between two sets of segments: of two models, or at two month-ends."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from segmentation.charts.base import build_figure, wrap_text
from segmentation.charts.palette import INK, MUTED, Theme, get_color
from segmentation.presentation import formatting

NODE_HEIGHT = 64
LINK_OPACITY = 0.35
LABEL_WIDTH = 22
"""Characters per line of a label, so that both sides fit on a phone."""


def plot_flows(
    flows: pd.DataFrame,
    colors_before: Mapping[int, int],
    colors_now: Mapping[int, int],
    ends: tuple[str, str],
    theme: Theme,
) -> go.Figure:
    """Sankey diagram of customers from the segments on the left to those on the right, colored as on the left.

    Args:
        flows: one row per pair: segment_before, segment_now, name_before, name_now, customers, is_matched (whether the
            customers stay).
        colors_before, colors_now: segment_id -> color index; ids without one are no segment, such as customers who
            joined: gray, and last.
        ends: what to call the two sides.
        theme: light or dark.
    """
    nodes: list[str] = []
    colors: list[str] = []
    numbers: dict[tuple[str, int], int] = {}
    for side, color_indexes in (("before", colors_before), ("now", colors_now)):
        names: dict[int, str] = dict(flows[[f"segment_{side}", f"name_{side}"]].itertuples(index=False))
        for segment in sorted(names, key=lambda segment: (segment not in color_indexes, segment)):
            numbers[side, segment] = len(nodes)
            nodes.append(wrap_text(str(names[segment]), LABEL_WIDTH))
            is_segment = segment in color_indexes
            colors.append(get_color(color_indexes[segment], theme) if is_segment else MUTED[theme])
    sources = [numbers["before", segment] for segment in flows["segment_before"]]
    sankey = go.Sankey(
        arrangement="fixed",
        textfont={"color": INK[theme], "size": 13},
        node={
            "label": nodes,
            "color": colors,
            "pad": 18,
            "thickness": 14,
            "line": {"width": 0},
            "hovertemplate": "%{label}: %{value:,}<extra></extra>",
        },
        link={
            "source": sources,
            "target": [numbers["now", segment] for segment in flows["segment_now"]],
            "value": flows["customers"].tolist(),
            "color": [_fade_color(colors[node]) for node in sources],
            "hovertemplate": "%{source.label} \u2192 %{target.label}: %{value:,}<extra></extra>",
        },
    )
    moves = flows[~flows["is_matched"]]
    largest = (moves if len(moves) else flows).sort_values("customers", ascending=False, kind="stable").iloc[0]
    alt_text = (
        f"Customers by segment, from {ends[0]} to {ends[1]}. The largest {'move' if len(moves) else 'flow'}: "
        f"{formatting.format_count(largest['customers'])} customers from {largest['name_before']} to "
        f"{largest['name_now']}."
    )
    rows = max(flows["segment_before"].nunique(), flows["segment_now"].nunique())
    return build_figure([sankey], theme, height=NODE_HEIGHT * rows + 40, alt=alt_text, bottom=16)


def _fade_color(color: str) -> str:
    """A hexadecimal color as translucent CSS.

    >>> _fade_color("#0077BB")
    'rgba(0, 119, 187, 0.35)'
    """
    red, green, blue = (int(color[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {LINK_OPACITY})"
