"""One segment closely, and some side by side: months, discounts, who they are, where they stand, a map in space."""

from __future__ import annotations

import calendar
from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from segmentation.charts.axis_scales import build_scale
from segmentation.charts.base import ROW_HEIGHT, add_row_labels, build_axis_title, build_figure, escape_markup
from segmentation.charts.palette import BACKGROUND, MUTED, Theme, get_color, get_marker_symbol
from segmentation.presentation import formatting

MONTHS = tuple(calendar.month_name[1:])


def plot_trend(months: pd.DataFrame, column: str, label: str, unit: str, color_index: int, theme: Theme) -> go.Figure:
    """One figure of a segment by month, whole months only.

    months: month (time stamp), is_whole, and the column; at least one whole month.
    """
    whole = months[months["is_whole"]]
    values = whole[column].astype(float)
    best = whole.iloc[int(values.to_numpy().argmax())]
    words = (
        f"{label} by month: from {formatting.format_value(float(values.iloc[0]), unit)} "
        f"in {whole['month'].iloc[0]:%B %Y} to "
        f"{formatting.format_value(float(values.iloc[-1]), unit)} in {whole['month'].iloc[-1]:%B %Y}; "
        f"most in {best['month']:%B %Y} ({formatting.format_value(float(best[column]), unit)})."
    )
    line = go.Scatter(
        x=[f"{month:%Y-%m-%d}" for month in whole["month"]],
        y=values.tolist(),
        mode="lines+markers",
        line={"color": get_color(color_index, theme), "width": 2},
        marker={"size": 6, "symbol": get_marker_symbol(color_index)},
        hovertemplate="%{x|%B %Y}: %{y:,.0f}<extra></extra>",
    )
    fig = build_figure([line], theme, height=260, alt=words)
    fig.update_yaxes(rangemode="tozero", tickformat=",~r" if values.max() < 10 else ",.0f", nticks=5)
    fig.update_xaxes(tickformat="%b\n%Y", showgrid=False, nticks=7)
    return fig


