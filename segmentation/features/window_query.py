"""Features of every customer in several trailing windows of equal length, in one query and one scan of the lines.

The bounds of all windows cut time into periods, so each window consists of whole periods. Lines are aggregated to one
row per customer and period, and only these rows are joined to the windows that contain them. What cannot be added up
from periods (medians of gaps, distinct categories, the shop's peak season) is aggregated once more within each window.

The result equals `segmentation.features.query.compute_customer_features` on the lines of each window. An order with
lines in several periods counts once: its row of a period names the period of its previous purchase, and counts in a
window only if that period lies before it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from segmentation.features.behavior import PEAK_MONTHS, RECENT_DAYS
from segmentation.features.query import count_where, keep_where
from segmentation.features.registry import REGISTRY
from segmentation.runtime.epoch_days import is_weekend, to_date_expression, to_day_literal

WINDOWS_TABLE = "feature_windows"
_WINDOW_COLUMNS = ("window", "as_of", "first_period", "last_period", "recent", "earlier")
_KEYS = ("window", "as_of", "customer_id")
_MONEY = ("net", "gross", "discount", "full_price", "bought", "weekend")


@dataclass(frozen=True)
class Windows:
    """Trailing windows of equal length."""

    as_of_days: tuple[int, ...]
    """As-of date of each window in days since 1970-01-01, ascending; the window ends the day before."""
    length: int
    """Days."""

    @cached_property
    def cuts(self) -> tuple[int, ...]:
        """First day of each period; the last one is the end."""
        first, last = self.as_of_days[0] - self.length, self.as_of_days[-1]
        offsets = (0, self.length, RECENT_DAYS, 2 * RECENT_DAYS)
        days = {as_of - offset for as_of in self.as_of_days for offset in offsets}
        return tuple(sorted(day for day in days if first <= day <= last))

    @property
    def tables(self) -> Mapping[str, pa.Table]:
        """One row per window, to be sent with a query: its first and last period, and where momentum's two begin."""
        rows = []
        for number, as_of in enumerate(self.as_of_days):
            first, end, recent, earlier = (
                self._find_period(as_of - offset) for offset in (self.length, 0, RECENT_DAYS, 2 * RECENT_DAYS)
            )
            rows.append((number, as_of, first, end - 1, recent, earlier))
        columns = dict(zip(_WINDOW_COLUMNS, map(list, zip(*rows, strict=True)), strict=True))
        return {WINDOWS_TABLE: pa.table(columns, schema=pa.schema(dict.fromkeys(_WINDOW_COLUMNS, pa.int64())))}

    def join(self, rows: ibis.Table) -> ibis.Table:
        """Each row once for every window that contains its period, with the columns of the window."""
        windows = ibis.table(dict.fromkeys(_WINDOW_COLUMNS, "int64"), name=WINDOWS_TABLE)
        return rows.inner_join(windows, [rows.period >= windows.first_period, rows.period <= windows.last_period])

    def _find_period(self, day: int) -> int:
        return sum(cut < day for cut in self.cuts)

    def assign_period(self, day: ir.Value) -> ir.Value:
        """The period of a day."""
        inner = self.cuts[1:-1]
        branches = [(day < to_day_literal(cut), period) for period, cut in enumerate(inner)]
        return (ibis.cases(*branches, else_=len(inner)) if branches else ibis.literal(0)).cast("int64")


