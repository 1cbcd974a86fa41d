"""Stored campaigns, plans and readings, cached for as long as the campaign and the sales are unchanged."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from segmentation.settings import SalesSettings
from ui.data import results, scoped_cache, sources
from ui.data.result_key import ResultKey

if TYPE_CHECKING:
    from pathlib import Path

    from segmentation.campaigns.campaign import Campaign
    from segmentation.campaigns.planning import PlanningSpend
    from segmentation.campaigns.power import PowerPlan
    from segmentation.campaigns.reading import CampaignReading


def get_campaigns_folder() -> Path:
    """The folder of campaigns, in that of the saved runs."""
    from segmentation.campaigns import storage

    return storage.get_campaigns_folder(results.get_models_folder())


def list_campaigns() -> tuple[list[Campaign], dict[str, str]]:
    """All campaigns, latest launch first, and what is wrong with those that cannot be opened."""
    from segmentation.campaigns import storage

    folder = get_campaigns_folder()
    return _read_campaigns(str(folder), storage.compute_fingerprint(folder))


# The arguments are the cache key; the folder is the one of this process.
@st.cache_resource(max_entries=4, show_spinner=False)
def _read_campaigns(folder: str, fingerprint: str) -> tuple[list[Campaign], dict[str, str]]:
    from segmentation.campaigns import storage

    return storage.list_campaigns(get_campaigns_folder())


@scoped_cache.cache_data(max_entries=48, ttl=results.CACHE_TTL, show_spinner="Simulating campaigns")
def get_plan(key: ResultKey, segment_ids: tuple[int, ...], days: int) -> PowerPlan:
    """Which lift each share held back detects for these segments."""
    from segmentation.campaigns import planning, power

    segments = results.build_segmentation_for(key).segments.set_index("segment_id")
    sizes = segments.loc[list(segment_ids), "customers"].astype("int64").sort_index()
    spend = _get_planning_spend(key, days).frame
    return power.plan_hold_out(spend, sizes, days, target_lift=planning.TARGET_LIFT)


def is_plan_of_earlier_members(key: ResultKey, days: int) -> bool:
    """Whether plans use the segments that customers had before the last `days`; see `PlanningSpend`."""
    return _get_planning_spend(key, days).is_of_earlier_members


@scoped_cache.cache_data(max_entries=24, ttl=results.CACHE_TTL, show_spinner="Reading the spend of the last days")
def _get_planning_spend(key: ResultKey, days: int) -> PlanningSpend:
    """Spend of the customers in the last days, by the segments they had before; shared by all choices of segments."""
    from segmentation.campaigns import planning

    segmentation = results.build_segmentation_for(key)
    table = segmentation.training.table
    settings = replace(key.sales, as_of=table.window.as_of)
    return planning.fetch_planning_spend(
        segmentation.model, segmentation.list_customers(), settings, days, table.source
    )


def read_campaign(sales: SalesSettings, version: str, campaign: Campaign) -> CampaignReading:
    """What a campaign brought in, from the sales on the page, without the cost of messages."""
    return _read_campaign(sales, version, campaign.campaign_id, campaign.created, campaign.forgotten)


# created and forgotten are part of the key only: a campaign whose arms differ has another reading.
@scoped_cache.cache_resource(max_entries=24, ttl=results.CACHE_TTL, show_spinner="Reading the sales of both groups")
def _read_campaign(
    sales: SalesSettings, version: str, campaign_id: str, created: str, forgotten: int
) -> CampaignReading:
    from segmentation.campaigns import reading, storage
    from segmentation.publishing.stored_campaigns import find_published_members
    from segmentation.sales.open_source import open_source

    folder = get_campaigns_folder()
    campaign = storage.open_campaign(folder, campaign_id)
    source = sources.open_parsed_file(sales.source) or open_source(sales.source)
    return reading.read_campaign(campaign, sales, source, members=find_published_members(campaign, source))


def save_result(reading: CampaignReading) -> None:
    """Button callback: save a result with its campaign, where publishing finds it."""
    from segmentation.campaigns import result_json, storage

    storage.save_results(get_campaigns_folder(), reading.campaign.campaign_id, result_json.summarize_reading(reading))
