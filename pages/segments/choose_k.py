"""Choose k: which number of segments is recommended and why, and how well each one fits."""

import streamlit as st

from pages._ui import cached, parts, tables
from pages._ui.state import current
from segmentation import charts

state = current()
training, found = cached.training(state), cached.segmentation(state)
advised, scores, theme = training.advice.k, training.scores, parts.theme()


def use_advised() -> None:
    st.session_state["k"] = advised


with st.container(border=True):
    st.subheader(f"We recommend {advised} segments", anchor=False)
    st.markdown(training.advice.sentence)
    for reason in training.advice.reasons:
        st.caption(reason)
    if state.k is None:
        st.caption(f"The number stands on 'auto', so these {advised} segments are in use.")
    elif found.k == advised:
        st.caption(f"You chose these {advised} segments; they are in use.")
    else:
        st.caption(f"You chose {found.k} segments; they are in use.")
        st.button(f"Use {advised} segments", on_click=use_advised, type="primary", key="use_advised")
    st.page_link(
        "pages/segments/profiles.py", label=f"See who is in these {found.k} segments", icon=":material/groups:"
    )
parts.in_use(state, training, found.k)

left, right = st.columns(2, gap="medium")
with left:
    parts.chart(
        "Elbow",
        charts.elbow(scores, found.k, advised, theme),
        key="elbow",
        explain="How much customers still differ within their segments. Where the line stops falling steeply, "
        "more segments add little.",
    )
with right:
    parts.chart(
        "Silhouette",
        charts.silhouette(scores, found.k, advised, theme),
        key="silhouette",
        explain="How clearly segments stand apart: 1 is perfectly, 0 not at all. "
        + (
            f"Estimated from {training.silhouette_sample:,} customers; the bars span 95 of 100 such estimates."
            if training.silhouette_sample
            else "Computed from all customers, so it has no margin of error."
        ),
    )
parts.chart(
    f"Silhouette of each of the {found.k} segments",
    charts.silhouette_by_segment(found.segments, theme),
    key="silhouette_by_segment",
    explain="How clearly each segment stands apart from the one nearest to it. Near 0: it flows into another segment.",
    numbers=tables.silhouettes(found),
)
st.subheader("All scores", anchor=False)
st.table(
    tables.scores(training, found.k), hide_index=True, border="horizontal", alt="All scores for each number of segments"
)
st.caption("  \n".join(f"**{name}**: {meaning}" for name, meaning in tables.SCORES.items()))
