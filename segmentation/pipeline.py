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

from segmentation import population as everyone
from segmentation.clustering import k_selection as advice_step
from segmentation.clustering import scores as scores_step
from segmentation.clustering import sweep as sweep_step
from segmentation.features import registry as registry
from segmentation.features import query, scaling
from segmentation.features.sampling import in_sample
from segmentation.export.customer_list import choose
from segmentation.runs.save import SavedRun
from segmentation.errors import ColumnError, DataError, RunError, SettingsError
from segmentation.results import CustomerTable, Segmentation, Training, assigned, listed, new_run_id
from segmentation.retraining import found_again
from segmentation.sales import reconciliation as quality
from segmentation.sales.column_mapping import recognise
from segmentation.sales.duckdb import DuckDBSource
from segmentation.sales.files import FileSource
from segmentation.sales.standardize import AS_THEY_ARE, EPOCH, sales_lines
from segmentation.sales.reconciliation import take_balance
from segmentation.sales.query_cache import SHARED_QUERIES, get_expression_key
from segmentation.sales.format_inference import find_reading
from segmentation.sales.source import SalesSource, open_source
from segmentation.segments import matching as identity, profile, labeling as telling
from segmentation.segments.overrides import of_frame
from segmentation.settings import ADVISED_K, K_MAX, K_MIN, ModelSettings, SalesSettings

Progress = Callable[[float, str], None]
YEAR = 365


def _silent(share: float, what: str) -> None:
    """Progress that nobody watches."""


def load_customers(
    settings: SalesSettings, progress: Progress = _silent, source: SalesSource | None = None
) -> CustomerTable:
    """Compute one row per customer where the lines live.

    Args:
        settings: which lines count.
        progress: told the share that is done and what is being done.
        source: the opened source of `settings.source`; None: open it.

    Raises:
        SourceError: the source cannot be read.
        ColumnError: a needed column is missing.
        DataError: no line can be used, or nobody bought.
    """
    progress(0.0, "Opening the sales")
    source = source or open_source(settings.source)
    version = source.version()
    physical = source.table()
    columns = recognise(physical.columns, settings.columns)
    if isinstance(source, FileSource):
        source.check_used_columns(columns)
    if settings.categories_left_out and "product_category" not in columns:
        raise ColumnError(
            "No category can be left out: the table has no product_category.", hint="Map the column, or leave none out."
        )
    load_day = datetime.now(UTC).date()
    reading = AS_THEY_ARE  # a warehouse has dates and numbers; text in it is read the quick way
    if isinstance(source, DuckDBSource):
        reading = find_reading(source, physical, columns, load_day, settings.dates, settings.decimal)
    columns = {name: column for name, column in columns.items() if name not in reading.unread}
    lines = sales_lines(
        physical, columns, load_day=load_day,
        start=settings.start, as_of=settings.as_of, drop_duplicates=settings.drop_duplicates,
        left_out=settings.left_out, categories_left_out=settings.categories_left_out,
        reading=reading, keep=source.keep if reading.is_costly and isinstance(source, FileSource) else None,
    )  # fmt: skip
    progress(0.2, "Checking every line")
    balance, window = take_balance(source, lines, load_day, settings.as_of)
    names, unavailable = registry.available(columns)
    used = lines.filter(lines.reason == "").drop("reason")
    progress(0.5, "Working out each customer's figures")
    features = partial(
        query.customer_features, as_of=(window.as_of - EPOCH).days,
        has_transactions="transaction_id" in columns, some_without=balance.lines_without_transaction > 0,
    )  # fmt: skip
    many = everyone.count(source, used, features, settings.sample_above, balance.lines_used)
    # a figure may rest on the lines of others: the sample is drawn after it
    queries = source.queries if isinstance(source, DuckDBSource) else SHARED_QUERIES
    key = ("customers", *get_expression_key(used), names, *features.keywords.values())
    customers = queries.get_or_build(key, lambda: features(used, features=names))
    here = customers if many is None else customers.filter(in_sample(customers.customer_id, many.share))
    answer = source.fetch(here, progress=lambda share: progress(0.5 + 0.5 * share, "Fetching each customer's figures"))
    everybody = answer.to_pandas().sort_values("customer_id", ignore_index=True)
    bought = everybody["orders"] > 0
    if not bought.any():
        raise DataError("The lines hold returns only: nobody bought anything.", hint="Check the sign of the amounts.")
    progress(1.0, "Customers are ready")
    return CustomerTable(
        settings=settings,
        source=source,
        version=version,
        frame=everybody.loc[bought, ["customer_id", *names]].reset_index(drop=True),
        returns_only=everybody.loc[~bought, ["customer_id", "monetary"]].reset_index(drop=True),
        balance=balance,
        window=window,
        unavailable=unavailable,
        notices=(
            *quality.notices(columns, balance, source, lines, settings.categories_left_out),
            *reading.sentences(),
            *everyone.told(many),
        ),
        lines=used,
        every_line=lines,
        has_categories="product_category" in columns,
        reading=reading,
        customers=query.who_bought(customers),
        everyone=many,
    )


