"""Compare segments: two or three side by side, discounts by segment, a 3D map."""

import streamlit as st

from segmentation import charts
from ui.components import elements
from ui.data import results
from ui.state import widget_labels
from ui.state.app_state import get_state
from ui.views import comparison, customers, model_comparison, result_header

MAX_SEGMENTS = 3
state = get_state()
segmentation = results.get_segmentation(state)
offered, theme = results.get_available_features(state), elements.get_theme()
names = {number: f"{number} {name}" for number, name in segmentation.segment_names.items()}
widget_labels.refresh_labels("side_by_side", names)
result_header.render_result_header(state, segmentation.training, segmentation.k)

selected = st.multiselect(
    "Segments to compare (two or three)",
    list(names),
    default=list(names)[:2],
    max_selections=MAX_SEGMENTS,
    format_func=lambda number: names.get(number, str(number)),
    key="side_by_side",
    persist_state="session",
)
segment_ids = [number for number in names if number in selected]
if not 2 <= len(segment_ids) <= MAX_SEGMENTS:
    st.info("Choose two or three segments.", icon=":material/info:")
else:
    selected_segments = segmentation.segments[segmentation.segments["segment_id"].isin(segment_ids)]
    table = comparison.build_percentile_frame(selected_segments, offered)
    elements.render_heading(
        "Key differences",
        "Percentile of each segment's median customer among all customers, largest difference first."
        + elements.describe_precision(segmentation),
    )
    elements.render_chart(
        charts.segment_detail.plot_segment_percentiles(table, selected_segments, theme), key="standing"
    )
    st.table(
        comparison.build_comparison_table(selected_segments, table, offered),
        hide_index=True,
        border="horizontal",
        alt="Features of the selected segments side by side",
    )
customers.render_deferred_features(segmentation.training.table)

comparison.render_discounts(state, segmentation)

elements.render_heading("3D map", "A sample of customers by three features. Drag to rotate.")
if st.toggle("Show the 3D map", key="show_space", persist_state="session"):
    with st.container(horizontal=True):
        axes = [
            offered[elements.select_feature(label, offered, key=key, default=default)]
            for label, key, default in (
                ("X axis", "axis1", "recency_days"),
                ("Y axis", "axis2", "frequency"),
                ("Z axis", "axis3", "monetary"),
            )
        ]
    frame = segmentation.training.table.frame
    sample = charts.sample_customers_3d([frame[axis.name] for axis in axes], segmentation.segment_ids)
    labels, units = [axis.label for axis in axes], [axis.unit for axis in axes]
    elements.render_chart(
        charts.segment_detail.plot_3d_map(sample, segmentation.segments, labels, units, theme), key="space"
    )

elements.render_heading(
    "Compare with another model",
    "Compare with another number of segments, another feature set or a saved run, on the same sales: who stays and "
    "who moves.",
)
if st.toggle("Compare two models", key="show_models", persist_state="session"):
    model_comparison.render_model_comparison(state, segmentation)
