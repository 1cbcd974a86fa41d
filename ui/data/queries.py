"""Queries of the data pages, cached and shared by all sessions; keys as in `ui.data.results`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segmentation.runtime.progress import StepProgress
from segmentation.settings import ModelSettings, SalesSettings
from ui.data import results, scoped_cache
from ui.data.jobs import Job
from ui.state.app_state import AppState

if TYPE_CHECKING:
    import pandas as pd

    from segmentation.analysis.customer_base import Concentration, PurchaseSummary
    from segmentation.analysis.customer_lookup import CustomerLookup
    from segmentation.analysis.sales_queries import SalesOverTime


def get_sales_over_time(state: AppState) -> SalesOverTime:
    """Sales, orders and customers by week or month; shows progress while they are computed."""
    return results.wait_for(_compute_over_time, state.sales, state.version)


def get_atypical_customers(state: AppState) -> pd.DataFrame:
    """The customers that fit their segment least."""
    from segmentation.analysis import customer_lookup

    return customer_lookup.find_atypical_customers(results.get_segmentation(state))


def get_customer_lookup(state: AppState, customer_id: str) -> CustomerLookup:
    """One customer compared with all others."""
    from segmentation.analysis import customer_lookup

    return customer_lookup.look_up_customer(results.get_segmentation(state), customer_id)


def get_purchase_days(state: AppState, customer_id: str) -> pd.DataFrame:
    """The days on which one customer bought or returned something."""
    from segmentation.analysis import sales_queries

    return sales_queries.fetch_purchase_days(results.get_customers(state.sales, state.version), customer_id)


def build_rejected_lines_csv(state: AppState) -> bytes:
    """The rejected lines as CSV for spreadsheets; built when the visitor clicks."""
    from segmentation.analysis import sales_queries

    return _render_csv(sales_queries.fetch_rejected_lines(results.get_customers(state.sales, state.version)))


@scoped_cache.cache_data(max_entries=12, ttl=results.CACHE_TTL, show_spinner="Comparing spellings of customer IDs")
def get_merged_spellings(sales: SalesSettings, version: str) -> pd.DataFrame:
    """Customers whose ID is written in several ways: customer_id, spelling, lines."""
    from segmentation.analysis import sales_queries

    return sales_queries.fetch_merged_spellings(results.get_customers_quietly(sales, version))


def build_merged_spellings_csv(state: AppState) -> bytes:
    """The same as CSV for spreadsheets; built when the visitor clicks."""
    return _render_csv(get_merged_spellings(state.sales, state.version))


def build_top_customers_csv(state: AppState) -> bytes:
    """The customers who account for 80 % of sales as CSV for spreadsheets; built when the visitor clicks."""
    from segmentation.analysis import customer_base

    return _render_csv(customer_base.find_top_customers(results.get_customers(state.sales, state.version).frame))


def build_lapsing_regulars_csv(state: AppState) -> bytes:
    """The lapsing regular customers as CSV for spreadsheets; built when the visitor clicks."""
    from segmentation.analysis import customer_base

    return _render_csv(customer_base.find_lapsing_regulars(results.get_customers(state.sales, state.version).frame))


def build_one_time_buyers_csv(state: AppState) -> bytes:
    """The customers with a single order as CSV for spreadsheets; built when the visitor clicks."""
    from segmentation.analysis import customer_base

    return _render_csv(customer_base.find_one_time_buyers(results.get_customers(state.sales, state.version).frame))


def _render_csv(frame: pd.DataFrame) -> bytes:
    from segmentation.runtime.tabular_files import render_csv

    return render_csv(frame)


@scoped_cache.cache_resource(max_entries=6, ttl=results.CACHE_TTL)
def _compute_over_time(sales: SalesSettings, version: str) -> Job[SalesOverTime]:
    table = results.get_customers_quietly(sales, version)

    def work(report_progress: StepProgress) -> SalesOverTime:
        from segmentation.analysis import sales_queries

        report_progress(0.3, "Adding up sales over time")
        return sales_queries.compute_sales_over_time(table)

    return Job(work, "sales over time")


@scoped_cache.cache_data(max_entries=12, ttl=results.CACHE_TTL)
def get_concentration(sales: SalesSettings, version: str) -> Concentration | None:
    """Concentration of sales: which share of customers makes which share of sales."""
    from segmentation.analysis import customer_base

    return customer_base.compute_concentration(
        results.get_customers_quietly(sales, version).frame["monetary"].to_numpy()
    )


@scoped_cache.cache_data(max_entries=12, ttl=results.CACHE_TTL)
def get_purchase_summary(sales: SalesSettings, version: str) -> PurchaseSummary:
    """Counts of one-time buyers and of lapsing regular customers."""
    from segmentation.analysis import customer_base

    return customer_base.summarize_purchases(results.get_customers_quietly(sales, version).frame)


@scoped_cache.cache_data(max_entries=60, ttl=results.CACHE_TTL)
def get_histograms(
    sales: SalesSettings, version: str, model: ModelSettings, feature: str
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """Histograms of a feature, raw and scaled; the scaled one is None where the feature is constant."""
    from segmentation.analysis import distributions
    from segmentation.features.scaling import fit_scaler

    frame = results.get_training_for(sales, version, model).table.frame
    raw = distributions.compute_histogram(frame[feature].to_numpy())
    if frame[feature].min() == frame[feature].max():
        return raw, None
    scaler, _ = fit_scaler(
        frame, [feature], [feature] if results.get_feature_registry()[feature].is_share else [], model.scaling
    )
    return raw, distributions.compute_histogram(scaler.transform(frame)[:, 0])


@scoped_cache.cache_data(max_entries=12, ttl=results.CACHE_TTL, show_spinner="Computing correlations")
def get_correlations(sales: SalesSettings, version: str, model: ModelSettings) -> pd.DataFrame:
    """Rank correlations of all features available in these data."""
    from segmentation.analysis import distributions

    frame = results.get_training_for(sales, version, model).table.frame
    return distributions.compute_correlations(frame, [name for name in results.get_feature_registry() if name in frame])


@scoped_cache.cache_data(max_entries=12, ttl=results.CACHE_TTL)
def get_outliers(sales: SalesSettings, version: str, model: ModelSettings) -> pd.DataFrame:
    """Number of outliers in each available feature."""
    from segmentation.analysis import distributions

    frame = results.get_training_for(sales, version, model).table.frame
    return distributions.count_outliers(frame, [name for name in results.get_feature_registry() if name in frame])
