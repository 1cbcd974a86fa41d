"""The order of the steps: source -> customers -> K-means for every k -> one k with named segments.

This is the only module that knows the order; pages and the command line call these functions and not the steps.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd

from segmentation.clustering.k_selection import recommend_k
from segmentation.clustering.scores import compute_scores
from segmentation.clustering.sweep import count_distinct_rows, sweep_k
from segmentation.clustering.validation.evidence import QUICK_RESAMPLES, validate_candidates
from segmentation.customer_loading import add_features as add_features
from segmentation.customer_loading import list_categories as list_categories
from segmentation.customer_loading import load_customers as load_customers
from segmentation.errors import DataError, SettingsError
from segmentation.features import query, registry, scaling
from segmentation.features.redundancy import find_duplicate_features
from segmentation.features.rounding import scale_without_ties
from segmentation.results import CustomerTable, Segmentation, SweepResult, build_run_id
from segmentation.retraining import match_to_previous_run, restore_previous_model
from segmentation.runs.previous_segments import PreviousSegments
from segmentation.runtime.array_types import FloatArray
from segmentation.runtime.progress import StepProgress, no_progress
from segmentation.segments import labeling, matching, profile
from segmentation.segments.override_validity import question_overrides
from segmentation.segments.overrides import read_overrides
from segmentation.settings import K_MAX, K_MIN, RECOMMENDED_K_RANGE, ModelSettings, SalesSettings

DAYS_PER_YEAR = 365


def scale_features(
    table: CustomerTable, settings: ModelSettings
) -> tuple[tuple[str, ...], scaling.Scaler, tuple[str, ...]]:
    """The features of `settings`, the scaler fitted to them, and those that are the same for every customer.

    Raises:
        SettingsError: a feature is unknown or cannot be computed from this source.
        DataError: there are too few distinct customers.
    """
    features = registry.validate_features(settings.features, table.unavailable_features)
    count = len(table.frame)
    if count < 3:
        raise DataError(f"{count} customer{'s' * (count != 1)} cannot be segmented.", hint="At least three are needed.")
    shares = [name for name in features if registry.REGISTRY[name].is_share]
    weights = dict(settings.weights)
    scaler, constant = scaling.fit_scaler(table.frame, features, shares, settings.scaling, weights)
    return features, scaler, constant


def train_every_k(
    table: CustomerTable, settings: ModelSettings, on_progress: StepProgress = no_progress
) -> SweepResult:
    """K-means for every k from 2 to 12 on the features of `settings`, with scores and a recommended k.

    Args:
        table: the customers to cluster.
        settings: features, scaling, weights and seed.
        on_progress: called with the completed share, 0 to 1, and the current step.

    Raises:
        SettingsError: a feature is unknown or cannot be computed from this source.
        DataError: there are too few distinct customers, or too few sales for a forecast that is a feature.
    """
    on_progress(0.0, "Scaling")
    features = registry.validate_features(settings.features, table.unavailable_features)
    added = [name for name in table.deferred_features if name in features]
    if added:
        on_progress(0.0, "Reading the sales for further features")
        table = add_features(table, added)
    if registry.list_forecast_features(features):
        # Imports SciPy, which a load does not need.
        from segmentation.forecast.forecast_features import add_forecast_features

        table = add_forecast_features(table, features)
    features, scaler, constant = scale_features(table, settings)
    frame = table.frame
    X = scaler.transform(frame)
    k_max = min(count_distinct_rows(X, K_MAX), len(X) - 1, K_MAX)  # the silhouette needs k < n
    ks = range(K_MIN, k_max + 1)
    notices = _list_notices(table.window.days, features, constant, added, X, k_max)
    step = f"Finding {K_MIN} to {k_max} segments"
    fits = sweep_k(
        X,
        ks,
        settings.seed,
        on_progress=lambda share: on_progress(0.8 * share, step),
        full_data_inertia=table.store.get_full_data_inertia(scaler),
    )
    scores = compute_scores(
        X, fits, settings.seed, on_progress=lambda share: on_progress(0.8 + 0.1 * share, "Scoring them")
    )
    validation = validate_candidates(
        X,
        fits,
        RECOMMENDED_K_RANGE,
        settings.seed,
        X_without_ties=scale_without_ties(frame, scaler, settings.seed),
        resamples=QUICK_RESAMPLES,
    )
    on_progress(1.0, "Recommending a number of segments")
    return SweepResult(
        settings=replace(settings, features=features),
        table=table,
        features=scaler.features,
        scaler=scaler,
        fits=fits,
        scores=scores.by_k,
        silhouette_by_cluster=dict(scores.silhouette_by_cluster),
        silhouette_half_width_by_cluster=dict(scores.silhouette_half_width_by_cluster),
        silhouette_sample=scores.silhouette_sample,
        recommendation=recommend_k(scores.by_k, len(frame), RECOMMENDED_K_RANGE, validation),
        validation=validation,
        notices=notices,
    )


def _list_notices(
    window_days: int,
    features: Sequence[str],
    constant: Collection[str],
    added: Sequence[str],
    X: FloatArray,
    k_max: int,
) -> tuple[str, ...]:
    """Notices on a sweep, one sentence each; `X` has the features that are not `constant`, scaled."""
    labels = {name: registry.REGISTRY[name].label for name in features}
    varying = [name for name in features if name not in constant]
    notices = [f"{labels[name]} is the same for every customer and was left out." for name in constant]
    notices += [
        f"{labels[first]} and {labels[second]} are nearly the same (correlation {correlation:.2f}), so what they "
        "measure counts twice. Leave one of them out."
        for first, second, correlation in find_duplicate_features(X, varying)
    ]
    if added:
        added_labels = ", ".join(labels[name] for name in added)
        notices.append(f"The sales were read once more for {added_labels}, which a load leaves out until chosen.")
    if "peak_share" in features and window_days < DAYS_PER_YEAR:
        notices.append(
            f"The sales cover {window_days} days, less than a year: what looks like a peak season may be all there is."
        )
    if k_max < K_MAX:
        notices.append(f"At most {k_max} segments are possible: there are too few different customers for more.")
    return tuple(notices)


def build_segmentation(
    training: SweepResult, k: int | None = None, previous: PreviousSegments | None = None, *, exact: bool = True
) -> Segmentation:
    """Turn the clusters of one k into named segments.

    Args:
        training: the sweep over k.
        k: number of segments; None: the recommended one.
        previous: an earlier run; segments that match one of its segments keep id, name and color. Labels of the user
            that may no longer be true are `previous_labels.questioned` of the result.
        exact: False allows approximate medians, for display; see `complete_for_saving`.

    Raises:
        SettingsError: this k was not trained.
    """
    k = training.recommendation.k if k is None else k
    if k not in training.fits:
        raise SettingsError(
            f"{k} segments are not possible with these customers.",
            hint=f"Choose from {min(training.fits)} to {max(training.fits)}.",
        )
    frame, labels = training.table.frame, training.fits[k].labels
    stats = training.cluster_stats[k]
    initial_ids = matching.assign_initial_ids(frame, labels, stats)
    match_result = None if previous is None else match_to_previous_run(training, labels, initial_ids, previous)
    if match_result is None:  # hardly any common customers: a run of another shop
        previous = None
    to_segment = initial_ids if match_result is None else match_result.cluster_to_segment
    features = [name for name in registry.REGISTRY if name in frame]
    store, model = training.table.store, training.get_segment_model(k, to_segment)
    segment_profile = store.build_profile(model, stats, features, exact=exact)
    retained = () if match_result is None else match_result.retained
    previous_labels = (
        labeling.PreviousLabels()
        if previous is None
        else labeling.PreviousLabels.from_segments(previous.run.segments, retained)
    )
    if previous is not None:
        is_same_model = previous.run.k == k and previous.run.features == training.features
        previous_labels = question_overrides(
            previous_labels, previous.run.segments, segment_profile, is_same_model=is_same_model
        )
    segments = labeling.label_segments(segment_profile, previous_labels, previous_labels.overrides)
    for column, by_cluster in (
        ("silhouette", training.silhouette_by_cluster[k]),
        ("silhouette_half_width", training.silhouette_half_width_by_cluster[k]),
    ):
        by_segment = dict(zip(to_segment, by_cluster.tolist(), strict=True))
        segments[column] = segments["segment_id"].map(by_segment).astype("float64")
    matched = () if previous is None else to_segment
    created = datetime.now(UTC).replace(microsecond=0)
    run_id = build_run_id(created, training, k, to_segment, read_overrides(segments))
    previous_model = None if previous is None else restore_previous_model(training, previous)
    return Segmentation(
        training,
        k,
        run_id,
        created,
        to_segment,
        segments,
        _tabulate_matching(matched, previous_labels, retained),
        previous_labels,
        previous_model,
        has_approximate_medians=store.has_approximate_medians and not exact,
    )


def _tabulate_matching(
    cluster_to_segment: Sequence[int], previous_labels: labeling.PreviousLabels, retained: Collection[int]
) -> pd.DataFrame:
    """The rows of `Segmentation.matching`; none for no clusters."""
    rows = [
        (segment_id, cluster, previous_labels.names.get(segment_id), "kept" if segment_id in retained else "new")
        for cluster, segment_id in enumerate(cluster_to_segment)
    ]
    table = pd.DataFrame(rows, columns=["segment_id", "cluster", "previous_name", "how"])
    return table.sort_values("segment_id", ignore_index=True)


def complete_for_saving(segmentation: Segmentation) -> Segmentation:
    """Complete what a page shows: exact medians, and every feature that a comparison with the previous run needs.

    Names and texts are generated again from exact medians; those of the user and of the previous run stay.

    Raises:
        SourceError: the source cannot be read.
    """
    if segmentation.previous is not None:
        table = add_features(segmentation.training.table, segmentation.previous.model.scaler.features)
        segmentation = replace(segmentation, training=replace(segmentation.training, table=table))
    if not segmentation.has_approximate_medians:
        return segmentation
    training, segments = segmentation.training, segmentation.segments
    features = [name for name in registry.REGISTRY if name in training.table.frame]
    stats = training.cluster_stats[segmentation.k]
    profiled = training.table.store.build_profile(segmentation.model, stats, features)
    labeled = labeling.label_segments(profiled, segmentation.previous_labels, read_overrides(segments))
    columns = [name for name in segments if name not in labeled]  # the silhouettes
    labeled = labeled.merge(segments[["segment_id", *columns]], on="segment_id")[list(segments.columns)]
    return replace(segmentation, segments=labeled, has_approximate_medians=False)


def find_top_categories(segmentation: Segmentation, per_segment: int = 3) -> pd.DataFrame:
    """Find the categories that each segment buys disproportionately often.

    Args:
        segmentation: the segments.
        per_segment: at most this many categories per segment.

    Returns:
        segment_id, category, share_of_segment (0 to 1), lift (1: as in all segments together).
    """
    table = segmentation.training.table
    if not table.has_categories:
        return pd.DataFrame(columns=["segment_id", "category", "share_of_segment", "lift"])
    labels, tables = table.store.label_customers(segmentation.model)
    answer = table.source.fetch(query.sum_category_sales(table.get_aggregate("customer_categories"), labels), tables)
    sales = answer.to_pandas().sort_values(["segment_id", "category"])
    return profile.compute_category_lift(sales, per_segment)


def warm_up_demo(on_progress: StepProgress = no_progress) -> None:
    """Build the demo data and compile the inner loops, so that no visitor waits for either."""
    table = load_customers(SalesSettings(), lambda share, what: on_progress(0.5 * share, what))
    build_segmentation(train_every_k(table, ModelSettings(), lambda share, what: on_progress(0.5 + 0.5 * share, what)))
