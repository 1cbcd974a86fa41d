"""What all figures share: nothing cut at 375 pixels, names beside what they name, and a text alternative."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

import plotly.graph_objects as go

from segmentation.charts.palette import INK, MUTED, Theme
from segmentation.presentation import formatting, number_format

Figure = go.Figure

ROW_HEIGHT = 58
"""Height of one named row in pixels: a line of text and a bar under it."""


def build_figure(
    traces: Sequence[object], theme: Theme, *, height: int, alt: str, top: int = 16, bottom: int = 44
) -> go.Figure:
    """A figure with the project's layout; `get_alt_text` says the finding in words and is kept in `layout.meta`.

    The page's background shows through; the grid takes the page's own colors.
    """
    if not alt.strip():
        raise ValueError("A chart needs a text alternative.")
    quiet = {"color": MUTED[theme], "size": 12}
    axis = {"fixedrange": True, "automargin": True, "tickfont": quiet, "title": {"font": quiet, "standoff": 18}}
    layout = {  # in one piece: plotly checks every later change anew, which is slow
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
    return go.Figure(traces, layout)


def get_alt_text(fig: go.Figure) -> str:
    """The text alternative of a figure made by `build_figure`."""
    return str(fig.layout.meta["alt"])


def add_row_labels(fig: go.Figure, names: Sequence[str], *, above: int, pitch: int = ROW_HEIGHT) -> None:
    """Write each row's name above it, from the left edge: long names fit a phone and need no legend.

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


def escape_markup(text: str) -> str:
    """Text from data as plain text: plotly would read <b> or <a href> in it as markup.

    >>> escape_markup("<b>Tea & milk</b>")
    '&lt;b&gt;Tea &amp; milk&lt;/b&gt;'
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def wrap_text(text: str, width: int) -> str:
    """Text broken into lines of about `width` characters.

    >>> wrap_text("Days since last order", 11)
    'Days since<br>last order'
    """
    return "<br>".join(textwrap.wrap(escape_markup(text), width, break_long_words=False))


def build_axis(low: float, high: float, unit: str) -> dict[str, object]:
    """Axis settings for values from low to high: a multiplying scale where they span more than a factor of 30.

    The ticks of a multiplying scale are written out (1, 10, 100), never as powers.

    >>> build_axis(1, 500, "orders")["tickvals"]
    [1.0, 10.0, 100.0, 1000.0]
    >>> build_axis(0, 500, "orders")["type"]
    'linear'
    """
    if unit == "share":
        return {"type": "linear", "tickformat": ".0%", "rangemode": "tozero"}
    if low <= 0 or high / low <= 30:
        before, after = _get_currency_affixes() if unit == "money" else ("", "")
        form = ",~r" if high - low < 5 else ",.0f"
        return {
            "type": "linear",
            "tickformat": form,
            "tickprefix": before,
            "ticksuffix": after,
            "rangemode": "tozero",
            "nticks": 6,
        }
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    ticks = [10.0**power for power in range(first, last + 1)]
    return {
        "type": "log",
        "tickvals": ticks,
        "ticktext": [format_tick(value, unit) for value in ticks],
        "range": [math.log10(low) - 0.08, math.log10(high) + 0.08],
        "minor": {"ticks": ""},
    }


def format_tick(value: float, unit: str) -> str:
    """A power of ten, or 0, as a tick says it."""
    text = formatting.format_decimal(value, max(0, -math.floor(math.log10(abs(value)))) if value else 0)
    return number_format.add_currency(text) if unit == "money" else text


def _get_currency_affixes() -> tuple[str, str]:
    """What stands before and after an amount in the current format."""
    before, _, after = number_format.add_currency("0").partition("0")
    return before, after


def build_axis_title(label: str, unit: str) -> str:
    """A feature's label with its unit where the label does not say it already.

    >>> build_axis_title("Days since last order", "days"), build_axis_title("Tenure", "days")
    ('Days since last order', 'Tenure (days)')
    """
    if unit in ("money", "share") or unit.rstrip("s") in label.lower():
        return label
    return f"{label} ({unit})"
