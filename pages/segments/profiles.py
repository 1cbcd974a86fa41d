"""Segments: who is in each, what they are worth, what to do; and the data behind it."""

import streamlit as st

from pages._ui import cached, cards, parts, tables
from pages._ui.state import current
from segmentation import charts

state = current()
training, found = cached.training(state), cached.segmentation(state)
features, registry, theme = cached.features(state), cached.offered(state), parts.theme()

cards.summary(found)
parts.in_use(state, training, found.k)
cards.cards(found, cached.top_categories(state))

parts.chart(
    "Size against money",
    charts.size_against_money(found.segments, theme),
    key="size_against_money",
    explain="How many of all customers a segment holds, and how much of net sales it brings.",
    numbers=tables.sizes(found),
)
parts.chart(
    "Compared with all customers",
    charts.index_heatmap(found.segments, {name: feature.label for name, feature in features.items()}, theme),
    key="index",
    explain="The segment's average with all customers at 100: 200 is twice the average, 50 half of it. "
    "Orange is above, blue below, stronger the further away.",
    numbers=tables.values(found, features, "index"),
)

feature = registry[parts.choose("Show the spread of", registry, key="spread", default=next(iter(features)))]
quantiles = cached.quantiles(state, feature.name)
parts.chart(
    f"Spread: {feature.label.lower()}",
    charts.box_plots(quantiles, found.segments, feature.label, feature.unit, theme),
    key="box_plots",
    explain=f"{feature.meaning} The figure is the middle customer's, the box the middle half, "
    "the lines 90 of 100. Where the steps of the scale are 1, 10, 100, each is ten times the one before.",
    numbers=tables.spread(found, quantiles, feature),
)

with st.container(horizontal=True):
    across = registry[parts.choose("Across", registry, key="across", default="frequency")]
    up = registry[parts.choose("Upwards", registry, key="up", default="monetary")]
sample = cached.sample(state, across.name, up.name)
parts.chart(
    "Map of customers",
    charts.segment_map(sample, found.segments, (across.label, up.label), (across.unit, up.unit), theme),
    key="map",
    explain=f"{len(sample):,} customers drawn from all, each segment in proportion. "
    "The number stands at the middle of its segment.",
    numbers=tables.values(found, {across.name: across, up.name: up}, "median"),
)
cards.data_behind(training.table)
