"""The first step of the pipeline: the customers of a source, with the reconciliation and the checks of its lines."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import date
from functools import partial

import ibis
import pandas as pd

from segmentation.customers.in_engine import EngineStore
from segmentation.customers.load import load_customer_store
from segmentation.customers.stored_queries import get_aggregate, store_queries
from segmentation.features import query, registry
from segmentation.features.sampling import is_sampled
from segmentation.forecast.purchase_histories import explain_shortage
from segmentation.results import CustomerTable
from segmentation.runtime.epoch_days import count_epoch_days
from segmentation.runtime.progress import StepProgress, no_progress
from segmentation.sales import data_checks, reconciliation
from segmentation.sales.duckdb import DuckDBSource
from segmentation.sales.load_size import describe_load
from segmentation.sales.open_source import open_source
from segmentation.sales.prepare_lines import PreparedLines, prepare_lines
from segmentation.sales.query_cache import SHARED_QUERIES, get_expression_key
from segmentation.sales.source import SalesSource, check_version
from segmentation.settings import SalesSettings


def load_customers(
    settings: SalesSettings,
    on_progress: StepProgress = no_progress,
    source: SalesSource | None = None,
    prepared: PreparedLines | None = None,
    features: Collection[str] = (),
) -> CustomerTable:
    """Compute one row per customer in the engine that holds the sales lines.

    Args:
        settings: which lines count.
        on_progress: called with the completed share, 0 to 1, and the current step.
        source: the opened source of `settings.source`; None: open it.
        prepared: the lines of `source` with these settings; None: prepare them.
        features: the features in use; a warehouse computes no others of `query.ON_DEMAND_FEATURES`.

    Raises:
        SourceError: the source cannot be read.
        ColumnError: a required column is missing.
        DataError: no line can be used, or there are no purchases.
    """
    on_progress(0.0, "Opening the sales")
    source = source or open_source(settings.source)
    version = source.version()
    size = describe_load(source)
    on_progress(0.1, f"Reading {size}" if size else "Reading the sales")
    prepared = prepared or prepare_lines(source, settings)
    names, unavailable = registry.split_available_features(prepared.columns)
    deferred: tuple[str, ...] = ()
    if source.combines_queries:
        deferred = tuple(name for name in names if name in query.ON_DEMAND_FEATURES.difference(features))
        names = tuple(name for name in names if name not in deferred)
    on_progress(0.2, "Checking every line")
    stored = store_queries(source, prepared, names, settings.as_of)
    reasons = stored["reasons"] if stored else reconciliation.summarize_by_reason(prepared.lines)
    balance, window = reconciliation.reconcile_lines(source, reasons, prepared.load_day, settings.as_of)
    on_progress(0.5, "Computing each customer's features")
    if stored:
        customers = stored["customers"]
        count_query, totals_query = (lambda: customers.aggregate(customers=customers.count())), (lambda: customers)
    else:
        customers, count_query, totals_query = _build_customer_queries(source, prepared, balance, window.as_of, names)
    store = load_customer_store(
        source,
        customers,
        count_query,
        totals_query,
        min(balance.lines_accepted, prepared.semantics.max_customers or balance.lines_accepted),
        settings.sample_above,
        lambda share: on_progress(0.5 + 0.5 * share, "Fetching each customer's features"),
        is_stored=bool(stored),
    )
    sales = data_checks.LoadedSales(
        source=source,
        prepared=prepared,
        reconciliation=balance,
        window=window,
        customers=store.frame.rename(columns={"frequency": "orders"}),
        has_all_customers=store.totals.customers == len(store.frame),
        counts=stored.get("checks"),
    )
    findings = data_checks.check_data(sales)
    # frequency counts orders; repeat purchases are fewer if a customer has several orders on one day.
    if problem := explain_shortage(store.totals.customers, window.days, float(store.frame["frequency"].max()) - 1):
        unavailable |= dict.fromkeys(registry.list_forecast_features(registry.REGISTRY), problem)
    on_progress(1.0, "Customers are ready")
    categories = get_aggregate("categories", prepared, stored, has_missing_ids=False)
    return CustomerTable(
        settings=settings,
        source=source,
        version=version,
        store=store,
        reconciliation=balance,
        window=window,
        unavailable_features=unavailable,
        notices=(
            *reconciliation.build_notices(prepared, balance, source, categories),
            *prepared.text_format.describe(),
            *store.notices,
        ),
        prepared=prepared,
        findings=findings,
        stored=stored,
        deferred_features=deferred,
    )


def _build_customer_queries(
    source: SalesSource,
    prepared: PreparedLines,
    balance: reconciliation.Reconciliation,
    as_of: date,
    names: tuple[str, ...],
) -> tuple[ibis.Table, Callable[[], ibis.Table], Callable[[], ibis.Table]]:
    """The query for each customer's features, and builders of the queries for their number and their totals."""
    used = prepared.accepted
    build_features = partial(
        query.compute_customer_features,
        used,
        count_epoch_days(as_of),
        has_order_ids=prepared.has_order_ids,
        has_missing_ids=balance.lines_without_transaction > 0,
    )
    queries = source.queries if isinstance(source, DuckDBSource) else SHARED_QUERIES
    # The key holds everything the query depends on: lines, features, as-of date and the two keywords.
    options = (*build_features.args[1:], *build_features.keywords.values())
    key = ("customers", *get_expression_key(used), names, *options)
    customers = queries.get_or_build(key, lambda: build_features(features=names))
    return (
        customers,
        lambda: used.aggregate(customers=used.customer_id.nunique()),
        lambda: build_features(features=[]),
    )


def add_features(table: CustomerTable, features: Collection[str]) -> CustomerTable:
    """Add those of `features` that the load deferred, by reading the sales once more; without any, return `table`.

    Raises:
        SourceError: the source cannot be read, or the lines have changed since the load.
    """
    names = [name for name in table.deferred_features if name in features]
    if not names:
        return table
    check_version(table.source, table.version)
    customers = query.compute_customer_features(
        table.lines,
        count_epoch_days(table.window.as_of),
        names,
        has_order_ids=table.prepared.has_order_ids,
        has_missing_ids=table.reconciliation.lines_without_transaction > 0,
    ).select("customer_id", *names)
    stored = table.source.store({"features": customers}) if table.source.can_store else None
    customers = stored["features"] if stored else customers
    in_memory = customers
    if isinstance(table.store, EngineStore):
        in_memory = customers.filter(is_sampled(customers.customer_id, table.store.sample_share))
    frame = table.source.fetch(in_memory).to_pandas()
    return replace(
        table,
        store=table.store.add_features(frame, customers, is_stored=bool(stored)),
        deferred_features=tuple(name for name in table.deferred_features if name not in names),
    )


def list_categories(table: CustomerTable) -> pd.DataFrame:
    """Product categories of all lines, including excluded ones, by decreasing sales: category, lines, money."""
    if not table.has_categories:
        return pd.DataFrame(columns=["category", "lines", "money"])
    return reconciliation.fetch_category_totals(table.source, table.get_aggregate("categories"))
