"""Charts of sales over time and of their concentration on customers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from segmentation.charts.base import PERCENT_AXIS, build_compact_axis, build_figure
from segmentation.charts.palette import ACCENT, MUTED, STRONG, Theme
from segmentation.presentation import formatting
from segmentation.presentation.number_format import add_percent_sign

_HEIGHT = 300


def plot_over_time(periods: pd.DataFrame, column: str, label: str, unit: str, theme: Theme) -> go.Figure:
    """One bar per week or month; partial periods are hatched.

    periods: one row per period, in order: period (its first day), is_complete and `column`. unit: week or month.
    """
    values = periods[column]
    is_money = column == "net_sales"
    format_value = formatting.format_rounded_currency if is_money else formatting.format_count
    alt_text = _build_alt_text(periods, values, label, unit, format_value)
    bars = _build_bars(periods, label, unit, ACCENT[theme], values, [format_value(value) for value in values])
    fig = build_figure([bars], theme, height=_HEIGHT, alt=alt_text)
    return _format_axes(fig, periods, unit, float(values.max()), "money" if is_money else "")


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
            _build_bars(periods, name, unit, fill, values, [f"{formatting.format_count(n)} {text}" for n in values])
            for name, text, fill, values in (
                ("Returning", "returning", MUTED[theme], returning),
                ("New", "new", STRONG[theme], new),
            )
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
    return _format_axes(fig, periods, unit, float((new + returning).max()))


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
        x=(100 * curve["share_of_customers"]).tolist(),
        y=(100 * curve["share_of_sales"]).tolist(),
        mode="lines",
        line={"color": ACCENT[theme], "width": 2.5},
        hovertemplate=f"{add_percent_sign('%{x:.0f}')} of customers: {add_percent_sign('%{y:.0f}')} of sales"
        "<extra></extra>",
    )
    even = go.Scatter(
        x=[0, 100],
        y=[0, 100],
        mode="lines",
        line={"color": MUTED[theme], "width": 1, "dash": "dot"},
        hoverinfo="skip",
    )
    x, y = 100 * share, 100 * threshold
    point = go.Scatter(
        x=[x],
        y=[y],
        mode="markers",
        marker={"size": 13, "symbol": "diamond", "color": STRONG[theme]},
        hoverinfo="skip",
    )
    fig = build_figure([even, line, point], theme, height=340, alt=alt_text)
    for x0, y0 in ((x, 0.0), (0.0, y)):
        fig.add_shape(type="line", x0=x0, y0=y0, x1=x, y1=y, line={"color": STRONG[theme], "width": 1, "dash": "dot"})
    fig.add_annotation(
        text=(
            f"<b>{formatting.format_percent(share)} of customers:<br>"
            f"{formatting.format_percent(threshold)} of sales</b>"
        ),
        x=x,
        y=y,
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
        x=62,
        y=55,
        showarrow=False,
        xanchor="left",
        yanchor="top",
        font={"color": MUTED[theme], "size": 12},
    )
    fig.update_xaxes(title_text="Customers, the largest first", range=[0, 100], nticks=6, **PERCENT_AXIS)
    highest = 100 * max(1.0, float(curve["share_of_sales"].max()))
    fig.update_yaxes(title_text="Share of sales", range=[0, highest * 1.04], nticks=6, **PERCENT_AXIS)
    return fig


def _build_bars(
    periods: pd.DataFrame, label: str, unit: str, fill: str, values: pd.Series, texts: Sequence[str]
) -> go.Bar:
    """Bars of one value per period; `texts`: the values as shown on hover."""
    when = [_format_period(day, unit) for day in periods["period"]]
    return go.Bar(
        x=periods["period"].dt.strftime("%Y-%m-%d").tolist(),
        y=values.tolist(),
        name=label,
        customdata=[f"{day[0].upper()}{day[1:]}: {text}" for day, text in zip(when, texts, strict=True)],
        marker={"color": fill, "pattern": {"shape": ["" if complete else "/" for complete in periods["is_complete"]]}},
        hovertemplate="%{customdata}<extra></extra>",
    )


def _format_axes(fig: go.Figure, periods: pd.DataFrame, unit: str, highest: float, value_unit: str = "") -> go.Figure:
    fig.update_layout(bargap=0.25)
    step = max(1, -(-len(periods) // 6))
    shown = periods["period"].iloc[::step]
    fig.update_xaxes(
        showgrid=False,
        tickvals=shown.dt.strftime("%Y-%m-%d").tolist(),
        ticktext=[f"{day:%b} {day.day}" if unit == "week" else f"{day:%b}<br>{day:%Y}" for day in shown],
    )
    fig.update_yaxes(**build_compact_axis(highest, value_unit))
    return fig


def _build_alt_text(
    periods: pd.DataFrame, values: pd.Series, label: str, unit: str, format_value: Callable[[float], str]
) -> str:
    is_complete = periods["is_complete"].to_numpy()
    positions = np.flatnonzero(is_complete) if is_complete.any() else np.arange(len(periods))
    amounts = values.to_numpy(float)[positions]
    high, low = int(amounts.argmax()), int(amounts.argmin())
    when = [_format_period(day, unit) for day in periods["period"].iloc[positions]]
    return (
        f"{label} by {unit}: most in {when[high]} ({format_value(amounts[high])}), "
        f"least in {when[low]} ({format_value(amounts[low])})."
    )


def _format_period(day: pd.Timestamp, unit: str) -> str:
    return f"{day:%B %Y}" if unit == "month" else f"the week of {formatting.format_date(day)}"


def _interpolate_share(curve: pd.DataFrame, part: float) -> float:
    return float(np.interp(part, curve["share_of_customers"], curve["share_of_sales"]))
