"""How many segments: which number of segments is recommended and why, and how well each one fits."""

import streamlit as st

from segmentation import charts
from segmentation.presentation import formatting, tables
from ui.components import elements
from ui.data import results
from ui.sidebar import saved_run_picker
from ui.state.app_state import get_state
from ui.views import result_header, validation

state = get_state()
training, found = results.get_training(state), results.get_segmentation(state)
advice = validation.get_recommendation(state, training)
advised, scores, theme = advice.k, training.scores, elements.get_theme()


def use_advised() -> None:
    saved_run_picker.close_run(k=advised)
    st.session_state["k"] = advised


with st.container(border=True):
    st.header(f"We recommend {advised} segments", anchor=False)
    st.markdown(formatting.localize_numbers(advice.summary))
    if state.k is None and found.k != advised:
        use = f"With 'auto', {found.k} segments were taken from the scores alone and are still in use."
    elif state.k is None:
        use = f"The number of segments stands on 'auto', so these {advised} are in use."
    else:
        use = f"You chose {found.k} segments; they are in use."
    st.caption("  \n".join((*map(formatting.localize_numbers, advice.rationale), use)))
    slot = st.empty()  # kept also where there is no button: what follows stays in its place
    if found.k != advised and not state.missing_reason:
        slot.button(f"Use {advised} segments", on_click=use_advised, type="primary", key="use_advised")
    st.page_link(
        "pages/segments/profiles.py", label=f"See who is in these {found.k} segments", icon=":material/groups:"
    )
result_header.render_result_header(state, training, found.k)

left, right = st.columns(2, gap="medium")
with left:
    elements.render_heading(
        "Elbow",
        "How much customers still differ within their segments. Where the line stops falling steeply, "
        "more segments add little.",
    )
    elements.render_chart(charts.plot_elbow(scores, found.k, advised, theme), key="elbow")
with right:
    drawn = training.silhouette_sample
    elements.render_heading(
        "Silhouette",
        "How clearly segments stand apart: 1 is perfectly, 0 not at all. "
        + (
            f"Estimated from {formatting.format_count(drawn)} customers; each bar holds 95 of 100 such estimates."
            if drawn
            else "It is exact."
        ),
    )
    elements.render_chart(charts.plot_silhouette(scores, found.k, advised, theme), key="silhouette")

elements.render_heading(
    f"Silhouette of each of the {found.k} segments",
    "How clearly each segment stands apart from the one nearest to it. Near 0: it flows into another segment.",
)
elements.render_chart(
    charts.plot_silhouette_by_segment(found.segments, theme),
    key="silhouette_by_segment",
    numbers=tables.build_silhouette_table(found),
)

validation.render_k_validation(state, found.k)

st.header("All scores", anchor=False)
left, right = st.columns(2, gap="medium")
main, others = tables.build_score_table(training, found.k)
left.table(main, hide_index=True, border="horizontal", alt="Spread, silhouette and smallest segment for each k")
right.table(others, hide_index=True, border="horizontal", alt="The other scores for each k")
st.caption("  \n".join(f"**{name}**: {meaning}" for name, meaning in tables.SCORES.items()))
