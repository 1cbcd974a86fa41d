"""Try settings: presets, scalings and numbers of segments against one another, ranked, with the reason."""

import streamlit as st

from segmentation.presentation import formatting
from ui.components import elements
from ui.data import results
from ui.state.app_state import get_state
from ui.views import result_header, tuning

state = get_state()
training, k = results.get_training(state), results.get_segmentation(state).k
result_header.render_result_header(state, training, k)
st.markdown(
    "Which figures should customers be compared by, and how many segments serve best? Every ready choice of figures is "
    "tried on your customers, with every way of taking very large values and with 3 to 8 segments."
)
tried = tuning.get_results(state)
if tried is None:
    st.caption("It takes less than a minute, and changes nothing until you take a result over.")
    st.stop()

elements.render_heading(
    "The best of each choice of figures",
    "First come those whose smallest segment is large enough for a campaign, then those that are found again, then "
    "those whose segments stand apart most. Your own question counts for more than a rank: who compares by "
    "discounts learns about discounts.",
)
tuning.render_best(tried, training, k)

elements.render_heading(
    f"All {len(tried)} that were tried",
    "'Stand apart' measures all rows alike and can be compared between them; it favours evened-out values a little. "
    "'Found again' is 1 where other random starts give the same segments. 'Own silhouette' can be compared only "
    "between rows with the same figures and the same way of taking very large values.",
)
rows = tried.to_dict("records")
place = st.selectbox(
    "Take any row",
    range(len(rows)),
    format_func=lambda place: tuning.format_row(rows[place]),
    key="tuning_row",
    persist_state="session",
    width=420,
)
row = rows[place if place in range(len(rows)) else 0]
st.caption(formatting.localize_numbers(str(row["reason"])))
tuning.render_apply_button(row, training, k, key="take_row", label="Use this row")
elements.render_dataframe(
    tuning.build_result_table(tried),
    alt="Every row that was tried, the best first",
    height=420,
    Smallest_segment=formatting.format_percent,
)
