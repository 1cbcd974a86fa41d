"""Overview: data loaded, sales trend, next steps, and data quality."""

import streamlit as st

from segmentation import charts
from ui.components import elements, onboarding
from ui.data import queries, results
from ui.state.app_state import get_state
from ui.views import next_steps, overview, segment_cards

state = get_state()
table, theme = results.get_customers(state.sales, state.version), elements.get_theme()

onboarding.render_introduction()
overview.render_summary(state, table)
overview.render_data_limits(table)

concentration = queries.get_concentration(state.sales, state.version)
summary = queries.get_purchase_summary(state.sales, state.version)
next_steps.render_next_steps(state, table, concentration, summary)

sales_over_time = queries.get_sales_over_time(state)
periods, unit = sales_over_time.periods, sales_over_time.unit
elements.render_heading(
    f"Net sales by {unit}",
    "After discounts. Returns are subtracted on the day of the return."
    + ("" if periods["is_complete"].all() else f" Hatched bars mark partial {unit}s."),
)
elements.render_chart(
    charts.plot_over_time(periods, "net_sales", "Net sales", unit, theme),
    key="sales",
    numbers=overview.build_period_table(sales_over_time),
)

left, right = st.columns(2, gap="medium")
with left:
    elements.render_heading(f"Orders by {unit}", "Orders placed.")
    elements.render_chart(charts.plot_over_time(periods, "orders", "Orders", unit, theme), key="orders")
with right:
    elements.render_heading(
        f"Customers by {unit}",
        "New: first order in this data. Early periods overstate new customers because no earlier sales are available.",
    )
    elements.render_chart(charts.plot_new_and_returning(periods, unit, theme), key="customers")

elements.render_heading(
    "Sales concentration",
    "The more the curve bends to the upper left, the more sales are concentrated in a few customers.",
)
if concentration is None:
    st.caption("Total net sales are not above 0, so shares cannot be computed.")
else:
    curve = charts.plot_concentration(
        concentration.curve, concentration.top_customer_share, concentration.n_top_customers, theme
    )
    elements.render_chart(curve, key="concentration", numbers=overview.build_concentration_table(concentration))

segment_cards.render_data_quality(table)
overview.render_data_notes(state, table)
