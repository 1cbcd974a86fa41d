"""How many segments: which number of segments is recommended and why, and how well each one fits."""

import streamlit as st

from ui.data import results as cached
from ui.views import validation as evidence
from ui.sidebar import saved_run_picker as opened
from ui.components import common as parts
from segmentation.presentation import tables
from ui.state.app_state import current
from segmentation import charts
from segmentation.charts import numbers

state = current()
training, found = cached.training(state), cached.segmentation(state)
advice = evidence.advice(state, training)
advised, scores, theme = advice.k, training.scores, parts.theme()


def use_advised() -> None:
    opened.leave(k=advised)
    st.session_state["k"] = advised


with st.container(border=True):
    st.header(f"We recommend {advised} segments", anchor=False)
    st.markdown(numbers.text(advice.sentence))
    if state.k is None and found.k != advised:
        use = f"With 'auto', {found.k} segments were taken from the scores alone and are still in use."
    elif state.k is None:
        use = f"The number of segments stands on 'auto', so these {advised} are in use."
    else:
        use = f"You chose {found.k} segments; they are in use."
    st.caption("  \n".join((*map(numbers.text, advice.reasons), use)))
    slot = st.empty()  # kept also where there is no button: what follows stays in its place
    if found.k != advised and not state.missing:
        slot.button(f"Use {advised} segments", on_click=use_advised, type="primary", key="use_advised")
    st.page_link(
        "pages/segments/profiles.py", label=f"See who is in these {found.k} segments", icon=":material/groups:"
    )
parts.in_use(state, training, found.k)

left, right = st.columns(2, gap="medium")
with left:
    parts.heading(
        "Elbow",
        "How much customers still differ within their segments. Where the line stops falling steeply, "
        "more segments add little.",
    )
    parts.chart(charts.elbow(scores, found.k, advised, theme), key="elbow")
with right:
    drawn = training.silhouette_sample
    parts.heading(
        "Silhouette",
        "How clearly segments stand apart: 1 is perfectly, 0 not at all. "
        + (
            f"Estimated from {numbers.count(drawn)} customers; each bar holds 95 of 100 such estimates."
            if drawn
            else "It is exact."
        ),
    )
    parts.chart(charts.silhouette(scores, found.k, advised, theme), key="silhouette")

parts.heading(
    f"Silhouette of each of the {found.k} segments",
    "How clearly each segment stands apart from the one nearest to it. Near 0: it flows into another segment.",
)
parts.chart(
    charts.silhouette_by_segment(found.segments, theme), key="silhouette_by_segment", numbers=tables.silhouettes(found)
)

evidence.on_choose_k(state, found.k)

st.header("All scores", anchor=False)
left, right = st.columns(2, gap="medium")
main, others = tables.scores(training, found.k)
left.table(main, hide_index=True, border="horizontal", alt="Spread, silhouette and smallest segment for each k")
right.table(others, hide_index=True, border="horizontal", alt="The other scores for each k")
st.caption("  \n".join(f"**{name}**: {meaning}" for name, meaning in tables.SCORES.items()))
