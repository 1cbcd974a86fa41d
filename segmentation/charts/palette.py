"""Colors and markers that are distinguishable in light and dark mode, also with color blindness.

Every color has a contrast of 3:1 or more with the background (WCAG 1.4.11). The first six of each palette are
distinguishable under simulated red-green blindness; further ones also differ by marker and label.
"""

from __future__ import annotations

import itertools
from typing import Literal

Theme = Literal["light", "dark"]

BACKGROUND: dict[Theme, str] = {"light": "#FFFFFF", "dark": "#11161D"}
INK: dict[Theme, str] = {"light": "#10161F", "dark": "#E6EBF1"}
MUTED: dict[Theme, str] = {"light": "#5A6472", "dark": "#A3ADB9"}
ACCENT: dict[Theme, str] = {"light": "#0077BB", "dark": "#44AADD"}
STRONG: dict[Theme, str] = {"light": "#B34700", "dark": "#FFA24D"}
"""Highlights the value a chart is about, for example the selected number of segments."""

SEGMENTS: dict[Theme, tuple[str, ...]] = {
    "light": (
        "#0077BB",
        "#D55E00",
        "#009988",
        "#332288",
        "#882255",
        "#661100",
        "#EE3377",
        "#997700",
        "#117733",
        "#AA4499",
        "#5566CC",
        "#666666",
    ),
    "dark": (
        "#44AADD",
        "#FF6B4A",
        "#22CCBB",
        "#4477EE",
        "#E6D25A",
        "#AADDFF",
        "#FF6699",
        "#C9A13B",
        "#44BB66",
        "#D977CC",
        "#9D8CFF",
        "#B0B0B0",
    ),
}
NAMES: dict[Theme, tuple[str, ...]] = {
    "light": (
        "Blue",
        "Orange",
        "Teal",
        "Indigo",
        "Plum",
        "Brown",
        "Pink",
        "Ochre",
        "Green",
        "Purple",
        "Slate blue",
        "Gray",
    ),
    "dark": (
        "Sky blue",
        "Coral",
        "Turquoise",
        "Royal blue",
        "Yellow",
        "Pale blue",
        "Pink",
        "Gold",
        "Green",
        "Orchid",
        "Lavender",
        "Gray",
    ),
}
"""Name of each segment color."""
MARKER_SYMBOLS = (
    "circle",
    "square",
    "diamond",
    "triangle-up",
    "cross",
    "x",
    "star",
    "triangle-down",
    "pentagon",
    "hexagon",
    "bowtie",
    "hourglass",
)

BELOW_TO_ABOVE: dict[Theme, tuple[tuple[float, str], ...]] = {
    "light": ((0.0, "#2166AC"), (0.25, "#67A9CF"), (0.5, "#F7F7F7"), (0.75, "#F4A259"), (1.0, "#B35806")),
    "dark": ((0.0, "#67A9E8"), (0.25, "#2F6490"), (0.5, "#262A33"), (0.75, "#9C5A14"), (1.0, "#F7A14A")),
}
"""Diverging color scale, safe for color blindness: blue below, orange above, close to the background in between."""


def get_color(index: int, theme: Theme) -> str:
    """The color of a segment; the palette repeats after twelve.

    >>> get_color(0, "light"), get_color(12, "light")
    ('#0077BB', '#0077BB')
    """
    return SEGMENTS[theme][index % len(SEGMENTS[theme])]


def get_color_name(index: int, theme: Theme) -> str:
    """The name of a segment color in a theme.

    >>> get_color_name(1, "light")
    'Orange'
    """
    return NAMES[theme][index % len(NAMES[theme])]


def get_marker_symbol(index: int) -> str:
    """The marker symbol of a segment, so that segments differ by more than color.

    >>> get_marker_symbol(1)
    'square'
    """
    return MARKER_SYMBOLS[index % len(MARKER_SYMBOLS)]


def compute_luminance(color: str) -> float:
    """Relative luminance of an sRGB color, 0 (black) to 1 (white), as WCAG 2 defines it."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def compute_contrast(color: str, background: str) -> float:
    """Contrast ratio of two colors, 1 to 21, as WCAG 2 defines it.

    >>> round(compute_contrast("#000000", "#FFFFFF"), 1)
    21.0
    """
    darker, lighter = sorted((compute_luminance(color), compute_luminance(background)))
    return (lighter + 0.05) / (darker + 0.05)


def interpolate_color(position: float, theme: Theme) -> str:
    """The color at a position from 0 (below) to 1 (above) of the diverging scale.

    >>> interpolate_color(0.5, "light")
    '#f7f7f7'
    """
    stops = BELOW_TO_ABOVE[theme]
    for (low, first), (high, second) in itertools.pairwise(stops):
        if position <= high:
            part = (position - low) / (high - low)
            ends = ((int(first[i : i + 2], 16), int(second[i : i + 2], 16)) for i in (1, 3, 5))
            return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in ends)
    return stops[-1][1]


def choose_text_color(background: str) -> str:
    """Black or white, whichever has more contrast with the background; one of them always has 4.5:1.

    >>> choose_text_color("#2166AC"), choose_text_color("#F4A259")
    ('#FFFFFF', '#000000')
    """
    return max("#FFFFFF", "#000000", key=lambda ink: compute_contrast(ink, background))
