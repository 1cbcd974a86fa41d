"""The layout and the figure type that all charts share."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from segmentation.charts.axis_scales import build_scale
from segmentation.charts.base import build_axis, build_compact_axis, build_figure
from segmentation.presentation.number_format import NumberFormat, number_format_context


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


def test_share_axis_is_in_percent_with_a_space() -> None:
    assert build_axis(0.0, 0.5, "share")["ticksuffix"] == "\N{NO-BREAK SPACE}%"
    scale = build_scale(pd.Series([0.0, 0.125, 0.5]), "share")
    assert scale.points(pd.Series([0.125])).tolist() == [12.5]
    assert scale.middle(0.5) == 50.0


def test_compact_axis_abbreviates_and_has_a_currency() -> None:
    with number_format_context(NumberFormat(symbol="$")):
        money = build_compact_axis(20_000, "money")
    assert (money["tickprefix"], money["tickformat"]) == ("$", ",~s")
    assert build_compact_axis(9_999)["tickformat"] == ",.0f"
    assert build_compact_axis(2)["dtick"] == 1, "half a customer"
    assert "dtick" not in build_compact_axis(2, "money")
