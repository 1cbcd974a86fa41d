"""What a purchase model is: the probability that a customer is active, and how often active customers buy.

Symbols as in the literature: x, number of repeat purchases (purchase days less one); t_x, days from the first to the
last purchase; T, days from the first purchase to the last day of the data. Parameters are in days.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np

from segmentation.runtime.array_types import FloatArray, IntArray

MAX_MEDIAN_DAYS = 36_500.0
"""Later medians count as no order expected: their dates are meaningless, and may not exist in a calendar."""


@dataclass(frozen=True, eq=False)
class PurchaseHistories:
    """Purchase histories, one per row; equal ones may be grouped."""

    x: FloatArray
    t_x: FloatArray
    T: FloatArray
    customers: FloatArray
    """How many customers have this history."""

    @classmethod
    def from_customers(cls, x: FloatArray, t_x: FloatArray, T: FloatArray) -> PurchaseHistories:
        """Group equal histories; arguments are (n,), one element per customer."""
        rows = group_purchase_histories(x, t_x, T)
        return cls(x[rows.first], t_x[rows.first], T[rows.first], rows.customers)

    @property
    def n_customers(self) -> float:
        """Customers in all rows."""
        return float(self.customers.sum())


@dataclass(frozen=True, eq=False)
class HistoryGroups:
    """Rows with equal histories."""

    first: IntArray
    """(groups,) a row of each group."""
    group: IntArray
    """(n,) the group of each row."""
    customers: FloatArray
    """(groups,) its number of rows."""


def group_purchase_histories(x: FloatArray, t_x: FloatArray, T: FloatArray) -> HistoryGroups:
    """Group rows with equal x, t_x and T.

    >>> groups = group_purchase_histories(np.array([1.0, 0, 1]), np.array([5.0, 0, 5]), np.array([9.0, 9, 9]))
    >>> groups.group.tolist(), groups.customers.tolist()
    ([1, 0, 1], [1.0, 2.0])
    """
    order = np.lexsort((T, t_x, x))
    is_new = np.ones(len(order), bool)
    for values in (x, t_x, T):
        is_new[1:] &= values[order[1:]] == values[order[:-1]]
    is_new[1:] = ~is_new[1:]
    group = np.empty(len(order), np.int64)
    group[order] = np.cumsum(is_new) - 1
    return HistoryGroups(order[is_new], group, np.bincount(group).astype(np.float64))


@dataclass(frozen=True)
class PurchaseModel(ABC):
    """A fitted model; customers differ in purchase rate and in the tendency to become inactive."""

    r: float
    alpha: float
    """With r: purchase rates are gamma distributed with shape r and rate alpha (days)."""

    name: ClassVar[str]

    @property
    def parameters(self) -> dict[str, float]:
        """Parameters by name, times in days."""
        return asdict(self)

    @classmethod
    @abstractmethod
    def compute_log_likelihood(cls, parameters: FloatArray, histories: PurchaseHistories) -> tuple[float, FloatArray]:
        """The log-likelihood and its gradient with respect to the parameters, in the order of the fields."""

    @classmethod
    @abstractmethod
    def scale_time(cls, parameters: FloatArray, factor: float) -> FloatArray:
        """The parameters with times multiplied by `factor`."""

    @abstractmethod
    def compute_active_probability(self, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
        """(n,) probability that a customer will buy again, ever."""

    @abstractmethod
    def compute_order_moments(self, x: FloatArray, T: FloatArray, horizon: float) -> tuple[FloatArray, FloatArray]:
        """E(Y) and E(Y(Y - 1)) of the purchases Y of an active customer in the next `horizon` days; (n,) each."""

    @abstractmethod
    def compute_order_probability(self, x: FloatArray, T: FloatArray, horizon: FloatArray | float) -> FloatArray:
        """(n,) probability that an active customer buys within the next `horizon` days."""

    @abstractmethod
    def compute_median_days(self, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
        """(n,) days after which an order is as likely as not; NaN where none is expected."""

    @abstractmethod
    def draw_rates(self, x: FloatArray, T: FloatArray, rng: np.random.Generator) -> Mapping[str, FloatArray]:
        """Draw the rate (per day) of active customers, and their dropout (per purchase) or death_rate (per day)."""

    def compute_expected_orders(self, x: FloatArray, t_x: FloatArray, T: FloatArray, horizon: float) -> FloatArray:
        """(n,) expected purchases in the next `horizon` days."""
        return self.compute_active_probability(x, t_x, T) * self.compute_order_moments(x, T, horizon)[0]
