"""Campaigns, plans and readings as plain values: for --json, the saved result, and the table campaign_results."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from segmentation.campaigns.campaign import Campaign
from segmentation.campaigns.estimates import Estimate, Interval, Money
from segmentation.campaigns.power import PowerPlan
from segmentation.campaigns.reading import CampaignReading, CampaignResult


def summarize_campaign(campaign: Campaign) -> dict[str, Any]:
    """Settings and sizes of a campaign."""
    design = campaign.design
    return {
        "campaign_id": design.campaign_id,
        "run_id": campaign.run_id,
        "created": campaign.created,
        "launch": design.launch.isoformat(),
        "days": design.days,
        "reading_day": design.reading_day.isoformat(),
        "hold_out": design.hold_out,
        **campaign.sizes,
        "excluded": dict(campaign.excluded),
        "forgotten": campaign.forgotten,
        "segments": campaign.segments.to_dict("records"),
    }


def summarize_plan(plan: PowerPlan) -> dict[str, Any]:
    """The compared shares held back."""
    options = [
        {
            "hold_out": option.hold_out,
            "held_back": option.held_back,
            "contacted": option.contacted,
            "smallest_lift": option.smallest_lift,
            "cost": option.cost,
        }
        for option in plan.options
    ]
    return {
        "customers": plan.customers,
        "days": plan.days,
        "mean_spend": plan.mean_spend,
        "target_lift": plan.target_lift,
        "suggested": None if plan.suggested is None else plan.suggested.hold_out,
        "options": options,
    }


def summarize_reading(reading: CampaignReading) -> dict[str, Any]:
    """The state of a campaign and, once its reading period is over, the result."""
    design, coverage = reading.campaign.design, reading.coverage
    values: dict[str, Any] = {
        "campaign_id": design.campaign_id,
        "status": "running" if reading.result is None else "read",
        "launch": design.launch.isoformat(),
        "reading_day": design.reading_day.isoformat(),
        "day": reading.day,
        "days": design.days,
        "days_missing": reading.days_missing,
        "sales_until": coverage.last_sale.isoformat(),
        "missing_customers": reading.missing_customers,
        "hold_out": design.hold_out,
        **reading.campaign.sizes,
    }
    return values if reading.result is None else values | _summarize_result(reading.result)


def _summarize_result(result: CampaignResult) -> dict[str, Any]:
    total = _summarize_estimate(result.total)
    interval = result.total.total_interval
    after = None
    if result.cost > 0:
        after = {"cost": result.cost, "net": result.total.total.net - result.cost}
        after |= _summarize_interval(None if interval is None else interval.scale(1.0, -result.cost))
    return {
        "verdict": total["verdict"],
        "method": total["method"],
        "p_value": total["p_value"],
        "covariates": list(result.covariates),
        "arms": {"contacted": total["contacted"], "held_back": total["held_back"]},
        "per_contacted": total["per_contacted"],
        "total": total["total"],
        "cost_per_message": result.cost_per_message,
        "after_messages": after,
        "unadjusted": asdict(result.unadjusted.per_contacted) | _summarize_interval(result.unadjusted.interval),
        "capped": {"cap": result.cap} | _summarize_money(result.capped.per_contacted, result.capped.interval, ("net",)),
        "segments": [_summarize_estimate(segment) for segment in result.segments],
    }


def _summarize_estimate(estimate: Estimate) -> dict[str, Any]:
    return {
        "segment_id": estimate.segment_id,
        "segment_name": estimate.segment_name,
        "verdict": estimate.verdict,
        "method": estimate.method,
        "p_value": estimate.p_value,
        "contacted": asdict(estimate.contacted),
        "held_back": asdict(estimate.held_back),
        "per_contacted": _summarize_money(estimate.per_contacted, estimate.interval),
        "total": _summarize_money(estimate.total, estimate.total_interval),
    }


def _summarize_money(
    money: Money, interval: Interval | None, names: tuple[str, ...] = ("net", "gross", "discount")
) -> dict[str, Any]:
    return {name: getattr(money, name) for name in names} | _summarize_interval(interval)


def _summarize_interval(interval: Interval | None) -> dict[str, Any]:
    return {"low": None, "high": None} if interval is None else asdict(interval)
