"""Sentences about the plan of a campaign: which lift a hold-out detects, and which one is suggested."""

from __future__ import annotations

from segmentation.campaigns.assignment import PERMILLE
from segmentation.campaigns.campaign import MAX_DAYS
from segmentation.campaigns.power import POWER, HoldOutPower, PowerPlan
from segmentation.presentation.campaigns import format_share
from segmentation.presentation.formatting import format_count, format_rounded_currency

TODAYS_MEMBERS = (
    "The sales do not reach back far enough to know who was in these segments before the last {days} days. The plan "
    "uses the spend of today's members instead. That spend is partly why they are in these segments, so the plan is "
    "only a rough guide."
)


def describe_power(plan: PowerPlan, permille: int, *, takes_all_segments: bool = False) -> str:
    """Describe the lift that one share held back detects, compared with the next larger one.

    Args:
        plan: the compared shares.
        permille: one of them, in thousandths.
        takes_all_segments: whether there are no other segments to add.
    """
    option = plan.get_option(permille)
    if option.smallest_lift is None or option.cost is None:
        return (
            f"{_describe_share(option)}: this list is too small or its spend too uneven: even a doubling would be "
            f"missed. {_advise_larger(plan, permille, takes_all_segments)}"
        )
    larger = next((o for o in plan.options if o.permille > permille and o.smallest_lift is not None), None)
    compared = (
        ""
        if larger is None or larger.smallest_lift is None
        else f"; with {format_share(larger.hold_out)}: {format_share(larger.smallest_lift)}"
    )
    return (
        f"{_describe_share(option)}: a lift of {format_share(option.smallest_lift)} or more will be detected "
        f"{format_share(POWER)} of the time after {plan.days} days{compared}. "
        f"It costs about {format_rounded_currency(_round_to_two_digits(option.cost))} of sales if the campaign works "
        "that well."
    )


def describe_suggestion(plan: PowerPlan) -> str:
    """Describe the suggested share held back."""
    if plan.suggested is not None:
        return (
            f"Suggested: hold back {format_share(plan.suggested.hold_out)} "
            f"({format_count(plan.suggested.held_back)} customers), the smallest hold-out that detects a lift of "
            f"{format_share(plan.target_lift)}."
        )
    detecting = [option for option in plan.options if option.smallest_lift is not None]
    if not detecting:
        return "Holding back half would not, on its own, detect even a doubling."
    best = min(detecting, key=lambda option: (option.smallest_lift or 0.0, option.permille))
    return (
        f"No hold-out detects a lift of {format_share(plan.target_lift)}. The best, {format_share(best.hold_out)}, "
        f"detects a lift of {format_share(best.smallest_lift or 0.0)}."
    )


def describe_planning_spend(days: int, *, is_of_earlier_members: bool) -> str:
    """A warning if the plan is based on the spend of today's members; otherwise empty."""
    return "" if is_of_earlier_members else TODAYS_MEMBERS.format(days=days)


def _describe_share(option: HoldOutPower) -> str:
    return f"Held back {format_share(option.hold_out)} ({format_count(option.held_back)} customers)"


def _advise_larger(plan: PowerPlan, permille: int, takes_all_segments: bool) -> str:
    """The ways to a larger campaign that remain, as one sentence."""
    ways = [
        *(["hold back half"] if permille < PERMILLE // 2 else []),
        *([f"wait {2 * plan.days} days"] if 2 * plan.days <= MAX_DAYS else []),
        *([] if takes_all_segments else ["take all segments together"]),
    ]
    if not ways:
        return "A campaign to these customers cannot be measured."
    *first, last = ways
    comma = "," if len(first) > 1 else ""
    sentence = f"{', '.join(first)}{comma} or {last}" if first else last
    return f"{sentence[0].upper()}{sentence[1:]}."


def _round_to_two_digits(amount: float) -> float:
    return float(f"{amount:.2g}")
