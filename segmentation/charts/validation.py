"""Validation charts: stability under resampling, and comparison with null models."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from segmentation.charts.base import build_figure
from segmentation.charts.palette import ACCENT, MUTED, STRONG, Theme
from segmentation.presentation import formatting

STABILITY_BANDS = ((0.85, "stable"), (0.75, "a pattern"), (0.60, "doubtful"))
_HEIGHT = 280


def plot_stability(evidence: pd.DataFrame, selected_k: int, theme: Theme) -> go.Figure:
    """Jaccard similarity under bootstrap resampling by k: the least stable segment and the average.

    evidence: one row per k with k, least_jaccard, mean_jaccard.
    """
    row = evidence[evidence["k"] == selected_k].iloc[0]
    best = evidence.iloc[int(evidence["least_jaccard"].to_numpy().argmax())]
    alt_text = (
        f"In bootstrap resamples, the least stable of {selected_k} segments has a Jaccard similarity of "
        f"{formatting.format_decimal(row['least_jaccard'])} (1 is identical); {best['k']:.0f} segments are the most "
        f"stable, with {formatting.format_decimal(best['least_jaccard'])}."
    )
    traces = [
        _build_line(evidence, "mean_jaccard", "average segment", MUTED[theme], "dot"),
        _build_line(evidence, "least_jaccard", "weakest segment", ACCENT[theme], "solid"),
    ]
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
    low = min(0.4, float(evidence["least_jaccard"].min()) - 0.05)
    fig.update_yaxes(title_text="Mean Jaccard similarity", tickformat=".1f", range=[low, 1.06])
    _format_k_axis(fig, evidence)
    return fig


def plot_null_comparison(evidence: pd.DataFrame, selected_k: int, theme: Theme) -> go.Figure:
    """Unexplained variance by k, in the data and under the null models.

    evidence: one row per k with k, unexplained, noise_unexplained, real.
    """
    row = evidence[evidence["k"] == selected_k].iloc[0]
    unexplained, noise = (formatting.format_percent(float(row[name])) for name in ("unexplained", "noise_unexplained"))
    alt_text = (
        f"{selected_k} segments leave {unexplained} of the differences between customers unexplained; "
        f"noise that looks alike leaves {noise}: "
        + ("the groups are real." if row["real"] else "no sign of separate groups.")
    )
    traces = [
        _build_line(evidence, "noise_unexplained", "noise", MUTED[theme], "dot", percent=True),
        _build_line(evidence, "unexplained", "your customers", ACCENT[theme], "solid", percent=True),
    ]
    fig = build_figure(traces, theme, height=_HEIGHT, alt=alt_text, top=28)
    _mark(fig, selected_k, float(row["unexplained"]), theme)
    fig.update_yaxes(title_text="Left unexplained", tickformat=".0%", rangemode="tozero")
    _format_k_axis(fig, evidence)
    return fig


def _build_line(
    evidence: pd.DataFrame, column: str, name: str, color: str, dash: str, *, percent: bool = False
) -> go.Scatter:
    value = "%{y:.0%}" if percent else "%{y:.2f}"
    return go.Scatter(
        x=evidence["k"].tolist(),
        y=evidence[column].tolist(),
        mode="lines+markers",
        name=name,
        showlegend=True,
        line={"color": color, "width": 2, "dash": dash},
        marker={"size": 7},
        hovertemplate=f"%{{x}} segments, {name}: {value}<extra></extra>",
    )


def _mark(fig: go.Figure, selected_k: int, height: float, theme: Theme) -> None:
    diamond = {"size": 14, "symbol": "diamond", "color": STRONG[theme]}
    fig.add_scatter(x=[selected_k], y=[height], mode="markers", marker=diamond, hoverinfo="skip", showlegend=False)


def _format_k_axis(fig: go.Figure, evidence: pd.DataFrame) -> None:
    fig.update_xaxes(title_text="Number of segments", tickvals=evidence["k"].tolist(), showgrid=False)
    fig.update_layout(showlegend=True, legend={"orientation": "h", "y": 1.18, "x": 0})
