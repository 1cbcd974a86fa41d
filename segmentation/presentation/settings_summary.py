"""What is in use, in words: it stands on every page, because on a phone the sidebar is folded away."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from segmentation.settings import ModelSettings, SalesSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from segmentation.features.registry import Feature

_SCALINGS = {
    "standard": "values as they are",
    "robust": "measured by the middle half of customers",
    "ranks": "by their order only",
}
_COLUMNS = {
    "gross_sales_amount": "gross sales",
    "net_sales_amount": "net sales",
    "total_amount": "total",
    "discount_amount": "discount",
    "coupon_status": "coupon",
    "product_category": "category",
    "transaction_id": "order number",
}
_COUNTS = {0.5: "counts half", 2.0: "counts double"}


def compared(model: ModelSettings, features: Iterable[str], registry: Mapping[str, Feature]) -> str:
    """What customers are compared by, and how.

    >>> from segmentation.features.registry import REGISTRY
    >>> model = ModelSettings(("frequency", "monetary"), "ranks", weights=(("monetary", 2.0),))
    >>> compared(model, model.features, REGISTRY)
    'compared by orders, net sales (counts double), by their order only'
    """
    weights = dict(model.weights)
    labels = [
        registry[name].label.lower() + (f" ({_COUNTS[weights[name]]})" if name in weights else "") for name in features
    ]
    return f"compared by {', '.join([*labels, *filter(None, [_SCALINGS.get(model.scaling)])])}"


def what_counts(sales: SalesSettings) -> str:
    """The period that was chosen and what is left out of it; "" where everything counts.

    >>> what_counts(SalesSettings(as_of=date(2024, 7, 1), left_out=((date(2024, 1, 1), date(2024, 1, 6)),)))
    'sales before 1 July 2024; without 1 to 6 January 2024'
    >>> what_counts(SalesSettings(start=date(2024, 1, 1), categories_left_out=("Gift cards", "Tea")))
    'sales from 1 January 2024; without the categories Gift cards, Tea'
    >>> what_counts(SalesSettings())
    ''
    """
    ends = [f"from {day(sales.start)}" if sales.start else "", f"before {day(sales.as_of)}" if sales.as_of else ""]
    period = " and ".join(filter(None, ends))
    parts = [f"sales {period}" if period else ""]
    if sales.left_out:
        parts.append(f"without {', '.join(span(first, last) for first, last in sales.left_out)}")
    if sales.categories_left_out:
        several = "categories" if len(sales.categories_left_out) > 1 else "category"
        parts.append(f"without the {several} {', '.join(sales.categories_left_out)}")
    return "; ".join(filter(None, parts))


def columns(text: str) -> str:
    """A sentence that names columns as tables do, as people would say it.

    >>> columns("The table has no gross_sales_amount and no discount_amount.")
    'The table has no gross sales and no discount.'
    """
    for name, word in _COLUMNS.items():
        text = text.replace(name, word)
    return text


def day(when: date) -> str:
    """A day as people write it."""
    return f"{when.day} {when:%B %Y}"


def span(first: date, last: date) -> str:
    """A period as people write it.

    >>> span(date(2024, 12, 20), date(2025, 1, 6)), span(date(2024, 5, 1), date(2024, 5, 1))
    ('20 December 2024 to 6 January 2025', '1 May 2024')
    """
    if first == last:
        return day(last)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {day(last)}"
    return f"{first.day} {first:%B} to {day(last)}" if first.year == last.year else f"{day(first)} to {day(last)}"
