"""Segments: who is in each, what they are worth, what to do; and the data behind it."""

import streamlit as st

from ui.data import results as cached
from ui.views import segment_cards as cards, validation as evidence, rules, overview as shop
from ui.components import common as parts
from segmentation.presentation import tables
from ui.state.app_state import current
from segmentation import charts

state = current()
training, found = cached.training(state), cached.segmentation(state)
features, offered, theme = cached.features(state), cached.offered(state), parts.theme()
segments = found.segments

cards.summary(found)
parts.in_use(state, training, found.k)
shop.limits(training.table, age_too=False)
cards.cards(found, cached.top_categories(state), evidence.doubts(state, found), more=not state.missing)

parts.heading(
    "Size against money", "How many of all customers a segment holds, and how much of all net sales it brings."
)
parts.chart(charts.size_against_money(segments, theme), key="size_against_money", numbers=tables.sizes(found))

parts.heading(
    "Compared with all customers",
    "The segment's average with all customers at 100: 200 is twice the average, 50 half of it. "
    "Orange is above, blue below, stronger the further away.",
)
labels = {name: feature.label for name, feature in features.items()}
parts.chart(charts.index_heatmap(segments, labels, theme), key="index", numbers=tables.values(found, features, "index"))

parts.heading(
    "Spread within each segment",
    "The figure beside the name is the middle customer's. The box holds the middle half of the segment, the line 90 of "
    "100 customers. On a scale of 1, 10, 100 each step is ten times the one before.",
)
first = next((name for name in features if name in offered), next(iter(offered)))
feature = offered[parts.choose("Show", offered, key="spread", default=first)]
quantiles = cached.quantiles(state, feature.name)
st.caption(f"{feature.label}: {feature.meaning}")
parts.chart(
    charts.box_plots(quantiles, segments, feature.label, feature.unit, theme),
    key="box_plots",
    numbers=tables.spread(found, quantiles, feature),
)

parts.heading(
    "Map of customers",
    "A sample of customers, each segment in proportion. The number stands at the middle of its segment. On a scale of "
    "1, 10, 100 each step is ten times the one before.",
)
with st.container(horizontal=True):
    across = offered[parts.choose("To the right", offered, key="across", default="frequency")]
    up = offered[parts.choose("Upwards", offered, key="up", default="monetary")]
sample = cached.sample(state, across.name, up.name)
parts.chart(
    charts.segment_map(sample, segments, (across.label, up.label), (across.unit, up.unit), theme),
    key="map",
    numbers=tables.values(found, {across.name: across, up.name: up}, "median"),
)
if not state.missing:  # both look at the figures of every customer
    rules.show(state, found)
    evidence.on_segments(state, found)
cards.data_behind(training.table, whole=not state.missing)
