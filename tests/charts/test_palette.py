"""Colors: WCAG contrast, and distinguishability under simulated color blindness."""

from __future__ import annotations

import itertools
import tomllib
from pathlib import Path

import numpy as np
import pytest

from segmentation.charts import palette
from segmentation.charts.palette import Theme

ROOT = Path(__file__).resolve().parents[2]
THEMES: tuple[Theme, ...] = ("light", "dark")

# Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB.
EYES = {
    "usual": np.eye(3),
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
}
LMS = [
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
]
LAB = [
    [0.2104542553, 0.7936177850, -0.0040720468],
    [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660],
]


def convert_to_oklab(color: str, eyes: str) -> np.ndarray:
    """A color as these eyes see it, in a space in which distance is difference (OKLab)."""
    rgb = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.asarray(EYES[eyes]) @ linear, 0, 1)
    return np.asarray(LAB) @ np.cbrt(np.asarray(LMS) @ seen)


@pytest.mark.parametrize("theme", THEMES)
def test_markers_have_contrast_of_three(theme: Theme) -> None:
    marks = [*palette.SEGMENTS[theme], palette.ACCENT[theme], palette.STRONG[theme], palette.MUTED[theme]]
    for color in marks:
        assert palette.compute_contrast(color, palette.BACKGROUND[theme]) >= 3, color


@pytest.mark.parametrize("theme", THEMES)
def test_text_has_contrast_of_four_and_a_half(theme: Theme) -> None:
    for color in (palette.INK[theme], palette.MUTED[theme], palette.STRONG[theme]):
        assert palette.compute_contrast(color, palette.BACKGROUND[theme]) >= 4.5, color
    for position in np.linspace(0, 1, 201):
        cell = palette.interpolate_color(float(position), theme)
        assert palette.compute_contrast(palette.choose_text_color(cell), cell) >= 4.5, (position, cell)


@pytest.mark.parametrize("theme", THEMES)
def test_background_equals_configured_theme(theme: Theme) -> None:
    config = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))
    assert config["theme"][theme]["backgroundColor"].lower() == palette.BACKGROUND[theme].lower()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("eyes", EYES)
def test_first_six_colors_are_distinct_for_color_blind_readers(theme: Theme, eyes: str) -> None:
    seen = [convert_to_oklab(color, eyes) for color in palette.SEGMENTS[theme][:6]]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 0.1


@pytest.mark.parametrize("theme", THEMES)
def test_diverging_colors_are_distinct_for_color_blind_readers(theme: Theme) -> None:
    low, high = palette.BELOW_TO_ABOVE[theme][0][1], palette.BELOW_TO_ABOVE[theme][-1][1]
    for eyes in EYES:
        assert np.linalg.norm(convert_to_oklab(low, eyes) - convert_to_oklab(high, eyes)) > 0.15


def test_colors_and_markers_for_twelve_segments() -> None:
    for theme in THEMES:
        assert len({palette.get_color(i, theme) for i in range(12)}) == 12
    assert len({palette.get_marker_symbol(i) for i in range(12)}) == 12


def test_contrast_of_published_pairs() -> None:
    """Two pairs from the WebAIM contrast checker."""
    assert palette.compute_contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)
    assert palette.compute_contrast("#0000FF", "#FFFFFF") == pytest.approx(8.59, abs=0.01)
