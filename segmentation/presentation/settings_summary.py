"""Summary of the current settings, shown on every page because the sidebar is collapsed on a phone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from segmentation.presentation.formatting import format_count, format_date
from segmentation.settings import ModelSettings, SalesSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from segmentation.features.registry import Feature

_SCALINGS = {
    "standard": "standardized",
    "robust": "robust scaling",
    "ranks": "rank-based scaling",
}
_COUNTS = {0.5: "weight 0.5x", 2.0: "weight 2x"}


def summarize_model(model: ModelSettings, features: Iterable[str], registry: Mapping[str, Feature]) -> str:
    """Summarize the features, their weights and the scaling.

    >>> from segmentation.features.registry import REGISTRY
    >>> model = ModelSettings(("frequency", "monetary"), "ranks", weights=(("monetary", 2.0),))
    >>> summarize_model(model, model.features, REGISTRY)
    'compared by orders, net sales (weight 2x), rank-based scaling'
    """
    weights = dict(model.weights)
    labels = [
        registry[name].label.lower() + (f" ({_COUNTS[weights[name]]})" if name in weights else "") for name in features
    ]
    return f"compared by {', '.join([*labels, *filter(None, [_SCALINGS.get(model.scaling)])])}"


def summarize_sales(sales: SalesSettings) -> str:
    """Summarize the date range and the exclusions; "" if all sales are included.

    >>> summarize_sales(SalesSettings(as_of=date(2024, 7, 1), excluded_periods=((date(2024, 1, 1), date(2024, 1, 6)),)))
    'sales before July 1, 2024; without January 1 to 6, 2024'
    >>> summarize_sales(SalesSettings(start=date(2024, 1, 1), excluded_categories=("Gift cards", "Tea")))
    'sales from January 1, 2024; without the categories Gift cards, Tea'
    >>> summarize_sales(SalesSettings(window_days=365))
    'sales of 365 days'
    >>> summarize_sales(SalesSettings())
    ''
    """
    ends = [
        f"of {format_count(sales.window_days)} days" if sales.window_days else "",
        f"from {format_date(sales.start)}" if sales.start else "",
        f"before {format_date(sales.as_of)}" if sales.as_of else "",
    ]
    period = (" " if sales.window_days else " and ").join(filter(None, ends))
    parts = [f"sales {period}" if period else ""]
    if sales.excluded_periods:
        periods = [format_date_range(first, last) for first, last in sales.excluded_periods]
        parts.append(f"without {' and '.join(periods)}")
    if sales.excluded_categories:
        several = "categories" if len(sales.excluded_categories) > 1 else "category"
        parts.append(f"without the {several} {', '.join(sales.excluded_categories)}")
    return "; ".join(filter(None, parts))


def describe_window(sales: SalesSettings, run_days: int) -> str:
    """Describe the window of the sales that a run is applied to, compared with its own of `run_days` days.

    >>> describe_window(SalesSettings(window_days=366), 366)
    'Window: 366 days before the as-of date, the window length of the run.'
    >>> describe_window(SalesSettings(start=date(2024, 1, 1)), 366)
    "Window: all sales since January 1, 2024; the run's has 366 days, so sizes are comparable only if both are equal."
    """
    run_length = format_count(run_days)
    if sales.window_days == run_days:
        return f"Window: {run_length} days before the as-of date, the window length of the run."
    length = f"{format_count(sales.window_days)} days before the as-of date" if sales.window_days else "all sales"
    since = f" since {format_date(sales.start)}" if sales.start else ""
    return f"Window: {length}{since}; the run's has {run_length} days, so sizes are comparable only if both are equal."


def format_date_range(first: date, last: date) -> str:
    """Format a period, without repeating a shared month or year.

    >>> format_date_range(date(2024, 12, 20), date(2025, 1, 6)), format_date_range(date(2024, 5, 1), date(2024, 5, 1))
    ('December 20, 2024 to January 6, 2025', 'May 1, 2024')
    """
    if first == last:
        return format_date(last)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first:%B} {first.day} to {last.day}, {last.year}"
    return (
        f"{first:%B} {first.day} to {format_date(last)}"
        if first.year == last.year
        else f"{format_date(first)} to {format_date(last)}"
    )
