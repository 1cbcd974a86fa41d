"""Campaigns: hold customers back from a list, and later read what the campaign brought."""

import streamlit as st

from ui.components import elements, errors
from ui.data import campaigns as stored_campaigns
from ui.data import results
from ui.state.app_state import get_state
from ui.views import campaign_results, campaigns, result_header

state = get_state()
segmentation = results.get_segmentation(state)
result_header.render_result_header(state, segmentation.training, segmentation.k)
st.caption(
    "Hold back some customers at random. What they buy without the message shows what the campaign brought in, after "
    "discounts and from your sales data alone."
)

elements.render_heading("Plan", "How many customers to hold back so that the result can be distinguished from chance.")
segments = campaigns.select_segments(segmentation)
days, hold_out = campaigns.select_design()
if segments:
    with errors.error_boundary():
        campaigns.render_plan(state, segmentation, segments, days, hold_out)
    elements.render_heading("Draw", "Decide at random who is held back; the groups are saved and never change.")
    with errors.error_boundary():
        campaigns.render_draw_form(state, segmentation, segments, days, hold_out)
else:
    st.info("Choose at least one segment.", icon=":material/info:")

elements.render_heading(
    "Drawn campaigns",
    "Lists, status and result. No result is shown before the reading day, when the reading period ends.",
)
drawn, problems = stored_campaigns.list_campaigns()
campaign_results.render_problems(problems)
if drawn:
    selected = campaign_results.select_campaign(drawn)
    campaign_results.render_lists(selected)
    with errors.error_boundary():
        campaign_results.render_contact_join(selected)
    with errors.error_boundary():
        campaign_results.render_sent_check(selected)
    with errors.error_boundary():
        campaign_results.render_reading(state, selected, segmentation.training.table.source.name)
elif not problems:
    st.info("No campaign has been drawn yet.", icon=":material/info:")
