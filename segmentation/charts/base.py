"""What all figures share: nothing cut at 375 pixels, names beside what they name, and a text alternative."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

import plotly.graph_objects as go

from segmentation.presentation import number_format as display
from segmentation.charts.palette import INK, QUIET, Theme

Figure = go.Figure

ROW = 58
"""Height of one named row in pixels: a line of text and a bar under it."""


def figure(
    traces: Sequence[object], theme: Theme, *, height: int, alt: str, top: int = 16, bottom: int = 44
) -> go.Figure:
    """A figure with the project's layout; `alt` says the finding in words and is kept in `layout.meta`.

    The page's background shows through; the grid takes the page's own colours.
    """
    if not alt.strip():
        raise ValueError("A chart needs a text alternative.")
    quiet = {"color": QUIET[theme], "size": 12}
    axis = {"fixedrange": True, "automargin": True, "tickfont": quiet, "title": {"font": quiet, "standoff": 18}}
    layout = {  # in one piece: plotly checks every later change anew, which is slow
        "height": height,
        "margin": {"l": 8, "r": 16, "t": top, "b": bottom},
        "meta": {"alt": alt},
        "showlegend": False,
        "dragmode": False,
        "hovermode": "closest",
        "separators": display.current().decimal + display.current().thousands,
        "font": {"size": 13, "color": INK[theme]},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "xaxis": axis,
        "yaxis": axis,
    }
    return go.Figure(traces, layout)


def alt(fig: go.Figure) -> str:
    """The text alternative of a figure made by `figure`."""
    return str(fig.layout.meta["alt"])


def name_rows(fig: go.Figure, names: Sequence[str], *, above: int, pitch: int = ROW) -> None:
    """Write each row's name above it, from the left edge: long names fit a phone and need no legend.

    above: pixels from the middle of the row to its name; pitch: pixels from row to row.
    """
    for row, name in enumerate(names):
        fig.add_annotation(
            text=escape(name), x=0, xref="paper", xanchor="left", y=row, yref="y", yanchor="bottom", yshift=above,
            showarrow=False, font={"size": 13}, align="left",
        )  # fmt: skip
    top = (above + 20) / pitch
    fig.update_yaxes(showticklabels=False, ticks="", showgrid=False, zeroline=False, range=[len(names) - 0.5, -top])


def escape(text: str) -> str:
    """Text from data as plain text: plotly would read <b> or <a href> in it as markup.

    >>> escape("<b>Tea & milk</b>")
    '&lt;b&gt;Tea &amp; milk&lt;/b&gt;'
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def wrap(text: str, width: int) -> str:
    """Text broken into lines of about `width` characters.

    >>> wrap("Days since last order", 11)
    'Days since<br>last order'
    """
    return "<br>".join(textwrap.wrap(escape(text), width, break_long_words=False))


def sensible_axis(low: float, high: float, unit: str) -> dict[str, object]:
    """Axis settings for values from low to high: a multiplying scale where they span more than a factor of 30.

    The ticks of a multiplying scale are written out (1, 10, 100), never as powers.

    >>> sensible_axis(1, 500, "orders")["tickvals"]
    [1.0, 10.0, 100.0, 1000.0]
    >>> sensible_axis(0, 500, "orders")["type"]
    'linear'
    """
    if unit == "share":
        return {"type": "linear", "tickformat": ".0%", "rangemode": "tozero"}
    if low <= 0 or high / low <= 30:
        before, after = _around_amounts() if unit == "money" else ("", "")
        form = ",~r" if high - low < 5 else ",.0f"
        return {
            "type": "linear", "tickformat": form, "tickprefix": before, "ticksuffix": after,
            "rangemode": "tozero", "nticks": 6,
        }  # fmt: skip
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    ticks = [10.0**power for power in range(first, last + 1)]
    return {
        "type": "log",
        "tickvals": ticks,
        "ticktext": [tick(value, unit) for value in ticks],
        "range": [math.log10(low) - 0.08, math.log10(high) + 0.08],
        "minor": {"ticks": ""},
    }


def tick(value: float, unit: str) -> str:
    """A power of ten, or 0, as a tick says it."""
    text = display.fixed(value, max(0, -math.floor(math.log10(abs(value)))) if value else 0)
    return display.money(text) if unit == "money" else text


def _around_amounts() -> tuple[str, str]:
    """What stands before and after an amount in the current format."""
    before, _, after = display.money("0").partition("0")
    return before, after


def axis_title(label: str, unit: str) -> str:
    """A feature's label with its unit where the label does not say it already.

    >>> axis_title("Days since last order", "days"), axis_title("Tenure", "days"), axis_title("Money spent", "money")
    ('Days since last order', 'Tenure (days)', 'Money spent')
    """
    if unit in ("money", "share") or unit.rstrip("s") in label.lower():
        return label
    return f"{label} ({unit})"
