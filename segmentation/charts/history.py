"""Charts of segment history: segments by month, and the flows between two months."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from segmentation.charts.base import build_figure, escape_markup
from segmentation.charts.palette import INK, MUTED, Theme, get_color
from segmentation.presentation import formatting

_HEIGHT = 360


def plot_segments_by_month(months: pd.DataFrame, segments: pd.DataFrame, column: str, theme: Theme) -> go.Figure:
    """Customers or net sales of each segment at every month-end, stacked.

    Args:
        months: month_end, segment_id and `column`.
        segments: segment_id, segment_name, color (index).
        column: customers or net_sales.
        theme: light or dark.
    """
    label = "customers" if column == "customers" else "net sales"
    by_segment = months.pivot(index="month_end", columns="segment_id", values=column).astype("float64")
    labels = [f"{day:%b %Y}" for day in by_segment.index]
    traces = [
        go.Bar(
            x=labels,
            y=by_segment[segment_id].tolist(),
            name=escape_markup(str(name)),
            marker={"color": get_color(int(color), theme)},
            hovertemplate=f"{escape_markup(str(name))}, %{{x}}: %{{y:,.0f}} {label}<extra></extra>",
        )
        for segment_id, name, color in segments.itertuples(index=False)
        if segment_id in by_segment
    ]
    totals = by_segment.sum(axis=1)
    alt_text = (
        f"{label.capitalize()} by segment at {len(by_segment)} month-ends: "
        f"{formatting.format_count(totals.iloc[0])} in "
        f"{labels[0]}, {formatting.format_count(totals.iloc[-1])} in {labels[-1]}."
    )
    fig = build_figure(traces, theme, height=_HEIGHT + 12 * len(traces), alt=alt_text, bottom=70 + 12 * len(traces))
    fig.update_layout(
        barmode="stack",
        bargap=0.15,
        showlegend=True,
        legend={"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom", "x": 0, "itemclick": False},
    )
    fig.update_xaxes(type="category", nticks=12)
    return fig


def plot_flows(
    flows: pd.DataFrame, names: Mapping[int, str], colors: Mapping[int, int], ends: tuple[str, str], theme: Theme
) -> go.Figure:
    """The flows of customers between two months as a Sankey diagram; each link has the color of its first segment.

    Args:
        flows: one row per pair: segment_before, segment_now, customers.
        names, colors: of each segment id; ids without a color are not a segment but joined or lost customers.
        ends: what to call the two months.
        theme: light or dark.
    """
    before = sorted(set(flows["segment_before"]), key=lambda i: (i == 0, i))
    now = sorted(set(flows["segment_now"]), key=lambda i: (i == 0, i))
    nodes = [*before, *now]
    node_colors = [get_color(colors[i], theme) if i in colors else MUTED[theme] for i in nodes]
    source = [before.index(i) for i in flows["segment_before"]]
    moved = flows[flows["segment_before"] != flows["segment_now"]]
    largest = (moved if len(moved) else flows).sort_values("customers", kind="stable").iloc[-1]
    alt_text = (
        f"Flows from {ends[0]} to {ends[1]}. "
        f"The largest move: {formatting.format_count(largest['customers'])} customers "
        f"from {names[largest['segment_before']]} to {names[largest['segment_now']]}."
    )
    sankey = go.Sankey(
        arrangement="fixed",
        node={
            "label": [escape_markup(names[i]) for i in nodes],
            "color": node_colors,
            "pad": 14,
            "thickness": 14,
            "line": {"width": 0},
            "hovertemplate": "%{label}: %{value:,.0f} customers<extra></extra>",
        },
        link={
            "source": source,
            "target": [len(before) + now.index(i) for i in flows["segment_now"]],
            "value": flows["customers"].tolist(),
            "color": [_make_translucent(node_colors[i]) for i in source],
            "hovertemplate": "%{source.label} to %{target.label}: %{value:,.0f} customers<extra></extra>",
        },
        textfont={"color": INK[theme], "size": 12},
    )
    return build_figure([sankey], theme, height=80 + 58 * max(len(before), len(now)), alt=alt_text, bottom=16)


def _make_translucent(color: str) -> str:
    """A color of the form #rrggbb with an opacity of 40 %."""
    return f"rgba({int(color[1:3], 16)},{int(color[3:5], 16)},{int(color[5:7], 16)},0.4)"