def train(table: CustomerTable, settings: ModelSettings, progress: Progress = _silent) -> Training:
    """K-means for every k from 2 to 12 on the features of `settings`, with scores and advice.

    Raises:
        SettingsError: a feature is unknown or cannot be computed here.
        DataError: there are too few different customers.
    """
    asked = registry.in_order(settings.features, table.unavailable)
    frame = table.frame
    if len(frame) < 3:
        raise DataError(
            f"{len(frame)} customer{'s' * (len(frame) != 1)} cannot be segmented.", hint="At least three are needed."
        )
    progress(0.0, "Scaling")
    shares = [name for name in asked if registry.REGISTRY[name].is_share]
    scaler, constant = scaling.fit_scaler(frame, asked, shares, settings.scaling, dict(settings.weights))
    space = scaler.transform(frame)
    largest = min(sweep_step.distinct_rows(space, K_MAX), len(space) - 1, K_MAX)
    ks = range(K_MIN, largest + 1)
    notices = [f"{registry.REGISTRY[name].label} is the same for every customer and was left out." for name in constant]
    if "peak_share" in asked and table.window.days < YEAR:
        notices.append(
            f"The sales cover {table.window.days} days, less than a year: "
            "what looks like a peak season may be all there is."
        )
    if largest < K_MAX:
        notices.append(f"At most {largest} segments can be made: there are too few different customers for more.")
    what = f"Finding {K_MIN} to {largest} segments"
    judge = None if table.everyone is None else partial(everyone.measured, table.source, table.customers, scaler)
    fits = sweep_step.sweep(space, ks, settings.seed, progress=lambda share: progress(0.8 * share, what), judge=judge)
    scored = scores_step.score(
        space, fits, settings.seed, progress=lambda share: progress(0.8 + 0.2 * share, "Scoring them")
    )
    return Training(
        settings=replace(settings, features=asked),
        table=table,
        features=scaler.features,
        scaler=scaler,
        fits=fits,
        scores=scored.by_k,
        silhouette_by_cluster=dict(scored.silhouette_by_cluster),
        silhouette_sample=scored.silhouette_sample,
        advice=advice_step.advise(scored.by_k, len(frame), ADVISED_K),
        notices=tuple(notices),
    )


