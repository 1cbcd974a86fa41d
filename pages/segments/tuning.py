"""Try settings: presets, scalings and numbers of segments against one another, ranked, with the reason."""

import streamlit as st

from pages._ui import cached, parts, tuning
from pages._ui.state import current

state = current()
training = cached.training(state)
parts.in_use(state, training, cached.segmentation(state).k)
st.markdown(
    "Tries every ready choice of figures with every way of taking very large values, and 3 to 8 segments. "
    "It takes about half a minute."
)
found = tuning.found(state)
if found is not None:
    for row in found.head(3).to_dict("records"):
        with st.container(border=True):
            st.header(f"{row['rank']}. {row['label']}, {row['k']} segments", anchor=False)
            st.markdown(row["reason"])
            st.button(
                "Use these settings",
                key=f"take_{row['rank']}",
                on_click=tuning.take,
                args=(row["preset"], row["scaling"], row["k"]),
            )
    rank = st.selectbox("Another row of the table", found["rank"], key="tuning_rank", persist_state="session")
    row = found.iloc[min(max(int(rank), 1), len(found)) - 1]
    st.caption(row["reason"])
    st.button("Use this row", key="take_row", on_click=tuning.take, args=(row["preset"], row["scaling"], int(row["k"])))
    parts.heading(
        "Everything that was tried",
        "'Stand apart' measures all rows in one space and can be compared between them; it favours evened-out values a "
        "little. 'Own silhouette' can be compared only between rows with the same figures and the same way of taking "
        "large values. 'Found again' is 1 where other random starts give the same segments.",
    )
    st.table(
        tuning.numbers(found), hide_index=True, border="horizontal", alt="Every row that was tried, the best first"
    )
