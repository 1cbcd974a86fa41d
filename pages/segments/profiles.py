"""Segments: who is in each, what they are worth, what to do; and the data behind it."""

import streamlit as st

from segmentation import charts
from segmentation.presentation import tables
from ui.components import common
from ui.data import results
from ui.state.app_state import get_state
from ui.views import overview, rules, segment_cards, validation

state = get_state()
training, found = results.get_training(state), results.get_segmentation(state)
features, offered, theme = results.get_features(state), results.get_available_features(state), common.get_theme()
segments = found.segments

segment_cards.describe_top_segment(found)
common.render_result_header(state, training, found.k)
overview.render_data_limits(training.table, age_too=False)
segment_cards.render_cards(
    found,
    results.get_top_categories(state),
    validation.get_segment_warnings(state, found),
    more=not state.missing_reason,
)

common.render_heading(
    "Size against money", "How many of all customers a segment holds, and how much of all net sales it brings."
)
common.render_chart(
    charts.plot_size_vs_sales(segments, theme), key="size_against_money", numbers=tables.build_size_table(found)
)

common.render_heading(
    "Compared with all customers",
    "The segment's average with all customers at 100: 200 is twice the average, 50 half of it. "
    "Orange is better than average, blue worse; stronger colors are further from 100.",
)
labels = {name: feature.label for name, feature in features.items()}
common.render_chart(
    charts.plot_index_heatmap(segments, labels, theme),
    key="index",
    numbers=tables.build_feature_table(found, features, "index"),
)

common.render_heading(
    "Spread within each segment",
    "The figure beside the name is the middle customer's. The box holds the middle half of the segment, the line 90 of "
    "100 customers. On a scale of 1, 10, 100 each step is ten times the one before.",
)
first = next((name for name in features if name in offered), next(iter(offered)))
feature = offered[common.select_feature("Show", offered, key="spread", default=first)]
quantiles = results.get_quantiles(state, feature.name)
st.caption(f"{feature.label}: {feature.meaning}")
common.render_chart(
    charts.plot_boxes(quantiles, segments, feature.label, feature.unit, theme),
    key="box_plots",
    numbers=tables.build_quantile_table(found, quantiles, feature),
)

common.render_heading(
    "Map of customers",
    "A sample of customers, each segment in proportion. The number stands at the middle of its segment. On a scale of "
    "1, 10, 100 each step is ten times the one before.",
)
with st.container(horizontal=True):
    across = offered[common.select_feature("To the right", offered, key="across", default="frequency")]
    up = offered[common.select_feature("Upwards", offered, key="up", default="monetary")]
sample = results.get_sample(state, across.name, up.name)
common.render_chart(
    charts.plot_segment_map(sample, segments, (across.label, up.label), (across.unit, up.unit), theme),
    key="map",
    numbers=tables.build_feature_table(found, {across.name: across, up.name: up}, "median"),
)
if not state.missing_reason:  # both look at the figures of every customer
    rules.render_rules(state, found)
    validation.render_segment_validation(state, found)
segment_cards.render_data_quality(training.table, whole=not state.missing_reason)
