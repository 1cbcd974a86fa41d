"""Campaigns and their outcomes for tests."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from segmentation.campaigns.assignment import assign_arms
from segmentation.campaigns.campaign import ASSIGNMENT_COLUMNS, Campaign, CampaignDesign
from segmentation.settings import SalesSettings


def make_campaign(customers: int = 60, campaign_id: str = "spring", permille: int = 200, **design: object) -> Campaign:
    """A campaign over two segments, launched on 2024-06-01 for 30 days."""
    settings = {"launch": date(2024, 6, 1), "days": 30} | design
    table = pd.DataFrame(
        {
            "campaign_id": campaign_id,
            "customer_id": [f"{number:05d}" for number in range(customers)],
            "segment_id": [1 + number % 2 for number in range(customers)],
            "segment_name": ["At-Risk Customers" if number % 2 else "New, and\nodd" for number in range(customers)],
            "net_before": np.arange(customers) / 4,
            "forecast": np.nan,
        }
    )
    drawn = assign_arms(campaign_id, table, permille).sort_values(["segment_id", "assignment_key"], ignore_index=True)
    return Campaign(
        CampaignDesign(campaign_id, permille=permille, **settings),  # type: ignore[arg-type]
        drawn[list(ASSIGNMENT_COLUMNS)],
        run_id="20240601T120000Z-ab12cd34",
        created="2024-06-01T12:00:00Z",
        source_name="sales.csv",
        sales=SalesSettings("sales.csv", columns=(("customer_id", "who"),)),
        excluded={"borderline": 3},
    )


def make_outcomes(campaign: Campaign, lift: float = 0.0, seed: int = 1, buyers: float = 0.8) -> pd.DataFrame:
    """Sales of the customers of a campaign, correlated with net_before; `lift` multiplies those of the contacted."""
    rng = np.random.default_rng(seed)
    assignments = campaign.assignments
    before = rng.gamma(2, 50, len(assignments))
    net = (before * rng.uniform(0.7, 1.3, len(before)) * (rng.random(len(before)) < buyers)).round(2)
    net = np.where(assignments["arm"] == "contacted", net * (1 + lift), net)
    return assignments.assign(
        orders=(net > 0).astype(float), gross=net * 1.25, discount=net * 0.25, net=net, net_before=before
    )
