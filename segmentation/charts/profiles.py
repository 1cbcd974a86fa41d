"""Segment profile charts: size vs. sales, index heat map, and distributions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from segmentation.charts.bar_pairs import plot_bar_pairs
from segmentation.charts.base import (
    ROW_HEIGHT,
    add_row_labels,
    build_axis,
    build_axis_title,
    build_figure,
    build_heatmap,
    build_heatmap_texts,
    get_axis_factor,
    wrap_text,
)
from segmentation.charts.palette import Theme, get_color
from segmentation.presentation import formatting

LOWER_IS_BETTER = frozenset({"recency_days", "typical_gap_days"})
"""Features whose low values are favorable: days since the last order, or between orders."""


def plot_size_vs_sales(segments: pd.DataFrame, theme: Theme) -> go.Figure:
    """Share of customers and share of sales, two bars per segment.

    segments: one row per segment with segment_name, color, share_of_customers, share_of_sales.
    """
    richest = segments.iloc[int(segments["share_of_sales"].to_numpy().argmax())]
    alt_text = (
        f"{richest['segment_name']} are {formatting.format_percent(richest['share_of_customers'])} of customers "
        f"and bring {formatting.format_percent(richest['share_of_sales'])} of sales, more than any other segment."
    )
    shares = segments[["share_of_customers", "share_of_sales"]]
    customers, sales = (
        (shares[f"share_of_{what}"], [f"{formatting.format_percent(s)} of {what}" for s in shares[f"share_of_{what}"]])
        for what in ("customers", "sales")
    )
    return plot_bar_pairs(
        segments["segment_name"].tolist(),
        customers,
        sales,
        [get_color(i, theme) for i in segments["color"]],
        theme,
        alt=alt_text,
        x_range=(min(0.0, float(shares.to_numpy().min()) * 1.2), float(shares.to_numpy().max()) * 1.6),
    )


def plot_index_heatmap(segments: pd.DataFrame, labels: Mapping[str, str], theme: Theme) -> go.Figure:
    """Index of each feature per segment: the segment's mean, with the mean of all customers as 100.

    segments: one row per segment with segment_name and index_<feature> for each feature of `labels` (feature -> label).
    The color scale is logarithmic (50 is as far below 100 as 200 is above) and ends at 25 and 400. It shows better
    (orange) and worse (blue), so it is reversed for the features in `LOWER_IS_BETTER`.
    """
    index = segments[[f"index_{name}" for name in labels]].to_numpy(float)
    alt_text = "These segments cannot be compared: the averages of all customers are not above 0."
    if np.isfinite(index).any():
        row, column = np.unravel_index(int(np.nanargmax(index)), index.shape)
        alt_text = (
            f"Compared with all customers at 100, {segments['segment_name'].iloc[row]} stand out most: "
            f"{formatting.format_count(index[row, column])} in {list(labels.values())[column].lower()}."
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        shade = np.clip(np.log2(np.where(index > 0, index, 1.0) / 100), -2, 2)
        shade = np.where(np.isfinite(index), shade, 0.0)
    shade *= [-1 if name in LOWER_IS_BETTER else 1 for name in labels]
    is_wide = len(labels) > 5
    names, titles = segments["segment_name"].tolist(), list(labels.values())
    head = 24 + 7 * max(map(len, titles)) if is_wide else 56  # vertical labels need their full length
    heat = build_heatmap(shade, 2, theme, row_gap=24)
    numbers = [[formatting.format_count(value) if np.isfinite(value) else "–" for value in row] for row in index]
    texts = build_heatmap_texts(numbers, shade, 2, theme, size=11 if is_wide else 14)
    fig = build_figure([heat, texts], theme, height=ROW_HEIGHT * len(segments) + head, alt=alt_text, top=head, bottom=8)
    fig.update_xaxes(
        side="top",
        tickvals=list(range(len(titles))),
        ticktext=[wrap_text(title, 40 if is_wide else 11) for title in titles],
        tickangle=-90 if is_wide else 0,
        showgrid=False,
        ticks="",
        tickfont={"size": 12},
    )
    add_row_labels(fig, names, above=17)
    return fig


def plot_boxes(quantiles: pd.DataFrame, segments: pd.DataFrame, label: str, unit: str, theme: Theme) -> go.Figure:
    """Distribution of one feature by segment: quartiles as a box, 5th to 95th percentile as whiskers.

    quantiles: one row per segment in the order of `segments`: q05, q25, q50, q75, q95. No raw values.
    """
    low, high = segments["segment_name"].to_numpy()[quantiles["q50"].to_numpy().argsort()[[0, -1]]]
    alt_text = (
        f"{label}: the typical customer of {high} has {formatting.format_value(float(quantiles['q50'].max()), unit)}, "
        f"of {low} {formatting.format_value(float(quantiles['q50'].min()), unit)}."
    )
    factor = get_axis_factor(unit)
    boxes = [
        go.Box(
            y=[row],
            q1=[factor * q["q25"]],
            median=[factor * q["q50"]],
            q3=[factor * q["q75"]],
            lowerfence=[factor * q["q05"]],
            upperfence=[factor * q["q95"]],
            orientation="h",
            width=0.36,
            line={"color": get_color(index, theme), "width": 2},
            hoverinfo="x",
            boxpoints=False,
        )
        for row, (q, index) in enumerate(zip(quantiles.to_dict("records"), segments["color"], strict=True))
    ]
    fig = build_figure(boxes, theme, height=ROW_HEIGHT * len(segments) + 70, alt=alt_text)
    names = [
        f"{name}: {formatting.format_value(float(q), unit)}"
        for name, q in zip(segments["segment_name"], quantiles["q50"], strict=True)
    ]
    add_row_labels(fig, names, above=11)
    fig.update_xaxes(
        title_text=build_axis_title(label, unit),
        **build_axis(float(quantiles["q05"].min()), float(quantiles["q95"].max()), unit),
    )
    return fig
