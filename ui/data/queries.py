"""What the data pages ask of the sales, computed once for all visitors who ask for the same; keys as in `cached`."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from segmentation.settings import SalesSettings
from ui.data import results, scoped_cache
from ui.data.jobs import Job, Progress
from ui.state.app_state import AppState

if TYPE_CHECKING:
    import pandas as pd

    from segmentation.analysis.customer_base import Concentration, PurchaseSummary
    from segmentation.analysis.customer_lookup import CustomerLookup
    from segmentation.analysis.sales_queries import SalesOverTime
    from segmentation.results import CustomerTable


def get_customers(state: AppState) -> CustomerTable:
    """One row per customer, with the balance of lines."""
    return results.get_customers(state.sales, state.version)


def get_sales_over_time(state: AppState) -> SalesOverTime:
    """Sales, orders and customers by week or month; shows progress while they are added up."""
    return results.wait_for(_over_time, state.sales, state.version)


def get_concentration(state: AppState) -> Concentration | None:
    """How few customers bring how much of sales."""
    return _concentration(state.sales, state.version)


def get_purchase_summary(state: AppState) -> PurchaseSummary:
    """One-time buyers, and regulars who stay away."""
    return _habits(state.sales, state.version)


def get_histograms(state: AppState, feature: str) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """Customers by value of a feature, as it is and after scaling (None where all customers are alike)."""
    return _spread(state.sales, state.version, state.model.scaling, feature)


def get_correlations(state: AppState) -> pd.DataFrame:
    """Which of the features that these data allow move together."""
    return _correlations(state.sales, state.version)


def get_outliers(state: AppState) -> pd.DataFrame:
    """Who lies outside the usual in each feature."""
    return _outliers(state.sales, state.version)


def get_atypical_customers(state: AppState) -> pd.DataFrame:
    """The customers who fit their segment least."""
    from segmentation.analysis import customer_lookup

    return customer_lookup.find_atypical_customers(results.get_segmentation(state))


def get_customer_lookup(state: AppState, customer_id: str) -> CustomerLookup:
    """One customer among all."""
    from segmentation.analysis import customer_lookup

    return customer_lookup.lookup_customer(results.get_segmentation(state), customer_id)


def get_purchase_days(state: AppState, customer_id: str) -> pd.DataFrame:
    """The days on which one customer bought or gave back."""
    from segmentation.analysis import sales_queries

    return sales_queries.fetch_purchase_days(get_customers(state), customer_id)


def build_rejected_lines_csv(state: AppState) -> bytes:
    """The lines that were set aside, as a file for people; built at the click."""
    from segmentation.analysis import sales_queries

    return _render_customers_csv(sales_queries.fetch_rejected_lines(get_customers(state)))


def build_lapsing_regulars_csv(state: AppState) -> bytes:
    """The regulars who stay away, as a file for people; built at the click."""
    from segmentation.analysis import customer_base

    return _render_customers_csv(customer_base.find_lapsing_regulars(get_customers(state).frame))


def _render_customers_csv(frame: pd.DataFrame) -> bytes:
    from segmentation.runtime.tabular_files import write_csv

    out = io.BytesIO()
    write_csv(frame, out, for_people=True)
    return out.getvalue()


@scoped_cache.cache_resource(max_entries=6, ttl=results.CACHE_TTL)
def _over_time(sales: SalesSettings, version: str) -> Job[SalesOverTime]:
    table = results.get_customers_quietly(sales, version)

    def work(tell: Progress) -> SalesOverTime:
        from segmentation.analysis import sales_queries

        tell(0.3, "Adding up sales over time")
        return sales_queries.compute_sales_over_time(table)

    return Job(work, "sales over time")


@scoped_cache.cache_data(max_entries=12, ttl=results.CACHE_TTL)
def _concentration(sales: SalesSettings, version: str) -> Concentration | None:
    from segmentation.analysis import customer_base

    return customer_base.compute_concentration(
        results.get_customers_quietly(sales, version).frame["monetary"].to_numpy()
    )


@scoped_cache.cache_data(max_entries=12, ttl=results.CACHE_TTL)
def _habits(sales: SalesSettings, version: str) -> PurchaseSummary:
    from segmentation.analysis import customer_base

    return customer_base.summarize_purchases(results.get_customers_quietly(sales, version).frame)


@scoped_cache.cache_data(max_entries=60, ttl=results.CACHE_TTL)
def _spread(sales: SalesSettings, version: str, scaling: str, feature: str) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    from segmentation.analysis import distributions
    from segmentation.features.scaling import fit_scaler

    frame = results.get_customers_quietly(sales, version).frame
    raw = distributions.compute_histogram(frame[feature].to_numpy())
    if frame[feature].min() == frame[feature].max():
        return raw, None
    scaler, _ = fit_scaler(
        frame, [feature], [feature] if results.get_feature_registry()[feature].is_share else [], scaling
    )
    return raw, distributions.compute_histogram(scaler.transform(frame)[:, 0])


@scoped_cache.cache_data(max_entries=12, ttl=results.CACHE_TTL, show_spinner="Comparing the figures with each other")
def _correlations(sales: SalesSettings, version: str) -> pd.DataFrame:
    from segmentation.analysis import distributions

    frame = results.get_customers_quietly(sales, version).frame
    return distributions.compute_correlations(frame, [name for name in results.get_feature_registry() if name in frame])


@scoped_cache.cache_data(max_entries=12, ttl=results.CACHE_TTL)
def _outliers(sales: SalesSettings, version: str) -> pd.DataFrame:
    from segmentation.analysis import distributions

    frame = results.get_customers_quietly(sales, version).frame
    return distributions.count_outliers(frame, [name for name in results.get_feature_registry() if name in frame])
