"""Charts of sales over time and of their concentration on customers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from segmentation.charts.base import build_figure
from segmentation.charts.palette import ACCENT, MUTED, STRONG, Theme
from segmentation.presentation import formatting

_HEIGHT = 300


def plot_over_time(periods: pd.DataFrame, column: str, label: str, unit: str, theme: Theme) -> go.Figure:
    """One bar per week or month; partial periods are hatched.

    periods: one row per period, in order: period (its first day), is_complete and `column`. unit: week or month.
    """
    values = periods[column]
    bars = _build_bars(periods, values, label, unit, ACCENT[theme])
    fig = build_figure([bars], theme, height=_HEIGHT, alt=_build_alt_text(periods, values, label, unit))
    return _format_time_axis(fig, periods, unit)


def plot_new_and_returning(periods: pd.DataFrame, unit: str, theme: Theme) -> go.Figure:
    """Returning and new customers of each period, stacked.

    periods: as for `plot_over_time`, with returning_customers and new_customers.
    """
    new, returning = periods["new_customers"], periods["returning_customers"]
    last = int(np.flatnonzero(periods["is_complete"])[-1]) if periods["is_complete"].any() else len(periods) - 1
    alt_text = (
        f"In {_format_period(periods['period'].iloc[last], unit)} "
        f"{formatting.format_count(returning.iloc[last])} customers ordered again "
        f"and {formatting.format_count(new.iloc[last])} for the first time."
    )
    fig = build_figure(
        [
            _build_bars(periods, returning, "Returning", unit, MUTED[theme]),
            _build_bars(periods, new, "New", unit, STRONG[theme]),
        ],
        theme,
        height=_HEIGHT + 30,
        alt=alt_text,
        bottom=74,
    )
    fig.update_layout(
        barmode="stack",
        showlegend=True,
        legend={
            "orientation": "h",
            "yref": "container",
            "y": 0,
            "yanchor": "bottom",
            "x": 0,
            "traceorder": "reversed",
            "itemclick": False,
            "itemdoubleclick": False,
        },
    )
    return _format_time_axis(fig, periods, unit)


def plot_concentration(
    curve: pd.DataFrame, share: float, customers: int, theme: Theme, threshold: float = 0.8
) -> go.Figure:
    """Lorenz curve of sales: cumulative share of sales by share of customers, largest first.

    curve: share_of_customers and share_of_sales, 0 to 1. share: of the customers who account for `threshold` of sales.
    """
    alt_text = (
        f"{formatting.format_percent(share)} of customers ({formatting.format_count(customers)}) "
        f"account for {formatting.format_percent(threshold)} of sales; "
        f"the largest tenth accounts for {formatting.format_percent(_interpolate_share(curve, 0.1))}."
    )
    line = go.Scatter(
        x=curve["share_of_customers"].tolist(),
        y=curve["share_of_sales"].tolist(),
        mode="lines",
        line={"color": ACCENT[theme], "width": 2.5},
        hovertemplate="%{x:.0%} of customers: %{y:.0%} of sales<extra></extra>",
    )
    even = go.Scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": MUTED[theme], "width": 1, "dash": "dot"}, hoverinfo="skip"
    )
    point = go.Scatter(
        x=[share],
        y=[threshold],
        mode="markers",
        marker={"size": 13, "symbol": "diamond", "color": STRONG[theme]},
        hoverinfo="skip",
    )
    fig = build_figure([even, line, point], theme, height=340, alt=alt_text)
    for x0, y0 in ((share, 0.0), (0.0, threshold)):
        fig.add_shape(
            type="line", x0=x0, y0=y0, x1=share, y1=threshold, line={"color": STRONG[theme], "width": 1, "dash": "dot"}
        )
    fig.add_annotation(
        text=(
            f"<b>{formatting.format_percent(share)} of customers:<br>"
            f"{formatting.format_percent(threshold)} of sales</b>"
        ),
        x=share,
        y=threshold,
        showarrow=False,
        xanchor="left",
        yanchor="top",
        xshift=14,
        yshift=-4,
        align="left",
        font={"color": STRONG[theme]},
    )
    fig.add_annotation(
        text="equal spend",
        x=0.62,
        y=0.55,
        showarrow=False,
        xanchor="left",
        yanchor="top",
        font={"color": MUTED[theme], "size": 12},
    )
    fig.update_xaxes(title_text="Customers, the largest first", tickformat=".0%", range=[0, 1], nticks=6)
    highest = max(1.0, float(curve["share_of_sales"].max()))
    fig.update_yaxes(title_text="Share of sales", tickformat=".0%", range=[0, highest * 1.04], nticks=6)
    return fig


def _build_bars(periods: pd.DataFrame, values: pd.Series, label: str, unit: str, fill: str) -> go.Bar:
    when = [_format_period(day, unit) for day in periods["period"]]
    return go.Bar(
        x=periods["period"].dt.strftime("%Y-%m-%d").tolist(),
        y=values.tolist(),
        name=label,
        customdata=when,
        marker={"color": fill, "pattern": {"shape": ["" if complete else "/" for complete in periods["is_complete"]]}},
        hovertemplate="%{customdata}: %{y:,.0f}<extra></extra>",
    )


def _format_time_axis(fig: go.Figure, periods: pd.DataFrame, unit: str) -> go.Figure:
    fig.update_layout(bargap=0.25)
    step = max(1, -(-len(periods) // 6))
    shown = periods["period"].iloc[::step]
    fig.update_xaxes(
        showgrid=False,
        tickvals=shown.dt.strftime("%Y-%m-%d").tolist(),
        ticktext=[f"{day.day} {day:%b}" if unit == "week" else f"{day:%b}<br>{day:%Y}" for day in shown],
    )
    fig.update_yaxes(tickformat=",~s", nticks=5, rangemode="tozero")
    return fig


def _build_alt_text(periods: pd.DataFrame, values: pd.Series, label: str, unit: str) -> str:
    is_complete = periods["is_complete"].to_numpy()
    positions = np.flatnonzero(is_complete) if is_complete.any() else np.arange(len(periods))
    amounts = values.to_numpy(float)[positions]
    high, low = int(amounts.argmax()), int(amounts.argmin())
    when = [_format_period(day, unit) for day in periods["period"].iloc[positions]]
    return (
        f"{label} by {unit}: most in {when[high]} ({formatting.format_count(amounts[high])}), "
        f"least in {when[low]} ({formatting.format_count(amounts[low])})."
    )


def _format_period(day: pd.Timestamp, unit: str) -> str:
    return f"{day:%B %Y}" if unit == "month" else f"the week of {formatting.format_date(day)}"


def _interpolate_share(curve: pd.DataFrame, part: float) -> float:
    return float(np.interp(part, curve["share_of_customers"], curve["share_of_sales"]))
