"""Purchase behavior per customer: sums of net sales by weekday, season, recent period and category."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from segmentation.runtime.epoch_days import is_weekend, to_date_expression, to_day_literal

PEAK_MONTHS = 3
"""Calendar months in the peak season."""
RECENT_DAYS = 90
"""Length of each of the two periods that momentum compares."""


def compute_behavior_sums(lines: ibis.Table, as_of: int | ir.IntegerValue, *, with_categories: bool) -> ibis.Table:
    """Sum the net sales of purchases by weekday, season, recent period and category.

    Args:
        lines: accepted lines with the columns of `segmentation.sales.standardize`.
        as_of: as-of date in days since 1970-01-01, or an expression for it.
        with_categories: whether the source has categories.

    Returns:
        One row per customer with a purchase: customer_id, and in money: bought (all purchases), weekend (Saturdays and
        Sundays), peak (in the PEAK_MONTHS calendar months with the highest net sales of the shop; ties go to the
        earlier month), recent (the last RECENT_DAYS days before the as-of date), earlier (the RECENT_DAYS before
        those). With categories also categories (number), named (money in a known category) and favourite (money in
        the category with the highest net sales).
    """
    bought = lines.filter(lines.is_purchase)
    # Days of a customer are far fewer than lines, and all that follows needs no more.
    daily = bought.group_by("customer_id", "day").aggregate(net=bought.net.sum())
    daily = daily.mutate(month=to_date_expression(daily.day).month())
    # The peak season belongs to the shop, not to the customer: calendar months are ranked over all lines.
    monthly = daily.group_by("month").aggregate(sales=daily.net.sum())
    peak = monthly.order_by(monthly.sales.desc(), monthly.month).limit(PEAK_MONTHS)
    in_peak = daily.left_join(peak.select(peak_month=peak.month), daily.month == peak.month)
    recent, earlier = (to_day_literal(as_of - periods * RECENT_DAYS) for periods in (1, 2))
    sums = in_peak.group_by("customer_id").aggregate(
        bought=in_peak.net.sum(),
        weekend=in_peak.net.sum(where=is_weekend(in_peak.day)),
        peak=in_peak.net.sum(where=in_peak.peak_month.notnull()),
        recent=in_peak.net.sum(where=in_peak.day >= recent),
        earlier=in_peak.net.sum(where=(in_peak.day < recent) & (in_peak.day >= earlier)),
    )
    return _add_category_sums(sums, bought) if with_categories else sums


def _add_category_sums(sums: ibis.Table, bought: ibis.Table) -> ibis.Table:
    """Add categories, named and favourite; null for customers without a purchase in a known category."""
    named = bought.filter(bought.category.notnull())
    per_category = named.group_by("customer_id", "category").aggregate(net=named.net.sum())
    favorites = per_category.group_by("customer_id").aggregate(
        categories=per_category.count(), named=per_category.net.sum(), favourite=per_category.net.max()
    )
    return sums.left_join(favorites, "customer_id").drop("customer_id_right")


def compute_momentum(recent: ir.Value, earlier: ir.Value) -> ir.Value:
    """recent / (recent + earlier): above 0.5, a customer buys more than before; 0.5 without sales in both periods.

    Args:
        recent, earlier: net sales (money) of two periods of equal length; null: none.

    Returns:
        0 to 1, or outside if returns make a period negative.
    """
    recent_sales, earlier_sales = (ibis.coalesce(value.cast("float64"), 0.0) for value in (recent, earlier))
    total = recent_sales + earlier_sales
    return ibis.coalesce(recent_sales / (total > 0).ifelse(total, ibis.null("float64")), 0.5)
