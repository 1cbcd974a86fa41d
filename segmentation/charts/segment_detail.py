"""Segment detail and comparison charts: trend, seasonality, discounts, demographics, percentiles, 3D map."""

from __future__ import annotations

import calendar
from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from segmentation.charts.axis_scales import build_scale
from segmentation.charts.bar_pairs import plot_bar_pairs
from segmentation.charts.base import (
    ROW_HEIGHT,
    add_row_labels,
    build_axis_title,
    build_compact_axis,
    build_figure,
    build_row_bars,
    escape_markup,
    move_legend_below,
)
from segmentation.charts.palette import BACKGROUND, MUTED, Theme, get_color, get_marker_symbol
from segmentation.presentation import formatting
from segmentation.presentation.number_format import add_percent_sign

MONTHS = tuple(calendar.month_name[1:])


def plot_trend(months: pd.DataFrame, column: str, label: str, unit: str, color_index: int, theme: Theme) -> go.Figure:
    """One measure of a segment by month, complete months only.

    months: month (timestamp), is_complete, and the column; at least one complete month.
    """
    complete = months[months["is_complete"]]
    values = complete[column].astype(float)
    best = complete.iloc[int(values.to_numpy().argmax())]
    alt_text = (
        f"{label} by month: from {formatting.format_value(float(values.iloc[0]), unit)} "
        f"in {complete['month'].iloc[0]:%B %Y} to "
        f"{formatting.format_value(float(values.iloc[-1]), unit)} in {complete['month'].iloc[-1]:%B %Y}; "
        f"most in {best['month']:%B %Y} ({formatting.format_value(float(best[column]), unit)})."
    )
    line = go.Scatter(
        x=[f"{month:%Y-%m-%d}" for month in complete["month"]],
        y=values.tolist(),
        mode="lines+markers",
        line={"color": get_color(color_index, theme), "width": 2},
        marker={"size": 6, "symbol": get_marker_symbol(color_index)},
        customdata=[formatting.format_value(value, unit) for value in values],
        hovertemplate="%{x|%B %Y}: %{customdata}<extra></extra>",
    )
    fig = build_figure([line], theme, height=260, alt=alt_text)
    fig.update_yaxes(**build_compact_axis(float(values.max()), unit))
    fig.update_xaxes(tickformat="%b\n%Y", showgrid=False, nticks=7)
    return fig


def plot_seasonality(
    of_segment: pd.DataFrame, all_customers: pd.DataFrame, name: str, color_index: int, theme: Theme
) -> go.Figure:
    """The month index of a segment and of all customers; 100 is an average month.

    of_segment, all_customers: month (1 to 12), index; in order of month.
    """
    index = of_segment["index"].to_numpy(float)
    high, low = MONTHS[int(np.nanargmax(index))], MONTHS[int(np.nanargmin(index))]
    peak_of_all = MONTHS[int(np.nanargmax(all_customers["index"].to_numpy(float)))]
    highest, lowest = formatting.format_count(np.nanmax(index)), formatting.format_count(np.nanmin(index))
    alt_text = (
        f"{name} buy most in {high} ({highest}, where an average month is 100) and least in {low} ({lowest}); "
        f"all customers most in {peak_of_all}."
    )
    short = [month[:3] for month in MONTHS]
    fig = build_figure(
        [
            go.Scatter(
                x=short,
                y=all_customers["index"].tolist(),
                mode="lines",
                name="All customers",
                line={"color": MUTED[theme], "width": 2, "dash": "dot"},
                hovertemplate="All: %{y:.0f}<extra></extra>",
            ),
            go.Scatter(
                x=short,
                y=index.tolist(),
                mode="lines+markers",
                name=escape_markup(name),
                line={"color": get_color(color_index, theme), "width": 2},
                marker={"size": 7, "symbol": get_marker_symbol(color_index)},
                hovertemplate="%{x}: %{y:.0f}<extra></extra>",
            ),
        ],
        theme,
        height=300,
        alt=alt_text,
    )
    fig.add_hline(y=100, line={"color": MUTED[theme], "width": 1})
    fig.update_yaxes(rangemode="tozero", nticks=5)
    fig.update_xaxes(showgrid=False)
    move_legend_below(fig, 2, itemsizing="constant")
    return fig


def plot_discounts(shares_by_segment: pd.DataFrame, segments: pd.DataFrame, theme: Theme) -> go.Figure:
    """Share bought at full price, one bar per segment and one for all customers.

    shares_by_segment: segment_id (0: all), full_price. segments: segment_id, segment_name, color.
    """
    by_id = shares_by_segment.set_index("segment_id")["full_price"]
    names = [*segments["segment_name"].astype(str), "All customers"]
    shares = [*(float(by_id[i]) for i in segments["segment_id"]), float(by_id[0])]
    known = np.array(shares[:-1])
    highest, lowest = (names[int(position)] for position in (np.nanargmax(known), np.nanargmin(known)))
    alt_text = (
        f"{highest} buy most at full price ({formatting.format_percent(float(np.nanmax(known)))}), {lowest} least "
        f"({formatting.format_percent(float(np.nanmin(known)))}); "
        f"all customers {formatting.format_percent(shares[-1])}."
    )
    colors = [*(get_color(int(i), theme) for i in segments["color"]), MUTED[theme]]
    bars = build_row_bars(shares, [formatting.format_percent(share) for share in shares], colors)
    fig = build_figure([bars], theme, height=ROW_HEIGHT * len(names) + 20, alt=alt_text, bottom=8)
    fig.update_xaxes(visible=False, range=[0, max(0.05, float(np.nanmax(shares))) * 1.25])
    add_row_labels(fig, names, above=10)
    return fig