def compute_features_by_window(
    lines: ibis.Table, windows: Windows, features: Collection[str], *, has_order_ids: bool, has_missing_ids: bool
) -> ibis.Table:
    """Compute the requested features of every customer with a purchase in a window.

    Args:
        lines: accepted lines with the columns of `segmentation.sales.standardize`.
        windows: the windows; a query on the result needs their `tables`.
        features: names in the registry whose columns the source has.
        has_order_ids, has_missing_ids: as in `compute_customer_features`.

    Returns:
        One row per window and customer: window (position in `windows`), as_of (days since 1970-01-01), customer_id
        (text), net (money, exact), last_day (days since 1970-01-01), monetary and the features (float64).
    """
    first, end = (to_day_literal(day) for day in (windows.cuts[0], windows.cuts[-1]))
    inside = lines.filter((lines.day >= first) & (lines.day < end))
    inside = inside.mutate(period=windows.assign_period(inside.day))
    rows = _sum_periods(inside, has_order_ids=has_order_ids, has_missing_ids=has_missing_ids)
    customers = _sum_windows(rows, windows)
    customers = customers.filter(customers.orders > 0)
    for names, add in _WITHIN_WINDOWS:
        if not names.isdisjoint(features):
            added = add(inside, windows, has_order_ids)
            customers = customers.left_join(added, ["window", "customer_id"]).drop("window_right", "customer_id_right")
    columns = {name: REGISTRY[name].expression(customers, customers.as_of).cast("float64") for name in features}
    columns["monetary"] = customers.net.cast("float64")
    return customers.select(
        "window", "as_of", "net", "last_day", customer_id=customers.customer_id.cast("string"), **columns
    )


def _sum_periods(lines: ibis.Table, *, has_order_ids: bool, has_missing_ids: bool) -> ibis.Table:
    """One row per customer, period and period of the previous purchase of the same order; null: there is none."""
    if not has_order_ids:
        return _sum_lines_without_order(lines)
    identified = lines.filter(lines.transaction_id.notnull()) if has_missing_ids else lines
    order = ["customer_id", "transaction_id"]
    orders = identified.group_by(*order, "period").aggregate(**_build_sums(identified))
    before = ibis.window(group_by=[orders[name] for name in order], order_by=orders.period, between=(None, -1))
    orders = orders.mutate(
        orders=(orders.lines > 0).ifelse(1, 0),
        coupon_orders=(orders.coupons > 0).ifelse(1, 0),
        previous=keep_where(orders.lines > 0, orders.period).max().over(before),
        previous_coupon=keep_where(orders.coupons > 0, orders.period).max().over(before),
    )
    keys = ["customer_id", "period", "previous", "previous_coupon"]
    rows = orders.group_by(*keys).aggregate(**_add_up(orders))
    if has_missing_ids:
        rest = _sum_lines_without_order(lines.filter(lines.transaction_id.isnull()))
        rows = rows.union(rest.select(*rows.columns).cast(dict(rows.schema().items())))
    return rows


def _sum_lines_without_order(lines: ibis.Table) -> ibis.Table:
    """The rows of `_sum_periods` for lines that are an order each."""
    sums = lines.group_by("customer_id", "period").aggregate(**_build_sums(lines))
    nothing = ibis.null("int64")
    return sums.mutate(orders=sums.lines, coupon_orders=sums.coupons, previous=nothing, previous_coupon=nothing).drop(
        "coupons"
    )


def _build_sums(lines: ibis.Table) -> dict[str, ir.Value]:
    buys = lines.is_purchase
    return {
        "lines": count_where(buys),
        "coupons": count_where(buys & lines.coupon_used),
        "first_day": lines.day.min(where=buys),
        "last_day": lines.day.max(where=buys),
        "net": lines.net.sum(),
        "gross": lines.gross.sum(where=buys),
        "discount": lines.discount.sum(where=buys),
        "full_price": lines.gross.sum(where=buys & (lines.discount <= 0)),
        "bought": lines.net.sum(where=buys),
        "weekend": lines.net.sum(where=buys & is_weekend(lines.day)),
    }


def _add_up(rows: ibis.Table) -> dict[str, ir.Value]:
    return {
        "orders": rows.orders.sum().cast("int64"),
        "coupon_orders": rows.coupon_orders.sum().cast("int64"),
        "lines": rows.lines.sum().cast("int64"),
        "first_day": rows.first_day.min(),
        "last_day": rows.last_day.max(),
        **{name: rows[name].sum() for name in _MONEY},
    }


