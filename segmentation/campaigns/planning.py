"""The sales that a plan and a draw need: spend around an earlier date, and net sales before the launch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa

from segmentation.campaigns.launch_forecast import fetch_launch_forecast
from segmentation.campaigns.outcomes import build_outcome_query, fetch_coverage, fetch_outcomes
from segmentation.customers.segment_model import SegmentModel
from segmentation.errors import LoadConfirmationError, SegmentationError
from segmentation.pipeline import load_customers
from segmentation.runtime.epoch_days import EPOCH
from segmentation.runtime.progress import StepProgress, no_progress
from segmentation.sales.open_source import open_source
from segmentation.sales.prepare_lines import prepare_lines
from segmentation.sales.source import SalesSource
from segmentation.settings import SalesSettings

TARGET_LIFT = 0.1
"""The lift worth detecting, unless another one is chosen."""


@dataclass(frozen=True, eq=False)
class PlanningSpend:
    """Spend that stands for that of a campaign's reading period."""

    frame: pd.DataFrame
    """One row per customer: customer_id, segment_id, net (money of the last `days`), net_before (of those before)."""
    is_of_earlier_members: bool
    """Whether segments are those of the start of the period, as in a campaign; False: today's, whose recent spend is
    part of why they are in their segment."""


def fetch_planning_spend(
    model: SegmentModel,
    customers: pd.DataFrame,
    settings: SalesSettings,
    days: int,
    source: SalesSource | None = None,
    on_progress: StepProgress = no_progress,
) -> PlanningSpend:
    """Fetch what customers spent in the last `days`, by the segments they were in before these days.

    Where the sales cover less than twice as many days, or lack a feature of the model, today's segments are used.

    Args:
        model: assigns segments.
        customers: today's list: customer_id, segment_id.
        settings: which lines count; the as-of date is the end of the period.
        days: length of the period.
        source: the opened source of `settings.source`; None: open it.
        on_progress: called with the completed share, 0 to 1, and the current step.

    Raises:
        SourceError, ColumnError, DataError: the sales cannot be read.
    """
    on_progress(0.0, "Reading the sales of the last days")
    source = source or open_source(settings.source)
    # Without the window of the run, which can be shorter than two periods.
    prepared = prepare_lines(source, replace(settings, window_days=None))
    coverage = fetch_coverage(source, prepared)
    start = (settings.as_of or coverage.covered_until) - timedelta(days=days)
    outcomes = fetch_outcomes(source, prepared, start, days, has_missing_ids=coverage.has_missing_ids)
    members = None
    if coverage.first_sale <= start - timedelta(days=days):
        members = _fetch_earlier_members(model, replace(settings, as_of=start), source, on_progress)
    frame = (customers if members is None else members)[["customer_id", "segment_id"]]
    frame = frame.merge(outcomes[["customer_id", "net", "net_before"]], on="customer_id", how="left")
    return PlanningSpend(frame.fillna({"net": 0.0, "net_before": 0.0}), members is not None)


def add_launch_columns(
    customers: pd.DataFrame, settings: SalesSettings, launch: date, days: int, source: SalesSource | None = None
) -> pd.DataFrame:
    """Add what is known of customers at the launch: net_before and forecast.

    Args:
        customers: one row per customer: customer_id.
        settings: which lines count.
        launch: the first day of the campaign.
        days: length of its reading period.
        source: the opened source of `settings.source`; None: open it.

    Returns:
        `customers` with net_before, the net sales of the `days` before the launch, and forecast, the net sales
        expected in the `days` from it (NaN where there is no forecast).

    Raises:
        SourceError, ColumnError, DataError: the sales cannot be read.
    """
    source = source or open_source(settings.source)
    prepared = prepare_lines(source, replace(settings, window_days=None))
    coverage = fetch_coverage(source, prepared)
    outcomes = fetch_outcomes(
        source,
        prepared,
        launch,
        days,
        members=customers["customer_id"],
        has_missing_ids=coverage.has_missing_ids,
    )
    net_before = outcomes.set_index("customer_id")["net_before"].reindex(customers["customer_id"]).fillna(0.0)
    forecast = fetch_launch_forecast(customers["customer_id"], settings, source, coverage, launch, days)
    return customers.assign(net_before=net_before.to_numpy(np.float64), forecast=forecast)


def iter_net_before(
    settings: SalesSettings, launch: date, days: int, source: SalesSource | None = None
) -> Iterator[pa.Table]:
    """The net sales before the launch above the customer limit, in batches.

    Args:
        settings, launch, days, source: as in `add_launch_columns`.

    Returns:
        batches of customer_id and net_before of all customers with sales; none from a warehouse, which would have to
        send those of customers who are not in the campaign, too.

    Raises:
        SourceError, ColumnError, DataError: the sales cannot be read.
    """
    source = source or open_source(settings.source)
    if not source.reads_local_tables:
        return iter(())
    prepared = prepare_lines(source, replace(settings, window_days=None))
    coverage = fetch_coverage(source, prepared)
    query = build_outcome_query(
        prepared.accepted,
        (launch - EPOCH).days,
        days,
        has_order_ids=prepared.has_order_ids,
        has_missing_ids=coverage.has_missing_ids,
    )
    return source.iter_batches(query.select("customer_id", "net_before"))


def add_unknown_launch_columns(customers: pd.DataFrame) -> pd.DataFrame:
    """Add the columns of `add_launch_columns`, all NaN, where the sales cannot be read."""
    return customers.assign(net_before=np.nan, forecast=np.nan)


def _fetch_earlier_members(
    model: SegmentModel, settings: SalesSettings, source: SalesSource, on_progress: StepProgress
) -> pd.DataFrame | None:
    """Customers with their segments on the as-of date; None: the model cannot be applied there."""
    try:
        table = load_customers(settings, on_progress, source, features=model.scaler.features)
    except LoadConfirmationError:
        raise
    except SegmentationError:
        return None
    if not set(model.scaler.features) <= set(table.store.frame.columns):
        return None
    # labels in memory are those of today's customers
    return pd.concat(table.store.iter_customers(replace(model, labels=None)), ignore_index=True)