def plot_demographics(values: pd.DataFrame, label: str, name: str, color_index: int, theme: Theme) -> go.Figure:
    """One attribute: share of each value in the segment and among all customers with a known value.

    values: one row per value: value, share, share_of_all.
    """
    difference = (values["share"] - values["share_of_all"]).to_numpy(float)
    largest = values.iloc[int(np.nanargmax(np.abs(difference)))]
    alt_text = (
        f"{label} of {name}: {largest['value']} stands out with {formatting.format_percent(float(largest['share']))}, "
        f"among all customers {formatting.format_percent(float(largest['share_of_all']))}."
    )
    return plot_bar_pairs(
        values["value"].astype(str).tolist(),
        (values["share_of_all"], [f"{formatting.format_percent(share)} of all" for share in values["share_of_all"]]),
        (values["share"], [f"{formatting.format_percent(share)} of this segment" for share in values["share"]]),
        get_color(color_index, theme),
        theme,
        alt=alt_text,
        x_range=(0.0, float(np.nanmax(values[["share", "share_of_all"]].to_numpy())) * 1.6),
        pitch=74,
    )


def plot_segment_percentiles(percentiles: pd.DataFrame, segments: pd.DataFrame, theme: Theme) -> go.Figure:
    """Percentile of the median customer of two or three segments, one row per feature.

    percentiles: one row per figure: label, and for each segment_id a column with its place of 0..1.
    segments: segment_id, segment_name, color; one row per segment.
    """
    ids = [int(i) for i in segments["segment_id"]]
    names = segments["segment_name"].astype(str).tolist()
    first = percentiles.iloc[0]
    first_percentiles = {name: float(first[i]) for name, i in zip(names, ids, strict=True)}
    listed = ", ".join(
        f"{name} {formatting.format_percentile(percentile)}"
        for name, percentile in first_percentiles.items()
        if np.isfinite(percentile)
    )
    alt_text = f"Largest difference: {str(first['label']).lower()}. Percentile: {listed}."
    rows = list(range(len(percentiles)))
    fig = build_figure([], theme, height=ROW_HEIGHT * len(percentiles) + 70 + 22 * len(ids), alt=alt_text)
    for row, (low, high) in enumerate(
        zip(percentiles[ids].min(axis=1).tolist(), percentiles[ids].max(axis=1).tolist(), strict=True)
    ):
        fig.add_shape(
            type="line", x0=100 * low, x1=100 * high, y0=row, y1=row, line={"color": MUTED[theme], "width": 2}
        )
    for segment_id, name, index in zip(ids, names, segments["color"].astype(int), strict=True):
        fig.add_scatter(
            x=(100 * percentiles[segment_id]).tolist(),
            y=rows,
            mode="markers",
            name=f"{segment_id} {escape_markup(name)}",
            marker={
                "color": get_color(index, theme),
                "symbol": get_marker_symbol(index),
                "size": 13,
                "line": {"width": 1, "color": BACKGROUND[theme]},
            },
            hovertemplate=f"{add_percent_sign('%{x:.0f}')} of customers have a lower value<extra></extra>",
        )
    add_row_labels(fig, percentiles["label"].astype(str).tolist(), above=10)
    fig.update_xaxes(
        range=[-3, 103], title_text="Percentile: customers with a lower value (%)", tickvals=[0, 25, 50, 75, 100]
    )
    move_legend_below(fig, len(ids), itemsizing="constant")
    return fig


def plot_3d_map(
    sample: pd.DataFrame, segments: pd.DataFrame, labels: Sequence[str], units: Sequence[str], theme: Theme
) -> go.Figure:
    """Interactive 3D map of a sample of customers by three features; each segment has its own color and marker.

    sample: one row per drawn customer: segment_id, x, y, z; no ids.
    """
    largest = sample["segment_id"].value_counts().index[0]
    name = dict(zip(segments["segment_id"], segments["segment_name"], strict=True))[largest]
    alt_text = (
        f"{formatting.format_count(len(sample))} of the customers by {', '.join(label.lower() for label in labels)}; "
        f"most of the drawn points are {name}."
    )
    fig = build_figure([], theme, height=520 + 22 * len(segments), alt=alt_text)
    scales = [build_scale(sample[axis], unit) for axis, unit in zip("xyz", units, strict=True)]
    # Not "x": the browser draws it as a character that many systems lack.
    symbols = ("circle", "square", "diamond", "cross", "circle-open", "square-open", "diamond-open")
    for segment in segments.to_dict("records"):
        part = sample[sample["segment_id"] == segment["segment_id"]]
        fig.add_scatter3d(
            **{axis: scale.points(part[axis]).tolist() for axis, scale in zip("xyz", scales, strict=True)},
            mode="markers",
            hoverinfo="skip",
            name=f"{segment['segment_id']} {escape_markup(str(segment['segment_name']))}",
            marker={
                "color": get_color(int(segment["color"]), theme),
                "size": 4,
                "symbol": symbols[int(segment["color"]) % len(symbols)],
            },
        )
    axes = {}
    for axis, label, unit, scale in zip("xyz", labels, units, scales, strict=True):
        settings = {name: value for name, value in scale.axis.items() if name != "minor"}  # 3D axes do not support it
        title = {"text": escape_markup(build_axis_title(label, unit)), "font": {"size": 11, "color": MUTED[theme]}}
        axes[f"{axis}axis"] = {
            **settings,
            "title": title,
            "tickfont": {"size": 10, "color": MUTED[theme]},
            "showbackground": False,
            "gridcolor": MUTED[theme],
            "color": MUTED[theme],
        }
    fig.update_layout(scene={**axes, "dragmode": "turntable", "camera": {"eye": {"x": 1.9, "y": 1.9, "z": 1.0}}})
    move_legend_below(fig, len(segments), itemsizing="constant")
    return fig
