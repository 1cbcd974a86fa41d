"""The feature registry: name, label, definition and expression of every feature.

To add a feature, add an entry. Its expression takes one row per customer with the columns described in
`segmentation.features.query`, and the as-of date in days since 1970-01-01.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from segmentation.errors import SettingsError
from segmentation.features.behavior import compute_momentum
from segmentation.messages import ColumnName, Message

Expression = Callable[[ibis.Table, int], ir.Value]

# Each of these sets of columns determines the discount: gross sales - discount = net sales.
_DISCOUNT = (
    ("gross_sales_amount", "discount_amount"),
    ("gross_sales_amount", "net_sales_amount"),
    ("net_sales_amount", "discount_amount"),
    ("total_amount", "discount_amount"),
    ("subtotal_amount", "discount_amount"),
    ("unit_price", "quantity", "discount_amount"),
    ("unit_price", "quantity", "subtotal_amount"),
    ("unit_price", "quantity", "line_discount_amount"),
)


@dataclass(frozen=True)
class Feature:
    """One numeric attribute per customer."""

    name: str
    label: str
    unit: str
    """days, orders, money, share (0 to 1), lines or categories."""
    meaning: str
    expression: Expression
    required_columns: tuple[tuple[str, ...], ...] = ()
    """Alternative sets of columns of fct_sales, one of which must be complete; empty: the mandatory ones suffice."""
    is_share: bool = False
    """Whether it is a share from 0 to 1. The scaling 'log' takes the logarithm of all other features."""
    is_forecast: bool = False
    """Whether it is computed by `segmentation.forecast.forecast_features`, and only if selected."""


def _divide_or_null(value: ir.Value, count: ir.Value) -> ir.Value:
    """value / count in double precision; null if count is 0.

    Snowflake raises on division by 0 even in a branch that is not taken, and keeps six decimals when it divides
    integers.
    """
    return value.cast("float64") / (count > 0).ifelse(count.cast("float64"), ibis.null("float64"))


def _compute_share(part: ir.Value, total: ir.Value) -> ir.Value:
    """part / total, clipped to 0..1 because returns can exceed purchases; 0 if total is 0 or null."""
    return ibis.coalesce(_divide_or_null(part, total).clip(0, 1), 0.0)


REGISTRY: dict[str, Feature] = {
    feature.name: feature
    for feature in (
        Feature(
            "recency_days",
            "Days since last order",
            "days",
            "Days from the customer's last purchase to the as-of date.",
            lambda c, as_of: as_of - c.last_day,
        ),
        Feature(
            "frequency",
            "Orders",
            "orders",
            "Number of orders; lines of one customer with the same transaction ID are one order.",
            lambda c, as_of: c.orders,
        ),
        Feature(
            "monetary",
            "Net sales",
            "money",
            "Sum of net sales after returns.",
            lambda c, as_of: c.net,
        ),
        Feature(
            "avg_order_value",
            "Average order value",
            "money",
            "Net sales divided by the number of orders.",
            lambda c, as_of: _divide_or_null(c.net, c.orders),
        ),
        Feature(
            "tenure_days",
            "Days since first order",
            "days",
            "Days from the customer's first purchase to the as-of date.",
            lambda c, as_of: as_of - c.first_day,
        ),
        Feature(
            "typical_gap_days",
            "Days between orders",
            "days",
            "Median number of days from one order to the next; with a single order, the days since it.",
            lambda c, as_of: ibis.coalesce(c.median_gap, (as_of - c.last_day).cast("float64")),
        ),
        Feature(
            "lines_per_order",
            "Lines per order",
            "lines",
            "Purchased lines divided by the number of orders.",
            lambda c, as_of: _divide_or_null(c.lines, c.orders),
            (("transaction_id",),),
        ),
        Feature(
            "category_count",
            "Categories bought",
            "categories",
            "Number of distinct product categories purchased.",
            lambda c, as_of: ibis.coalesce(c.categories, 0),
            (("product_category",),),
        ),
        Feature(
            "lines",
            "Lines bought",
            "lines",
            "Number of purchased lines; some tools count these as orders.",
            lambda c, as_of: c.lines,
        ),
        Feature(
            "avg_line_value",
            "Average line value",
            "money",
            "Net sales divided by the number of purchased lines.",
            lambda c, as_of: _divide_or_null(c.net, c.lines),
        ),
        Feature(
            "expected_orders",
            "Expected orders",
            "orders",
            "Orders expected in the next 90 days; orders of one day are one.",
            lambda c, as_of: c.expected_orders,
            is_forecast=True,
        ),
        Feature(
            "expected_net_sales",
            "Expected net sales",
            "money",
            "Net sales expected in the next 90 days.",
            lambda c, as_of: c.expected_net_sales,
            is_forecast=True,
        ),
        Feature(
            "at_risk",
            "Sales at risk",
            "money",
            "Net sales of the last 90 days times the probability of no order in the next 90.",
            lambda c, as_of: c.at_risk,
            is_forecast=True,
        ),
        Feature(
            "discount_share",
            "Share given as discount",
            "share",
            "Discount divided by gross sales of purchases.",
            lambda c, as_of: _compute_share(c.discount, c.gross),
            _DISCOUNT,
            is_share=True,
        ),
        Feature(
            "coupon_share",
            "Orders with a coupon",
            "share",
            "Share of orders in which a coupon was used.",
            lambda c, as_of: _compute_share(c.coupon_orders, c.orders),
            (("coupon_status",),),
            is_share=True,
        ),
        Feature(
            "full_price_share",
            "Bought at full price",
            "share",
            "Share of gross sales bought without any discount.",
            lambda c, as_of: _compute_share(c.full_price, c.gross),
            _DISCOUNT,
            is_share=True,
        ),
        Feature(
            "favourite_share",
            "Spent in the favorite category",
            "share",
            "Share of purchases in the customer's favorite category, by net sales.",
            lambda c, as_of: _compute_share(c.favourite, c.named),
            (("product_category",),),
            is_share=True,
        ),
        Feature(
            "peak_share",
            "Bought in the peak season",
            "share",
            "Share of purchases in the shop's three strongest calendar months, by net sales.",
            lambda c, as_of: _compute_share(c.peak, c.bought),
            is_share=True,
        ),
        Feature(
            "weekend_share",
            "Bought on weekends",
            "share",
            "Share of purchases on Saturdays and Sundays, by net sales.",
            lambda c, as_of: _compute_share(c.weekend, c.bought),
            is_share=True,
        ),
        Feature(
            "momentum",
            "Momentum",
            "share",
            "Purchases of the last 90 days as a share of the last 180: above 50 %, the customer buys more than before; "
            "50 % without purchases in both.",
            lambda c, as_of: compute_momentum(c.recent, c.earlier),
            is_share=True,
        ),
        Feature(
            "active_probability",
            "Probability of being active",
            "share",
            "Probability that the customer will ever buy again.",
            lambda c, as_of: c.active_probability,
            is_share=True,
            is_forecast=True,
        ),
    )
}
"""By name, in manifest order: shares last, because the scaler treats them as one block."""


def split_available_features(columns: Iterable[str]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Split the registry by whether a table has the required columns.

    Args:
        columns: standard column names of the table.

    Returns:
        The features that can be computed from the lines, in registry order, without forecasts; and unavailable feature
        -> reason.

    >>> split_available_features(["customer_id", "transaction_date", "net_sales_amount"])[1]["category_count"]
    'The table has no product_category.'
    """
    available = set(columns)
    missing: dict[str, str] = {}
    for feature in REGISTRY.values():
        if feature.required_columns and not any(available.issuperset(option) for option in feature.required_columns):
            absent = [name for name in feature.required_columns[0] if name not in available]
            template = f"The table has no {' and no '.join(f'{{{name}}}' for name in absent)}."
            missing[feature.name] = Message(template, {name: ColumnName(name) for name in absent})
    return tuple(name for name in REGISTRY if name not in missing and not REGISTRY[name].is_forecast), missing


def list_forecast_features(names: Iterable[str]) -> list[str]:
    """Those of `names` that are forecasts.

    >>> list_forecast_features(["frequency", "at_risk"])
    ['at_risk']
    """
    return [name for name in names if name in REGISTRY and REGISTRY[name].is_forecast]


def validate_features(names: Iterable[str], unavailable: Mapping[str, str]) -> tuple[str, ...]:
    """`names` without duplicates, in registry order, so that the order of selection changes nothing.

    Args:
        names: requested features.
        unavailable: unavailable feature -> reason, from `split_available_features`.

    Raises:
        SettingsError: a name is not in the registry, or the feature is unavailable.
    """
    requested = set(names)
    for name in sorted(requested):
        if name not in REGISTRY:
            raise SettingsError(f"There is no feature {name!r}.", hint=f"Choose from: {', '.join(REGISTRY)}.")
        if name in unavailable:
            raise SettingsError(
                f"The feature {name} cannot be computed here. {unavailable[name]}",
                hint="Leave it out, or map a column.",
            )
    return tuple(name for name in REGISTRY if name in requested)
