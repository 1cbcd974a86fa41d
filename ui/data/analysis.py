"""Analyses of the segments on a page, cached and shared by all sessions.

Segments are known by id, so unsaved edits of names and texts do not change a result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from segmentation.settings import SalesSettings
from ui.data import results, scoped_cache
from ui.data.jobs import Job
from ui.data.result_key import ResultKey

if TYPE_CHECKING:
    import pandas as pd

    from segmentation.analysis.model_comparison import ModelComparison
    from segmentation.runs.manifest import RunMetadata
    from segmentation.segments.rules import Rules


@scoped_cache.cache_resource(max_entries=48, ttl=results.CACHE_TTL)
def get_rules(key: ResultKey) -> Rules:
    """The rule of each segment, with its accuracy."""
    from segmentation.analysis import explain

    return explain.derive_rules(results.build_segmentation_for(key))


@scoped_cache.cache_data(max_entries=24, ttl=results.CACHE_TTL, show_spinner="Computing discounts")
def get_discount_breakdown(key: ResultKey) -> pd.DataFrame | None:
    """Full-price and discounted sales of each segment; None if the source has no discounts."""
    from segmentation.analysis import segment_detail

    return segment_detail.compute_discount_breakdown(results.build_segmentation_for(key))


@scoped_cache.cache_data(max_entries=24, ttl=results.CACHE_TTL, show_spinner="Computing demographics")
def get_demographics(key: ResultKey) -> pd.DataFrame | None:
    """Demographics of each segment; None if the source has none."""
    from segmentation.analysis import segment_detail

    return segment_detail.compute_demographics(results.build_segmentation_for(key))


@scoped_cache.cache_data(max_entries=48, ttl=results.CACHE_TTL, show_spinner="Finding representative customers")
def get_members(key: ResultKey, segment_id: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Representative and borderline customers of a segment."""
    from segmentation.analysis import segment_detail

    return segment_detail.find_representative_and_borderline_customers(results.build_segmentation_for(key), segment_id)


@scoped_cache.cache_data(max_entries=24, ttl=results.CACHE_TTL, show_spinner="Computing the monthly trend")
def get_trend(key: ResultKey) -> pd.DataFrame:
    """Sales, orders and active customers of each segment by month."""
    from segmentation.analysis import segment_detail

    return segment_detail.compute_monthly_trend(results.build_segmentation_for(key))


def get_month_index(key: ResultKey) -> pd.DataFrame:
    """Average daily sales of each segment by month of the year, with 100 for the average month."""
    from segmentation.analysis import segment_detail

    return segment_detail.compute_month_index(get_trend(key))


def compare_models(
    sales: SalesSettings, version: str, before: ResultKey | str, now: ResultKey | str
) -> ModelComparison:
    """Two models on the same sales; shows progress while they are compared.

    Args:
        sales: the sales that both models assign.
        version: of the data of their source.
        before, now: the key of a result, or the id of a saved run.
    """
    return results.wait_for(_start_model_comparison, sales, version, before, now)


@scoped_cache.cache_resource(max_entries=24, ttl=results.CACHE_TTL)
def _start_model_comparison(
    sales: SalesSettings, version: str, before: ResultKey | str, now: ResultKey | str
) -> Job[ModelComparison]:
    from segmentation.analysis import model_comparison

    table = results.get_customers_quietly(sales, version)
    first, second = (_get_run(model) for model in (before, now))
    return Job(lambda _: model_comparison.compare_models(table, first, second), "model comparison")


def _get_run(model: ResultKey | str) -> RunMetadata:
    if isinstance(model, str):
        from segmentation.runs.load import open_run

        return open_run(results.get_models_folder(), model)
    return results.build_segmentation_for(model).to_run_record(with_customers=False)


def search_settings(sales: SalesSettings, version: str) -> pd.DataFrame:
    """Every preset with every scaling and k, the best first; shows progress while it is computed."""
    return results.wait_for(_start_settings_search, sales, version)


@scoped_cache.cache_resource(max_entries=6, ttl=results.CACHE_TTL)
def _start_settings_search(sales: SalesSettings, version: str) -> Job[pd.DataFrame]:
    from segmentation.analysis import tuning

    table = results.get_customers_quietly(sales, version)
    return Job(lambda on_progress: tuning.search_settings(table, on_progress=on_progress), "tuning")
