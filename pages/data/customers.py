"""Customers: one looked up, how they differ, which figures go together, and who is unusual."""

import streamlit as st

from ui.data import results as cached, queries as cached_views
from ui.components import common as parts
from ui.views import customers as people
from ui.state.app_state import current
from segmentation import charts

state = current()
training, found = cached.training(state), cached.segmentation(state)
parts.in_use(state, training, found.k)
features, offered, theme = cached.features(state), cached.offered(state), parts.theme()
labels = {name: feature.label for name, feature in offered.items()}

people.look_up(state)

parts.heading(
    "How customers differ",
    "Each bar counts the customers with a value in its span; a hatched bar holds everything above. "
    "Scaling makes figures with different units comparable before segments are made.",
)
feature = offered[parts.choose("Show", offered, key="figure", default=next(iter(features)))]
raw, scaled = cached_views.spread(state, feature.name)
st.caption(f"{feature.label}: {feature.meaning}")
left, right = st.columns(2, gap="medium")
with left:
    st.markdown("**As it is**")
    parts.chart(
        charts.histogram(raw, feature.label, feature.unit, theme), key="raw", numbers=people.counted(raw, feature.unit)
    )
with right:
    st.markdown("**After scaling**")
    if scaled is None:
        st.caption("All customers are alike in this figure, so that it cannot tell them apart.")
    else:
        parts.chart(charts.histogram(scaled, feature.label, feature.unit, theme, scaled=True), key="scaled")

together = cached_views.correlations(state)
parts.heading(
    "Which figures go together",
    "1: who is high in one is high in the other. -1: the other way round. 0: nothing to do with each other. "
    "Figures that go together closely tell the same story twice.",
)
st.markdown(people.together(together, labels))
parts.chart(charts.correlations(together, labels, theme), key="correlations", numbers=people.pairs(together, labels))

parts.heading(
    "Who is unusual",
    "Usual is what lies within one and a half times the width of the middle half of customers around it. "
    "Nobody is left out for being unusual: everybody who bought gets a segment.",
)
st.table(people.outliers(state, features), hide_index=True, border="horizontal", alt="Customers outside the usual")
st.markdown("**Farthest from the middle of their segment**, compared with the typical customer")
st.table(people.unusual(state), hide_index=True, border="horizontal", alt="Customers who fit their segment least")
