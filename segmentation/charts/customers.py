"""Customer charts: histograms, correlations, and one customer among all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from segmentation.charts.base import (
    add_row_labels,
    build_axis_title,
    build_compact_axis,
    build_figure,
    build_heatmap,
    build_heatmap_texts,
    build_linear_axis,
    get_axis_factor,
    wrap_text,
)
from segmentation.charts.palette import ACCENT, MUTED, STRONG, Theme
from segmentation.presentation import formatting

_PITCH = 50


def plot_histogram(counts: pd.DataFrame, label: str, unit: str, theme: Theme, *, scaled: bool = False) -> go.Figure:
    """Histogram of a feature; a hatched last bar includes all higher values.

    Args:
        counts: one row per bar: low, high, first, last, customers, is_open.
        label, unit: of the feature.
        theme: light or dark.
        scaled: the values are scaled and have no unit.
    """
    fullest = counts.iloc[int(counts["customers"].to_numpy().argmax())]

    def format_bound(value: float) -> str:
        return formatting.format_decimal(value, 1) if scaled else formatting.format_value(value, unit)

    where = "after scaling" if scaled else "before scaling"
    alt_text = (
        f"{label} {where}: the highest bar, {formatting.format_count(fullest['customers'])} of "
        f"{formatting.format_count(counts['customers'].sum())} customers, is at "
        f"{_format_range(fullest['first'], fullest['last'], format_bound)}."
    )
    spans = [
        f"from {format_bound(row['first'])} on"
        if row["is_open"]
        else _format_range(row["first"], row["last"], format_bound)
        for row in counts.to_dict("records")
    ]
    axis_unit = "" if scaled else unit
    factor = get_axis_factor(axis_unit)
    bars = go.Bar(
        x=(factor * (counts["low"] + counts["high"]) / 2).tolist(),
        y=counts["customers"].tolist(),
        customdata=spans,
        width=(factor * 0.92 * (counts["high"] - counts["low"])).tolist(),
        marker={"color": ACCENT[theme], "pattern": {"shape": ["/" if flag else "" for flag in counts["is_open"]]}},
        hovertemplate="%{customdata}: %{y:,} customers<extra></extra>",
    )
    fig = build_figure([bars], theme, height=280, alt=alt_text)
    title = "Scaled value" if scaled else build_axis_title(label, unit)
    axis = build_linear_axis(float(counts["high"].max() - counts["low"].min()), axis_unit)
    fig.update_xaxes(title_text=title, showgrid=False, **axis | {"rangemode": "normal"})
    fig.update_yaxes(title_text="Customers", **build_compact_axis(float(counts["customers"].max())))
    return fig


def _format_range(first: float, last: float, format_bound: Callable[[float], str]) -> str:
    return format_bound(first) if first == last else f"{format_bound(first)} to {format_bound(last)}"


def plot_correlations(correlations: pd.DataFrame, labels: Mapping[str, str], theme: Theme) -> go.Figure:
    """Heat map of correlations: positive in orange, negative in blue.

    With more than eight features, cells have no text, which would not fit on a phone; the table below has the values.

    Args:
        correlations: square frame, -1 to 1, features on both sides.
        labels: feature -> label.
        theme: light or dark.
    """
    values = correlations.to_numpy()
    pairs = values.copy()
    pairs[np.tril_indices(len(pairs))] = np.nan
    names = [labels[name] for name in correlations.columns]
    if np.isfinite(pairs).any():
        row, column = np.unravel_index(np.nanargmax(np.abs(pairs)), pairs.shape)
        alt_text = (
            f"Strongest correlation: {names[row]} and {names[column].lower()}, "
            f"{formatting.format_decimal(pairs[row, column])}."
        )
    else:
        alt_text = f"No two of {len(names)} features can be compared."
    shown = np.where(np.isfinite(values), values, 0.0)
    heat = build_heatmap(shown, 1, theme, row_gap=2)
    numbers = [
        [formatting.format_decimal(round(value, 1) + 0.0, 1) if np.isfinite(value) else "–" for value in row]
        for row in values
    ]
    texts = build_heatmap_texts(numbers, shown, 1, theme, size=11)
    fig = build_figure(
        [heat, texts] if len(names) <= 8 else [heat],
        theme,
        height=30 * len(names) + 190,
        alt=alt_text,
        top=10,
        bottom=8,
    )
    ticks = list(range(len(names)))
    fig.update_xaxes(
        side="top",
        tickvals=ticks,
        ticktext=[wrap_text(name, 40) for name in names],
        tickangle=-90,
        showgrid=False,
        ticks="",
        tickfont={"size": 12 if len(names) <= 12 else 9},  # else labels touch on a phone
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
    """Percentiles of one customer, one row per feature.

    Args:
        features: one row per feature: feature, value, median, below (share of customers with a lower value), in_use.
        labels, units: by feature.
        theme: light or dark.
    """
    extreme = features.iloc[int((features["below"] - 0.5).abs().to_numpy().argmax())]
    alt_text = (
        f"{labels[extreme['feature']]} stands out most: "
        f"{formatting.format_value(extreme['value'], units[extreme['feature']])}, "
        f"higher than for {formatting.format_percent(extreme['below'])} of customers."
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
    medians = go.Scatter(
        x=[0.5] * len(rows),
        y=rows,
        mode="markers",
        hoverinfo="skip",
        marker={"symbol": "line-ns-open", "size": 10, "color": MUTED[theme]},
    )
    fig = build_figure([*lines, medians, points], theme, height=_PITCH * len(features) + 50, alt=alt_text)
    names = [
        f"{labels[row['feature']]}: {formatting.format_value(row['value'], units[row['feature']])} "
        f"(median {formatting.format_value(row['median'], units[row['feature']])})"
        for row in features.to_dict("records")
    ]
    add_row_labels(fig, names, above=8, pitch=_PITCH)
    fig.update_xaxes(
        range=[-0.03, 1.03],
        showgrid=False,
        zeroline=False,
        tickvals=[0, 0.5, 1],
        ticktext=["lowest", "median", "highest"],
    )
    return fig


def plot_purchase_days(purchase_days: pd.DataFrame, start: date, end: date, theme: Theme) -> go.Figure:
    """Purchases and returns of one customer by day.

    Args:
        purchase_days: day, bought, returned (negative), in money.
        start, end: range of the time axis.
        theme: light or dark.
    """
    best = purchase_days.iloc[int(purchase_days["bought"].to_numpy().argmax())]
    alt_text = (
        f"Bought on {formatting.format_count((purchase_days['bought'] > 0).sum())} days; "
        f"most on {formatting.format_date(best['day'])}, {formatting.format_currency(best['bought'])}."
    )
    dates = purchase_days["day"].dt.strftime("%Y-%m-%d").tolist()
    purchases = go.Bar(
        x=dates,
        y=purchase_days["bought"].tolist(),
        marker={"color": ACCENT[theme]},
        name="Bought",
        customdata=_describe_days(purchase_days, "bought"),
        hovertemplate="%{customdata}<extra></extra>",
    )
    returns = go.Bar(
        x=dates,
        y=purchase_days["returned"].tolist(),
        marker={"color": STRONG[theme], "pattern": {"shape": "/"}},
        name="Returned",
        customdata=_describe_days(purchase_days, "returned"),
        hovertemplate="%{customdata}<extra></extra>",
    )
    for bar in (purchases, returns):
        bar.width = 1000 * 86_400 * max(1.0, (end - start).days / 120)  # milliseconds of a day
    traces = [purchases, returns] if (purchase_days["returned"] < 0).any() else [purchases]
    fig = build_figure(traces, theme, height=280, alt=alt_text)
    fig.update_layout(barmode="relative")
    fig.update_xaxes(
        type="date", range=[start.isoformat(), end.isoformat()], showgrid=False, nticks=6, tickformat="%b<br>%Y"
    )
    highest = float(purchase_days[["bought", "returned"]].abs().to_numpy().max())
    fig.update_yaxes(title_text="Net sales", **build_compact_axis(highest, "money"))
    return fig


def _describe_days(purchase_days: pd.DataFrame, column: str) -> list[str]:
    """What was bought or returned on each day, as shown on hover."""
    return [
        f"{formatting.format_date(day)}: {formatting.format_amount(amount)} {column}"
        for day, amount in zip(purchase_days["day"], purchase_days[column].tolist(), strict=True)
    ]
