"""Charts of the report without scripts: bars as HTML, a line over k as SVG. All text is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import ceil, floor, isfinite, log10

from segmentation.presentation import formatting

_WIDE, _HIGH = 360, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 12, 30, 40


def draw_bar(share: float, label: str, style: str) -> str:
    """A bar of the length of a share (0..1) with its value. style: a CSS class."""
    width = min(max(share, 0.0), 1.0) * 70 if isfinite(share) else 0.0
    return (
        f'<div class="bar"><span class="{escape(style)}" style="width:{width:.2f}%"></span>'
        f"<b>{formatting.format_percent(share)}</b> {escape(label)}</div>"
    )


def draw_line(points: Sequence[tuple[int, float]], marked: int, places: int, alt_text: str) -> str:
    """A line over k with one k marked and its value written out; "" for fewer than two finite points.

    Args:
        points: (k, value); values that are not finite are skipped.
        marked: the k to mark.
        places: decimals of the values.
        alt_text: text alternative.
    """
    known = [(k, value) for k, value in points if isfinite(value)]
    if len(known) < 2:
        return ""
    lowest, highest = min(0.0, *(value for _, value in known)), max(value for _, value in known)
    span, first, last = (highest - lowest) or 1.0, known[0][0], known[-1][0]

    def to_pixels(k: float, value: float) -> tuple[float, float]:
        x = _LEFT + (k - first) / ((last - first) or 1) * (_WIDE - _LEFT - _RIGHT)
        return x, _TOP + (highest - value) / span * (_HIGH - _TOP - _BOTTOM)

    parts = []
    for value in choose_ticks(lowest, highest):
        _, y = to_pixels(first, value)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDE - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(_text(_LEFT - 6, y + 4, formatting.format_decimal(value, places), "end"))
    parts += [_text(to_pixels(k, 0)[0], _HIGH - _BOTTOM + 18, str(k), "middle") for k, _ in known]
    parts.append(_text((_LEFT + _WIDE - _RIGHT) / 2, _HIGH - 4, "Number of segments", "middle"))
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (to_pixels(k, value) for k, value in known))
    parts.append(f'<polyline class="curve" points="{path}"/>')
    for k, value in known:
        x, y = to_pixels(k, value)
        kind, size = ("chosen", 7) if k == marked else ("dot", 3)
        parts.append(f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{size}"/>')
        if k == marked:
            anchor = "start" if x < _WIDE / 2 else "end"
            parts.append(_text(x, y - 12, f"{k}: {formatting.format_decimal(value, places)}", anchor, "strong"))
    drawing = "".join(parts)
    return f'<svg viewBox="0 0 {_WIDE} {_HIGH}" role="img" aria-label="{escape(alt_text)}">{drawing}</svg>'


def choose_ticks(low: float, high: float) -> list[float]:
    """Up to six round tick values from low to high, including 0 if it lies between.

    >>> choose_ticks(0, 2238.4), choose_ticks(-0.03, 0.49)
    ([0.0, 500.0, 1000.0, 1500.0, 2000.0], [0.0, 0.1, 0.2, 0.3, 0.4])
    >>> choose_ticks(0, 1), choose_ticks(0, 0)
    ([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], [0.0])
    """
    if high <= low:
        return [low + 0.0]
    power = 10.0 ** floor(log10((high - low) / 5))
    step = next(size * power for size in (1, 2, 5, 10) if (high - low) / (size * power) <= 5.5)
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return [round(number * step, 10) + 0.0 for number in range(first, last + 1)]


def _text(x: float, y: float, text: str, anchor: str, style: str = "") -> str:
    kind = f' class="{style}"' if style else ""
    return f'<text{kind} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
