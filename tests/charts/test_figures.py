"""Figures: text alternatives, values equal to the data, and small size."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from segmentation import charts
from segmentation.charts.palette import MUTED, Theme

FIVE = pd.DataFrame({"segment_id": range(1, 13)}).assign(
    q05=1.0, q25=2.0, q50=np.linspace(3, 300, 12), q75=400.0, q95=900.0
)


def build_all_figures(
    scores: pd.DataFrame, segments: pd.DataFrame, theme: Theme
) -> Iterator[tuple[str, charts.Figure]]:
    rng = np.random.default_rng(1)
    ids = rng.integers(1, 13, 20_000)
    values = pd.Series(rng.lognormal(3, 2, 20_000))
    points = charts.sample_customers(values, values * 2, ids)
    labels = {"recency_days": "Days since last order", "frequency": "Orders", "monetary": "Net sales"}
    yield "elbow", charts.plot_elbow(scores, 5, 4, theme)
    yield "silhouette", charts.plot_silhouette(scores, 12, 3, theme)
    yield "by segment", charts.plot_silhouette_by_segment(segments, theme)
    yield "size", charts.plot_size_vs_sales(segments, theme)
    yield "index", charts.plot_index_heatmap(segments, labels, theme)
    yield "boxes", charts.plot_boxes(FIVE, segments, "Orders", "orders", theme)
    yield "map", charts.plot_segment_map(points, segments, ("Orders", "Net sales"), ("orders", "money"), theme)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_figures_are_small_and_have_text_alternatives(
    scores: pd.DataFrame, segments: pd.DataFrame, theme: Theme
) -> None:
    for name, figure in build_all_figures(scores, segments, theme):
        text = figure.to_json()
        assert len(text) < 100_000, name
        assert len(charts.get_alt_text(figure)) > 30, name
        assert "<a href" not in text, f"{name}: a name from the data became markup"
        assert figure.layout.dragmode is False, f"{name}: a finger could not scroll past it"


def get_trace(figure: charts.Figure, number: int = 0) -> dict[str, Any]:
    traces: list[dict[str, Any]] = json.loads(figure.to_json())["data"]
    return traces[number]


def list_texts(figure: charts.Figure) -> list[str]:
    return [annotation.text for annotation in figure.layout.annotations]


def test_plot_elbow_marks_selected_and_recommended_k(scores: pd.DataFrame) -> None:
    figure = charts.plot_elbow(scores, 5, 4, "light")
    assert get_trace(figure)["y"] == scores["inertia"].tolist()
    assert list_texts(figure) == ["4 recommended", "<b>5 in use</b>"]
    assert "1,200" in charts.get_alt_text(figure)
    assert list_texts(charts.plot_elbow(scores, 4, 4, "light")) == ["<b>4 in use, recommended</b>"]


def test_plot_silhouette_interval_only_if_estimated(scores: pd.DataFrame) -> None:
    bars = get_trace(charts.plot_silhouette(scores, 5, 4, "light"))["error_y"]
    assert bars["visible"] is True
    assert bars["array"] == pytest.approx([0.02] * 11)
    assert bars["arrayminus"] == pytest.approx([0.01] * 11)
    exact = scores.assign(silhouette_low=scores["silhouette_score"], silhouette_high=scores["silhouette_score"])
    assert get_trace(charts.plot_silhouette(exact, 5, 4, "light"))["error_y"]["visible"] is False


def test_plot_index_heatmap_writes_index_and_colors_ratio(segments: pd.DataFrame) -> None:
    three = segments.iloc[[0, 1, 5]].assign(index_frequency=[200.0, 50.0, 1000.0])
    figure = charts.plot_index_heatmap(three, {"frequency": "Orders", "monetary": "Net sales"}, "light")
    assert get_trace(figure, 1)["text"] == ["200", "–", "50", "0", "1,000", f"{three['index_monetary'].iloc[2]:,.0f}"]
    shades = [row[0] for row in get_trace(figure)["z"]]
    assert shades == pytest.approx([1, -1, 2])
    assert "1,000 in orders" in charts.get_alt_text(figure)


def test_plot_index_heatmap_without_comparable_values(segments: pd.DataFrame) -> None:
    none = segments.head(2).assign(index_frequency=float("nan"))
    figure = charts.plot_index_heatmap(none, {"frequency": "Orders"}, "light")
    assert get_trace(figure, 1)["text"] == ["–", "–"]
    assert "cannot be compared" in charts.get_alt_text(figure)


def test_plot_size_vs_sales_labels_bars(segments: pd.DataFrame) -> None:
    figure = charts.plot_size_vs_sales(segments, "light")
    assert get_trace(figure, 0)["text"][-1] == "15\N{NO-BREAK SPACE}% of customers"
    assert get_trace(figure, 1)["text"][-1] == "0\N{NO-BREAK SPACE}% of sales"
    assert list_texts(figure)[3] == '&lt;a href="x"&gt;Tea&lt;/a&gt; &amp; more'


def test_plot_boxes_holds_quantiles_only() -> None:
    rows = [[1, 6, 26, 51, 76, 96], [2, 60, 260, 510, 760, 960]]
    quantiles = pd.DataFrame(rows, columns=["segment_id", *charts.QUANTILES])
    two = pd.DataFrame({"segment_name": ["A", "B"], "color": [0, 1]})
    box = get_trace(charts.plot_boxes(quantiles, two, "Orders", "orders", "light"))
    assert (box["q1"], box["median"], box["q3"], box["lowerfence"], box["upperfence"]) == ([26], [51], [76], [6], [96])
    assert "x" not in box


def test_plot_segment_map_sample_is_stratified_and_deterministic() -> None:
    ids = np.repeat([1, 2, 3], [9_000, 990, 10])
    values = pd.Series(np.arange(10_000.0) + 1)
    first, second = (charts.sample_customers(values, values, ids) for _ in range(2))
    pd.testing.assert_frame_equal(first, second)
    assert first.groupby("segment_id").size().to_dict() == {1: 450, 2: 50, 3: 5}
    assert list(first) == ["segment_id", "x", "y"]


@pytest.mark.parametrize("values", [[0.0, 0.0], [-5.0, 0.0], [1.0, 1.0], [0.2, 0.4]])
def test_plot_segment_map_any_values(values: list[float], segments: pd.DataFrame) -> None:
    points = pd.DataFrame({"segment_id": [1, 2], "x": values, "y": values})
    figure = charts.plot_segment_map(points, segments.head(2), ("A", "B"), ("money", "share"), "dark")
    assert "2 of the customers" in charts.get_alt_text(figure)


def test_plot_segment_map_draws_gaps_and_gradual_borders(segments: pd.DataFrame) -> None:
    """Orders span a factor of 100: their axis is logarithmic, and a border's middle is the geometric mean."""
    points = pd.DataFrame({"segment_id": [1, 2, 3], "x": [1.0, 100.0, 100.0], "y": [0.2, 0.4, 0.8]})
    borders = [(1, 2, True), (2, 3, False), (3, 9, False)]
    figure = charts.plot_segment_map(
        points, segments.head(3), ("Orders", "Share"), ("orders", "share"), "light", borders
    )
    gradual, gap = (trace for trace in figure.data if trace.mode == "lines+markers")
    assert (gap.name.split(":")[0], gap.line.dash) == ("Gap", "dash")
    assert gap.x == pytest.approx((1.0, 10.0, 100.0, None))
    assert gap.y == pytest.approx((20.0, 30.0, 40.0, None))
    names = segments["segment_name"]
    assert gap.text == ("", f"1 {names[0]} and 2 {names[1]}: gap", "", "")
    assert (gradual.name.split(":")[0], gradual.line.dash) == ("Gradual border", "solid")
    assert gradual.text == ("", f"2 {names[1]} and 3 {names[2]}: gradual border", "", "")


