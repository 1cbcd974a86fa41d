"""Charts of the scores by k: elbow, silhouette, and the silhouette of each segment."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from segmentation.charts.base import ROW_HEIGHT, add_row_labels, build_figure, build_row_bars
from segmentation.charts.palette import ACCENT, BACKGROUND, MUTED, STRONG, Theme, get_color
from segmentation.presentation import formatting

_HEIGHT = 320


def plot_elbow(scores: pd.DataFrame, selected_k: int, recommended_k: int, theme: Theme) -> go.Figure:
    """Inertia (within-cluster sum of squares) by k, with markers for the selected and the recommended k.

    scores: one row per k with k and inertia.
    """
    first, last = scores.iloc[0], scores.iloc[-1]
    alt_text = (
        f"The spread within segments falls from {formatting.format_count(first['inertia'])} "
        f"with {first['k']:.0f} segments to "
        f"{formatting.format_count(last['inertia'])} with {last['k']:.0f}; "
        f"with {selected_k} it is {formatting.format_count(_get_score(scores, selected_k, 'inertia'))}."
    )
    fig = build_figure([_build_line(scores, "inertia", theme, "%{y:,.0f}")], theme, height=_HEIGHT, alt=alt_text)
    fig.update_yaxes(title_text="Inertia", tickformat=",.0f", nticks=6)
    _mark_k(fig, scores, "inertia", selected_k, recommended_k, theme)
    return fig


def plot_silhouette(scores: pd.DataFrame, selected_k: int, recommended_k: int, theme: Theme) -> go.Figure:
    """Mean silhouette by k, with its confidence interval if it was estimated from a sample.

    scores: one row per k with k, silhouette_score, silhouette_low, silhouette_high.
    """
    best = scores.iloc[int(scores["silhouette_score"].to_numpy().argmax())]
    alt_text = (
        f"Separation is clearest with {best['k']:.0f} segments "
        f"(silhouette {formatting.format_decimal(best['silhouette_score'])}); "
        f"with {selected_k} it is {formatting.format_decimal(_get_score(scores, selected_k, 'silhouette_score'))}."
    )
    trace = _build_line(scores, "silhouette_score", theme, "%{y:.3f}")
    trace.error_y = {
        "type": "data",
        "symmetric": False,
        "array": (scores["silhouette_high"] - scores["silhouette_score"]).clip(lower=0).fillna(0).tolist(),
        "arrayminus": (scores["silhouette_score"] - scores["silhouette_low"]).clip(lower=0).fillna(0).tolist(),
        "visible": bool((scores["silhouette_high"] - scores["silhouette_low"]).max() > 0),
    }
    fig = build_figure([trace], theme, height=_HEIGHT, alt=alt_text)
    fig.update_yaxes(title_text="Silhouette", tickformat=".2f", nticks=6)
    _mark_k(fig, scores, "silhouette_score", selected_k, recommended_k, theme)
    return fig


def plot_silhouette_by_segment(segments: pd.DataFrame, theme: Theme) -> go.Figure:
    """Mean silhouette of each segment: one bar per segment.

    segments: one row per segment with segment_name, color, silhouette, and silhouette_half_width if it is known.
    """
    best, worst = (segments.iloc[int(position)] for position in segments["silhouette"].to_numpy().argsort()[[-1, 0]])
    alt_text = (
        f"{best['segment_name']} are separated most clearly ({formatting.format_decimal(best['silhouette'])}), "
        f"{worst['segment_name']} least ({formatting.format_decimal(worst['silhouette'])})."
    )
    texts = [formatting.format_decimal(x) for x in segments["silhouette"]]
    colors = [get_color(index, theme) for index in segments["color"]]
    bars = build_row_bars(segments["silhouette"].tolist(), texts, colors)
    if "silhouette_half_width" in segments and (segments["silhouette_half_width"] > 0).any():
        bars.error_x = {"array": segments["silhouette_half_width"].tolist(), "color": MUTED[theme], "thickness": 1.5}
    fig = build_figure([bars], theme, height=ROW_HEIGHT * len(segments) + 20, alt=alt_text, bottom=8)
    low, high = float(segments["silhouette"].min()), float(segments["silhouette"].max())
    fig.update_xaxes(visible=False, range=[min(0.0, low * 1.25), max(0.1, high) * 1.15])
    add_row_labels(fig, segments["segment_name"].tolist(), above=10)
    return fig


def _build_line(scores: pd.DataFrame, column: str, theme: Theme, hover: str) -> go.Scatter:
    return go.Scatter(
        x=scores["k"].tolist(),
        y=scores[column].tolist(),
        mode="lines+markers",
        line={"color": ACCENT[theme], "width": 2},
        marker={"size": 7},
        hovertemplate="%{x} segments: " + hover + "<extra></extra>",
    )


def _mark_k(
    fig: go.Figure, scores: pd.DataFrame, column: str, selected_k: int, recommended_k: int, theme: Theme
) -> None:
    """Mark the selected k with a diamond labeled above, and another recommended k with a ring labeled below."""
    highest, recommended = float(scores[column].max()), recommended_k == selected_k
    if not recommended:
        height = _get_score(scores, recommended_k, column)
        ring = {"size": 15, "symbol": "circle-open", "color": STRONG[theme], "line": {"width": 2}}
        fig.add_scatter(x=[recommended_k], y=[height], mode="markers", marker=ring, hoverinfo="skip")
        _annotate(fig, recommended_k, f"{recommended_k} recommended", theme, from_=0.0, to=height, at=0.0)
    height = _get_score(scores, selected_k, column)
    diamond = {"size": 14, "symbol": "diamond", "color": STRONG[theme]}
    fig.add_scatter(x=[selected_k], y=[height], mode="markers", marker=diamond, hoverinfo="skip")
    text = f"<b>{selected_k} in use{', recommended' if recommended else ''}</b>"
    _annotate(fig, selected_k, text, theme, from_=height, to=highest * 1.1, at=highest * 1.1)
    fig.update_yaxes(range=[min(0.0, float(scores[column].min()) * 1.1), highest * 1.22], zeroline=False)
    fig.update_xaxes(title_text="Number of segments", tickvals=scores["k"].tolist(), showgrid=False)
    fig.update_xaxes(range=[scores["k"].min() - 0.5, scores["k"].max() + 0.5])


def _annotate(fig: go.Figure, k: int, text: str, theme: Theme, *, from_: float, to: float, at: float) -> None:
    """A label at one end of a thin vertical line."""
    fig.add_shape(type="line", x0=k, x1=k, y0=from_, y1=to, line={"color": STRONG[theme], "width": 1, "dash": "dot"})
    anchor = "left" if k <= 4 else "right" if k >= 10 else "center"
    fig.add_annotation(
        text=text,
        x=k,
        y=at,
        showarrow=False,
        font={"color": STRONG[theme]},
        bgcolor=BACKGROUND[theme],
        borderpad=1,
        xanchor=anchor,
        xshift={"left": 4, "right": -4}.get(anchor, 0),
        yshift=10,
    )


def _get_score(scores: pd.DataFrame, k: int, column: str) -> float:
    return float(scores.loc[scores["k"] == k, column].iloc[0])
