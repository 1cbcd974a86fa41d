"""Overview: what was loaded, how sales run, what to do first, and how sound the data are."""

import streamlit as st

from segmentation import charts
from ui.components import elements, onboarding
from ui.data import queries
from ui.state.app_state import get_state
from ui.views import next_steps, overview, segment_cards

state = get_state()
table, theme = queries.get_customers(state), elements.get_theme()

onboarding.render_introduction()
overview.render_summary(state, table)
overview.render_data_limits(table)

spread = queries.get_concentration(state)
next_steps.render_next_steps(state, table, spread, queries.get_purchase_summary(state))

found = queries.get_sales_over_time(state)
periods, unit = found.periods, found.unit
elements.render_heading(
    f"Net sales by {unit}",
    "After discounts; returns are taken off on the day they came back."
    + ("" if periods["is_whole"].all() else f" A hatched bar is a {unit} that the data cover in part."),
)
elements.render_chart(
    charts.plot_over_time(periods, "net_sales", "Net sales", unit, theme),
    key="sales",
    numbers=overview.build_period_table(found),
)

left, right = st.columns(2, gap="medium")
with left:
    elements.render_heading(f"Orders by {unit}", "How many orders were placed.")
    elements.render_chart(charts.plot_over_time(periods, "orders", "Orders", unit, theme), key="orders")
with right:
    elements.render_heading(
        f"Customers by {unit}",
        "New: the first order in these data. At the beginning nearly everybody is, for want of earlier sales.",
    )
    elements.render_chart(charts.plot_new_and_returning(periods, unit, theme), key="customers")

elements.render_heading(
    "How sales are spread over customers",
    "The more the curve bends to the upper left, the fewer customers carry the shop.",
)
if spread is None:
    st.caption("Net sales do not add up to more than 0, so that no shares can be told.")
else:
    curve = charts.plot_concentration(spread.curve, spread.most_of_sales, spread.customers, theme)
    elements.render_chart(curve, key="concentration", numbers=overview.build_concentration_table(spread))

segment_cards.render_data_quality(table)
overview.render_data_notes(state, table)
