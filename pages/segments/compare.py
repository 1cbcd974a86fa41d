"""Side by side: two or three segments next to each other, discounts by segment, a map to turn around."""

import streamlit as st

from segmentation import charts
from ui.components import elements
from ui.data import results
from ui.state import widget_labels
from ui.state.app_state import get_state
from ui.views import comparison, result_header

MOST = 3
state = get_state()
found = results.get_segmentation(state)
offered, theme = results.get_available_features(state), elements.get_theme()
names = {
    int(row["segment_id"]): f"{row['segment_id']} {row['segment_name']}" for row in found.segments.to_dict("records")
}
widget_labels.refresh_labels("side_by_side", names)
result_header.render_result_header(state, found.training, found.k)

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
    table = comparison.build_percentile_frame(chosen, offered)
    elements.render_heading(
        "Where they differ",
        "Where the middle customer of each segment stands among all customers; the biggest difference first.",
    )
    elements.render_chart(charts.segment_detail.plot_segment_percentiles(table, chosen, theme), key="standing")
    st.table(
        comparison.build_comparison_table(chosen, table, offered),
        hide_index=True,
        border="horizontal",
        alt="Figures of the chosen segments next to each other",
    )

comparison.get_discounts(state, found)

elements.render_heading("Map to turn around", "A sample of customers by three figures; drag to turn it.")
if st.toggle("Show the map", key="show_space", persist_state="session"):
    with st.container(horizontal=True):
        axes = [
            offered[elements.select_feature(label, offered, key=key, default=default)]
            for label, key, default in (
                ("First", "axis1", "recency_days"),
                ("Second", "axis2", "frequency"),
                ("Third", "axis3", "monetary"),
            )
        ]
    frame = found.training.table.frame
    sample = charts.sample_customers_3d([frame[axis.name] for axis in axes], found.segment_ids)
    labels, units = [axis.label for axis in axes], [axis.unit for axis in axes]
    elements.render_chart(charts.segment_detail.plot_3d_map(sample, found.segments, labels, units, theme), key="space")
