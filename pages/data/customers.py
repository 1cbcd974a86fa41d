"""Customers: one looked up, how they differ, which figures go together, and who is unusual."""

import streamlit as st

from segmentation import charts
from ui.components import elements
from ui.data import queries, results
from ui.state.app_state import get_state
from ui.views import customers, result_header

state = get_state()
training, found = results.get_training(state), results.get_segmentation(state)
result_header.render_result_header(state, training, found.k)
features, offered, theme = results.get_features(state), results.get_available_features(state), elements.get_theme()
labels = {name: feature.label for name, feature in offered.items()}

customers.render_customer_lookup(state)

elements.render_heading(
    "How customers differ",
    "Each bar counts the customers with a value in its span; a hatched bar holds everything above. "
    "Scaling makes figures with different units comparable before segments are made.",
)
feature = offered[elements.select_feature("Show", offered, key="figure", default=next(iter(features)))]
raw, scaled = queries.get_histograms(state, feature.name)
st.caption(f"{feature.label}: {feature.meaning}")
left, right = st.columns(2, gap="medium")
with left:
    st.markdown("**As it is**")
    elements.render_chart(
        charts.plot_histogram(raw, feature.label, feature.unit, theme),
        key="raw",
        numbers=customers.build_histogram_table(raw, feature.unit),
    )
with right:
    st.markdown("**After scaling**")
    if scaled is None:
        st.caption("All customers are alike in this figure, so that it cannot tell them apart.")
    else:
        elements.render_chart(
            charts.plot_histogram(scaled, feature.label, feature.unit, theme, scaled=True), key="scaled"
        )

together = queries.get_correlations(state)
elements.render_heading(
    "Which figures go together",
    "1: who is high in one is high in the other. -1: the other way round. 0: nothing to do with each other. "
    "Figures that go together closely tell the same story twice.",
)
st.markdown(customers.describe_strongest_pair(together, labels))
elements.render_chart(
    charts.plot_correlations(together, labels, theme),
    key="correlations",
    numbers=customers.build_correlation_table(together, labels),
)

elements.render_heading(
    "Who is unusual",
    "Usual is what lies within one and a half times the width of the middle half of customers around it. "
    "Nobody is left out for being unusual: everybody who bought gets a segment.",
)
st.table(
    customers.build_outlier_table(state, features),
    hide_index=True,
    border="horizontal",
    alt="Customers outside the usual",
)
st.markdown("**Farthest from the middle of their segment**, compared with the typical customer")
st.table(
    customers.build_atypical_table(state),
    hide_index=True,
    border="horizontal",
    alt="Customers who fit their segment least",
)
