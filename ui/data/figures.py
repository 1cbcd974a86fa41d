"""Cached charts of the Segments page: visitors who look at the same segments share one figure and its table.

Building a figure takes Plotly about as long as everything else on the page takes together, so visitors who arrive at
the same moment would otherwise wait for each other's figures. Callers must not modify a chart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from segmentation.presentation import tables
from segmentation.presentation.number_format import NumberFormat
from segmentation.settings import SalesSettings
from ui.data import results, scoped_cache, sources
from ui.data.result_key import ResultKey
from ui.state import segment_overrides
from ui.state.app_state import AppState

if TYPE_CHECKING:
    import pandas as pd

    from segmentation import charts
    from segmentation.results import Segmentation
    from segmentation.segments.overrides import SegmentOverride


@dataclass(frozen=True, eq=False)
class Chart:
    """A figure and its data."""

    figure: charts.Figure
    numbers: pd.DataFrame
    """The data as a small table of text."""


@dataclass(frozen=True)
class FigureKey:
    """All that determines a figure of the segments on a page."""

    result: ResultKey
    overrides: tuple[SegmentOverride, ...]
    theme: charts.Theme
    number_format: NumberFormat

    @property
    def sales(self) -> SalesSettings:
        """The sales the figure is computed from; figures of an upload are stored with the upload."""
        return self.result.sales

    def get_segmentation(self) -> Segmentation:
        """The segments the figure shows."""
        return results.get_segmentation_for(self.result, self.overrides)


def get_figure_key(state: AppState, theme: charts.Theme) -> FigureKey:
    """The key of the figures of the segments on the page."""
    overrides = segment_overrides.get_pending_overrides(results.get_base_segmentation(state))
    return FigureKey(results.get_result_key(state), overrides, theme, state.display)


_cache_chart = scoped_cache.cache_resource(max_entries=100, ttl=sources.CACHE_TTL, hash_funcs={FigureKey: repr})


@_cache_chart
def get_size_chart(key: FigureKey) -> Chart:
    """Share of customers and of net sales of each segment."""
    from segmentation import charts

    segmentation = key.get_segmentation()
    figure = charts.plot_size_vs_sales(segmentation.segments, key.theme)
    return Chart(figure.freeze(), tables.build_size_table(segmentation))


@_cache_chart
def get_index_chart(key: FigureKey) -> Chart:
    """Heat map of each segment's averages, with those of all customers at 100."""
    from segmentation import charts

    segmentation, registry = key.get_segmentation(), results.get_feature_registry()
    features = {name: registry[name] for name in segmentation.training.features}
    labels = {name: feature.label for name, feature in features.items()}
    figure = charts.plot_index_heatmap(segmentation.segments, labels, key.theme)
    return Chart(figure.freeze(), tables.build_feature_table(segmentation, features, "index"))


@_cache_chart
def get_box_chart(key: FigureKey, feature: str) -> Chart:
    """Box plot of a feature for each segment."""
    from segmentation import charts

    described, segmentation = results.get_feature_registry()[feature], key.get_segmentation()
    quantiles = results.get_quantiles(key.result, feature)
    figure = charts.plot_boxes(quantiles, segmentation.segments, described.label, described.unit, key.theme)
    return Chart(figure.freeze(), tables.build_quantile_table(segmentation, quantiles, described))


@_cache_chart
def get_map_chart(key: FigureKey, x: str, y: str) -> Chart:
    """Scatter plot of a sample of customers by two features, with the borders between segments."""
    from segmentation import charts
    from segmentation.presentation import validation_tables

    segmentation, registry = key.get_segmentation(), results.get_feature_registry()
    frame = segmentation.training.table.frame
    sample = charts.sample_customers(frame[x], frame[y], segmentation.segment_ids)
    labels, units = (registry[x].label, registry[y].label), (registry[x].unit, registry[y].unit)
    borders = validation_tables.list_borders(segmentation.validation_summary)
    figure = charts.plot_segment_map(sample, segmentation.segments, labels, units, key.theme, borders)
    medians = tables.build_feature_table(segmentation, {x: registry[x], y: registry[y]}, "median")
    return Chart(figure.freeze(), medians)
