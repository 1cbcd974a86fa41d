"""Segments: who is in each, what they are worth, recommended actions, and data quality."""

import streamlit as st

from ui.components import elements
from ui.data import figures, results
from ui.state.app_state import get_state
from ui.views import overview, result_header, rules, segment_cards, segment_editor, separate_groups, validation

state = get_state()
training, segmentation = results.get_training(state), results.get_segmentation(state)
features, offered = results.get_features(state), results.get_available_features(state)
figure_key = figures.get_figure_key(state, elements.get_theme())

segment_cards.render_top_segment(segmentation)
result_header.render_result_header(state, training, segmentation.k)
overview.render_data_limits(training.table, with_age=False)
segment_editor.render_override_questions(results.get_base_segmentation(state), segmentation)
segment_cards.render_cards(
    segmentation,
    results.get_top_categories(results.get_result_key(state)),
    validation.get_segment_warnings(state, segmentation),
    with_link=not state.missing_reason,
)

elements.render_heading("Segment size vs. sales", "Each segment's share of customers and of net sales.")
chart = figures.get_size_chart(figure_key)
elements.render_chart(chart.figure, key="size_vs_sales", numbers=chart.numbers)

elements.render_heading(
    "Compared with all customers",
    "The segment's average with all customers at 100: 200 is twice the average, 50 half of it. "
    "Orange is better than average, blue worse; stronger colors are further from 100.",
)
chart = figures.get_index_chart(figure_key)
elements.render_chart(chart.figure, key="index", numbers=chart.numbers)

elements.render_heading(
    "Distribution within segments",
    "The number beside the name is the median. Boxes span the middle 50\N{NO-BREAK SPACE}% of customers, lines "
    "90\N{NO-BREAK SPACE}%. On a log scale "
    "(1, 10, 100) each step is ten times the previous one." + elements.describe_precision(segmentation),
)
first = next((name for name in features if name in offered), next(iter(offered)))
feature = offered[elements.select_feature("Show", offered, key="spread", default=first)]
st.caption(f"{feature.label}: {feature.meaning}")
chart = figures.get_box_chart(figure_key, feature.name)
elements.render_chart(chart.figure, key="box_plots", numbers=chart.numbers)

elements.render_heading(
    "Customer map",
    "A proportional sample of customers. Each segment's number is at its center. Lines connect neighboring segments: "
    "dashed where a gap separates them, solid where the border is gradual. On a log scale (1, 10, 100) each step "
    "is ten times the previous one.",
)
with st.container(horizontal=True):
    x = elements.select_feature("X axis", offered, key="across", default="recency_days")
    y = elements.select_feature("Y axis", offered, key="up", default="monetary")
chart = figures.get_map_chart(figure_key, x, y)
elements.render_chart(chart.figure, key="map", numbers=chart.numbers)
separate_groups.render_map_borders(segmentation)
if not state.missing_reason:  # both need the features of every customer
    rules.render_rules(state, segmentation)
    validation.render_segment_validation(state, segmentation)
segment_cards.render_data_quality(training.table, is_complete=not state.missing_reason)
