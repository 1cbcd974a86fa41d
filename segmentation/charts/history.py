"""Chart of segment history: segments by month."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from segmentation.charts.base import build_compact_axis, build_figure, escape_markup
from segmentation.charts.palette import Theme, get_color
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
    unit = "" if column == "customers" else "money"

    def format_amount(value: float) -> str:
        return formatting.format_rounded_currency(value) if unit else formatting.format_count(value)

    traces = [
        go.Bar(
            x=labels,
            y=by_segment[segment_id].tolist(),
            name=escape_markup(str(name)),
            marker={"color": get_color(int(color), theme)},
            customdata=[format_amount(value) for value in by_segment[segment_id]],
            hovertemplate=f"{escape_markup(str(name))}, %{{x}}: %{{customdata}} {label}<extra></extra>",
        )
        for segment_id, name, color in segments.itertuples(index=False)
        if segment_id in by_segment
    ]
    totals = by_segment.sum(axis=1)
    alt_text = (
        f"{label.capitalize()} by segment at {len(by_segment)} month-ends: "
        f"{format_amount(totals.iloc[0])} in {labels[0]}, {format_amount(totals.iloc[-1])} in {labels[-1]}."
    )
    fig = build_figure(traces, theme, height=_HEIGHT + 12 * len(traces), alt=alt_text, bottom=70 + 12 * len(traces))
    fig.update_layout(
        barmode="stack",
        bargap=0.15,
        showlegend=True,
        legend={"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom", "x": 0, "itemclick": False},
    )
    shown = labels[:: max(1, -(-len(labels) // 6))]
    fig.update_xaxes(type="category", tickvals=shown, ticktext=[label.replace(" ", "<br>") for label in shown])
    fig.update_yaxes(**build_compact_axis(float(totals.max()), unit))
    return fig