def plot_seasonality(
    mine: pd.DataFrame, everybody: pd.DataFrame, name: str, color_index: int, theme: Theme
) -> go.Figure:
    """The month index of a segment beside that of all customers; 100 is an average month.

    mine, everybody: month (1 to 12), index; in order of month.
    """
    index = mine["index"].to_numpy(float)
    high, low = MONTHS[int(np.nanargmax(index))], MONTHS[int(np.nanargmin(index))]
    others = MONTHS[int(np.nanargmax(everybody["index"].to_numpy(float)))]
    most, least = formatting.format_count(np.nanmax(index)), formatting.format_count(np.nanmin(index))
    words = (
        f"{name} buy most in {high} ({most}, where an average month is 100) and least in {low} ({least}); "
        f"all customers most in {others}."
    )
    short = [month[:3] for month in MONTHS]
    fig = build_figure(
        [
            go.Scatter(
                x=short,
                y=everybody["index"].tolist(),
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
        alt=words,
    )
    fig.add_hline(y=100, line={"color": MUTED[theme], "width": 1})
    fig.update_yaxes(rangemode="tozero", nticks=5)
    fig.update_xaxes(showgrid=False)
    _legend_below(fig, 2)
    return fig


def plot_discounts(truth: pd.DataFrame, segments: pd.DataFrame, theme: Theme) -> go.Figure:
    """Share bought at full price, one bar per segment and one for all customers.

    truth: segment_id (0: all), full_price. segments: segment_id, segment_name, color.
    """
    by_id = truth.set_index("segment_id")["full_price"]
    names = [*segments["segment_name"].astype(str), "All customers"]
    shares = [*(float(by_id[i]) for i in segments["segment_id"]), float(by_id[0])]
    known = np.array(shares[:-1])
    most, least = (names[int(place)] for place in (np.nanargmax(known), np.nanargmin(known)))
    words = (
        f"{most} buy most at full price ({formatting.format_percent(float(np.nanmax(known)))}), {least} least "
        f"({formatting.format_percent(float(np.nanmin(known)))}); "
        f"all customers {formatting.format_percent(shares[-1])}."
    )
    bars = go.Bar(
        x=shares,
        y=list(range(len(names))),
        orientation="h",
        width=0.3,
        hoverinfo="skip",
        cliponaxis=False,
        text=[formatting.format_percent(share) for share in shares],
        textposition="outside",
        marker={"color": [*(get_color(int(i), theme) for i in segments["color"]), MUTED[theme]]},
    )
    fig = build_figure([bars], theme, height=ROW_HEIGHT * len(names) + 20, alt=words, bottom=8)
    fig.update_xaxes(visible=False, range=[0, max(0.05, float(np.nanmax(shares))) * 1.25])
    add_row_labels(fig, names, above=10)
    return fig


def plot_demographics(values: pd.DataFrame, label: str, name: str, color_index: int, theme: Theme) -> go.Figure:
    """One attribute: each value's share in the segment and among all customers for whom it is known.

    values: one row per value: value, share, share_of_all.
    """
    difference = (values["share"] - values["share_of_all"]).to_numpy(float)
    most = values.iloc[int(np.nanargmax(np.abs(difference)))]
    words = (
        f"{label} of {name}: {most['value']} stands out with {formatting.format_percent(float(most['share']))}, "
        f"among all customers {formatting.format_percent(float(most['share_of_all']))}."
    )
    rows = np.arange(len(values))
    fig = build_figure(
        [
            _bars(values["share_of_all"], rows - 0.02, "of all", MUTED[theme], "/"),
            _bars(values["share"], rows + 0.27, "of this segment", get_color(color_index, theme), ""),
        ],
        theme,
        height=74 * len(values) + 20,
        alt=words,
        bottom=8,
    )
    fig.update_layout(barmode="overlay")
    fig.update_xaxes(visible=False, range=[0, float(np.nanmax(values[["share", "share_of_all"]].to_numpy())) * 1.6])
    add_row_labels(fig, values["value"].astype(str).tolist(), above=13, pitch=74)
    return fig


def plot_segment_percentiles(standing: pd.DataFrame, chosen: pd.DataFrame, theme: Theme) -> go.Figure:
    """Where the middle customer of two or three segments stands among all customers, figure by figure.

    standing: one row per figure: label, and for each segment_id a column with its place of 0..1.
    chosen: segment_id, segment_name, color; one row per segment.
    """
    ids = [int(i) for i in chosen["segment_id"]]
    names = chosen["segment_name"].astype(str).tolist()
    first = standing.iloc[0]
    places = {name: float(first[i]) for name, i in zip(names, ids, strict=True)}
    told = ", ".join(
        f"{name} {formatting.format_percentile(place)}" for name, place in places.items() if np.isfinite(place)
    )
    words = f"Largest difference: {str(first['label']).lower()}. Of 100 customers so many have less: {told}."
    rows = list(range(len(standing)))
    fig = build_figure([], theme, height=ROW_HEIGHT * len(standing) + 70 + 22 * len(ids), alt=words)
    for row, (low, high) in enumerate(
        zip(standing[ids].min(axis=1).tolist(), standing[ids].max(axis=1).tolist(), strict=True)
    ):
        fig.add_shape(
            type="line", x0=100 * low, x1=100 * high, y0=row, y1=row, line={"color": MUTED[theme], "width": 2}
        )
    for segment_id, name, index in zip(ids, names, chosen["color"].astype(int), strict=True):
        fig.add_scatter(
            x=(100 * standing[segment_id]).tolist(),
            y=rows,
            mode="markers",
            name=f"{segment_id} {escape_markup(name)}",
            marker={
                "color": get_color(index, theme),
                "symbol": get_marker_symbol(index),
                "size": 13,
                "line": {"width": 1, "color": BACKGROUND[theme]},
            },
            hovertemplate="%{x:.0f} of 100 have less<extra></extra>",
        )
    add_row_labels(fig, standing["label"].astype(str).tolist(), above=10)
    fig.update_xaxes(range=[-3, 103], title_text="Of 100 customers, so many have less", tickvals=[0, 25, 50, 75, 100])
    _legend_below(fig, len(ids))
    return fig


def plot_3d_map(
    sample: pd.DataFrame, segments: pd.DataFrame, labels: Sequence[str], units: Sequence[str], theme: Theme
) -> go.Figure:
    """A sample of customers by three features, to be turned around; each segment has its own color and mark.

    sample: one row per drawn customer: segment_id, x, y, z; no ids.
    """
    largest = sample["segment_id"].value_counts().index[0]
    name = dict(zip(segments["segment_id"], segments["segment_name"], strict=True))[largest]
    words = (
        f"{formatting.format_count(len(sample))} of the customers by {', '.join(label.lower() for label in labels)}; "
        f"most of the drawn points are {name}."
    )
    fig = build_figure([], theme, height=520 + 22 * len(segments), alt=words)
    scales = [build_scale(sample[axis], unit) for axis, unit in zip("xyz", units, strict=True)]
    solid = ("circle", "square", "diamond", "cross", "x", "circle-open", "square-open", "diamond-open")
    for segment in segments.to_dict("records"):
        part = sample[sample["segment_id"] == segment["segment_id"]]
        fig.add_scatter3d(
            **{axis: there.points(part[axis]).tolist() for axis, there in zip("xyz", scales, strict=True)},
            mode="markers",
            hoverinfo="skip",
            name=f"{segment['segment_id']} {escape_markup(str(segment['segment_name']))}",
            marker={
                "color": get_color(int(segment["color"]), theme),
                "size": 4,
                "symbol": solid[int(segment["color"]) % len(solid)],
            },
        )
    axes = {}
    for axis, label, unit, there in zip("xyz", labels, units, scales, strict=True):
        settings = {name: value for name, value in there.axis.items() if name != "minor"}  # only flat axes have it
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
    _legend_below(fig, len(segments))
    return fig


def _legend_below(fig: go.Figure, entries: int) -> None:
    fig.update_layout(
        showlegend=True,
        legend={
            "orientation": "v",
            "yref": "container",
            "y": 0,
            "yanchor": "bottom",
            "x": 0,
            "itemclick": False,
            "itemdoubleclick": False,
            "itemsizing": "constant",
        },
        margin_b=70 + 22 * entries,
    )


def _bars(shares: pd.Series, rows: np.ndarray, of: str, fill: str, pattern: str) -> go.Bar:
    return go.Bar(
        x=shares.fillna(0).tolist(),
        y=rows.tolist(),
        orientation="h",
        width=0.25,
        hoverinfo="skip",
        cliponaxis=False,
        text=[f"{formatting.format_percent(share)} {of}" for share in shares],
        textposition="outside",
        marker={"color": fill, "pattern": {"shape": pattern, "fillmode": "overlay", "size": 5}},
    )
