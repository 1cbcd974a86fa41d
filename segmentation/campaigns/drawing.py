"""From the customers of a run to a campaign: segments, exclusions, the draw, and the sales before the launch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from segmentation.campaigns.assignment import assign_arms, compute_assignment_keys
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
    running: bool = False
    """Customers of another campaign whose reading period overlaps."""
    min_certainty: float = 0.0
    """Borderline customers: those whose certainty is below this share, 0 to 1."""
    at_most: int | None = None
    """Only so many customers, those with the highest expected value; None: all."""


@dataclass(frozen=True, eq=False)
class DrawContext:
    """Where the customers come from."""

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
    """Leave out the excluded, and draw who is held back.

    Args:
        design: id, launch, length and share held back.
        customers: one row per customer of the chosen segments: customer_id (text), segment_id, segment_name,
            rfm_monetary (money), certainty where it is known, consent (bool) where it counts, net_before (money; NaN:
            unknown) and forecast (money; NaN: none).
        context: run, source and sales settings, to be stored.
        exclusions: who is left out.
        others: the other campaigns.

    Raises:
        CampaignError: nobody would be contacted, or nobody held back.
    """
    remaining, excluded = exclude_customers(design, customers, exclusions, others)
    if remaining.empty:
        raise CampaignError(
            f"All {len(customers):,} customers of these segments are left out before the draw.",
            hint="Leave out fewer, or choose more segments.",
        )
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
    sizes = campaign.sizes
    if min(sizes.values()) < MIN_PER_ARM:
        raise CampaignError(
            f"Of {len(assigned):,} customers, {sizes['held_back']:,} would be held back and {sizes['contacted']:,} "
            "contacted.",
            hint="Choose more segments, fewer exclusions, or another share held back.",
        )
    return campaign


def exclude_customers(
    design: CampaignDesign, customers: pd.DataFrame, exclusions: Exclusions, others: Sequence[Campaign] = ()
) -> tuple[pd.DataFrame, dict[str, int]]:
    """The customers that remain, and how many were excluded for each reason that applies."""
    counts: dict[str, int] = {}

    def keep(rows: pd.DataFrame, condition: pd.Series | np.ndarray, reason: str) -> pd.DataFrame:
        counts[reason] = int((~np.asarray(condition)).sum())
        return rows[np.asarray(condition)]

    if exclusions.global_hold_out > 0:
        is_held = find_global_hold_out(customers["customer_id"], exclusions.global_hold_out)
        customers = keep(customers, ~is_held, "global_hold_out")
    if CONSENT_COLUMN in customers:
        customers = keep(customers, customers[CONSENT_COLUMN], "no_consent")
    if exclusions.running:
        customers = keep(customers, ~find_overlapping(design, customers["customer_id"], others), "running_campaign")
    if exclusions.min_certainty > 0:
        if CERTAINTY_COLUMN not in customers:
            raise CampaignError(
                "The run does not store how certain the segments are.",
                hint="Train again, or keep borderline customers.",
            )
        customers = keep(customers, customers[CERTAINTY_COLUMN] >= exclusions.min_certainty, "borderline")
    if exclusions.at_most is not None:
        value = customers["forecast"].fillna(-np.inf) if customers["forecast"].notna().any() else None
        ranked = customers.assign(value=customers["rfm_monetary"] if value is None else value)
        first = ranked.sort_values(["value", "customer_id"], ascending=[False, True]).index[: exclusions.at_most]
        customers = keep(customers, customers.index.isin(first), "beyond_at_most")
    return customers.reset_index(drop=True), counts


def find_global_hold_out(customer_ids: pd.Series, share: float) -> np.ndarray:
    """Who is in the permanent hold-out: decided by the customer id alone, so that nobody ever changes sides."""
    limit = f"{round(share * 2**32):08x}" if share < 1 else "g"
    return np.array([key[:8] < limit for key in compute_assignment_keys(GLOBAL_SALT, customer_ids)], bool)


def find_overlapping(design: CampaignDesign, customer_ids: pd.Series, others: Sequence[Campaign]) -> np.ndarray:
    """Who is in another campaign, contacted or held back, whose reading period overlaps."""
    is_in = np.zeros(len(customer_ids), bool)
    for other in others:
        period = other.design
        if period.launch < design.reading_day and design.launch < period.reading_day:
            is_in |= customer_ids.isin(other.assignments["customer_id"]).to_numpy()
    return is_in
