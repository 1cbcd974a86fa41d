"""Plotly figures from frames: every function returns a figure with a text alternative, and draws nothing."""

from __future__ import annotations

from segmentation.charts import segment_detail
from segmentation.charts.base import Figure, get_alt_text
from segmentation.charts.customers import (
    plot_correlations,
    plot_customer_percentiles,
    plot_histogram,
    plot_purchase_days,
)
from segmentation.charts.downsampling import QUANTILES, sample_customers, sample_customers_3d
from segmentation.charts.flows import plot_flows
from segmentation.charts.forecast import plot_calibration, plot_expected_sales, plot_past_forecasts
from segmentation.charts.history import plot_segments_by_month
from segmentation.charts.migration import plot_largest_flows, plot_segment_sizes
from segmentation.charts.palette import Theme, get_color, get_color_name
from segmentation.charts.profiles import plot_boxes, plot_index_heatmap, plot_size_vs_sales
from segmentation.charts.sales import plot_concentration, plot_new_and_returning, plot_over_time
from segmentation.charts.scores import plot_elbow, plot_silhouette, plot_silhouette_by_segment
from segmentation.charts.segment_map import plot_segment_map
from segmentation.charts.validation import plot_stability

__all__ = [
    "QUANTILES",
    "Figure",
    "Theme",
    "get_alt_text",
    "get_color",
    "get_color_name",
    "plot_boxes",
    "plot_calibration",
    "plot_concentration",
    "plot_correlations",
    "plot_customer_percentiles",
    "plot_elbow",
    "plot_expected_sales",
    "plot_flows",
    "plot_histogram",
    "plot_index_heatmap",
    "plot_largest_flows",
    "plot_new_and_returning",
    "plot_over_time",
    "plot_past_forecasts",
    "plot_purchase_days",
    "plot_segment_map",
    "plot_segment_sizes",
    "plot_segments_by_month",
    "plot_silhouette",
    "plot_silhouette_by_segment",
    "plot_size_vs_sales",
    "plot_stability",
    "sample_customers",
    "sample_customers_3d",
    "segment_detail",
]
