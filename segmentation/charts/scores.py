"""How well each number of segments fits: elbow, silhouette, and the silhouette of each segment."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from segmentation.charts.base import ROW, figure, name_rows
from segmentation.charts.palette import ACCENT, STRONG, Theme, color

_HEIGHT = 320


def elbow(scores: pd.DataFrame, chosen: int, advised: int, theme: Theme) -> go.Figure:
    """Spread left within segments (inertia) for every k; the chosen k is marked and named.

    scores: one row per k with k and inertia.
    """
    first, last = scores.iloc[0], scores.iloc[-1]
    words = (
        f"The spread within segments falls from {first['inertia']:,.0f} with {first['k']:.0f} segments to "
        f"{last['inertia']:,.0f} with {last['k']:.0f}; with {chosen} it is {_at(scores, chosen, 'inertia'):,.0f}."
    )
    fig = figure([_line(scores, "inertia", theme, "%{y:,.0f}")], height=_HEIGHT, alt=words)
    fig.update_yaxes(title="Spread within segments", rangemode="tozero", tickformat="~s", nticks=6)
    _mark_k(fig, scores, "inertia", chosen, advised, theme)
    return fig


def silhouette(scores: pd.DataFrame, chosen: int, advised: int, theme: Theme) -> go.Figure:
    """How clearly segments are apart (silhouette) for every k, with its interval where it was estimated from a sample.

    scores: one row per k with k, silhouette_score, silhouette_low, silhouette_high.
    """
    best = scores.iloc[int(scores["silhouette_score"].to_numpy().argmax())]
    words = (
        f"Segments are most clearly apart with {best['k']:.0f} segments (silhouette {best['silhouette_score']:.2f}); "
        f"with {chosen} it is {_at(scores, chosen, 'silhouette_score'):.2f}."
    )
    trace = _line(scores, "silhouette_score", theme, "%{y:.3f}")
    trace.error_y = {
        "type": "data",
        "symmetric": False,
        "array": (scores["silhouette_high"] - scores["silhouette_score"]).clip(lower=0).fillna(0).tolist(),
        "arrayminus": (scores["silhouette_score"] - scores["silhouette_low"]).clip(lower=0).fillna(0).tolist(),
        "visible": bool((scores["silhouette_high"] - scores["silhouette_low"]).max() > 0),
    }
    fig = figure([trace], height=_HEIGHT, alt=words)
    fig.update_yaxes(title="Silhouette", rangemode="tozero", tickformat=".2f", nticks=6)
    _mark_k(fig, scores, "silhouette_score", chosen, advised, theme)
    return fig


def silhouette_by_segment(segments: pd.DataFrame, theme: Theme) -> go.Figure:
    """How clearly each segment of the chosen k stands apart: one bar per segment.

    segments: one row per segment with segment_name, color, silhouette.
    """
    best, worst = (segments.iloc[int(place)] for place in segments["silhouette"].to_numpy().argsort()[[-1, 0]])
    words = (
        f"{best['segment_name']} stand apart most clearly ({best['silhouette']:.2f}), "
        f"{worst['segment_name']} least ({worst['silhouette']:.2f})."
    )
    bars = go.Bar(
        x=segments["silhouette"].tolist(), y=list(range(len(segments))), orientation="h", width=0.34,
        marker={"color": [color(index, theme) for index in segments["color"]]},
        text=[f"{x:.2f}" for x in segments["silhouette"]], textposition="outside", cliponaxis=False, hoverinfo="skip",
    )  # fmt: skip
    fig = figure([bars], height=ROW * len(segments) + 50, alt=words)
    top = max(0.1, float(segments["silhouette"].max()))
    fig.update_xaxes(
        range=[min(0.0, float(segments["silhouette"].min()) * 1.25), top * 1.15], tickformat=".2f", nticks=6
    )
    name_rows(fig, segments["segment_name"].tolist(), above=10)
    return fig


def _line(scores: pd.DataFrame, column: str, theme: Theme, hover: str) -> go.Scatter:
    return go.Scatter(
        x=scores["k"].tolist(), y=scores[column].tolist(), mode="lines+markers",
        line={"color": ACCENT[theme], "width": 2}, marker={"size": 7},
        hovertemplate="%{x} segments: " + hover + "<extra></extra>",
    )  # fmt: skip


def _mark_k(fig: go.Figure, scores: pd.DataFrame, column: str, chosen: int, advised: int, theme: Theme) -> None:
    """A larger diamond on the chosen k, and a word on it; an open ring on the recommended one if that is another."""
    if advised != chosen:
        fig.add_scatter(
            x=[advised], y=[_at(scores, advised, column)], mode="markers", hoverinfo="skip",
            marker={"size": 15, "symbol": "circle-open", "color": STRONG[theme], "line": {"width": 2}},
        )  # fmt: skip
        _say(fig, advised, _at(scores, advised, column), "recommended", theme, below=True)
    fig.add_scatter(
        x=[chosen], y=[_at(scores, chosen, column)], mode="markers", hoverinfo="skip",
        marker={"size": 14, "symbol": "diamond", "color": STRONG[theme]},
    )  # fmt: skip
    words = "recommended" if advised == chosen else "chosen"
    _say(fig, chosen, _at(scores, chosen, column), f"<b>{chosen} {words}</b>", theme, below=False)
    fig.update_xaxes(title="Number of segments", tickvals=scores["k"].tolist(), showgrid=False, range=[1.6, 12.4])


def _say(fig: go.Figure, k: int, y: float, words: str, theme: Theme, *, below: bool) -> None:
    anchor = "left" if k <= 3 else "right" if k >= 11 else "center"
    fig.add_annotation(
        text=words,
        x=k,
        y=y,
        showarrow=False,
        yshift=-20 if below else 22,
        xanchor=anchor,
        font={"color": STRONG[theme]},
    )


def _at(scores: pd.DataFrame, k: int, column: str) -> float:
    return float(scores.loc[scores["k"] == k, column].iloc[0])
