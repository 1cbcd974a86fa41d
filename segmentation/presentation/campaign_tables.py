"""Tables about campaigns, formatted for a reader: plan, groups, sales of both groups, and result by segment."""

from __future__ import annotations

import pandas as pd

from segmentation.campaigns.campaign import Campaign
from segmentation.campaigns.estimates import Estimate, Interval
from segmentation.campaigns.power import PowerPlan
from segmentation.campaigns.reading import CampaignResult
from segmentation.presentation.campaigns import format_share
from segmentation.presentation.formatting import format_amount, format_count, format_currency, format_rounded_currency

ARM_LABELS = {"contacted": "Contacted", "held_back": "Held back"}


def build_plan_table(plan: PowerPlan) -> pd.DataFrame:
    """One row per share held back."""
    rows = [
        (
            format_share(option.hold_out),
            format_count(option.held_back),
            "more than a doubling" if option.smallest_lift is None else format_share(option.smallest_lift),
            "–" if option.cost is None else format_rounded_currency(option.cost),
        )
        for option in plan.options
    ]
    return pd.DataFrame(rows, columns=["Held back", "Customers", "Smallest detectable lift", "Cost in sales"])


def build_group_table(campaign: Campaign) -> pd.DataFrame:
    """One row per segment: customers contacted and held back."""
    rows = [
        (name, format_count(contacted), format_count(held_back))
        for _, name, contacted, held_back in campaign.segments.itertuples(index=False)
    ]
    return pd.DataFrame(rows, columns=["Segment", *ARM_LABELS.values()])


def build_arm_table(result: CampaignResult) -> pd.DataFrame:
    """One row per group: customers, buyers, orders and sales from the launch to the reading day."""
    rows = []
    for name, label in ARM_LABELS.items():
        arm = getattr(result.total, name)
        counts = (format_count(number) for number in (arm.customers, arm.buyers, arm.orders))
        rows.append((label, *counts, *(format_amount(amount) for amount in (arm.gross, arm.discount, arm.net))))
    columns = ["Group", "Customers", "Buyers", "Orders", "Gross sales", "Discounts", "Net sales"]
    return pd.DataFrame(rows, columns=columns)


def build_result_table(result: CampaignResult) -> pd.DataFrame:
    """One row per segment and one for all: what the campaign brought."""
    rows = [_format_estimate(estimate) for estimate in (*result.segments, result.total)]
    columns = ["Segment", "Net per contacted", "95 % interval", "Net in all", "Gross", "Discounts", "Verdict"]
    return pd.DataFrame(rows, columns=columns)


def _format_estimate(estimate: Estimate) -> tuple[str, ...]:
    total = estimate.total
    return (
        estimate.segment_name,
        format_currency(estimate.per_contacted.net),
        _format_interval(estimate.interval),
        *(format_amount(amount) for amount in (total.net, total.gross, total.discount)),
        estimate.verdict,
    )


def _format_interval(interval: Interval | None) -> str:
    return "–" if interval is None else f"{format_currency(interval.low)} to {format_currency(interval.high)}"
