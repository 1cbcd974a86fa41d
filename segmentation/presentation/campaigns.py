"""Sentences about campaigns: power, status, and results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from segmentation.campaigns.campaign import Campaign
from segmentation.campaigns.estimates import LESS, MIN_BUYERS, MORE, TOO_FEW, UNCLEAR, Estimate, Interval, Money
from segmentation.campaigns.reading import CampaignReading, CampaignResult
from segmentation.campaigns.sent_list import MISMATCH_P, SentListCheck
from segmentation.presentation.formatting import (
    format_count,
    format_currency,
    format_date,
    format_decimal,
    format_rounded_currency,
)
from segmentation.presentation.number_format import add_percent_sign

VERDICTS = {
    MORE: "The campaign brought more in sales.",
    LESS: "The campaign brought less in sales.",
    UNCLEAR: "Inconclusive: the campaign may have brought more in sales, or less.",
    TOO_FEW: "There are too few buyers to tell.",
}
RESULT_TABLE_NOTE = (
    "Adjusted difference: contacted minus held back. Segments add up to the total to the cent; where a segment has "
    "too few buyers, its amount is only its part of the total, not a result in itself."
)
EXCLUSION_REASONS = {
    "global_hold_out": "in the permanent hold-out",
    "no_consent": "without consent",
    "running_campaign": "in another running campaign",
    "borderline": "borderline between segments",
    "beyond_at_most": "over the maximum, with a lower expected value",
}
COVARIATES = {
    "net_before": "net sales in an equally long period before the launch",
    "forecast": "the net sales forecast at launch",
}
METHODS = {
    "randomization": "inverted randomization with 999 re-draws",
    "welch": "Welch's interval on the adjusted spend",
}


def format_share(share: float) -> str:
    """A share that was chosen, with as many decimals as it needs.

    >>> format_share(0.1), format_share(0.125)
    ('10\xa0%', '12.5\xa0%')
    """
    places = 0 if abs(100 * share - round(100 * share)) < 1e-9 else 1
    return add_percent_sign(format_decimal(100 * share, places))


def describe_status(campaign: Campaign, day: int) -> str:
    """The state of a running campaign; day: of the reading period, 1 is the launch."""
    design = campaign.design
    reading = f"reading on {format_date(design.reading_day)}; groups as drawn."
    if day < 1:
        return f"Starts on {format_date(design.launch)}; {reading}"
    if day > design.days:
        return f"The reading period of {design.days} days is over; the result can be read."
    return f"Day {day} of {design.days}; {reading}"


def describe_missing_sales(reading: CampaignReading) -> str:
    """Until when sales are missing, and when the result can be read."""
    design = reading.campaign.design
    last = design.reading_day - timedelta(days=1)
    days = f"{format_count(reading.days_missing)} more day{'s' * (reading.days_missing != 1)}"
    return (
        f"The sales end on {format_date(reading.coverage.last_sale)}: {days} of sales are needed. The result "
        f"can be read from {format_date(design.reading_day)} on, once the sales reach "
        f"{format_date(last)}."
    )


def describe_missing_customers(reading: CampaignReading) -> str:
    """How many customers the sales no longer know; empty if they know all."""
    number = reading.missing_customers
    if not number:
        return ""
    subject = "1 customer who bought" if number == 1 else f"{format_count(number)} customers who bought"
    return (
        f"{subject} before the launch cannot be found in these sales: either IDs were merged or renamed, or the "
        "campaign was drawn from other sales. Their sales count as 0."
    )


def describe_sent_list(check: SentListCheck) -> Iterator[str]:
    """How the list that was sent agrees with the groups."""
    yield (
        f"The list that was sent has {format_count(check.rows)} rows and contains {format_count(check.sent)} of "
        f"{format_count(check.sent + check.missing)} contacted customers."
    )
    if check.held_back_sent:
        yield (
            f"The list contains {format_count(check.held_back_sent)} held-back "
            f"customer{'s' * (check.held_back_sent != 1)}: the result will understate "
            "what the campaign brought in. The groups stay as drawn."
        )
    if check.mangled:
        examples = ", ".join(f"{sent} for {original}" for sent, original in check.mangled_examples)
        yield (
            f"{format_count(check.mangled)} IDs were altered, probably by a spreadsheet: {examples}. The "
            "mailing tool may not recognize them."
        )
    if check.ambiguous:
        yield f"{format_count(check.ambiguous)} altered IDs match several customers."
    if check.unknown - check.ambiguous:
        yield f"{format_count(check.unknown - check.ambiguous)} IDs on the list belong to no customer of this campaign."
    if check.p_value < MISMATCH_P:
        yield (
            "The list is less complete for some segments than for others, so the missing customers are not a random "
            "sample."
        )
    elif check.is_sound:
        yield "The list matches the groups as drawn."


def describe_exclusions(excluded: Mapping[str, int]) -> str:
    """How many customers were left out before the draw; empty if nobody was."""
    parts = [f"{format_count(n)} {EXCLUSION_REASONS.get(reason, reason)}" for reason, n in excluded.items() if n]
    return f"Left out before the draw: {', '.join(parts)}." if parts else ""


def describe_result(result: CampaignResult, *, has_discounts: bool = True) -> Iterator[str]:
    """The verdict and its sentences."""
    total = result.total
    yield VERDICTS[total.verdict]
    if total.verdict == TOO_FEW:
        arms = ((total.held_back, "held-back"), (total.contacted, "contacted"))
        group, arm = min(arms, key=lambda pair: pair[0].buyers)
        yield (
            f"Only {format_count(group.buyers)} of {format_count(group.customers)} {arm} customers bought; at least "
            f"{MIN_BUYERS} buyers are needed in each group."
        )
        return
    yield describe_lift(total, has_discounts=has_discounts) + _describe_messages(result)
    capped = result.capped
    if capped.interval is not None:
        yield (
            f"With each customer's spend capped at {format_rounded_currency(result.cap)}: "
            f"{format_currency(capped.per_contacted.net)} per contacted customer {_format_interval(capped.interval)}."
        )


def describe_method(result: CampaignResult) -> Iterator[str]:
    """How the result was computed."""
    covariates = " and ".join(COVARIATES[name] for name in result.covariates)
    adjusted = f"The difference is adjusted by CUPED with {covariates}. " if covariates else ""
    yield (
        f"{adjusted}Segments are weighted by their contacted customers. The 95 % interval comes from "
        f"{METHODS[result.total.method]}; the verdicts of segments are corrected by Holm's method."
    )
    plain = result.unadjusted
    yield (
        f"Without adjustment: {format_currency(plain.per_contacted.net)} per contacted customer "
        f"{_format_interval(plain.interval)}."
    )
    yield "Net sales are gross sales less discounts; discounts are never subtracted again."


def describe_period(campaign: Campaign) -> str:
    """Launch, reading day and size of both groups."""
    design, sizes = campaign.design, campaign.sizes
    return (
        f"Launch on {format_date(design.launch)}, reading after {design.days} days on "
        f"{format_date(design.reading_day)}: {format_count(sizes['contacted'])} customers contacted, "
        f"{format_count(sizes['held_back'])} held back."
    )


def describe_draw(campaign: Campaign) -> str:
    """How the groups were drawn."""
    return (
        f"{format_share(campaign.design.hold_out)} of each segment is held back, drawn by the SHA-256 hash of the "
        "campaign ID and the customer ID."
    )


def describe_lift(estimate: Estimate, *, has_discounts: bool = True) -> str:
    """The lift of one estimate: per contacted customer, in all, and its parts."""
    net, interval, everything = estimate.per_contacted.net, estimate.interval, estimate.total_interval
    if interval is None or everything is None:
        return VERDICTS[TOO_FEW]
    if estimate.verdict == UNCLEAR:
        start, sign = "Net sales differ by", 1.0
    else:
        start, sign = ("Net sales rose by", 1.0) if net >= 0 else ("Net sales fell by", -1.0)
    interval, everything = (_flip(interval), _flip(everything)) if sign < 0 else (interval, everything)
    parts = _describe_parts(estimate.total) if has_discounts else ""
    return (
        f"{start} {format_currency(sign * net)} per contacted customer {_format_interval(interval)}, "
        f"{format_rounded_currency(sign * estimate.total.net)} in all {_format_interval(everything, rounded=True)}"
        f"{parts}."
    )


def _describe_parts(money: Money) -> str:
    """Gross sales less discounts; they give the net sales as displayed."""
    places = 0 if abs(money.net) >= 10 else 2
    net, gross = round(money.net, places), round(money.gross, places)
    discount = round(gross - net, places)
    if net >= 0 and discount >= 0:
        return f": {format_rounded_currency(gross)} gross less {format_rounded_currency(discount)} in discounts"
    return (
        f": gross sales changed by {format_rounded_currency(gross)} and discounts by "
        f"{format_rounded_currency(discount)}"
    )


def _describe_messages(result: CampaignResult) -> str:
    everything = result.total.total_interval
    if result.cost <= 0 or everything is None:
        return ""
    net = round(result.total.total.net) - round(result.cost)
    return (
        f" After {format_rounded_currency(result.cost)} for messages: {format_rounded_currency(net)} "
        f"{_format_interval(everything.scale(1.0, -result.cost), rounded=True)}."
    )


def _flip(interval: Interval) -> Interval:
    return Interval(-interval.high, -interval.low)


def _format_interval(interval: Interval, *, rounded: bool = False) -> str:
    write = format_rounded_currency if rounded else format_currency
    return f"({write(interval.low)} to {write(interval.high)})"
