"""Charts of a forecast: net sales by segment with ranges, past forecasts, and calibration by decile."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from segmentation.charts.base import add_row_labels, build_axis, build_figure, move_legend_below
from segmentation.charts.palette import ACCENT, MUTED, STRONG, Theme, get_color
from segmentation.presentation import formatting

_PITCH = 82


def plot_expected_sales(rows: pd.DataFrame, theme: Theme) -> go.Figure:
    """Net sales of the last period and expected ones with their range, two bars for each segment.

    rows: one per segment: segment_name, color, last_period, expected, low, high (NaN: unknown).
    """
    largest = rows.iloc[int(rows["expected"].argmax())]
    alt = (
        f"{largest['segment_name']} is expected to bring in the most, "
        f"{formatting.format_rounded_currency(largest['expected'])}; in the last period it brought in "
        f"{formatting.format_rounded_currency(largest['last_period'])}."
    )
    y = np.arange(len(rows))
    whiskers = {
        "type": "data",
        "symmetric": False,
        "array": (rows["high"] - rows["expected"]).fillna(0).tolist(),
        "arrayminus": (rows["expected"] - rows["low"]).fillna(0).tolist(),
        "color": STRONG[theme],
        "thickness": 1.5,
        "width": 5,
    }
    bars = [
        go.Bar(
            x=rows[column].tolist(),
            y=(y + offset).tolist(),
            orientation="h",
            width=0.25,
            name=name,
            marker={"color": color, "pattern": {"shape": pattern, "fillmode": "overlay", "size": 5}},
            customdata=[formatting.format_rounded_currency(value) for value in rows[column]],
            hovertemplate=f"{name}: %{{customdata}}<extra></extra>",
            **({"error_x": whiskers} if column == "expected" else {}),
        )
        for column, offset, name, color, pattern in (
            ("last_period", -0.02, "Last period", MUTED[theme], "/"),
            ("expected", 0.27, "Expected, with 90 % range", [get_color(c, theme) for c in rows["color"]], ""),
        )
    ]
    fig = build_figure(bars, theme, height=_PITCH * len(rows) + 110, alt=alt)
    fig.update_layout(barmode="overlay")
    fig.update_xaxes(**build_axis(0, float(rows[["expected", "last_period", "high"]].max().max()), "money"))
    add_row_labels(fig, rows["segment_name"].tolist(), above=13, pitch=_PITCH)
    return fig


def plot_past_forecasts(days: Sequence[date], rows: pd.DataFrame, theme: Theme) -> go.Figure:
    """What was forecast from past days, what the last period repeated would have said, and what happened.

    Args:
        days: the origins, ascending.
        rows: one per origin: forecast, last_period, actual.
        theme: light or dark.
    """
    forecast, actual = (formatting.format_rounded_currency(rows[name].iloc[-1]) for name in ("forecast", "actual"))
    alt = f"On {formatting.format_date(days[-1])} the forecast was {forecast}; the actual amount was {actual}."
    lines = [
        go.Scatter(
            x=list(days),
            y=rows[column].tolist(),
            name=name,
            mode="lines+markers",
            line={"color": color, "dash": dash, "width": 2},
            marker={"symbol": symbol, "size": 7},
            customdata=[formatting.format_rounded_currency(value) for value in rows[column]],
            hovertemplate=f"%{{x|%B %-d, %Y}}, {name.lower()}: %{{customdata}}<extra></extra>",
        )
        for column, name, color, dash, symbol in (
            ("actual", "Actual", STRONG[theme], "solid", "circle"),
            ("forecast", "Forecast", ACCENT[theme], "solid", "square"),
            ("last_period", "Last period repeated", MUTED[theme], "dot", "x"),
        )
    ]
    fig = build_figure(lines, theme, height=360, alt=alt)
    fig.update_yaxes(**build_axis(0, float(rows.max().max()), "money") | {"rangemode": "normal"})
    move_legend_below(fig, len(lines))
    return fig


def plot_calibration(deciles: pd.DataFrame, theme: Theme) -> go.Figure:
    """Mean expected and actual net sales per customer by decile of the expected ones.

    deciles: decile (1: highest), expected, actual.
    """
    first = deciles.iloc[0]
    alt = (
        f"The tenth of customers with the highest forecast was expected to spend "
        f"{formatting.format_rounded_currency(first['expected'])} each, and spent "
        f"{formatting.format_rounded_currency(first['actual'])}."
    )
    bars = [
        go.Bar(
            x=deciles["decile"].tolist(),
            y=deciles[column].tolist(),
            name=name,
            marker={"color": color, "pattern": {"shape": pattern, "fillmode": "overlay", "size": 5}},
            customdata=[formatting.format_rounded_currency(value) for value in deciles[column]],
            hovertemplate=f"{name}: %{{customdata}}<extra></extra>",
        )
        for column, name, color, pattern in (
            ("expected", "Expected", ACCENT[theme], ""),
            ("actual", "Actual", MUTED[theme], "/"),
        )
    ]
    fig = build_figure(bars, theme, height=340, alt=alt)
    fig.update_layout(barmode="group")
    fig.update_xaxes(title_text="Tenth of customers, highest forecast first", dtick=1)
    fig.update_yaxes(**build_axis(0, float(deciles[["expected", "actual"]].max().max()), "money"))
    move_legend_below(fig, len(bars))
    return fig
