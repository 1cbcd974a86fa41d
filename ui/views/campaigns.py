"""Sections of the Campaigns page: plan and draw a campaign."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from segmentation.errors import SegmentationError
from segmentation.presentation import campaign_plans, campaign_tables
from segmentation.presentation import campaigns as sentences
from segmentation.presentation.markdown import escape_markdown
from ui.components import elements, errors
from ui.data import campaigns, results, session_upload
from ui.state import page_requests, widget_values
from ui.state.button_actions import render_action_button

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from segmentation.campaigns.campaign import Campaign
    from segmentation.campaigns.drawing import Exclusions
    from segmentation.results import Segmentation
    from ui.state.app_state import AppState

DRAWN_KEY = "campaign_drawn"
"""Request: the id of the campaign drawn last, to be shown first."""
ADOPTED_KEY = "campaign_segments_adopted"
"""The segments on the page Export at the last visit; a change there is adopted once."""
DEFAULT_DAYS = 60


def select_segments(segmentation: Segmentation) -> list[str]:
    """The segments of the campaign: at first all, or those chosen on the page Export since the last visit."""
    names = segmentation.segments["segment_name"].tolist()
    exported = [name for name in names if name in widget_values.get_widget_value("segments", names)]
    if exported and exported != (page_requests.get_request(ADOPTED_KEY) or names):
        widget_values.set_widget_values({"campaign_segments": exported})
    page_requests.set_request(ADOPTED_KEY, exported)
    previous = widget_values.get_widget_value("campaign_segments")
    if previous and not set(previous) <= set(names):  # another number of segments, or other data
        remaining = [name for name in names if name in previous]
        widget_values.set_widget_values({"campaign_segments": remaining or names})
    selected = st.multiselect(
        "Segments",
        names,
        default=names,
        key="campaign_segments",
        persist_state="session",
        help="Customers in these segments take part: most are contacted, and the others are held back.",
    )
    return [name for name in names if name in selected]


def select_design() -> tuple[int, float]:
    """Days of the reading period, and the share held back."""
    from segmentation.campaigns.power import HOLD_OUTS

    with st.container(horizontal=True):
        days = st.number_input(
            "Reading period (days)",
            min_value=1,
            max_value=730,
            value=DEFAULT_DAYS,
            key="campaign_days",
            persist_state="session",
            width=200,
            help="The sales of both groups are compared over this many days from the launch; no result is shown "
            "until they are over.",
        )
        hold_out = st.selectbox(
            "Held back",
            [permille / 1000 for permille in HOLD_OUTS],
            index=1,
            format_func=sentences.format_share,
            key="campaign_hold_out",
            persist_state="session",
            width=200,
            help="These customers do not get the message. What they buy anyway shows what the campaign brought in.",
        )
    return int(days), float(hold_out)


def render_plan(
    state: AppState, segmentation: Segmentation, segments: Sequence[str], days: int, hold_out: float
) -> None:
    """The lift that the chosen share held back detects, the suggested share, and all shares compared."""
    if state.missing_reason:
        st.info("The sales of this run are not available, so no campaign can be simulated.", icon=":material/info:")
        return
    chosen = segmentation.segments.loc[segmentation.segments["segment_name"].isin(segments), "segment_id"]
    key = results.get_result_key(state)
    plan = campaigns.get_plan(key, tuple(chosen.tolist()), days)
    takes_all = len(chosen) == len(segmentation.segments)
    power = campaign_plans.describe_power(plan, round(1000 * hold_out), takes_all_segments=takes_all)
    st.markdown(f"**{escape_markdown(power)}**")
    st.markdown(escape_markdown(campaign_plans.describe_suggestion(plan)))
    is_of_earlier_members = campaigns.is_plan_of_earlier_members(key, days)
    warning = campaign_plans.describe_planning_spend(days, is_of_earlier_members=is_of_earlier_members)
    if warning:
        st.caption(escape_markdown(warning))
    elements.render_table(campaign_tables.build_plan_table(plan), key="campaign_plan", label="All hold-out sizes")


def render_draw_form(
    state: AppState, segmentation: Segmentation, segments: Sequence[str], days: int, hold_out: float
) -> None:
    """Id, launch day and exclusions, and the button that draws."""
    as_of = segmentation.training.table.window.as_of
    campaign_id = st.text_input(
        "Campaign ID",
        key="campaign_id",
        persist_state="session",
        max_chars=64,
        placeholder="spring-2026",
        width=280,
        help="Use only letters, digits, -, _ and . in it. The ID also determines who is held back.",
    ).strip()
    with st.expander("Launch day and exclusions", key="campaign_exclusions"):
        launch = st.date_input(
            "Launch",
            value=as_of,
            key=f"campaign_launch_{as_of}",  # follows the as-of date
            persist_state="session",
            format="YYYY-MM-DD",
            width=200,
            help="The first day on which customers can react. Default: the as-of date.",
        )
        exclusions = _select_exclusions(segmentation)
    session_upload.render_retention_notice(state.sales, session_upload.SAVED_CAMPAIGN)
    render_action_button(
        "Draw groups",
        _draw,
        partial(_draw_campaign, state, segmentation, tuple(segments), campaign_id, launch, days, hold_out, exclusions),
        type="primary",
        icon=":material/shuffle:",
        key="draw_campaign",
        disabled=not campaign_id,
        help="The groups are saved and never change afterwards.",
    )
    outcome = page_requests.take_request(f"{DRAWN_KEY}_error")
    if outcome:
        errors.render_error(*outcome)


def _select_exclusions(segmentation: Segmentation) -> Exclusions:
    from segmentation.campaigns.drawing import Exclusions

    running = st.checkbox(
        "Leave out customers of other running campaigns",
        key="campaign_running",
        persist_state="session",
        help="With two campaigns at the same time, the effect of each is unclear.",
    )
    borderline = segmentation.has_certainty and st.checkbox(
        "Leave out borderline customers",
        key="campaign_borderline",
        persist_state="session",
        help="Customers whose segment is uncertain: certainty below 60\N{NO-BREAK SPACE}%.",
    )
    at_most = st.number_input(
        "Maximum number of customers (0: no limit)",
        min_value=0,
        value=0,
        key="campaign_at_most",
        persist_state="session",
        width=280,
        help="Keeps the customers with the highest expected value.",
    )
    lasting = st.number_input(
        "Permanent hold-out (%)",
        min_value=0.0,
        max_value=50.0,
        value=0.0,
        step=1.0,
        format="%g",
        key="campaign_lasting",
        persist_state="session",
        width=280,
        help="This share of all customers, always the same ones, is left out of every campaign.",
    )
    return Exclusions(lasting / 100, running, 0.6 if borderline else 0.0, int(at_most) or None)


def _draw(draw: Callable[[], Campaign]) -> None:
    """Button callback: draw, save, and ask the page to show the campaign."""
    try:
        drawn = draw()
    except SegmentationError as error:
        page_requests.set_request(f"{DRAWN_KEY}_error", (error.message, error.hint))
        return
    page_requests.set_request(DRAWN_KEY, drawn.campaign_id)


def _draw_campaign(
    state: AppState,
    segmentation: Segmentation,
    segments: tuple[str, ...],
    campaign_id: str,
    launch: date,
    days: int,
    hold_out: float,
    exclusions: Exclusions,
) -> Campaign:
    """Draw the groups and save them."""
    from segmentation.campaigns import drawing, planning, storage
    from segmentation.campaigns.campaign import CampaignDesign, to_permille

    folder = campaigns.get_campaigns_folder()
    design = CampaignDesign(campaign_id, launch, days, to_permille(hold_out))
    storage.check_not_drawn(folder, campaign_id)
    table = segmentation.training.table
    customers = segmentation.list_customers(list(segments))
    if state.missing_reason:
        settings, customers = table.settings, planning.add_unknown_launch_columns(customers)
    else:
        settings = state.sales
        customers = planning.add_launch_columns(customers, settings, launch, days, table.source)
    others, _ = campaigns.list_campaigns()
    drawn = drawing.draw_campaign(
        design,
        customers,
        drawing.DrawContext(segmentation.run_id, table.source.name, settings),
        exclusions,
        others,
    )
    storage.save_campaign(drawn, folder)
    return drawn


def suggest_file_name(campaign: Campaign, name: str) -> str:
    """A file name with the campaign id."""
    return re.sub(r"[^0-9A-Za-z._-]+", "-", f"{campaign.campaign_id}_{name}")
