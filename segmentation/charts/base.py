"""Layout shared by all figures: readable at 375 pixels, labels next to the data, and a text alternative."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import plotly.graph_objects as go

from segmentation.charts.palette import BELOW_TO_ABOVE, INK, MUTED, Theme, choose_text_color, interpolate_color
from segmentation.presentation import formatting, number_format

ROW_HEIGHT = 58
"""Height of one labeled row in pixels: a line of text and a bar below it."""
PERCENT_AXIS: dict[str, object] = {
    "tickformat": ",~r",
    "hoverformat": ",.1~f",
    "ticksuffix": number_format.add_percent_sign(""),
}
"""Axis settings for shares in percent (0 to 100): "14 %", as in texts. The percent formats of D3 have no space."""
_COMPACT_FROM = 10_000
"""Amounts from which tick labels are abbreviated: 20k, 1.5M."""


class Figure(go.Figure):  # type: ignore[misc]  # Plotly has no types
    """A Plotly figure that can be shared by everyone who sees it."""

    def freeze(self) -> Self:
        """Convert the figure for the browser now rather than at each display; later changes have no effect.

        Plotly copies and encodes a figure each time it is displayed, which takes longer than sending it.
        """
        self._frozen = self.to_dict()
        return self

    def to_dict(self) -> dict[str, Any]:
        """The figure as plain values; those of a frozen figure are shared and must not be modified."""
        frozen: dict[str, Any] | None = self.__dict__.get("_frozen")
        return super().to_dict() if frozen is None else frozen


def build_figure(
    traces: Sequence[object], theme: Theme, *, height: int, alt: str, top: int = 16, bottom: int = 44
) -> Figure:
    """Build a figure with the common layout; `alt` states the finding in words and is stored in `layout.meta`.

    The background is transparent; grid colors are those of the page.
    """
    if not alt.strip():
        raise ValueError("A chart needs a text alternative.")
    tick_font = {"color": MUTED[theme], "size": 12}
    axis = {"fixedrange": True, "automargin": True, "tickfont": tick_font, "title": {"font": tick_font, "standoff": 18}}
    layout = {  # set at once: Plotly validates every later update again, which is slow
        "height": height,
        "margin": {"l": 8, "r": 16, "t": top, "b": bottom},
        "meta": {"alt": alt},
        "showlegend": False,
        "dragmode": False,
        "hovermode": "closest",
        "separators": number_format.get_number_format().decimal_separator
        + number_format.get_number_format().thousands_separator,
        "font": {"size": 13, "color": INK[theme]},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "xaxis": axis,
        "yaxis": axis,
    }
    return Figure(traces, layout)


def build_row_bars(lengths: Sequence[float], texts: Sequence[str], colors: str | Sequence[str]) -> go.Bar:
    """Build a thin horizontal bar for each row of `add_row_labels`, with a text at its end."""
    return go.Bar(
        x=list(lengths),
        y=list(range(len(lengths))),
        orientation="h",
        width=0.3,
        marker={"color": colors},
        text=list(texts),
        textposition="outside",
        cliponaxis=False,
        hoverinfo="skip",
    )


def build_heatmap(shades: np.ndarray, limit: float, theme: Theme, *, row_gap: int) -> go.Heatmap:
    """Build the colored cells of a table, (rows, columns), from -`limit` to `limit`."""
    return go.Heatmap(
        z=shades.tolist(),
        zmin=-limit,
        zmax=limit,
        showscale=False,
        xgap=2,
        ygap=row_gap,
        hoverinfo="skip",
        colorscale=[list(stop) for stop in BELOW_TO_ABOVE[theme]],
    )


def build_heatmap_texts(
    texts: Sequence[Sequence[str]], shades: np.ndarray, limit: float, theme: Theme, *, size: int
) -> go.Scatter:
    """Build the texts in the cells of `build_heatmap`, (rows, columns), in the color that is readable on each cell."""
    cells = list(np.ndindex(shades.shape))
    fills = [interpolate_color((float(shades[cell]) + limit) / (2 * limit), theme) for cell in cells]
    return go.Scatter(
        x=[column for _, column in cells],
        y=[row for row, _ in cells],
        mode="text",
        hoverinfo="skip",
        text=[text for row in texts for text in row],
        textfont={"size": size, "color": [choose_text_color(fill) for fill in fills]},
    )


def get_alt_text(fig: go.Figure) -> str:
    """The text alternative of a figure made by `build_figure`."""
    return str(fig.layout.meta["alt"])


def add_row_labels(fig: go.Figure, names: Sequence[str], *, above: int, pitch: int = ROW_HEIGHT) -> None:
    """Label each row above its bar, left-aligned: long names fit on a phone and need no legend.

    above: pixels from the middle of the row to its name; pitch: pixels from row to row.
    """
    for row, name in enumerate(names):
        fig.add_annotation(
            text=escape_markup(name),
            x=0,
            xref="paper",
            xanchor="left",
            y=row,
            yref="y",
            yanchor="bottom",
            yshift=above,
            showarrow=False,
            font={"size": 13},
            align="left",
        )
    top = (above + 20) / pitch
    fig.update_yaxes(showticklabels=False, ticks="", showgrid=False, zeroline=False, range=[len(names) - 0.5, -top])


def move_legend_below(fig: go.Figure, entries: int, **legend: str) -> None:
    """Show the legend under the figure, one line per entry; `legend`: further settings of it."""
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
            **legend,
        },
        margin_b=70 + 22 * entries,
    )


def escape_markup(text: str) -> str:
    """Escape text from data: Plotly would interpret <b> or <a href> as markup.

    >>> escape_markup("<b>Tea & milk</b>")
    '&lt;b&gt;Tea &amp; milk&lt;/b&gt;'
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def wrap_text(text: str, width: int) -> str:
    """Wrap text to lines of about `width` characters.

    >>> wrap_text("Days since last order", 11)
    'Days since<br>last order'
    """
    return "<br>".join(textwrap.wrap(escape_markup(text), width, break_long_words=False))


