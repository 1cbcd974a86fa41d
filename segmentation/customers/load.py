"""Fetches the customers of a source, or a sample if there are too many."""

from __future__ import annotations

from collections.abc import Callable

import ibis

from segmentation.customers.in_engine import EngineStore
from segmentation.customers.in_memory import InMemoryStore
from segmentation.customers.store import CustomerStore, CustomerTotals
from segmentation.errors import DataError
from segmentation.features.query import filter_buyers
from segmentation.features.sampling import SAMPLE_ROWS, is_sampled
from segmentation.runtime.progress import Progress
from segmentation.sales.source import SalesSource


def load_customer_store(
    source: SalesSource,
    customers: ibis.Table,
    count_customers: Callable[[], ibis.Table],
    summarize: Callable[[], ibis.Table],
    max_customers: int,
    limit: int,
    on_progress: Progress,
    is_stored: bool = False,
) -> CustomerStore:
    """Fetch all customers, or a uniform sample if there are more than `limit`.

    Args:
        source: the source of the lines.
        customers: the result of `compute_customer_features`, with every available feature.
        count_customers: builds the query that counts them: one row, customers.
        summarize: builds a cheaper query for the same customers, with only orders and monetary.
        max_customers: an upper bound for the number of customers, such as the number of accepted lines.
        limit: above this number, customers stay in the engine.
        on_progress: called with the share fetched, 0 to 1.
        is_stored: whether `customers` reads a table of customers rather than lines.

    Raises:
        DataError: there are no purchases.
    """
    n_customers = max_customers  # small sources need no query to count them
    if max_customers > limit:
        n_customers = source.fetch(count_customers()).to_pylist()[0]["customers"]
    share = min(1.0, SAMPLE_ROWS / max(n_customers, 1))
    # A feature may depend on the lines of other customers, so the sample is drawn after the features are computed.
    query = customers.filter(is_sampled(customers.customer_id, share)) if n_customers > limit else customers
    fetched = source.fetch(query, on_progress=on_progress).to_pandas().sort_values("customer_id", ignore_index=True)
    is_buyer = fetched.pop("orders") > 0
    if not is_buyer.any():
        raise DataError("All rows are returns; no purchases found.", hint="Check the sign of the amounts.")
    frame = fetched[is_buyer].reset_index(drop=True)
    returns_only = fetched.loc[~is_buyer, ["customer_id", "monetary"]].reset_index(drop=True)
    buyers = filter_buyers(customers)
    if n_customers <= limit:
        return InMemoryStore(frame, returns_only, source, buyers)
    totals = _fetch_totals(source, summarize())
    return EngineStore(frame, returns_only, source, buyers, totals, share, is_stored)


def _fetch_totals(source: SalesSource, customers: ibis.Table) -> CustomerTotals:
    is_buyer = customers.orders > 0
    totals = customers.aggregate(
        customers=is_buyer.ifelse(1, 0).sum(),
        orders=customers.orders.sum(),
        returns_only=is_buyer.ifelse(0, 1).sum(),
        returns_money=is_buyer.ifelse(0.0, customers.monetary).sum(),
    )
    row = source.fetch(totals).to_pylist()[0]
    return CustomerTotals(
        int(row["customers"]), int(row["orders"]), int(row["returns_only"]), float(row["returns_money"])
    )
