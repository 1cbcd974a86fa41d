"""A model fitted anew at every month-end, so that what changed by the model is told from what customers changed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd

from segmentation.analysis.history.labeled_months import FLOW_KEYS, LabeledMonths
from segmentation.clustering.sweep import predict_labels, refine_centers
from segmentation.customers.segment_model import SegmentModel
from segmentation.errors import SettingsError
from segmentation.features.registry import REGISTRY
from segmentation.features.scaling import fit_scaler
from segmentation.runtime.progress import StepProgress
from segmentation.segments.matching import match_segments
from segmentation.segments.migration import NOT_PRESENT


@dataclass(frozen=True, eq=False)
class RefittedMonths:
    """Sizes and flows with the model of each month-end; see `LabeledMonths.count_flows` for the columns."""

    sizes: pd.DataFrame
    flows: pd.DataFrame
    """segment_old_model: by the model of the previous month-end, on the sales of this one."""


def count_refitted_flows(months: LabeledMonths, limit: int, on_progress: StepProgress) -> RefittedMonths:
    """Fit a model at every month-end, match its segments to those of the month before, and count the flows.

    The first model is matched to the run. A segment without a match gets a new id.

    Args:
        months: the month-ends, and the run whose features, scaling, k and seed each model has.
        limit: above this many customers nothing per customer is fetched.
        on_progress: called with the completed share, 0 to 1, and the current step.

    Raises:
        SettingsError: there are more customers than `limit`.
        DataError: a month has fewer distinct customers than segments.
    """
    features = months.compute_features()
    tables = months.tables
    per_window = features.group_by("window").aggregate(customers=features.count())
    largest = max(row["customers"] for row in months.sales.source.fetch(per_window, tables).to_pylist())
    if largest > limit:
        raise SettingsError(
            f"Refitting a model every month needs {largest:,} customers in memory; the limit is {limit:,}.",
            hint="Compare two runs instead, or show the history of one model.",
        )
    fetched = months.sales.source.fetch(features, tables).to_pandas()
    model, previous, sizes, flows = months.model, None, [], []
    for number, month_end in enumerate(months.month_ends):
        on_progress(number / len(months.month_ends), f"Fitting the model of {month_end:%B %Y}")
        frame = fetched[fetched["window"] == number].sort_values("customer_id", ignore_index=True)
        old_ids = model.assign(frame)
        model = _refit(months, model, frame, old_ids)
        now = frame[["customer_id", "net", "last_day", "as_of"]].assign(
            segment_old_model=old_ids, segment_now=model.assign(frame)
        )
        grouped = now.groupby("segment_now", as_index=False).agg(customers=("net", "size"), net_sales=("net", "sum"))
        sizes.append(grouped.rename(columns={"segment_now": "segment_id"}).assign(month_end=month_end))
        if previous is not None:
            flows.append(_count_flows(previous, now).assign(month_end=month_end))
        previous = now
    columns = [*FLOW_KEYS, "customers", "money_before", "money_now"]
    counted = pd.concat(flows, ignore_index=True) if flows else pd.DataFrame(columns=columns)
    return RefittedMonths(pd.concat(sizes, ignore_index=True), counted[columns])


def _refit(months: LabeledMonths, previous: SegmentModel, frame: pd.DataFrame, old_ids: np.ndarray) -> SegmentModel:
    """A model of the run's settings on these customers, with the segment ids of the previous model where they match."""
    run = months.run
    shares = [name for name in run.features if REGISTRY[name].is_share]
    model = run.settings.model
    scaler, _ = fit_scaler(frame, run.features, shares, model.scaling, dict(model.weights))
    X, old_labels = scaler.transform(frame), np.array([previous.cluster_to_segment.index(i) for i in old_ids])
    # From the old clusters, not from scratch: K-means has several optima of nearly equal inertia, and a change from one
    # to another would be taken for a change of the model.
    old_means = [X[old_labels == cluster] for cluster in range(run.k)]
    start = np.stack([(rows if len(rows) else X).mean(axis=0) for rows in old_means])
    centers = refine_centers(X, start)
    labels = predict_labels(X, centers)
    distances = None
    if previous.scaler.features == scaler.features:
        old_space = previous.scaler.transform(frame)
        means = np.stack([old_space[labels == cluster].mean(axis=0) for cluster in range(run.k)])
        distances = np.sqrt(((means[:, None, :] - previous.centers[None, :, :]) ** 2).sum(axis=2))
    canonical = tuple(previous.cluster_to_segment)
    matched = match_segments(canonical, labels, old_ids, previous.cluster_to_segment, previous.centers, distances)
    return SegmentModel(scaler, centers, matched.cluster_to_segment)


def _count_flows(before: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    """Flows from one month-end to the next; each frame has one row per customer."""
    earlier = before[["customer_id", "segment_now", "net"]].rename(
        columns={"segment_now": "segment_before", "net": "money_before"}
    )
    both = earlier.merge(now.rename(columns={"net": "money_now"}), on="customer_id", how="outer")
    ids = ["segment_before", "segment_old_model", "segment_now"]
    both[ids] = both[ids].fillna(NOT_PRESENT).astype("int64")
    for name in ("money_before", "money_now"):
        both[name] = both[name].where(both[name].notna(), Decimal(0))
    both["bought_since"] = (both["last_day"] >= before["as_of"].iloc[0]) & (both["segment_before"] != NOT_PRESENT)
    grouped = both.groupby(FLOW_KEYS[1:], as_index=False)
    return grouped.agg(
        customers=("customer_id", "size"), money_before=("money_before", "sum"), money_now=("money_now", "sum")
    )