def build_axis(low: float, high: float, unit: str) -> dict[str, object]:
    """Axis settings for values from low to high: a log scale if they span more than a factor of 30.

    Ticks of a log scale are written out (1, 10, 100), never as powers. An axis of shares is linear and in percent:
    multiply the values by `get_axis_factor`.

    >>> build_axis(1, 500, "orders")["tickvals"]
    [1.0, 10.0, 100.0, 1000.0]
    >>> build_axis(0, 500, "orders")["type"]
    'linear'
    """
    if unit == "share" or low <= 0 or high / low <= 30:
        return build_linear_axis(high - low, unit)
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    ticks = [10.0**power for power in range(first, last + 1)]
    return {
        "type": "log",
        "tickvals": ticks,
        "ticktext": [format_tick(value, unit) for value in ticks],
        "range": [math.log10(low) - 0.08, math.log10(high) + 0.08],
        "minor": {"ticks": ""},
    }


def build_linear_axis(span: float, unit: str) -> dict[str, object]:
    """Settings of a linear axis for values that lie within `span`; shares in percent, as for `build_axis`."""
    axis = {"type": "linear", "rangemode": "tozero", "nticks": 6}
    if unit == "share":
        return axis | PERCENT_AXIS
    before, after = _get_currency_affixes() if unit == "money" else ("", "")
    return {**axis, "tickformat": ",~r" if span < 5 else ",.0f", "tickprefix": before, "ticksuffix": after}


def get_axis_factor(unit: str) -> int:
    """What values are multiplied by on an axis of `build_axis`: shares are shown in percent."""
    return 100 if unit == "share" else 1


def build_compact_axis(highest: float, unit: str = "") -> dict[str, object]:
    """Settings of a value axis beside bars or lines: few ticks from 0, abbreviated from 10,000 on.

    Args:
        highest: largest value. Counts below 5 have whole ticks only.
        unit: "money" adds the currency symbol of the current number format.

    >>> build_compact_axis(4_000_000)["tickformat"], build_compact_axis(2_500)["tickformat"]
    (',~s', ',.0f')
    >>> build_compact_axis(3)["dtick"]
    1
    """
    before, after = _get_currency_affixes() if unit == "money" else ("", "")
    axis = {"rangemode": "tozero", "nticks": 5, "tickprefix": before, "ticksuffix": after}
    if highest >= _COMPACT_FROM:
        return {**axis, "tickformat": ",~s"}
    if highest >= 5:
        return {**axis, "tickformat": ",.0f"}
    return {**axis, "tickformat": ",~r"} if unit == "money" else {**axis, "tickformat": ",.0f", "dtick": 1}


def format_tick(value: float, unit: str) -> str:
    """Format a power of ten, or 0, as a tick label."""
    text = formatting.format_decimal(value, max(0, -math.floor(math.log10(abs(value)))) if value else 0)
    return number_format.add_currency(text) if unit == "money" else text


def _get_currency_affixes() -> tuple[str, str]:
    """Prefix and suffix of an amount in the current number format."""
    before, _, after = number_format.add_currency("0").partition("0")
    return before, after


def build_axis_title(label: str, unit: str) -> str:
    """A feature's label, with its unit unless the label contains it.

    >>> build_axis_title("Days since last order", "days"), build_axis_title("Tenure", "days")
    ('Days since last order', 'Tenure (days)')
    """
    if unit in ("money", "share") or unit.rstrip("s") in label.lower():
        return label
    return f"{label} ({unit})"
