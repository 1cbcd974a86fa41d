"""Customers: lookup, distributions, correlations, and outliers."""

import streamlit as st

from segmentation import charts
from ui.components import elements
from ui.data import queries, results
from ui.state.app_state import get_state
from ui.views import customers, result_header

state = get_state()
training, segmentation = results.get_training(state), results.get_segmentation(state)
result_header.render_result_header(state, training, segmentation.k)
features, offered, theme = results.get_features(state), results.get_available_features(state), elements.get_theme()
labels = {name: feature.label for name, feature in offered.items()}

customers.render_customer_lookup(state)

elements.render_heading(
    "Distributions",
    "Number of customers by value; the last bar includes all higher values. Scaling makes features with different "
    "units comparable before clustering.",
)
feature = offered[elements.select_feature("Show", offered, key="figure", default=next(iter(features)))]
raw, scaled = queries.get_histograms(state.sales, state.version, state.model, feature.name)
st.caption(f"{feature.label}: {feature.meaning}")
customers.render_deferred_features(training.table)
left, right = st.columns(2, gap="medium")
with left:
    st.markdown("**Original values**")
    elements.render_chart(
        charts.plot_histogram(raw, feature.label, feature.unit, theme),
        key="raw",
        numbers=customers.build_histogram_table(raw, feature.unit),
    )
with right:
    st.markdown("**After scaling**")
    if scaled is None:
        st.caption("All customers have the same value, so this feature cannot separate segments.")
    else:
        elements.render_chart(
            charts.plot_histogram(scaled, feature.label, feature.unit, theme, scaled=True), key="scaled"
        )

correlations = queries.get_correlations(state.sales, state.version, state.model)
elements.render_heading(
    "Correlations",
    "1: strong positive, -1: strong negative, 0: none. Highly correlated features are redundant.",
)
st.markdown(customers.describe_strongest_pair(correlations, labels))
elements.render_chart(
    charts.plot_correlations(correlations, labels, theme),
    key="correlations",
    numbers=customers.build_correlation_table(correlations, labels),
)

elements.render_heading(
    "Outliers",
    "Further than 1.5 interquartile ranges from the middle half of customers (Tukey fences). Outliers are not removed: "
    "every buyer is assigned to a segment.",
)
st.table(
    customers.build_outlier_table(state, features),
    hide_index=True,
    border="horizontal",
    alt="Outliers by feature",
)
st.markdown("**Most atypical customers** (distance to centroid, relative to the typical customer of the segment)")
st.table(
    customers.build_atypical_table(state),
    hide_index=True,
    border="horizontal",
    alt="Most atypical customers",
)