def _sum_windows(rows: ibis.Table, windows: Windows) -> ibis.Table:
    """One row per window and customer, with the columns that the registry's expressions read."""
    joined = windows.join(rows)
    is_first, is_first_coupon = (
        ibis.coalesce(joined[name] < joined.first_period, True) for name in ("previous", "previous_coupon")
    )
    joined = joined.mutate(
        orders=is_first.ifelse(joined.orders, 0), coupon_orders=is_first_coupon.ifelse(joined.coupon_orders, 0)
    )
    is_recent = joined.period >= joined.recent
    is_earlier = (joined.period >= joined.earlier) & ~is_recent
    zero = ibis.literal(0).cast("decimal(38, 6)")
    sums = joined.group_by(*_KEYS).aggregate(
        **_add_up(joined),
        recent=joined.bought.sum(where=is_recent),
        earlier=joined.bought.sum(where=is_earlier),
    )
    return sums.mutate(**{name: ibis.coalesce(sums[name], zero) for name in ("gross", "discount", "full_price")})


def _add_median_gaps(lines: ibis.Table, windows: Windows, has_order_ids: bool) -> ibis.Table:
    """Median days from the first day of one order to that of the next, within each window: median_gap."""
    buys = lines.filter(lines.is_purchase)
    if has_order_ids:  # a line without an id is a separate order
        identified = buys.filter(buys.transaction_id.notnull())
        keys = ["customer_id", "transaction_id", "period"]
        days = identified.group_by(*keys).aggregate(day=identified.day.min())
        orders = windows.join(days)
        orders = orders.group_by("window", "customer_id", "transaction_id").aggregate(day=orders.day.min())
        orders = orders.select("window", "customer_id", "day")
        single = buys.filter(buys.transaction_id.isnull()).select("customer_id", "period", "day")
        single = windows.join(single).select("window", "customer_id", "day")
        orders = orders.union(single)
    else:
        orders = windows.join(buys.select("customer_id", "period", "day"))
    previous = orders.day.lag().over(group_by=[orders.window, orders.customer_id], order_by=orders.day)
    gaps = orders.select("window", "customer_id", gap=(orders.day - previous).cast("float64"))
    return gaps.group_by("window", "customer_id").aggregate(median_gap=gaps.gap.median())


def _add_categories(lines: ibis.Table, windows: Windows, has_order_ids: bool) -> ibis.Table:
    """Number of categories, and net sales in known categories and in the favorite one, within each window."""
    named = lines.filter(lines.is_purchase & lines.category.notnull())
    sums = named.group_by("customer_id", "category", "period").aggregate(net=named.net.sum())
    joined = windows.join(sums)
    per_category = joined.group_by("window", "customer_id", "category").aggregate(net=joined.net.sum())
    return per_category.group_by("window", "customer_id").aggregate(
        categories=per_category.count(), named=per_category.net.sum(), favourite=per_category.net.max()
    )


def _add_peak_sales(lines: ibis.Table, windows: Windows, has_order_ids: bool) -> ibis.Table:
    """Net sales in the shop's strongest calendar months of each window; ties go to the earlier month."""
    buys = lines.filter(lines.is_purchase)
    buys = buys.mutate(month=to_date_expression(buys.day).month())
    sums = buys.group_by("customer_id", "month", "period").aggregate(net=buys.net.sum())
    joined = windows.join(sums)
    per_month = joined.group_by("window", "customer_id", "month").aggregate(net=joined.net.sum())
    shop = per_month.group_by("window", "month").aggregate(sales=per_month.net.sum())
    rank = ibis.row_number().over(group_by=shop.window, order_by=[shop.sales.desc(), shop.month])
    peak = shop.mutate(rank=rank).filter(lambda table: table["rank"] < PEAK_MONTHS).select("window", "month")
    in_peak = per_month.semi_join(peak, ["window", "month"])
    return in_peak.group_by("window", "customer_id").aggregate(peak=in_peak.net.sum())


_WITHIN_WINDOWS: tuple[tuple[frozenset[str], Callable[[ibis.Table, Windows, bool], ibis.Table]], ...] = (
    (frozenset({"typical_gap_days"}), _add_median_gaps),
    (frozenset({"category_count", "favourite_share"}), _add_categories),
    (frozenset({"peak_share"}), _add_peak_sales),
)
"""Features -> the function that computes their columns, which cannot be added up from periods."""
