"""The chance line: how many customers would move between two month-ends if no one changed habits.

Someone who buys every other month moves between segments without a change of habits. A purchase model is fitted to all
purchase histories (`segmentation.forecast`), and the purchases of the month are drawn from it for each customer, given
the history up to the earlier month-end. Each drawn purchase has the orders and net sales of a random earlier purchase
day of the customer. Features that do not follow from orders and net sales stay as they were. The frozen model assigns
the result; the share of customers who move is the movement to expect by chance alone.
"""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd

from segmentation.analysis.history.labeled_months import HistorySales, LabeledMonths
from segmentation.errors import DataError
from segmentation.features.sampling import halve_share, is_in_halved_sample, is_sampled
from segmentation.forecast.fitting import fit_purchase_model
from segmentation.forecast.purchase_histories import PurchaseDays, fetch_purchase_days, select_purchase_days
from segmentation.forecast.purchase_model import PurchaseHistories, PurchaseModel
from segmentation.forecast.simulation import simulate_purchases
from segmentation.runtime.array_types import FloatArray, IntArray

MAX_CUSTOMERS = 20_000
"""Most customers who are simulated; of more, a half, a quarter and so on are."""
MIN_DRAWS = 5_000
"""Fewest simulated customers of a month: a small shop is simulated several times."""
SIMULATED = ("recency_days", "frequency", "tenure_days")
"""Features that follow from purchases; so do monetary, which is always there, and avg_order_value."""
_HISTORY_COLUMNS = ["x", "t_x", "T"]


def estimate_chance(months: LabeledMonths, customers: int, seed: int) -> pd.Series:
    """Estimate the share of customers who would move by chance in each month.

    Args:
        months: the frozen model and the month-ends.
        customers: number of customers with a purchase, to decide whether a sample is drawn.
        seed: equal seeds give equal results.

    Returns:
        month_end -> share, 0 to 1, of the customers present at both month-ends; from the second month-end on. NaN
        where no purchase model can be fitted, because no customer came back.
    """
    share = halve_share(customers, MAX_CUSTOMERS)
    chance = build_unknown_chance(months)
    source, as_of = months.sales.source, months.windows.as_of_days
    days = _fetch_purchase_days(months, share)
    histories = days.summarize(as_of[-1], 0)
    try:
        model = fit_purchase_model(
            PurchaseHistories.from_customers(*histories[_HISTORY_COLUMNS].to_numpy().T), seed=seed
        ).model
    except DataError:
        return chance
    features = months.build_feature_query(SIMULATED)
    sampled = features.filter(is_sampled(features.customer_id, share))
    frame = source.fetch(sampled, months.tables).to_pandas()
    for number in range(1, len(as_of)):
        start = frame[frame["window"] == number - 1].sort_values("customer_id", ignore_index=True)
        rng = np.random.default_rng([seed, number])
        chance.iloc[number - 1] = _simulate_month(months, days, model, start, as_of[number - 1 : number + 1], rng)
    return chance


def build_unknown_chance(months: LabeledMonths) -> pd.Series:
    """The result of `estimate_chance` where no purchase model can be fitted, or none is asked for."""
    return pd.Series(np.nan, index=pd.Index(months.month_ends[1:], name="month_end"), name="chance_share")


def select_sampled_days(sales: HistorySales, features: ibis.Table) -> ibis.Table:
    """Select the purchase days of the customers who are simulated, by a query that counts the customers itself.

    Args:
        sales: where the purchases are.
        features: of each customer at each month-end.
    """
    counted = features.group_by("window").aggregate(customers=features.count())
    customers = counted.aggregate(most=counted.customers.max()).as_scalar()
    lines = sales.prepared.accepted
    lines = lines.filter(is_in_halved_sample(lines.customer_id, customers, MAX_CUSTOMERS))
    days = select_purchase_days(lines, has_order_ids=sales.prepared.has_order_ids)
    return days.mutate(net=days.net.cast("float64"))


def _fetch_purchase_days(months: LabeledMonths, share: float) -> PurchaseDays:
    """The purchase days of a share of the customers, from what `LabeledMonths.store` stored if it did."""
    sales, stored = months.sales, months.stored.get("purchase_days")
    if stored is not None:
        return PurchaseDays.from_frame(sales.source.fetch(stored).to_pandas(), share)
    prepared = sales.prepared
    return fetch_purchase_days(sales.source, prepared.accepted, share, has_order_ids=prepared.has_order_ids)


def _simulate_month(
    months: LabeledMonths,
    days: PurchaseDays,
    model: PurchaseModel,
    start: pd.DataFrame,
    as_of: tuple[int, ...],
    rng: np.random.Generator,
) -> float:
    """The share of the customers in `start`, those at the earlier month-end, who move until the later one."""
    if start.empty:
        return float("nan")
    earlier, later = as_of
    window_start = later - months.days
    repetitions = max(1, -(-MIN_DRAWS // len(start)))
    frame = pd.concat([start] * repetitions, ignore_index=True)
    rows = np.tile(pd.Index(days.customer_ids).get_indexer(pd.Index(start["customer_id"])), repetitions)
    x, t_x, T = days.summarize(earlier, 0).loc[rows, _HISTORY_COLUMNS].to_numpy().T
    drawn = simulate_purchases(model, x, t_x, T, float(later - earlier), rng)
    who, day = drawn.customer, earlier - 1 + np.ceil(drawn.days)
    picked_days = _pick_purchase_days(days, earlier, rows[who], rng)
    assert days.orders is not None

    def move_window(column: str, leaving: FloatArray, picked: FloatArray) -> FloatArray:
        """The values of the later window: those of the earlier one, less what leaves it, plus what was drawn."""
        added = np.bincount(who, weights=picked, minlength=len(rows))
        values: FloatArray = frame[column].to_numpy(np.float64) - leaving[rows] + added
        return values

    orders = move_window("frequency", days.sum_orders(earlier - months.days, window_start), days.orders[picked_days])
    net = move_window("monetary", days.sum_net(earlier - months.days, window_start), days.net[picked_days])
    last = frame["last_day"].to_numpy(np.float64, copy=True)
    np.maximum.at(last, who, day)
    first = days.find_next_purchase(window_start, earlier)[rows]  # the purchase that now is the first of the window
    first = np.where(np.isnan(first), np.inf, first)
    np.minimum.at(first, who, day)
    stays = (orders > 0.5) & (last >= window_start)
    if not stays.any():
        return float("nan")
    changed = frame.assign(
        frequency=orders,
        monetary=net,
        recency_days=later - last,
        tenure_days=later - first,
        avg_order_value=net / np.maximum(orders, 1),
    )
    return float((months.model.assign(frame[stays]) != months.model.assign(changed[stays])).mean())


def _pick_purchase_days(days: PurchaseDays, as_of: int, customers: IntArray, rng: np.random.Generator) -> IntArray:
    """A row of `days` for each of these customers: a random purchase day before `as_of`."""
    bought = np.flatnonzero(days.is_purchase & (days.day < as_of))
    counts = np.bincount(days.customer[bought], minlength=len(days.customer_ids))
    first = np.cumsum(counts) - counts
    rows: IntArray = bought[first[customers] + (rng.random(len(customers)) * counts[customers]).astype(np.int64)]
    return rows
