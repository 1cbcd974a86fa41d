"""Overview: what was loaded, how sales run, what to do first, and how sound the data are."""

import streamlit as st

from ui.data import queries as cached_views
from ui.views import segment_cards as cards, overview as shop, next_steps as steps
from ui.components import onboarding as guide, common as parts
from ui.state.app_state import current
from segmentation import charts

state = current()
table, theme = cached_views.customers(state), parts.theme()

guide.what_this_is()
shop.summary(state, table)
shop.limits(table)

spread = cached_views.concentration(state)
steps.show(state, table, spread, cached_views.habits(state))

found = cached_views.over_time(state)
periods, unit = found.periods, found.unit
parts.heading(
    f"Net sales by {unit}",
    "After discounts; returns are taken off on the day they came back."
    + ("" if periods["is_whole"].all() else f" A hatched bar is a {unit} that the data cover in part."),
)
parts.chart(charts.over_time(periods, "net_sales", "Net sales", unit, theme), key="sales", numbers=shop.periods(found))

left, right = st.columns(2, gap="medium")
with left:
    parts.heading(f"Orders by {unit}", "How many orders were placed.")
    parts.chart(charts.over_time(periods, "orders", "Orders", unit, theme), key="orders")
with right:
    parts.heading(
        f"Customers by {unit}",
        "New: the first order in these data. At the beginning nearly everybody is, for want of earlier sales.",
    )
    parts.chart(charts.new_and_returning(periods, unit, theme), key="customers")

parts.heading(
    "How sales are spread over customers",
    "The more the curve bends to the upper left, the fewer customers carry the shop.",
)
if spread is None:
    st.caption("Net sales do not add up to more than 0, so that no shares can be told.")
else:
    curve = charts.concentration(spread.curve, spread.most_of_sales, spread.customers, theme)
    parts.chart(curve, key="concentration", numbers=shop.shares(spread))

cards.data_behind(table)
shop.data_notes(state, table)
