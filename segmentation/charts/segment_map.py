"""The map of segments: a sample of customers by two features, and the borders between neighboring segments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd
import plotly.graph_objects as go

from segmentation.charts.axis_scales import Scale, build_scale
from segmentation.charts.base import build_axis_title, build_figure, escape_markup, move_legend_below
from segmentation.charts.palette import BACKGROUND, MUTED, Theme, choose_text_color, get_color, get_marker_symbol
from segmentation.presentation import formatting

Border = tuple[int, int, bool]
"""Two neighboring segments by ID, and whether a gap separates them."""


def plot_segment_map(
    sample: pd.DataFrame,
    segments: pd.DataFrame,
    labels: tuple[str, str],
    units: tuple[str, str],
    theme: Theme,
    borders: Iterable[Border] = (),
) -> go.Figure:
    """A sample of customers by two features; each segment has its own color and marker, and its ID at the median.

    A line between two IDs is a border: solid if it is gradual, dashed if it is a gap; its middle names it on hover.

    Args:
        sample: one row per customer: segment_id, x, y; no customer IDs. About 500 rows, which a browser redraws
            instantly.
        segments: one row per segment: segment_id, segment_name, color.
        labels, units: of the two features.
        theme: light or dark.
        borders: between neighboring segments, as far as tested.
    """
    alt_text = _describe_map(sample, segments, labels, units)
    fig = build_figure([], theme, height=520 + 22 * len(segments), alt=alt_text)
    scales = [build_scale(sample[a], unit) for a, unit in zip("xy", units, strict=True)]
    for (segment_id, name), index in zip(_list_segments(segments), segments["color"], strict=True):
        part = sample[sample["segment_id"] == segment_id]
        fig.add_scatter(
            x=scales[0].points(part["x"]).tolist(),
            y=scales[1].points(part["y"]).tolist(),
            mode="markers",
            hoverinfo="skip",
            name=f"{segment_id} {escape_markup(name)}",
            marker={"color": get_color(index, theme), "symbol": get_marker_symbol(index), "size": 7, "opacity": 0.75},
        )
    medians = sample.groupby("segment_id")[["x", "y"]].median()
    middles = {
        int(segment_id): (scales[0].middle(float(x)), scales[1].middle(float(y)))
        for segment_id, x, y in medians.reset_index().itertuples(index=False)
    }
    kinds = _add_borders(fig, borders, middles, scales, dict(_list_segments(segments)), theme)
    for (segment_id, _), index in zip(_list_segments(segments), segments["color"], strict=True):
        if segment_id in middles:
            fig.add_annotation(
                text=f"<b>{segment_id}</b>",
                x=middles[segment_id][0],
                y=middles[segment_id][1],
                showarrow=False,
                borderpad=3,
                borderwidth=2,
                font={"color": choose_text_color(get_color(index, theme)), "size": 14},
                bgcolor=get_color(index, theme),
                bordercolor=BACKGROUND[theme],
            )
    fig.update_xaxes(title_text=build_axis_title(labels[0], units[0]), **scales[0].axis)
    fig.update_yaxes(title_text=build_axis_title(labels[1], units[1]), **scales[1].axis)
    move_legend_below(fig, len(segments) + kinds)
    fig.update_layout(height=520 + 22 * (len(segments) + kinds))
    return fig


def _add_borders(
    fig: go.Figure,
    borders: Iterable[Border],
    middles: Mapping[int, tuple[float, float]],
    scales: list[Scale],
    names: Mapping[int, str],
    theme: Theme,
) -> int:
    """Draw the borders as one line per pair of segments; returns the number of legend entries."""
    shown = [(a, b, gap) for a, b, gap in borders if a in middles and b in middles]
    for is_gap in sorted({gap for _, _, gap in shown}):
        lines: tuple[list[float | None], list[float | None]] = ([], [])
        texts: list[str] = []
        for a, b, gap in shown:
            if gap == is_gap:
                for axis, scale in enumerate(scales):
                    start, end = middles[a][axis], middles[b][axis]
                    lines[axis].extend([*map(scale.locate, (start, (start + end) / 2, end)), None])
                kind = "gap" if gap else "gradual border"
                texts.extend(["", f"{a} {escape_markup(names[a])} and {b} {escape_markup(names[b])}: {kind}", "", ""])
        fig.add_scatter(
            x=lines[0],
            y=lines[1],
            mode="lines+markers",
            name="Gap: few customers between the two segments" if is_gap else "Gradual border: customers nearly alike",
            line={"color": MUTED[theme], "width": 2, "dash": "dash" if is_gap else "solid"},
            marker={"color": MUTED[theme], "size": [8 if text else 0 for text in texts]},
            text=texts,
            hoverinfo="text",
        )
    return len({gap for _, _, gap in shown})


def _list_segments(segments: pd.DataFrame) -> list[tuple[int, str]]:
    return list(zip(segments["segment_id"].astype(int), segments["segment_name"].astype(str), strict=True))


def _describe_map(sample: pd.DataFrame, segments: pd.DataFrame, labels: tuple[str, str], units: tuple[str, str]) -> str:
    medians = [
        f"{name} around {_describe_median(sample, segment_id, units)}"
        for segment_id, name in _list_segments(segments)
        if (sample["segment_id"] == segment_id).any()
    ]
    return (
        f"{formatting.format_count(len(sample))} of the customers by {labels[0].lower()} and {labels[1].lower()}; "
        f"{'; '.join(medians)}."
    )


def _describe_median(sample: pd.DataFrame, segment_id: int, units: tuple[str, str]) -> str:
    part = sample[sample["segment_id"] == segment_id]
    x, y = (formatting.format_value(float(part[axis].median()), unit) for axis, unit in zip("xy", units, strict=True))
    return f"{x} and {y}"
