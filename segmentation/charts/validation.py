"""Figures of the evidence: does the cut repeat, and is it more than noise gives."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from segmentation.charts.base import build_figure
from segmentation.charts.palette import ACCENT, MUTED, STRONG, Theme
from segmentation.presentation import formatting

STABILITY_BANDS = ((0.85, "stable"), (0.75, "a pattern"), (0.60, "doubtful"))
_HEIGHT = 280


def plot_stability(evidence: pd.DataFrame, chosen: int, theme: Theme) -> go.Figure:
    """How alike segments come out when customers are drawn again, for every k: the weakest segment and the average one.

    evidence: one row per k with k, least_jaccard, mean_jaccard.
    """
    row = evidence[evidence["k"] == chosen].iloc[0]
    best = evidence.iloc[int(evidence["least_jaccard"].to_numpy().argmax())]
    words = (
        f"In bootstrap resamples, the least stable of {chosen} segments has a Jaccard similarity of "
        f"{formatting.format_decimal(row['least_jaccard'])} (1 is identical); {best['k']:.0f} segments are the most "
        f"stable, with {formatting.format_decimal(best['least_jaccard'])}."
    )
    traces = [
        _line(evidence, "mean_jaccard", "average segment", MUTED[theme], "dot"),
        _line(evidence, "least_jaccard", "weakest segment", ACCENT[theme], "solid"),
    ]
    fig = build_figure(traces, theme, height=_HEIGHT, alt=words, top=28)
    for (height, name), (top, _) in zip(STABILITY_BANDS, ((1.0, ""), *STABILITY_BANDS), strict=False):
        fig.add_hline(y=height, line={"color": MUTED[theme], "width": 1, "dash": "dash"})
        fig.add_annotation(  # beside the lines, which cross every place within
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
    _mark(fig, chosen, float(row["least_jaccard"]), theme)
    low = min(0.4, float(evidence["least_jaccard"].min()) - 0.05)
    fig.update_yaxes(title_text="Mean Jaccard similarity", tickformat=".1f", range=[low, 1.06])
    _ks(fig, evidence)
    return fig


def plot_null_comparison(evidence: pd.DataFrame, chosen: int, theme: Theme) -> go.Figure:
    """What segments leave unexplained, for every k, in the data and in noise that looks alike.

    evidence: one row per k with k, unexplained, noise_unexplained, real.
    """
    row = evidence[evidence["k"] == chosen].iloc[0]
    left, noise = (formatting.format_percent(float(row[name])) for name in ("unexplained", "noise_unexplained"))
    words = (
        f"{chosen} segments leave {left} of the differences between customers unexplained; "
        f"noise that looks alike leaves {noise}: "
        + ("the groups are real." if row["real"] else "no sign of separate groups.")
    )
    traces = [
        _line(evidence, "noise_unexplained", "noise", MUTED[theme], "dot", percent=True),
        _line(evidence, "unexplained", "your customers", ACCENT[theme], "solid", percent=True),
    ]
    fig = build_figure(traces, theme, height=_HEIGHT, alt=words, top=28)
    _mark(fig, chosen, float(row["unexplained"]), theme)
    fig.update_yaxes(title_text="Left unexplained", tickformat=".0%", rangemode="tozero")
    _ks(fig, evidence)
    return fig


def _line(
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


def _mark(fig: go.Figure, chosen: int, height: float, theme: Theme) -> None:
    diamond = {"size": 14, "symbol": "diamond", "color": STRONG[theme]}
    fig.add_scatter(x=[chosen], y=[height], mode="markers", marker=diamond, hoverinfo="skip", showlegend=False)


def _ks(fig: go.Figure, evidence: pd.DataFrame) -> None:
    fig.update_xaxes(title_text="Number of segments", tickvals=evidence["k"].tolist(), showgrid=False)
    fig.update_layout(showlegend=True, legend={"orientation": "h", "y": 1.18, "x": 0})
