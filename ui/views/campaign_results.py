"""Sections of the Campaigns page: lists, status, the list sent, and the result of one campaign."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from segmentation.presentation import campaign_tables
from segmentation.presentation import campaigns as sentences
from segmentation.presentation.markdown import escape_markdown
from segmentation.presentation.number_format import NumberFormat, number_format_context
from ui.components import elements, errors
from ui.data import campaigns
from ui.state import page_requests, widget_values
from ui.state.button_actions import render_action_button
from ui.views import contact_join
from ui.views.campaigns import DRAWN_KEY, suggest_file_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from segmentation.campaigns.campaign import Campaign
    from segmentation.campaigns.reading import CampaignReading
    from ui.state.app_state import AppState


def select_campaign(stored: Sequence[Campaign]) -> Campaign:
    """One of the campaigns; at first the one drawn last."""
    by_id = {campaign.campaign_id: campaign for campaign in stored}
    drawn = page_requests.take_request(DRAWN_KEY)
    if drawn in by_id:
        widget_values.set_widget_values({"campaign": drawn})
        st.success(f"The groups of {escape_markdown(drawn)} have been drawn.", icon=":material/check_circle:")
    widget_values.drop_unavailable_value("campaign", by_id)
    selected = st.selectbox("Campaign", list(by_id), key="campaign", persist_state="session", width=360)
    return by_id.get(selected, stored[0])


def render_lists(campaign: Campaign) -> None:
    """Sizes, exclusions, and the download of both lists."""
    st.markdown(escape_markdown(sentences.describe_period(campaign)))
    left_out = sentences.describe_exclusions(campaign.excluded)
    if left_out:
        st.caption(escape_markdown(left_out))
    with st.container(horizontal=True):
        for arm, label in (("contacted", "Download contacted (CSV)"), ("held_back", "Download held back (CSV)")):
            st.download_button(
                label,
                data=partial(_render_list, campaign, arm),
                file_name=suggest_file_name(campaign, f"{arm}.csv"),
                mime="text/csv",
                on_click="ignore",
                type="primary" if arm == "contacted" else "secondary",
                icon=":material/download:",
                key=f"download_{arm}",
            )
    st.caption(
        "Upload only the contacted customers to the mailing tool, and keep held-back customers out of other "
        "messages, too."
    )
    elements.render_table(campaign_tables.build_group_table(campaign), key="campaign_groups", label="Groups by segment")


def render_contact_join(campaign: Campaign) -> None:
    """Join contact columns of the user's own to the list of the contacted."""
    from segmentation.campaigns.assignment import CONTACTED
    from segmentation.export.campaign_lists import build_campaign_list

    contact_join.render_contact_join(
        partial(build_campaign_list, campaign, CONTACTED),
        lambda contact_format: suggest_file_name(campaign, f"contacted_{contact_format or 'contacts'}.csv"),
        key="campaign",
        label="Download contacted with addresses (CSV)",
    )


def render_sent_check(campaign: Campaign) -> None:
    """Compare the list that was actually sent with the groups."""
    with st.expander("Check the list that was sent", key="campaign_sent_box"):
        file = st.file_uploader(
            "List from the mailing tool",
            type=["csv", "txt", "xlsx", "parquet"],
            key="campaign_sent",
            help="It is compared with the groups and not stored.",
        )
        if file is None:
            return
        from segmentation.campaigns.sent_list import check_sent_list
        from segmentation.export.campaign_lists import parse_sent_ids

        check = check_sent_list(campaign.assignments, parse_sent_ids(file.getvalue(), file.name, campaign))
        for number, sentence in enumerate(sentences.describe_sent_list(check)):
            is_warning = number > 0 and not check.is_sound
            (st.warning if is_warning else st.markdown)(escape_markdown(sentence))


def render_reading(state: AppState, campaign: Campaign, source_name: str) -> None:
    """The state of the campaign in the sales on the page and, once it is over, the result."""
    if state.missing_reason:
        st.info("Choose a sales source in the sidebar to read the result.", icon=":material/info:")
        return
    if campaign.source_name != source_name:
        st.warning(
            f"This campaign was drawn from {escape_markdown(campaign.source_name)}; the page shows "
            f"{escape_markdown(source_name)}.",
            icon=":material/warning:",
        )
    reading = campaigns.read_campaign(state.sales, state.version, campaign)
    if reading.result is None:
        st.info(
            escape_markdown(sentences.describe_missing_sales(reading)),
            title=escape_markdown(sentences.describe_status(campaign, reading.day)),
            icon=":material/hourglass_top:",
        )
        return
    cost = st.number_input(
        "Cost per message",
        min_value=0.0,
        value=0.0,
        step=0.01,
        key="campaign_cost",
        width=200,
        help="In the currency of the sales, for each contacted customer.",
    )
    reading = replace(reading, result=replace(reading.result, cost_per_message=float(cost)))
    missing = sentences.describe_missing_customers(reading)
    if missing:
        st.warning(escape_markdown(missing), icon=":material/warning:")
    _render_result(reading)
    with st.container(horizontal=True):
        render_action_button(
            "Save result",
            campaigns.save_result,
            reading,
            icon=":material/save:",
            key="save_campaign_result",
            help="Saves this result with the campaign, replacing any earlier one; Publish writes it to the warehouse.",
        )
        st.download_button(
            "Download report (HTML)",
            data=partial(_render_report, reading, state.display),
            file_name=suggest_file_name(campaign, "report.html"),
            mime="text/html",
            on_click="ignore",
            icon=":material/description:",
            key="campaign_report",
        )


def _render_result(reading: CampaignReading) -> None:
    assert reading.result is not None
    verdict, *details = sentences.describe_result(reading.result, has_discounts=reading.coverage.has_discounts)
    st.subheader(escape_markdown(verdict), anchor=False)
    for sentence in details:
        st.markdown(escape_markdown(sentence))
    st.table(
        campaign_tables.build_arm_table(reading.result),
        hide_index=True,
        border="horizontal",
        alt="Sales of both groups",
    )
    st.table(
        campaign_tables.build_result_table(reading.result),
        hide_index=True,
        border="horizontal",
        alt="Result by segment",
    )
    st.caption(sentences.RESULT_TABLE_NOTE)
    with st.expander("How the result is computed", key="campaign_method"):
        for sentence in sentences.describe_method(reading.result):
            st.markdown(escape_markdown(sentence))


def render_problems(problems: dict[str, str]) -> None:
    """Campaigns that cannot be opened."""
    for message in problems.values():
        errors.render_error(message, "Restore its folder from a backup.")


def _render_list(campaign: Campaign, arm: str) -> bytes:
    from segmentation.export.campaign_lists import render_campaign_list

    return render_campaign_list(campaign, arm)


def _render_report(reading: CampaignReading, display: NumberFormat) -> bytes:
    """The report; built on click, in a separate thread."""
    from segmentation.export.campaign_report import build_campaign_report

    with number_format_context(display):
        return build_campaign_report(reading)
