"""Tables of the subcommands of `campaign`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from segmentation.campaigns.assignment import CONTACTED, HELD_BACK
from segmentation.cli.console import print_line, print_table
from segmentation.presentation.campaigns import format_share
from segmentation.runs.manifest import to_json_value

if TYPE_CHECKING:
    import pandas as pd

    from segmentation.campaigns.campaign import Campaign
    from segmentation.campaigns.estimates import ArmTotals, Estimate
    from segmentation.campaigns.power import HoldOutPower, PowerPlan
    from segmentation.campaigns.reading import CampaignResult


def print_json(values: dict[str, object]) -> None:
    """Print values as JSON."""
    print_line(json.dumps(to_json_value(values), indent=2, ensure_ascii=False, allow_nan=False))


def print_campaign_plan(plan: PowerPlan) -> None:
    """Print the smallest lift that each share held back detects."""
    columns = ("Held back", "Customers", "Smallest lift", "Cost in sales")
    print_table("Shares held back", columns, map(_format_option, plan.options))


def print_campaign_segments(segments: pd.DataFrame) -> None:
    """Print how many customers of each segment are contacted and held back."""
    rows = (
        (str(number), name, f"{contacted:,}", f"{held_back:,}")
        for number, name, contacted, held_back in segments.itertuples(index=False)
    )
    print_table("Groups", ("Number", "Segment", "Contacted", "Held back"), rows)


def print_campaigns(campaigns: Sequence[Campaign]) -> None:
    """Print one row per campaign."""
    columns = ("Campaign", "Launch", "Reading day", "Contacted", "Held back", "Run")
    print_table("Campaigns", columns, map(_format_campaign, campaigns))


def print_campaign_result(result: CampaignResult) -> None:
    """Print the sales of both groups, and what the campaign brought by segment and in all."""
    arms = {CONTACTED: result.total.contacted, HELD_BACK: result.total.held_back}
    columns = ("Group", "Customers", "Buyers", "Orders", "Gross", "Discount", "Net")
    print_table("Sales", columns, (_format_arm(name, arm) for name, arm in arms.items()))
    columns = ("Segment", "Per contacted", "95 % interval", "In all", "Gross", "Discount", "Verdict")
    print_table("Contacted less held back", columns, map(_format_estimate, (*result.segments, result.total)))


def _format_option(option: HoldOutPower) -> tuple[str, ...]:
    lift = "more than a doubling" if option.smallest_lift is None else format_share(option.smallest_lift)
    cost = "" if option.cost is None else f"{option.cost:,.0f}"
    return format_share(option.hold_out), f"{option.held_back:,}", lift, cost


def _format_campaign(campaign: Campaign) -> tuple[str, ...]:
    design = campaign.design
    days = (design.launch.isoformat(), design.reading_day.isoformat())
    return design.campaign_id, *days, *(f"{size:,}" for size in campaign.sizes.values()), campaign.run_id


def _format_arm(name: str, arm: ArmTotals) -> tuple[str, ...]:
    money = (f"{amount:,.2f}" for amount in (arm.gross, arm.discount, arm.net))
    return name, f"{arm.customers:,}", f"{arm.buyers:,}", f"{arm.orders:,}", *money


def _format_estimate(estimate: Estimate) -> tuple[str, ...]:
    interval, total = estimate.interval, estimate.total
    limits = "" if interval is None else f"{interval.low:,.2f} to {interval.high:,.2f}"
    money = (f"{amount:,.2f}" for amount in (total.net, total.gross, total.discount))
    return estimate.segment_name, f"{estimate.per_contacted.net:,.2f}", limits, *money, estimate.verdict
