"""What and when customers buy: per customer, from the bought lines alone."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

PEAK_MONTHS = 3
RECENT_DAYS = 90


def compute_behavior_sums(lines: ibis.Table, as_of: int, *, with_categories: bool) -> ibis.Table:
    """One row per customer who bought something: customer_id, and sums of net sales of bought lines.

    bought (all of it), weekend (Saturdays and Sundays), peak (in the shop's PEAK_MONTHS calendar months of highest net
    sales; ties go to the earlier month), recent (the last RECENT_DAYS days before the as-of date), earlier (the
    RECENT_DAYS before those); where there are categories also categories (how many), named (in a known category) and
    favourite (in the category with the most).

    Args:
        lines: used lines with the columns of `segmentation.sales.standardize`.
        as_of: days since 1970-01-01 of the as-of date.
        with_categories: whether the source has categories.
    """
    bought = lines.filter(lines.is_purchase)
    bought = bought.mutate(month=(ibis.date("1970-01-01") + bought.day.as_interval("D")).month())
    monthly = bought.group_by("month").aggregate(sales=bought.net.sum())
    peak = monthly.order_by(monthly.sales.desc(), monthly.month).limit(PEAK_MONTHS)
    in_peak = bought.left_join(peak.select(peak_month=peak.month), bought.month == peak.month)
    weekday = (in_peak.day + 3) % 7  # 1970-01-01 was a Thursday; Monday is 0
    recent, earlier = as_of - RECENT_DAYS, as_of - 2 * RECENT_DAYS
    sums = in_peak.group_by("customer_id").aggregate(
        bought=in_peak.net.sum(),
        weekend=in_peak.net.sum(where=weekday >= 5),
        peak=in_peak.net.sum(where=in_peak.peak_month.notnull()),
        recent=in_peak.net.sum(where=in_peak.day >= recent),
        earlier=in_peak.net.sum(where=(in_peak.day < recent) & (in_peak.day >= earlier)),
    )
    return _add_category_sums(sums, bought) if with_categories else sums


def _add_category_sums(sums: ibis.Table, bought: ibis.Table) -> ibis.Table:
    named = bought.filter(bought.category.notnull())
    each = named.group_by("customer_id", "category").aggregate(net=named.net.sum())
    favorites = each.group_by("customer_id").aggregate(
        categories=each.count(), named=each.net.sum(), favourite=each.net.max()
    )
    return sums.left_join(favorites, "customer_id").drop("customer_id_right")


def compute_momentum(recent: ir.Value, earlier: ir.Value) -> ir.Value:
    """recent / (recent + earlier): above 0.5 a customer buys more than before; 0.5 where there is neither."""
    late, before = (ibis.coalesce(value.cast("float64"), 0.0) for value in (recent, earlier))
    both = late + before
    return ibis.coalesce(late / (both > 0).ifelse(both, ibis.null("float64")), 0.5)