def test_plot_segment_map_with_negative_values(segments: pd.DataFrame) -> None:
    """A single negative value must not force a linear axis, which would compress all other customers."""
    money = [-40.0, 0.0, *(20.0 * 1.1**step for step in range(80))]
    points = pd.DataFrame({"segment_id": 1, "x": 3.0, "y": money})
    figure = charts.plot_segment_map(points, segments.head(1), ("Orders", "Net sales"), ("orders", "money"), "light")
    axis, sampled = figure.layout.yaxis, get_trace(figure)["y"]
    assert list(axis.ticktext) == ["-10", "0", "10", "100", "1,000", "10,000", "100,000"]
    assert len(sampled) == len(money)
    assert sampled == sorted(sampled)
    assert axis.range[0] < sampled[0] < 0 == sampled[1] < sampled[-1] < axis.range[1]
    halves = np.quantile(sampled, [0.25, 0.75])
    assert (halves[1] - halves[0]) / (axis.range[1] - axis.range[0]) > 0.3
    assert figure.layout.annotations[0].y == pytest.approx(np.interp(np.median(money), money, sampled), abs=0.01)


def test_build_figure_requires_text_alternative() -> None:
    from segmentation.charts.base import build_figure

    with pytest.raises(ValueError, match="text alternative"):
        build_figure([], "light", height=100, alt=" ")


def test_plot_index_heatmap_reverses_colors_where_lower_is_better(segments: pd.DataFrame) -> None:
    recent = segments.head(2).assign(index_recency_days=[50.0, 200.0])
    figure = charts.plot_index_heatmap(recent, {"recency_days": "Days since last order"}, "light")
    assert get_trace(figure, 1)["text"] == ["50", "200"]
    assert [row[0] for row in get_trace(figure)["z"]] == pytest.approx([1, -1])


def test_plot_flows_has_a_node_per_segment_and_a_link_per_pair() -> None:
    flows = pd.DataFrame(
        {
            "segment_before": [1, 1, 2],
            "segment_now": [1, 3, 3],
            "name_before": ["A <b>", "A <b>", "B"],
            "name_now": ["A", "C", "C"],
            "customers": [7, 2, 5],
            "is_matched": [True, False, True],
        }
    )
    figure = charts.plot_flows(flows, {1: 0, 2: 1}, {1: 0, 3: 2}, ("May", "June"), "light")
    (sankey,) = figure.data
    assert list(sankey.node.label) == ["A &lt;b&gt;", "B", "A", "C"]
    links = list(zip(sankey.link.source, sankey.link.target, sankey.link.value, strict=True))
    assert links == [(0, 2, 7), (0, 3, 2), (1, 3, 5)]
    assert "from May to June. The largest move: 2 customers from A <b> to C" in charts.get_alt_text(figure)


def test_plot_flows_puts_customers_without_segment_last_and_in_gray() -> None:
    flows = pd.DataFrame(
        {
            "segment_before": [0, 1],
            "segment_now": [1, 1],
            "name_before": ["No purchase before", "A"],
            "name_now": ["A", "A"],
            "customers": [3, 4],
            "is_matched": [False, True],
        }
    )
    (sankey,) = charts.plot_flows(flows, {1: 0}, {1: 0}, ("May", "June"), "dark").data
    assert list(sankey.node.label) == ["A", "No purchase before", "A"]
    assert sankey.node.color[1] == MUTED["dark"]
