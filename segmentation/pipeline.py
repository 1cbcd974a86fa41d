"""The whole order of steps: source -> customers -> every k -> one k, named -> what is saved.

This module is the only one that knows it. Pages and the command line call these functions and nothing below them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from segmentation import population
from segmentation.clustering import k_selection as advice_step
from segmentation.clustering import scores as scores_step
from segmentation.clustering import sweep as sweep_step
from segmentation.errors import DataError, RunError, SettingsError
from segmentation.export.customer_list import select_customers
from segmentation.features import query, registry, scaling
from segmentation.features.sampling import is_sampled
from segmentation.results import (
    CustomerTable,
    Segmentation,
    SweepResult,
    build_customer_segments,
    build_run_id,
    iter_customer_segments,
)
from segmentation.retraining import match_to_previous_run
from segmentation.runs.save import SavedRun
from segmentation.sales import reconciliation
from segmentation.sales.duckdb import DuckDBSource
from segmentation.sales.open_source import open_source
from segmentation.sales.prepare_lines import prepare_lines
from segmentation.sales.query_cache import SHARED_QUERIES, get_expression_key
from segmentation.sales.reconciliation import reconcile_lines
from segmentation.sales.source import SalesSource
from segmentation.sales.standardize import EPOCH
from segmentation.segments import labeling, matching, profile
from segmentation.segments.overrides import read_overrides
from segmentation.settings import K_MAX, K_MIN, RECOMMENDED_K_RANGE, ModelSettings, SalesSettings

Progress = Callable[[float, str], None]
DAYS_PER_YEAR = 365


def no_progress(share: float, what: str) -> None:
    """Progress that nobody watches."""


def load_customers(
    settings: SalesSettings, on_progress: Progress = no_progress, source: SalesSource | None = None
) -> CustomerTable:
    """Compute one row per customer where the lines live.

    Args:
        settings: which lines count.
        on_progress: told the share that is done and what is being done.
        source: the opened source of `settings.source`; None: open it.

    Raises:
        SourceError: the source cannot be read.
        ColumnError: a needed column is missing.
        DataError: no line can be used, or nobody bought.
    """
    on_progress(0.0, "Opening the sales")
    source = source or open_source(settings.source)
    version = source.version()
    prepared = prepare_lines(source, settings)
    columns, used = prepared.columns, prepared.accepted
    on_progress(0.2, "Checking every line")
    balance, window = reconcile_lines(source, prepared.lines, prepared.load_day, settings.as_of)
    names, unavailable = registry.split_available_features(columns)
    on_progress(0.5, "Working out each customer's figures")
    features = partial(
        query.compute_customer_features,
        as_of=(window.as_of - EPOCH).days,
        has_transactions="transaction_id" in columns,
        has_missing_ids=balance.lines_without_transaction > 0,
    )
    many = population.count_population(source, used, features, settings.sample_above, balance.lines_accepted)
    # a figure may rest on the lines of others: the sample is drawn after it
    queries = source.queries if isinstance(source, DuckDBSource) else SHARED_QUERIES
    key = ("customers", *get_expression_key(used), names, *features.keywords.values())
    customers = queries.get_or_build(key, lambda: features(used, features=names))
    here = customers if many is None else customers.filter(is_sampled(customers.customer_id, many.share))
    answer = source.fetch(
        here, on_progress=lambda share: on_progress(0.5 + 0.5 * share, "Fetching each customer's figures")
    )
    everybody = answer.to_pandas().sort_values("customer_id", ignore_index=True)
    bought = everybody["orders"] > 0
    if not bought.any():
        raise DataError("The lines hold returns only: nobody bought anything.", hint="Check the sign of the amounts.")
    on_progress(1.0, "Customers are ready")
    return CustomerTable(
        settings=settings,
        source=source,
        version=version,
        frame=everybody.loc[bought, ["customer_id", *names]].reset_index(drop=True),
        returns_only=everybody.loc[~bought, ["customer_id", "monetary"]].reset_index(drop=True),
        reconciliation=balance,
        window=window,
        unavailable_features=unavailable,
        notices=(
            *reconciliation.build_notices(columns, balance, source, prepared.lines, settings.excluded_categories),
            *prepared.text_format.describe(),
            *population.describe_sampling(many),
        ),
        prepared=prepared,
        customers_expr=query.filter_buyers(customers),
        population=many,
    )


def train_every_k(table: CustomerTable, settings: ModelSettings, on_progress: Progress = no_progress) -> SweepResult:
    """K-means for every k from 2 to 12 on the features of `settings`, with scores and advice.

    Raises:
        SettingsError: a feature is unknown or cannot be computed here.
        DataError: there are too few different customers.
    """
    asked = registry.validate_features(settings.features, table.unavailable_features)
    frame = table.frame
    if len(frame) < 3:
        raise DataError(
            f"{len(frame)} customer{'s' * (len(frame) != 1)} cannot be segmented.", hint="At least three are needed."
        )
    on_progress(0.0, "Scaling")
    shares = [name for name in asked if registry.REGISTRY[name].is_share]
    scaler, constant = scaling.fit_scaler(frame, asked, shares, settings.scaling, dict(settings.weights))
    space = scaler.transform(frame)
    largest = min(sweep_step.count_distinct_rows(space, K_MAX), len(space) - 1, K_MAX)
    ks = range(K_MIN, largest + 1)
    notices = [f"{registry.REGISTRY[name].label} is the same for every customer and was left out." for name in constant]
    if "peak_share" in asked and table.window.days < DAYS_PER_YEAR:
        notices.append(
            f"The sales cover {table.window.days} days, less than a year: "
            "what looks like a peak season may be all there is."
        )
    if largest < K_MAX:
        notices.append(f"At most {largest} segments can be made: there are too few different customers for more.")
    what = f"Finding {K_MIN} to {largest} segments"
    judge = (
        None
        if table.population is None
        else partial(population.compute_full_inertias, table.source, table.customers_expr, scaler)
    )
    fits = sweep_step.sweep_k(
        space, ks, settings.seed, on_progress=lambda share: on_progress(0.8 * share, what), full_data_inertia=judge
    )
    scored = scores_step.compute_scores(
        space, fits, settings.seed, on_progress=lambda share: on_progress(0.8 + 0.2 * share, "Scoring them")
    )
    return SweepResult(
        settings=replace(settings, features=asked),
        table=table,
        features=scaler.features,
        scaler=scaler,
        fits=fits,
        scores=scored.by_k,
        silhouette_by_cluster=dict(scored.silhouette_by_cluster),
        silhouette_sample=scored.silhouette_sample,
        recommendation=advice_step.recommend_k(scored.by_k, len(frame), RECOMMENDED_K_RANGE),
        notices=tuple(notices),
    )


def build_segmentation(training: SweepResult, k: int | None = None, previous: SavedRun | None = None) -> Segmentation:
    """Make the clusters of one k into named segments.

    Args:
        training: every k.
        k: which; None: the advised one.
        previous: the run whose segments keep id, name and color where they are found again.

    Raises:
        SettingsError: this k was not trained.
    """
    k = training.recommendation.k if k is None else k
    if k not in training.fits:
        raise SettingsError(
            f"{k} segments cannot be made from these customers.",
            hint=f"Choose from {min(training.fits)} to {max(training.fits)}.",
        )
    frame, labels = training.table.frame, training.fits[k].labels
    found = training.cluster_stats[k]
    first_ids = matching.assign_initial_ids(frame, labels, found)
    match_result = None if previous is None else match_to_previous_run(training, labels, first_ids, previous)
    if match_result is None:
        previous = None
    to_segment = first_ids if match_result is None else match_result.cluster_to_segment
    described = [name for name in registry.REGISTRY if name in frame]
    if training.table.population is None:
        profiled = profile.build_profile(found, to_segment, described)
    else:
        there = population.assign_segments_sql(
            training.table.customers_expr, training.scaler, training.fits[k].centers, to_segment
        )
        profiled = population.compute_profile(training.table.source, there, described)[0]
    kept = () if match_result is None else match_result.retained
    earlier = (
        labeling.PreviousLabels()
        if previous is None
        else labeling.PreviousLabels.from_segments(previous.segments, kept)
    )
    named = labeling.label_segments(profiled, earlier, earlier.overrides)
    silhouette = dict(zip(to_segment, training.silhouette_by_cluster[k].tolist(), strict=True))
    named["silhouette"] = named["segment_id"].map(silhouette).astype("float64")
    matched = pd.DataFrame(columns=["segment_id", "cluster", "previous_name", "how"])
    if previous is not None:
        matched = pd.DataFrame(
            {
                "segment_id": list(to_segment),
                "cluster": range(k),
                "previous_name": [earlier.names.get(i) for i in to_segment],
                "how": ["kept" if i in kept else "new" for i in to_segment],
            }
        ).sort_values("segment_id", ignore_index=True)
    created = datetime.now(UTC).replace(microsecond=0)
    run_id = build_run_id(created, training, k, to_segment, read_overrides(named))
    return Segmentation(training, k, run_id, created, to_segment, named, matched, earlier)


def list_categories(table: CustomerTable) -> pd.DataFrame:
    """Product categories that can be left out, or are: category, lines, money; the largest first."""
    if not table.has_categories:
        return pd.DataFrame(columns=["category", "lines", "money"])
    return reconciliation.count_categories(table.source, table.prepared.lines)


def find_top_categories(segmentation: Segmentation, per_segment: int = 3, min_share: float = 0.01) -> pd.DataFrame:
    """Categories that a segment buys more of than others do: segment_id, category, share_of_segment, lift."""
    table = segmentation.training.table
    if not table.has_categories:
        return pd.DataFrame(columns=["segment_id", "category", "share_of_segment", "lift"])
    if table.population is not None:
        there = segmentation.to_expression()
        answer = table.source.fetch(
            query.sum_category_sales(table.lines, there.select("customer_id", cell="segment_id"))
        )
    else:
        cells = pa.table({"customer_id": table.frame["customer_id"], "cell": segmentation.segment_ids})
        unbound = ibis.table({"customer_id": "string", "cell": "int64"}, name="segment_of_customer")
        answer = table.source.fetch(query.sum_category_sales(table.lines, unbound), {"segment_of_customer": cells})
    sales = answer.to_pandas().rename(columns={"cell": "segment_id"}).sort_values(["segment_id", "category"])
    return profile.compute_category_lift(sales, per_segment, min_share)


def score_customers(
    run: SavedRun, settings: SalesSettings, on_progress: Progress = no_progress, source: SalesSource | None = None
) -> pd.DataFrame:
    """What `iter_scored_customers` gives, as one frame by customer_id."""
    scored = pd.concat(iter_scored_customers(run, settings, on_progress, source), ignore_index=True)
    return scored.sort_values("customer_id", ignore_index=True)


def iter_scored_customers(
    run: SavedRun, settings: SalesSettings, on_progress: Progress = no_progress, source: SalesSource | None = None
) -> Iterator[pd.DataFrame]:
    """Give the customers of a source the segments of a saved run: one row each, as customer_segments.csv has them.

    They come in order of segment_id, then customer_id. Above the limit of `settings` they get their segments where the
    sales are and come in parts, of which one at a time is here.

    Raises:
        RunError: the source lacks a feature of the run.
        SourceError, ColumnError, DataError: as in `load_customers`.
    """
    scaler = scaling.Scaler.from_dict(run.scaler)
    if scaler.scaling == "ranks":  # these have no expression: everyone comes here
        settings = replace(settings, sample_above=sys.maxsize)
    table = load_customers(settings, on_progress, source)
    missing = [name for name in run.features if name in table.unavailable_features]
    if missing:
        raise RunError(
            f"The run uses {missing[0]}, which cannot be computed here. {table.unavailable_features[missing[0]]}",
            hint="Map the column, or train without this feature.",
        )
    frame, now = table.frame, datetime.now(UTC).replace(microsecond=0)
    if table.population is None:
        ids = np.asarray(run.cluster_to_segment, np.int64)[
            sweep_step.predict_labels(scaler.transform(frame), run.centers)
        ]
        yield select_customers(build_customer_segments(frame, ids, run.segments, now))
        return
    there = population.assign_segments_sql(table.customers_expr, scaler, run.centers, run.cluster_to_segment)
    order = ("segment_id", "customer_id")
    yield from iter_customer_segments(
        table, there, order, run.segments, now, lambda share: on_progress(share, "Fetching the list")
    )


def warm_up_demo(on_progress: Progress = no_progress) -> None:
    """Build the demo data and compile the inner loops, so that the first visitor waits for neither."""
    table = load_customers(SalesSettings(), lambda share, what: on_progress(0.5 * share, what))
    build_segmentation(train_every_k(table, ModelSettings(), lambda share, what: on_progress(0.5 + 0.5 * share, what)))
