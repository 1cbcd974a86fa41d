"""Tables of the subcommands of `campaign`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from segmentation.cli.console import build_table, print_table

if TYPE_CHECKING:
    from segmentation.campaigns.campaign import Campaign
    from segmentation.campaigns.power import PowerPlan
    from segmentation.campaigns.reading import CampaignResult


def print_campaign_plan(plan: PowerPlan) -> None:
    """Print the smallest lift that each share held back detects."""
    table = build_table("Held back", "Customers", "Smallest lift", "Cost of sales")
    for option in plan.options:
        lift = "more than 100%" if option.smallest_lift is None else f"{option.smallest_lift:.1%}"
        cost = "" if option.cost is None else f"{option.cost:,.0f}"
        table.add_row(f"{option.hold_out:.1%}", f"{option.held_back:,}", lift, cost)
    print_table(table)


def print_campaign_segments(campaign: Campaign) -> None:
    """Print how many customers of each segment are contacted and held back."""
    table = build_table("Number", "Segment", "Contacted", "Held back")
    for number, name, contacted, held_back in campaign.segments.itertuples(index=False):
        table.add_row(str(number), name, f"{contacted:,}", f"{held_back:,}")
    print_table(table)


def print_campaigns(campaigns: Sequence[Campaign]) -> None:
    """Print one row per campaign."""
    table = build_table("Campaign", "Launch", "Reading day", "Contacted", "Held back", "Run")
    for campaign in campaigns:
        design, sizes = campaign.design, campaign.sizes
        days = (design.launch.isoformat(), design.reading_day.isoformat())
        table.add_row(design.campaign_id, *days, *(f"{size:,}" for size in sizes.values()), campaign.run_id)
    print_table(table)


def print_campaign_result(result: CampaignResult) -> None:
    """Print what the campaign brought, by segment and in all."""
    arms = build_table("Group", "Customers", "Buyers", "Orders", "Gross", "Discount", "Net", title="Sales")
    for name, arm in (("contacted", result.total.contacted), ("held_back", result.total.held_back)):
        money = (f"{amount:,.2f}" for amount in (arm.gross, arm.discount, arm.net))
        arms.add_row(name, f"{arm.customers:,}", f"{arm.buyers:,}", f"{arm.orders:,}", *money)
    print_table(arms)
    table = build_table("Segment", "Per contacted", "95 % interval", "In all", "Gross", "Discount", "Verdict")
    for estimate in (*result.segments, result.total):
        interval = estimate.interval
        limits = "" if interval is None else f"{interval.low:,.2f} to {interval.high:,.2f}"
        money = (f"{amount:,.2f}" for amount in (estimate.total.net, estimate.total.gross, estimate.total.discount))
        table.add_row(estimate.segment_name, f"{estimate.per_contacted.net:,.2f}", limits, *money, estimate.verdict)
    print_table(table)
