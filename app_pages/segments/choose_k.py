"""Number of segments: the recommendation with its reasons, and scores of every k."""

import streamlit as st

from segmentation import charts
from segmentation.presentation import formatting, tables
from segmentation.presentation.messages import render_message
from ui.components import elements
from ui.data import results
from ui.sidebar import saved_run_picker
from ui.state import widget_values
from ui.state.app_state import get_state
from ui.views import result_header, separate_groups, validation

state = get_state()
training, segmentation = results.get_training(state), results.get_segmentation(state)
recommendation = validation.get_recommendation(state, training)
recommended_k, scores, theme = recommendation.k, training.scores, elements.get_theme()


def use_recommended() -> None:
    saved_run_picker.close_saved_run(k=recommended_k)
    widget_values.set_widget_values({"k": recommended_k})


with st.container(border=True):
    st.header(f"We recommend {recommended_k} segments", anchor=False)
    st.markdown(render_message(recommendation.summary))
    if state.k is None and segmentation.k != recommended_k:
        use = f"'auto' chose {segmentation.k} segments from a quick check; they are still in use."
    elif state.k is None:
        use = f"The number of segments is set to 'auto', so these {recommended_k} are in use."
    else:
        use = f"You chose {segmentation.k} segments; they are in use."
    changed = validation.describe_change(state, training)
    st.caption("  \n".join(filter(None, (changed, *map(render_message, recommendation.rationale), use))))
    slot = st.empty()  # reserved even without a button, so that the page does not move
    if segmentation.k != recommended_k and not state.missing_reason:
        slot.button(f"Use {recommended_k} segments", on_click=use_recommended, type="primary", key="use_recommended")
    st.page_link(
        "app_pages/segments/profiles.py", label=f"View these {segmentation.k} segments", icon=":material/groups:"
    )
result_header.render_result_header(state, training, segmentation.k)

left, right = st.columns(2, gap="medium")
with left:
    elements.render_heading(
        "Elbow",
        "Inertia: how much customers differ within their segments. Beyond the bend of the curve, more segments add "
        "little.",
    )
    elements.render_chart(charts.plot_elbow(scores, segmentation.k, recommended_k, theme), key="elbow")
with right:
    sample_size = training.silhouette_sample
    elements.render_heading(
        "Silhouette",
        "How well segments are separated: 1 is perfect, 0 is none. "
        + (
            f"Estimated from {formatting.format_count(sample_size)} customers; "
            "bars show 95\N{NO-BREAK SPACE}% intervals."
            if sample_size
            else "Computed on all customers."
        ),
    )
    elements.render_chart(charts.plot_silhouette(scores, segmentation.k, recommended_k, theme), key="silhouette")

elements.render_heading(
    f"Silhouette by segment (k = {segmentation.k})",
    "How well each segment is separated from its nearest neighbor. Near 0: the two overlap."
    + (" Lines show 95\N{NO-BREAK SPACE}% intervals." if sample_size else ""),
)
elements.render_chart(
    charts.plot_silhouette_by_segment(segmentation.segments, theme),
    key="silhouette_by_segment",
    numbers=tables.build_silhouette_table(segmentation),
)

separate_groups.render_separate_groups(segmentation)
validation.render_k_validation(state, segmentation.k)

st.header("All scores", anchor=False)
left, right = st.columns(2, gap="medium")
main, others = tables.build_score_table(training, segmentation.k)
left.table(main, hide_index=True, border="horizontal", alt="Inertia, silhouette and smallest segment for each k")
right.table(others, hide_index=True, border="horizontal", alt="Other scores for each k")
st.caption("  \n".join(f"**{name}**: {meaning}" for name, meaning in tables.SCORES.items()))
