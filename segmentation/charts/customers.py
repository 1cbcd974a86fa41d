"""Customers: how a figure is spread, which figures move together, and one customer among all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from segmentation.charts import palette
from segmentation.charts.base import add_row_labels, build_axis_title, build_figure, wrap_text
from segmentation.charts.palette import ACCENT, MUTED, STRONG, Theme, choose_text_color
from segmentation.presentation import formatting

_PITCH = 50


def plot_histogram(counts: pd.DataFrame, label: str, unit: str, theme: Theme, *, scaled: bool = False) -> go.Figure:
    """Customers by value; the last bar, hatched, holds everything above where it is open.

    counts: one row per bar: low, high, first, last, customers, is_open. scaled: values have no unit any more.
    """
    fullest = counts.iloc[int(counts["customers"].to_numpy().argmax())]

    def said(value: float) -> str:
        return formatting.format_decimal(value, 1) if scaled else formatting.format_value(value, unit)

    where = "after scaling" if scaled else "as it is"
    words = (
        f"{label} {where}: most customers, {formatting.format_count(fullest['customers'])} of "
        f"{formatting.format_count(counts['customers'].sum())}, lie at "
        f"{_format_range(fullest['first'], fullest['last'], said)}."
    )
    spans = [
        f"from {said(row['first'])} on" if row["is_open"] else _format_range(row["first"], row["last"], said)
        for row in counts.to_dict("records")
    ]
    bars = go.Bar(
        x=((counts["low"] + counts["high"]) / 2).tolist(),
        y=counts["customers"].tolist(),
        customdata=spans,
        width=(0.92 * (counts["high"] - counts["low"])).tolist(),
        marker={"color": ACCENT[theme], "pattern": {"shape": ["/" if flag else "" for flag in counts["is_open"]]}},
        hovertemplate="%{customdata}: %{y:,} customers<extra></extra>",
    )
    fig = build_figure([bars], theme, height=280, alt=words)
    title = "Scaled value" if scaled else build_axis_title(label, unit)
    form = ".0%" if unit == "share" and not scaled else ",~r"
    fig.update_xaxes(title_text=title, showgrid=False, tickformat=form, nticks=6)
    fig.update_yaxes(title_text="Customers", tickformat=",~s", nticks=5)
    return fig


def _format_range(first: float, last: float, said: Callable[[float], str]) -> str:
    return said(first) if first == last else f"{said(first)} to {said(last)}"


def plot_correlations(correlations: pd.DataFrame, labels: Mapping[str, str], theme: Theme) -> go.Figure:
    """Which figures move together (towards 1, orange) or against each other (towards -1, blue).

    correlations: a square frame of -1 to 1, features on both sides; labels: feature -> label. More than eight leave no
    room on a phone for figures in the cells: those stand in the table below.
    """
    values = correlations.to_numpy()
    pairs = values.copy()
    pairs[np.tril_indices(len(pairs))] = np.nan
    names = [labels[name] for name in correlations.columns]
    if np.isfinite(pairs).any():
        row, column = np.unravel_index(np.nanargmax(np.abs(pairs)), pairs.shape)
        words = (
            f"{names[row]} and {names[column].lower()} are the most alike or most opposed pair, "
            f"with {formatting.format_decimal(pairs[row, column])}."
        )
    else:
        words = f"No two of {len(names)} figures can be compared."
    shown = np.where(np.isfinite(values), values, 0.0)
    heat = go.Heatmap(
        z=shown.tolist(),
        zmin=-1,
        zmax=1,
        showscale=False,
        xgap=2,
        ygap=2,
        hoverinfo="skip",
        colorscale=[list(stop) for stop in palette.BELOW_TO_ABOVE[theme]],
    )
    cells = [(row, column) for row in range(len(names)) for column in range(len(names))]
    texts = go.Scatter(
        x=[column for _, column in cells],
        y=[row for row, _ in cells],
        mode="text",
        hoverinfo="skip",
        text=[
            "–" if not np.isfinite(values[cell]) else formatting.format_decimal(round(values[cell], 1) + 0.0, 1)
            for cell in cells
        ],
        textfont={
            "size": 11,
            "color": [choose_text_color(palette.interpolate_color((shown[cell] + 1) / 2, theme)) for cell in cells],
        },
    )
    fig = build_figure(
        [heat, texts] if len(names) <= 8 else [heat], theme, height=30 * len(names) + 190, alt=words, top=10, bottom=8
    )
    ticks = list(range(len(names)))
    fig.update_xaxes(
        side="top",
        tickvals=ticks,
        ticktext=[wrap_text(name, 40) for name in names],
        tickangle=-90,
        showgrid=False,
        ticks="",
    )
    fig.update_yaxes(
        tickvals=ticks,
        ticktext=[wrap_text(name, 18) for name in names],
        autorange="reversed",
        showgrid=False,
        ticks="",
        tickfont={"size": 11},
    )
    return fig


def plot_customer_percentiles(
    features: pd.DataFrame, labels: Mapping[str, str], units: Mapping[str, str], theme: Theme
) -> go.Figure:
    """Where one customer stands among all, one row per figure: the further right, the more customers have less.

    features: one row per figure: feature, value, median, below (share of customers who have less), in_use.
    """
    far = features.iloc[int((features["below"] - 0.5).abs().to_numpy().argmax())]
    words = (
        f"{labels[far['feature']]} stands out most: {formatting.format_value(far['value'], units[far['feature']])}, "
        f"more than {formatting.format_percent(far['below'])} of customers have."
    )
    rows = list(range(len(features)))
    lines = [
        go.Scatter(x=[0, 1], y=[row, row], mode="lines", line={"color": MUTED[theme], "width": 1}, hoverinfo="skip")
        for row in rows
    ]
    points = go.Scatter(
        x=features["below"].tolist(),
        y=rows,
        mode="markers",
        hoverinfo="skip",
        cliponaxis=False,
        marker={
            "size": 13,
            "color": [STRONG[theme] if used else ACCENT[theme] for used in features["in_use"]],
            "symbol": ["diamond" if used else "circle" for used in features["in_use"]],
        },
    )
    middles = go.Scatter(
        x=[0.5] * len(rows),
        y=rows,
        mode="markers",
        hoverinfo="skip",
        marker={"symbol": "line-ns-open", "size": 10, "color": MUTED[theme]},
    )
    fig = build_figure([*lines, middles, points], theme, height=_PITCH * len(features) + 50, alt=words)
    names = [
        f"{labels[row['feature']]}: {formatting.format_value(row['value'], units[row['feature']])} "
        f"(median {formatting.format_value(row['median'], units[row['feature']])})"
        for row in features.to_dict("records")
    ]
    add_row_labels(fig, names, above=8, pitch=_PITCH)
    fig.update_xaxes(
        range=[-0.03, 1.03], showgrid=False, zeroline=False, tickvals=[0, 0.5, 1], ticktext=["least", "middle", "most"]
    )
    return fig


def plot_purchase_days(purchase_days: pd.DataFrame, start: date, end: date, theme: Theme) -> go.Figure:
    """What one customer bought and gave back, by day, from `start` to `end`. found: day, bought, returned (below 0)."""
    best = purchase_days.iloc[int(purchase_days["bought"].to_numpy().argmax())]
    words = (
        f"Bought on {formatting.format_count((purchase_days['bought'] > 0).sum())} days; "
        f"most on {formatting.format_date(best['day'])}, {formatting.format_currency(best['bought'])}."
    )
    dates = purchase_days["day"].dt.strftime("%Y-%m-%d").tolist()
    stems = go.Bar(
        x=dates,
        y=purchase_days["bought"].tolist(),
        marker={"color": ACCENT[theme]},
        name="Bought",
        hovertemplate="%{x}: %{y:,.2f}<extra></extra>",
    )
    back = go.Bar(
        x=dates,
        y=purchase_days["returned"].tolist(),
        marker={"color": STRONG[theme], "pattern": {"shape": "/"}},
        name="Returned",
        hovertemplate="%{x}: %{y:,.2f}<extra></extra>",
    )
    for bar in (stems, back):
        bar.width = 1000 * 86_400 * max(1.0, (end - start).days / 120)  # milliseconds of a day
    traces = [stems, back] if (purchase_days["returned"] < 0).any() else [stems]
    fig = build_figure(traces, theme, height=280, alt=words)
    fig.update_layout(barmode="relative")
    fig.update_xaxes(
        type="date", range=[start.isoformat(), end.isoformat()], showgrid=False, nticks=6, tickformat="%b<br>%Y"
    )
    fig.update_yaxes(title_text="Net sales", tickformat=",~s", nticks=5)
    return fig
