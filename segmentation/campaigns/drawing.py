"""From the customers of a run to a campaign: segments, exclusions, the draw, and the sales before the launch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from segmentation.campaigns.assignment import CONTACTED, HELD_BACK, assign_arms, compute_assignment_keys
from segmentation.campaigns.campaign import ASSIGNMENT_COLUMNS, Campaign, CampaignDesign
from segmentation.campaigns.estimation import MIN_PER_ARM
from segmentation.errors import CampaignError
from segmentation.runs.customer_columns import CERTAINTY_COLUMN
from segmentation.runs.manifest import format_utc
from segmentation.settings import SalesSettings

GLOBAL_SALT = "global-hold-out"
"""The salt of the permanent hold-out: the same for every campaign."""
CONSENT_COLUMN = "consent"


@dataclass(frozen=True)
class Exclusions:
    """Who is left out before the draw; the reasons apply in this order."""

    global_hold_out: float = 0.0
    """Share of all customers, 0 to 1, who are never in a campaign: the same ones in every campaign."""
    in_overlapping_campaign: bool = False
    """Whether to leave out customers, contacted or held back, of campaigns with an overlapping reading period."""
    min_certainty: float = 0.0
    """Leave out borderline customers: those whose certainty is below this share, 0 to 1."""
    at_most: int | None = None
    """Keep at most this many customers: those with the highest forecast, or the highest monetary where no customer has
    a forecast; None: all."""


@dataclass(frozen=True, eq=False)
class DrawContext:
    """The run and the sales that the customers come from, to be saved with the campaign."""

    run_id: str
    source_name: str
    sales: SalesSettings


def draw_campaign(
    design: CampaignDesign,
    customers: pd.DataFrame,
    context: DrawContext,
    exclusions: Exclusions = Exclusions(),
    others: Sequence[Campaign] = (),
) -> Campaign:
    """Apply the exclusions, and draw who is held back.

    Args:
        design: id, launch, length and share held back.
        customers: one row per customer of the chosen segments: customer_id (text), segment_id, segment_name,
            rfm_monetary (money), certainty where it is known, consent (bool) where it counts, net_before (money; NaN:
            unknown) and forecast (money; NaN: none).
        context: run, source and sales settings, to be stored.
        exclusions: who is left out.
        others: the other campaigns.

    Raises:
        CampaignError: nobody remains, an arm would have fewer than MIN_PER_ARM customers, or `min_certainty` is set and
            the run has no certainty.
    """
    remaining, excluded = exclude_customers(design, customers, exclusions, others)
    check_remaining(len(remaining), len(customers))
    assigned = assign_arms(design.campaign_id, remaining, design.permille)
    assigned = assigned.assign(campaign_id=design.campaign_id)[list(ASSIGNMENT_COLUMNS)]
    assigned = assigned.sort_values(["segment_id", "assignment_key"], ignore_index=True)
    campaign = Campaign(
        design=design,
        assignments=assigned,
        run_id=context.run_id,
        created=format_utc(datetime.now(UTC)),
        source_name=context.source_name,
        sales=context.sales,
        excluded=excluded,
    )
    check_arms(campaign.sizes)
    return campaign


def check_remaining(remaining: int, customers: int) -> None:
    """Raise CampaignError if all of these customers are left out."""
    if not remaining:
        raise CampaignError(
            f"All {customers:,} customers of these segments are left out before the draw.",
            hint="Leave out fewer, or choose more segments.",
        )


def check_certainty(is_known: bool) -> None:
    """Raise CampaignError unless the certainty of segments is known."""
    if not is_known:
        raise CampaignError(
            "The run does not store how certain the segments are.", hint="Train again, or keep borderline customers."
        )


def check_arms(sizes: Mapping[str, int]) -> None:
    """Raise CampaignError if an arm has fewer than MIN_PER_ARM customers; sizes: customers by arm."""
    if min(sizes.values()) < MIN_PER_ARM:
        raise CampaignError(
            f"Of {sum(sizes.values()):,} customers, {sizes[HELD_BACK]:,} would be held back and "
            f"{sizes[CONTACTED]:,} contacted.",
            hint="Choose more segments, fewer exclusions, or another share held back.",
        )


def exclude_customers(
    design: CampaignDesign, customers: pd.DataFrame, exclusions: Exclusions, others: Sequence[Campaign] = ()
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Leave out customers before the draw.

    Args:
        design, customers, exclusions, others: as in `draw_campaign`.

    Returns:
        the customers that remain, and reason -> how many were left out, for each reason that was checked. A customer
        counts for the first reason only.

    Raises:
        CampaignError: `min_certainty` is set, and the customers have no certainty.
    """
    counts: dict[str, int] = {}

    def keep(rows: pd.DataFrame, condition: pd.Series | np.ndarray, reason: str) -> pd.DataFrame:
        counts[reason] = int((~np.asarray(condition)).sum())
        return rows[np.asarray(condition)]

    if exclusions.global_hold_out > 0:
        is_held_out = find_global_hold_out(customers["customer_id"], exclusions.global_hold_out)
        customers = keep(customers, ~is_held_out, "global_hold_out")
    if CONSENT_COLUMN in customers:
        customers = keep(customers, customers[CONSENT_COLUMN], "no_consent")
    if exclusions.in_overlapping_campaign:
        customers = keep(
            customers, ~find_in_overlapping_campaigns(design, customers["customer_id"], others), "running_campaign"
        )
    if exclusions.min_certainty > 0:
        check_certainty(CERTAINTY_COLUMN in customers)
        customers = keep(customers, customers[CERTAINTY_COLUMN] >= exclusions.min_certainty, "borderline")
    if exclusions.at_most is not None:
        value = customers["forecast"].fillna(-np.inf) if customers["forecast"].notna().any() else None
        ranked = customers.assign(value=customers["rfm_monetary"] if value is None else value)
        first = ranked.sort_values(["value", "customer_id"], ascending=[False, True]).index[: exclusions.at_most]
        customers = keep(customers, customers.index.isin(first), "beyond_at_most")
    return customers.reset_index(drop=True), counts


def find_global_hold_out(customer_ids: pd.Series, share: float) -> np.ndarray:
    """(n,) whether each customer is in the permanent hold-out.

    The customer id alone decides, so that nobody ever changes sides: the first 32 bits of the key are uniform, and
    those below `share` (0 to 1) of their range are held out. A larger share holds out the same customers and more.
    """
    limit = get_global_limit(share)
    return np.array([key[:8] < limit for key in compute_assignment_keys(GLOBAL_SALT, customer_ids)], bool)


def get_global_limit(share: float) -> str:
    """The text below which the first eight digits of a key are in the permanent hold-out."""
    # "g" is above every hexadecimal digit: with a share of 1, every key is below the limit.
    return f"{round(share * 2**32):08x}" if share < 1 else "g"


def find_in_overlapping_campaigns(
    design: CampaignDesign, customer_ids: pd.Series, others: Sequence[Campaign]
) -> np.ndarray:
    """(n,) whether each customer is in either arm of another campaign with an overlapping reading period."""
    is_in = np.zeros(len(customer_ids), bool)
    for other in others:
        if other.design.overlaps(design):
            is_in |= customer_ids.isin(other.assignments["customer_id"]).to_numpy()
    return is_in
