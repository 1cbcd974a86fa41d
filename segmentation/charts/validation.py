"""Validation chart: stability under resampling."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from segmentation.charts.base import build_figure
from segmentation.charts.palette import ACCENT, MUTED, STRONG, Theme
from segmentation.presentation import formatting

STABILITY_BANDS = ((0.85, "stable"), (0.75, "pattern"), (0.60, "doubtful"))
_HEIGHT = 280


def plot_stability(evidence: pd.DataFrame, selected_k: int, theme: Theme) -> go.Figure:
    """Jaccard similarity under bootstrap resampling by k: the least stable segment with its 95 % interval, and all.

    evidence: one row per k with k, least_jaccard, least_low, least_high, mean_jaccard.
    """
    row = evidence[evidence["k"] == selected_k].iloc[0]
    best = evidence.iloc[int(evidence["least_jaccard"].to_numpy().argmax())]
    alt_text = (
        f"In bootstrap resamples, the least stable of {selected_k} segments has a Jaccard similarity of "
        f"{formatting.format_decimal(row['least_jaccard'])} (1 is identical); {best['k']:.0f} segments are the most "
        f"stable, with {formatting.format_decimal(best['least_jaccard'])}."
    )
    traces = [
        _build_line(evidence, "mean_jaccard", "Average segment", MUTED[theme], "dot"),
        _build_line(evidence, "least_jaccard", "Weakest segment", ACCENT[theme], "solid"),
    ]
    traces[1].error_y = {
        "type": "data",
        "symmetric": False,
        "array": (evidence["least_high"] - evidence["least_jaccard"]).tolist(),
        "arrayminus": (evidence["least_jaccard"] - evidence["least_low"]).tolist(),
        "thickness": 1.5,
        "width": 3,
    }
    fig = build_figure(traces, theme, height=_HEIGHT, alt=alt_text, top=28)
    for (height, name), (top, _) in zip(STABILITY_BANDS, ((1.0, ""), *STABILITY_BANDS), strict=False):
        fig.add_hline(y=height, line={"color": MUTED[theme], "width": 1, "dash": "dash"})
        fig.add_annotation(  # outside the plot area, where no line crosses it
            text=name,
            x=1,
            xref="paper",
            xanchor="left",
            xshift=4,
            y=(height + top) / 2,
            showarrow=False,
            font={"size": 11, "color": MUTED[theme]},
        )
    fig.update_layout(margin_r=62)
    _mark(fig, selected_k, float(row["least_jaccard"]), theme)
    low = min(0.4, float(evidence["least_low"].min()) - 0.05)
    fig.update_yaxes(title_text="Mean Jaccard similarity", tickformat=".1f", range=[low, 1.06])
    _format_k_axis(fig, evidence)
    return fig


def _build_line(evidence: pd.DataFrame, column: str, name: str, color: str, dash: str) -> go.Scatter:
    return go.Scatter(
        x=evidence["k"].tolist(),
        y=evidence[column].tolist(),
        mode="lines+markers",
        name=name,
        showlegend=True,
        line={"color": color, "width": 2, "dash": dash},
        marker={"size": 7},
        hovertemplate=f"%{{x}} segments, {name.lower()}: %{{y:.2f}}<extra></extra>",
    )


def _mark(fig: go.Figure, selected_k: int, height: float, theme: Theme) -> None:
    diamond = {"size": 14, "symbol": "diamond", "color": STRONG[theme]}
    fig.add_scatter(x=[selected_k], y=[height], mode="markers", marker=diamond, hoverinfo="skip", showlegend=False)


def _format_k_axis(fig: go.Figure, evidence: pd.DataFrame) -> None:
    fig.update_xaxes(title_text="Number of segments", tickvals=evidence["k"].tolist(), showgrid=False)
    fig.update_layout(showlegend=True, legend={"orientation": "h", "y": 1.18, "x": 0})
