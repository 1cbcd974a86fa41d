"""A model fitted anew at every month-end, to distinguish changes of the model from changes of customers.

Up to the customer limit all customers are fetched. Above it, each model is fitted to a uniform sample, as in training,
and the engine assigns every customer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from segmentation.analysis.history.flows import LABELED_COLUMNS, count_flows, label_in_memory
from segmentation.analysis.history.labeled_months import LabeledMonths
from segmentation.clustering.prediction_sql import predict_sql
from segmentation.clustering.sweep import predict_labels, refine_centers
from segmentation.customers.segment_model import SegmentModel
from segmentation.errors import SettingsError
from segmentation.features.registry import REGISTRY
from segmentation.features.sampling import SAMPLE_ROWS, is_sampled
from segmentation.features.scaling import fit_scaler
from segmentation.features.scaling_sql import scale_sql
from segmentation.runtime.progress import StepProgress
from segmentation.segments.matching import match_segments

_PARAMETERS = "models_by_window"
_INFINITE = 1e300
"""Scale of a feature that a model left out as constant: dividing by it gives a coordinate of 0."""


def count_refitted_flows(
    months: LabeledMonths, limit: int, on_progress: StepProgress
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Fit a model at every month-end, match its segments to those of the month before, and count the flows.

    The first model is matched to the run. A segment without a match gets a new id.

    Args:
        months: the month-ends, and the run whose features, scaling, k and seed each model has.
        limit: above this many customers in a month the engine assigns them.
        on_progress: called with the completed share, 0 to 1, and the current step.

    Returns:
        Sizes and flows, as `segmentation.analysis.history.flows.count_flows`.

    Raises:
        SettingsError: there are more customers than `limit`, and the scaling of the run is ranks.
        DataError: a month has fewer distinct customers than segments.
    """
    source, tables, features = months.sales.source, months.tables, months.build_feature_query()
    per_window = features.group_by("window").aggregate(customers=features.count())
    largest = max(row["customers"] for row in source.fetch(per_window, tables).to_pylist())
    is_in_memory = largest <= limit
    if not is_in_memory and not months.model.has_sql:
        raise SettingsError(
            f"There are {largest:,} customers in a month, above the limit of {limit:,}, and the scaling 'ranks' cannot "
            "be computed where the sales are.",
            hint="Use a run with another scaling.",
        )
    share = 1.0 if is_in_memory else min(limit, SAMPLE_ROWS) / largest
    fetched = source.fetch(features.filter(is_sampled(features.customer_id, share)), tables)
    frame, model, models = fetched.to_pandas(), months.model, [months.model]
    old_ids, new_ids = np.zeros(len(frame), np.int64), np.zeros(len(frame), np.int64)
    for number, month_end in enumerate(months.month_ends):
        on_progress(number / len(months.month_ends), f"Fitting the model of {month_end:%B %Y}")
        customers = frame[frame["window"] == number].sort_values("customer_id")
        old_ids[customers.index] = model.assign(customers)
        model = _refit(months, model, customers, old_ids[customers.index])
        new_ids[customers.index] = model.assign(customers)
        models.append(model)
    if is_in_memory:
        labels, tables = label_in_memory(features, fetched, segment_id=new_ids, segment_old_model=old_ids)
    else:
        labels, parameters = label_in_engine(features, models)
        tables = {**tables, **parameters}
    return count_flows(source, months.month_ends, labels, tables)


def label_in_engine(features: ibis.Table, models: list[SegmentModel]) -> tuple[ibis.Table, Mapping[str, pa.Table]]:
    """The segment of every customer by the model of the previous month-end and by that of their window.

    The parameters of the models are a table with a row per window, so that the statement is as short for many windows
    as for one, and reads the sales once.

    Args:
        features: `LabeledMonths.build_feature_query`.
        models: that of the run, then one for each window.

    Returns:
        labels, as `segmentation.analysis.history.flows.count_flows` takes them, and the table of parameters by name.
    """
    scaler, k = models[0].scaler, len(models[0].centers)
    parameters = pa.Table.from_pylist(
        [
            {"window": number, **_tabulate(old, scaler.features, "old"), **_tabulate(new, scaler.features, "new")}
            for number, (old, new) in enumerate(pairwise(models))
        ]
    )
    schema = {name: "int64" if pa.types.is_integer(kind) else "float64" for name, kind in _list_types(parameters)}
    labels = features.inner_join(ibis.table(schema, name=_PARAMETERS), "window")
    for side, column in (("old", "segment_old_model"), ("new", "segment_id")):
        moments: dict[str, Any] = {
            what: tuple(labels[f"{side}_{what}_{axis}"] for axis in range(len(scaler.features)))
            for what in ("mean", "scale")
        }
        centers = [[f"{side}_center_{cluster}_{axis}" for axis in range(len(scaler.features))] for cluster in range(k)]
        predicted = predict_sql(labels, scale_sql(labels, replace(scaler, **moments)), centers)
        ids = [(predicted.cluster == cluster, predicted[f"{side}_segment_{cluster}"]) for cluster in range(k)]
        labels = predicted.mutate(**{column: ibis.cases(*ids)}).drop("cluster", "squared_distance")
    return labels.select(*LABELED_COLUMNS, "segment_id", "segment_old_model"), {_PARAMETERS: parameters}


def _tabulate(model: SegmentModel, features: Sequence[str], side: str) -> dict[str, float | int]:
    """The parameters of a model by column name; a feature that it left out as constant adds nothing to a distance."""
    scaler = model.scaler
    columns: dict[str, float | int] = {}
    for axis, name in enumerate(features):
        at = scaler.features.index(name) if name in scaler.features else None
        columns[f"{side}_mean_{axis}"] = 0.0 if at is None else float(scaler.mean[at])
        columns[f"{side}_scale_{axis}"] = _INFINITE if at is None else float(scaler.scale[at])
        for cluster, center in enumerate(model.centers):
            columns[f"{side}_center_{cluster}_{axis}"] = 0.0 if at is None else float(center[at])
    ids = {f"{side}_segment_{cluster}": int(number) for cluster, number in enumerate(model.cluster_to_segment)}
    return columns | ids


def _list_types(table: pa.Table) -> Iterator[tuple[str, pa.DataType]]:
    return ((field.name, field.type) for field in table.schema)


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
