"""Plotly figures from frames: every function returns a figure with a text alternative, and draws nothing."""

from __future__ import annotations

from segmentation.presentation import formatting as numbers
from segmentation.charts import segment_detail as closer
from segmentation.charts.base import Figure, alt
from segmentation.charts.migration import before_and_now, largest_moves
from segmentation.charts.customers import correlations, days, histogram, standing
from segmentation.charts.validation import against_noise, repeatability
from segmentation.charts.palette import Theme, color, color_name
from segmentation.charts.profiles import box_plots, index_heatmap, segment_map, size_against_money
from segmentation.charts.sales import concentration, new_and_returning, over_time
from segmentation.charts.downsampling import QUANTILES, quantiles, sample, sample_space
from segmentation.charts.scores import elbow, silhouette, silhouette_by_segment

__all__ = [
    "QUANTILES",
    "Figure",
    "Theme",
    "against_noise",
    "alt",
    "before_and_now",
    "box_plots",
    "closer",
    "color",
    "color_name",
    "concentration",
    "correlations",
    "days",
    "elbow",
    "histogram",
    "index_heatmap",
    "largest_moves",
    "new_and_returning",
    "numbers",
    "over_time",
    "quantiles",
    "repeatability",
    "sample",
    "sample_space",
    "segment_map",
    "silhouette",
    "silhouette_by_segment",
    "size_against_money",
    "standing",
]