def segment(training: Training, k: int | None = None, previous: SavedRun | None = None) -> Segmentation:
    """Make the clusters of one k into named segments.

    Args:
        training: every k.
        k: which; None: the advised one.
        previous: the run whose segments keep id, name and colour where they are found again.

    Raises:
        SettingsError: this k was not trained.
    """
    k = training.advice.k if k is None else k
    if k not in training.fits:
        raise SettingsError(
            f"{k} segments cannot be made from these customers.",
            hint=f"Choose from {min(training.fits)} to {max(training.fits)}.",
        )
    frame, labels = training.table.frame, training.fits[k].labels
    found = training.figures[k]
    first_ids = identity.canonical_ids(frame, labels, found)
    matching = None if previous is None else found_again(training, labels, first_ids, previous)
    if matching is None:
        previous = None
    to_segment = first_ids if matching is None else matching.cluster_to_segment
    described = [name for name in registry.REGISTRY if name in frame]
    if training.table.everyone is None:
        profiled = profile.profile_of(found, to_segment, described)
    else:
        there = everyone.in_segments(training.table.customers, training.scaler, training.fits[k].centres, to_segment)
        profiled = everyone.profile(training.table.source, there, described)[0]
    kept = () if matching is None else matching.kept
    earlier = telling.Earlier() if previous is None else telling.Earlier.of(previous.segments, kept)
    named = telling.tell(profiled, earlier, earlier.own)
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
    run_id = new_run_id(created, training, k, to_segment, of_frame(named))
    return Segmentation(training, k, run_id, created, to_segment, named, matched, earlier)


def categories(table: CustomerTable) -> pd.DataFrame:
    """Product categories that can be left out, or are: category, lines, money; the largest first."""
    if not table.has_categories:
        return pd.DataFrame(columns=["category", "lines", "money"])
    return quality.categories(table.source, table.every_line)


def top_categories(segmentation: Segmentation, per_segment: int = 3, min_share: float = 0.01) -> pd.DataFrame:
    """Categories that a segment buys more of than others do: segment_id, category, share_of_segment, lift."""
    table = segmentation.training.table
    if not table.has_categories:
        return pd.DataFrame(columns=["segment_id", "category", "share_of_segment", "lift"])
    if table.everyone is not None:
        there = segmentation.in_engine()
        answer = table.source.fetch(query.category_sales(table.lines, there.select("customer_id", cell="segment_id")))
    else:
        cells = pa.table({"customer_id": table.frame["customer_id"], "cell": segmentation.segment_ids})
        unbound = ibis.table({"customer_id": "string", "cell": "int64"}, name="segment_of_customer")
        answer = table.source.fetch(query.category_sales(table.lines, unbound), {"segment_of_customer": cells})
    sales = answer.to_pandas().rename(columns={"cell": "segment_id"}).sort_values(["segment_id", "category"])
    return profile.category_lift(sales, per_segment, min_share)


def score_customers(
    run: SavedRun, settings: SalesSettings, progress: Progress = _silent, source: SalesSource | None = None
) -> pd.DataFrame:
    """What `score_parts` gives, as one frame by customer_id."""
    scored = pd.concat(score_parts(run, settings, progress, source), ignore_index=True)
    return scored.sort_values("customer_id", ignore_index=True)


def score_parts(
    run: SavedRun, settings: SalesSettings, progress: Progress = _silent, source: SalesSource | None = None
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
    table = load_customers(settings, progress, source)
    missing = [name for name in run.features if name in table.unavailable]
    if missing:
        raise RunError(
            f"The run uses {missing[0]}, which cannot be computed here. {table.unavailable[missing[0]]}",
            hint="Map the column, or train without this feature.",
        )
    frame, now = table.frame, datetime.now(UTC).replace(microsecond=0)
    if table.everyone is None:
        ids = np.asarray(run.cluster_to_segment, np.int64)[sweep_step.predict(scaler.transform(frame), run.centres)]
        yield choose(assigned(frame, ids, run.segments, now))
        return
    there = everyone.in_segments(table.customers, scaler, run.centres, run.cluster_to_segment)
    order = ("segment_id", "customer_id")
    yield from listed(table, there, order, run.segments, now, lambda share: progress(share, "Fetching the list"))


def prepare(progress: Progress = _silent) -> None:
    """Build the demo data and compile the inner loops, so that the first visitor waits for neither."""
    table = load_customers(SalesSettings(), lambda share, what: progress(0.5 * share, what))
    segment(train(table, ModelSettings(), lambda share, what: progress(0.5 + 0.5 * share, what)))
