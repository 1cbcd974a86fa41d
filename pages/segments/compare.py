"""Side by side: two or three segments next to each other, discounts by segment, a map to turn around."""

import streamlit as st

from ui.data import results as cached
from ui.components import common as parts
from ui.views import comparison as side_by_side
from ui.state.app_state import current
from segmentation import charts

MOST = 3
state = current()
found = cached.segmentation(state)
offered, theme = cached.offered(state), parts.theme()
names = {
    int(row["segment_id"]): f"{row['segment_id']} {row['segment_name']}" for row in found.segments.to_dict("records")
}
parts.relabelled("side_by_side", names)
parts.in_use(state, found.training, found.k)

asked = st.multiselect(
    "Segments to compare (two or three)",
    list(names),
    default=list(names)[:2],
    max_selections=MOST,
    format_func=lambda number: names.get(number, str(number)),
    key="side_by_side",
    persist_state="session",
)
wanted = [number for number in names if number in asked]
if not 2 <= len(wanted) <= MOST:
    st.info("Choose two or three segments.", icon=":material/info:")
else:
    chosen = found.segments[found.segments["segment_id"].isin(wanted)]
    table = side_by_side.standing(chosen, offered)
    parts.heading(
        "Where they differ",
        "Where the middle customer of each segment stands among all customers; the biggest difference first.",
    )
    parts.chart(charts.closer.side_by_side(table, chosen, theme), key="standing")
    st.table(
        side_by_side.figures(chosen, table, offered),
        hide_index=True,
        border="horizontal",
        alt="Figures of the chosen segments next to each other",
    )

side_by_side.all_discounts(state, found)

parts.heading("Map to turn around", "A sample of customers by three figures; drag to turn it.")
if st.toggle("Show the map", key="show_space", persist_state="session"):
    with st.container(horizontal=True):
        axes = [
            offered[parts.choose(label, offered, key=key, default=default)]
            for label, key, default in (
                ("First", "axis1", "recency_days"),
                ("Second", "axis2", "frequency"),
                ("Third", "axis3", "monetary"),
            )
        ]
    frame = found.training.table.frame
    sample = charts.sample_space([frame[axis.name] for axis in axes], found.segment_ids)
    labels, units = [axis.label for axis in axes], [axis.unit for axis in axes]
    parts.chart(charts.closer.space_map(sample, found.segments, labels, units, theme), key="space")
