"""The layout and the figure type that all charts share."""

from __future__ import annotations

import plotly.graph_objects as go

from segmentation.charts.base import build_figure


def test_frozen_figure_shows_the_same_as_before() -> None:
    figure = build_figure([go.Bar(x=[3.0, 1.0], y=["a", "b"])], "light", height=200, alt="a is three times b")
    before = figure.to_json()
    frozen = figure.freeze()
    assert frozen is figure
    assert frozen.to_json() == before
    assert frozen.to_dict() is frozen.to_dict()


def test_figure_that_is_not_frozen_follows_its_changes() -> None:
    figure = build_figure([], "light", height=200, alt="empty")
    figure.update_layout(height=300)
    assert figure.to_dict()["layout"]["height"] == 300
