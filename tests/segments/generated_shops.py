"""Customers of generated shops of different kinds, and the rules that a segment name must never contradict.

The rules are checked on the members of a segment by pandas, not on the profile that the names are derived from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.clustering.sweep import sweep_k
from segmentation.features.scaling import fit_scaler
from segmentation.segments.matching import assign_initial_ids, match_segments
from segmentation.segments.naming import name_segments
from segmentation.segments.profile import compute_profile

DAYS = 365
KINDS = ("planted", "smooth", "discount_heavy", "whale", "seasonal", "thirty_customers")
SCALINGS = ("log", "standard", "robust", "ranks")

VALUE_NAMES = {
    "High-Value Customers",
    "Big Spenders",
    "Core Customers",
    "At-Risk Customers",
    "Cannot Lose",
    "Rising Stars",
    "Lapsed Big Spenders",
}
RECENT_NAMES = {
    "High-Value Customers",
    "Core Customers",
    "Loyal Customers",
    "Regulars",
    "New Customers",
    "Rising Stars",
    "Promising",
    "Potential Loyalists",
    "Recent Buyers",
}
ACTIVE_NAMES = RECENT_NAMES | {
    "Big Spenders",
    "Frequent Buyers",
    "Frequent Small Spenders",
    "Occasional Buyers",
    "Discount Hunters",
}
LAPSED_NAMES = {
    "At-Risk Customers",
    "Cannot Lose",
    "Lapsing Regulars",
    "Lapsed Big Spenders",
    "Lapsed Customers",
    "Lost Customers",
    "Hibernating",
    "About to Sleep",
}
NEW_NAMES = {"New Customers", "Rising Stars", "Promising", "Potential Loyalists"}
DISCOUNT_NAMES = {"Price-Sensitive", "Discount Hunters"}
RECENT_QUALIFIERS = {"very recent", "recent", "fairly recent"}
LAPSED_QUALIFIERS = {"last order some time ago", "last order long ago", "last order very long ago"}


def generate_customers(kind: str, seed: int, customers: int = 600) -> pd.DataFrame:
    """One row per customer of a shop observed for a year: the features that names depend on.

    Customers arrive over the year and order at random intervals until they leave; orders have a size and a discount.

    Args:
        kind: one of KINDS. seasonal: all orders fall into the first 120 days. whale: one customer in a hundred spends
            fifty times as much.
        seed: of the random generator.
        customers: how many; thirty_customers always has 30.
    """
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    count = 30 if kind == "thirty_customers" else customers
    interval = rng.lognormal(np.log(40), 0.8, count)
    lifetime = rng.exponential(250, count)
    basket = rng.lognormal(3, 0.7, count)
    discount = rng.beta(1.2, 8, count)
    start = rng.uniform(0, DAYS, count)
    if kind == "planted":
        group = rng.integers(0, 5, count)
        interval = np.array([8, 25, 60, 15, 400])[group] * rng.lognormal(0, 0.2, count)
        lifetime = np.array([2000, 2000, 300, 120, 1])[group] * rng.lognormal(0, 0.2, count)
        basket = np.array([90, 25, 150, 40, 20])[group] * rng.lognormal(0, 0.3, count)
        start = np.where(group == 3, rng.uniform(0, 100, count), rng.uniform(0, 300, count))
    elif kind == "discount_heavy":
        discount = np.where(rng.random(count) < 0.4, rng.beta(6, 6, count), rng.beta(2, 12, count))
    elif kind == "whale":
        basket = np.where(np.arange(count) < max(count // 100, 3), 50 * basket, basket)
    end = np.minimum(start + lifetime, DAYS)
    if kind == "seasonal":
        start, end, interval = start / 3, np.minimum(end / 3, 120), interval / 3
    gaps = rng.exponential(interval[:, None], (count, 120))
    gaps[:, 0] = 0
    days = np.floor(start[:, None] + gaps.cumsum(axis=1))
    bought = days < end[:, None]
    bought[:, 0] = True
    rows, columns = np.nonzero(bought)
    orders = pd.DataFrame({"row": rows, "day": days[rows, columns]})
    orders["amount"] = basket[rows] * rng.lognormal(0, 0.5, len(rows))
    orders["gap"] = orders.groupby("row")["day"].diff()
    grouped = orders.groupby("row")
    frame = pd.DataFrame({"customer_id": [f"{number:06}" for number in range(count)]})
    frame["recency_days"] = DAYS - grouped["day"].max()
    frame["frequency"] = grouped.size().astype(float)
    frame["monetary"] = grouped["amount"].sum() * (1 - discount)
    frame["avg_order_value"] = frame["monetary"] / frame["frequency"]
    frame["tenure_days"] = DAYS - grouped["day"].min()
    frame["typical_gap_days"] = grouped["gap"].median().fillna(frame["recency_days"])
    frame["discount_share"] = np.where(rng.random(count) < 0.3, 0.0, discount)
    frame["coupon_share"] = np.clip(frame["discount_share"] * rng.uniform(0.5, 2, count), 0, 1)
    return frame


def iter_segmentations(
    customers: pd.DataFrame, scaling: str, seed: int, ks: range = range(2, 13)
) -> Iterator[tuple[int, NDArray[np.integer[Any]]]]:
    """Cluster generated customers: k and the cluster of each."""
    features = ["recency_days", "frequency", "monetary", "discount_share"]
    X = fit_scaler(customers, features, ["discount_share"], scaling)[0].transform(customers)
    for k, fit in sweep_k(X, ks, seed).items():
        yield k, fit.labels


def name_members(customers: pd.DataFrame, segment_ids: NDArray[np.integer[Any]], **previous: Any) -> dict[int, str]:
    """segment_id -> name."""
    profile = compute_profile(customers, segment_ids, list(customers.columns[1:]))
    named = name_segments(profile, **previous)
    return dict(zip(named["segment_id"].tolist(), named["segment_name"], strict=True))


Members = pd.DataFrame
Rule = Callable[[set[str], Members, pd.DataFrame], bool]


def _holds_recency(words: set[str], members: Members, everyone: pd.DataFrame) -> bool:
    days, window = members["recency_days"].median(), everyone["tenure_days"].max()
    if words & (RECENT_NAMES | RECENT_QUALIFIERS):
        limit = max(2 * _compute_reorder_interval(everyone), window / 10)
        return bool(days <= window / 2 and not days > limit and days <= everyone["recency_days"].median())
    return bool(days <= window / 2) if words & ACTIVE_NAMES else True


def _holds_lapse(words: set[str], members: Members, everyone: pd.DataFrame) -> bool:
    if not words & (LAPSED_NAMES | LAPSED_QUALIFIERS):
        return True
    days, own = members["recency_days"].median(), members["typical_gap_days"].median()
    mean_gap = (members["tenure_days"].median() - days) / max(members["frequency"].median() - 1, 1)
    is_late = not days < min(_compute_reorder_interval(everyone), own, max(mean_gap, 1))
    return bool(is_late and days >= everyone["recency_days"].median())


def _holds_tenure(words: set[str], members: Members, everyone: pd.DataFrame) -> bool:
    tenure, half = members["tenure_days"].median(), everyone["tenure_days"].max() / 2
    if words & {"short history", "very short history"} or words & NEW_NAMES:
        return bool(tenure <= half and tenure <= everyone["tenure_days"].median())
    return bool(tenure >= half) if words & {"long history", "very long history"} else True


def _holds_discount(words: set[str], members: Members, everyone: pd.DataFrame) -> bool:
    share, of_all = members["discount_share"].mean(), everyone["discount_share"].mean()
    if words & (DISCOUNT_NAMES | {"many discounts", "very many discounts"}):
        return bool(share > of_all)
    return bool(share < of_all) if words & {"few discounts", "very few discounts"} else True


def _compute_reorder_interval(everyone: pd.DataFrame) -> float:
    repeat = everyone.query("frequency >= 2")
    return float(((repeat["tenure_days"] - repeat["recency_days"]) / (repeat["frequency"] - 1)).median())


RULES: Mapping[str, Rule] = {
    "one-time buyers": lambda words, members, everyone: (
        "One-Time Buyers" not in words or bool((members["frequency"] == 1).mean() >= 0.75)
    ),
    "value": lambda words, members, everyone: (
        not words & VALUE_NAMES
        or bool(members["monetary"].sum() / everyone["monetary"].sum() > len(members) / len(everyone))
    ),
    "recency": _holds_recency,
    "lapse": _holds_lapse,
    "tenure": _holds_tenure,
    "discount": _holds_discount,
    "small sample": lambda words, members, everyone: len(members) >= 10 or "Customers" in words,
}
"""Rule -> whether it holds for a name, split into its base and qualifiers, of some of the customers."""


def find_contradictions(
    customers: pd.DataFrame, segment_ids: NDArray[np.integer[Any]], names: Mapping[int, str]
) -> list[tuple[str, str]]:
    """The rule and the name of every contradiction."""
    return [
        (rule, name)
        for segment_id, name in names.items()
        for rule, holds in RULES.items()
        if not holds(set(name.split(", ")), customers[segment_ids == segment_id], customers)
    ]


def find_passed_on_names(
    customers: pd.DataFrame,
    before: NDArray[np.integer[Any]],
    labels: NDArray[np.integer[Any]],
    names: Mapping[int, str],
) -> list[str]:
    """Names that go to another segment when customers are segmented again.

    Args:
        customers: one row per customer.
        before: the earlier segment of each.
        labels: the new cluster of each.
        names: of the earlier segments.
    """
    ids = sorted(names)
    matched = match_segments(assign_initial_ids(customers, labels), labels, before, ids)
    segment_ids = np.asarray(matched.cluster_to_segment)[labels]
    retained = {segment_id: names[segment_id] for segment_id in matched.retained}
    later = name_members(customers, segment_ids, retained=retained, released=names.values())
    return [name for segment_id, name in later.items() if name in names.values() and names.get(segment_id) != name]
