"""Reading a campaign: what it brought, from the sales of both arms, once its reading period is over."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta

import ibis
import numpy as np
import pandas as pd

from segmentation.campaigns.campaign import Campaign
from segmentation.campaigns.estimates import Estimate, UnadjustedDifference, estimate_campaign
from segmentation.campaigns.outcomes import SalesCoverage, fetch_coverage, fetch_outcomes, join_outcomes
from segmentation.errors import CampaignError
from segmentation.sales.open_source import open_source
from segmentation.sales.prepare_lines import prepare_lines
from segmentation.sales.source import SalesSource, check_version
from segmentation.settings import SalesSettings

CAP_QUANTILE = 0.99
"""Quantile of the customers' net sales at which `CampaignResult.capped` cuts them off."""


@dataclass(frozen=True, eq=False)
class CampaignResult:
    """What a campaign brought."""

    total: Estimate
    """All segments together."""
    segments: tuple[Estimate, ...]
    """By segment_id; their money adds up to that of `total` to the cent."""
    unadjusted: UnadjustedDifference
    """Plain difference of the means with Welch's interval, without strata and covariates."""
    capped: Estimate
    """With the net sales of each customer capped at `cap`: a few very large orders do not decide it."""
    cap: float
    covariates: tuple[str, ...]
    """Of net_before and forecast, those that were used."""
    cost_per_message: float
    """Money."""

    @property
    def cost(self) -> float:
        """What the messages cost."""
        return self.cost_per_message * self.total.contacted.customers


@dataclass(frozen=True, eq=False)
class CampaignReading:
    """The state of a campaign on the last day of the sales."""

    campaign: Campaign
    coverage: SalesCoverage
    result: CampaignResult | None
    """None: the reading period is not over; no lift is computed before."""
    missing_customers: int = 0
    """Customers who had sales before the launch when the campaign was drawn, and have none at all in these sales: ids
    were merged or renamed, or these are the sales of another shop. They count as having bought nothing."""

    @property
    def day(self) -> int:
        """The day of the reading period that the sales reach; 1 is the launch, below 1 it has not begun."""
        return (self.coverage.last_sale - self.campaign.design.launch).days + 1

    @property
    def days_missing(self) -> int:
        """Days of sales that are missing until the result can be read."""
        return max((self.campaign.design.reading_day - self.coverage.covered_until).days, 0)


def read_campaign(
    campaign: Campaign,
    settings: SalesSettings,
    source: SalesSource | None = None,
    *,
    members: ibis.Table | None = None,
    cost_per_message: float = 0.0,
) -> CampaignReading:
    """Read a campaign from sales.

    Args:
        campaign: as drawn.
        settings: which lines count; its as-of date, if any, is the day after the last that counts.
        source: the opened source of `settings.source`; None: open it.
        members: the customers of the campaign as a table of the source, with customer_id, such as the published
            assignments; None: their ids are sent to the source.
        cost_per_message: money per contacted customer.

    Raises:
        SourceError, ColumnError, DataError: the sales cannot be read.
        CampaignError: the sales begin after the launch.
    """
    source = source or open_source(settings.source)
    version = source.version()
    # The window of a run would cut off the first days of a reading period that is longer.
    prepared = prepare_lines(source, replace(settings, window_days=None))
    coverage = fetch_coverage(source, prepared)
    design = campaign.design
    if coverage.first_sale > design.launch:
        raise CampaignError(
            f"The sales begin on {coverage.first_sale}, after the launch on {design.launch}.",
            hint="Read the campaign from sales that cover its whole reading period.",
        )
    if coverage.covered_until < design.reading_day:
        return CampaignReading(campaign, coverage, None)
    outcomes = fetch_outcomes(
        source,
        prepared,
        design.launch,
        design.days,
        members=campaign.assignments["customer_id"] if members is None else members,
        has_missing_ids=coverage.has_missing_ids,
    )
    check_version(source, version)  # the coverage and the outcomes are of the same sales
    table = join_outcomes(campaign.assignments, outcomes, has_history=coverage.first_sale < design.launch)
    has_whole_history = coverage.first_sale <= design.launch - timedelta(days=design.days)
    return CampaignReading(
        campaign,
        coverage,
        compute_result(campaign, table, cost_per_message),
        count_missing_customers(campaign.assignments, outcomes) if has_whole_history else 0,
    )


def count_missing_customers(assignments: pd.DataFrame, outcomes: pd.DataFrame) -> int:
    """Count customers who had sales before the launch when the campaign was drawn, and have no row in `outcomes`."""
    had_sales = assignments["net_before"].fillna(0.0) != 0
    return int((had_sales & ~assignments["customer_id"].isin(outcomes["customer_id"])).sum())


def compute_result(campaign: Campaign, table: pd.DataFrame, cost_per_message: float = 0.0) -> CampaignResult:
    """Estimate what a campaign brought.

    Args:
        campaign: as drawn.
        table: the result of `join_outcomes`.
        cost_per_message: money per contacted customer.
    """
    covariates = build_covariates(table)
    seed = int.from_bytes(hashlib.sha256(campaign.campaign_id.encode()).digest()[:4], "big")
    total, segments, unadjusted = estimate_campaign(table, covariates, seed)
    cap = float(np.quantile(table["net"], CAP_QUANTILE))
    capped_table = table.assign(net=table["net"].clip(upper=cap))
    capped_table["gross"] = capped_table["net"] + capped_table["discount"]
    capped, _, _ = estimate_campaign(capped_table, covariates, seed, with_segments=False)
    return CampaignResult(
        total, segments, unadjusted, capped, cap, tuple(covariates.columns), max(cost_per_message, 0.0)
    )


def build_covariates(table: pd.DataFrame) -> pd.DataFrame:
    """The covariates that vary: net_before, and forecast where most customers have one; gaps take the mean."""
    columns = {}
    for name in ("net_before", "forecast"):
        values = table[name].astype("float64")
        if values.notna().mean() > 0.5:
            values = values.fillna(values.mean())
            if values.max() > values.min():
                columns[name] = values
    return pd.DataFrame(columns, index=table.index)
