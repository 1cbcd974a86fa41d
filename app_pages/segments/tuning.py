"""Compare settings: feature sets, scalings and numbers of segments, ranked, with reasons."""

import streamlit as st

from segmentation.presentation import formatting
from segmentation.presentation.messages import render_message
from segmentation.settings import RECOMMENDED_K_RANGE as K_RANGE
from ui.components import elements
from ui.data import results
from ui.state.app_state import get_state
from ui.views import result_header, tuning

state = get_state()
training, k = results.get_training(state), results.get_segmentation(state).k
result_header.render_result_header(state, training, k)
st.markdown(
    "Which features separate your customers best, and into how many segments? Every preset feature set is tried on "
    f"your customers with every scaling and with {K_RANGE[0]} to {K_RANGE[1]} segments."
)
tried = tuning.get_results(state)
if tried is None:
    st.caption("Takes less than a minute. Nothing changes until you apply a result.")
    st.stop()

elements.render_heading(
    "Best result of each feature set",
    "The recommended number of segments first; then ranked by whether the smallest segment is large enough for a "
    "campaign, by seed agreement and by silhouette. Your business question matters more than the rank: to learn about "
    "discounts, segment by discounts.",
)
tuning.render_best(tried, training, k)

elements.render_heading(
    f"All {len(tried)} results",
    "Silhouette (common space) is comparable across rows; it slightly favors the log scale. Seed agreement (ARI) is 1 "
    "if other random seeds give the same segments. Silhouette (own space) is comparable only between rows with the "
    "same features and scaling.",
)
rows = tried.to_dict("records")
index = st.selectbox(
    "Choose a row",
    range(len(rows)),
    format_func=lambda index: tuning.format_row(rows[index]),
    key="tuning_row",
    persist_state="session",
    width=420,
)
row = rows[index if index in range(len(rows)) else 0]
st.caption(render_message(row["reason"]))
tuning.render_apply_button(row, training, k, key="apply_row", label="Apply")
elements.render_dataframe(
    tuning.build_result_table(tried),
    alt="All results, best first",
    height=420,
    Smallest_segment=formatting.format_percent,
)
