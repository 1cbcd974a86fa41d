"""Simulated customers with known structure: smooth kinds without groups, and planted groups."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

RFM = ("recency_days", "frequency", "monetary")
YEAR = 365
CORRELATION = np.array([[1.0, -0.4, -0.5], [-0.4, 1.0, 0.8], [-0.5, 0.8, 1.0]])
PLANTED_SPREAD = 0.28
"""Standard deviation of the logarithm of each feature within a planted group."""
Simulator = Callable[[np.random.Generator, int], pd.DataFrame]


def from_logs(logs: np.ndarray) -> pd.DataFrame:
    """(n, 3) logarithms of recency, frequency and monetary -> whole days, whole orders, cents."""
    days, orders = (np.maximum(np.rint(np.exp(column)), 1.0) for column in logs.T[:2])
    return pd.DataFrame({"recency_days": days, "frequency": orders, "monetary": np.exp(logs[:, 2]).round(2)})


def simulate_normal(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Correlated lognormal figures."""
    return from_logs(np.array([4.0, 2.5, 6.0]) + rng.multivariate_normal(np.zeros(3), 0.64 * CORRELATION, n))


def simulate_t(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Heavy tails: the logarithms have a multivariate t distribution with four degrees of freedom."""
    scale = np.sqrt(4 / rng.chisquare(4, n))[:, None]
    return from_logs([4.0, 3.0, 6.0] + scale * rng.multivariate_normal(np.zeros(3), 0.3 * CORRELATION, n))


def simulate_uniform(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Logarithms uniform in a box."""
    return from_logs(rng.uniform([1.0, 1.0, 3.0], [5.9, 5.0, 8.0], (n, 3)))


def simulate_curved(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """A bent cloud: recent customers order often, and the spread of orders widens with recency."""
    bend = rng.standard_normal(n)
    logs = np.column_stack([bend, 0.5 * bend**2 + 0.4 * rng.standard_normal(n), rng.standard_normal(n)])
    return from_logs([3.8, 2.2, 6.0] + 0.7 * logs)


def simulate_bg_nbd(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """BG/NBD (Fader, Hardie and Lee 2005): after each purchase a customer may drop out."""
    rate = rng.gamma(rng.uniform(0.5, 1.5), 1 / rng.uniform(20, 90), n)
    dropout = rng.beta(rng.uniform(0.5, 1.5), rng.uniform(1.5, 4), n)
    return _simulate_orders(rng, rate, rng.geometric(np.clip(dropout, 1e-6, 1)), np.full(n, np.inf), one_price=False)


def simulate_pareto_nbd(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Pareto/NBD (Schmittlein, Morrison and Colombo 1987) in a shop with one price, which ties amounts."""
    rate = rng.gamma(rng.uniform(0.5, 1.5), 1 / rng.uniform(20, 90), n)
    lifetime = rng.exponential(1 / rng.gamma(rng.uniform(0.6, 1.5), 1 / rng.uniform(60, 200), n))
    return _simulate_orders(rng, rate, np.full(n, 10**6), lifetime, one_price=True)


def _simulate_orders(
    rng: np.random.Generator, rate: np.ndarray, most: np.ndarray, lifetime: np.ndarray, *, one_price: bool
) -> pd.DataFrame:
    """Orders of customers who joined on a random day of the year, on whole days."""
    n = len(rate)
    joined = rng.uniform(0, YEAR, n)
    day, last, orders = joined.copy(), joined.copy(), np.ones(n)
    active = most > 1
    while active.any():
        day = np.where(active, day + rng.exponential(1 / np.maximum(rate, 1e-9)), np.inf)
        active &= (day < YEAR) & (day < joined + lifetime) & (orders < most)
        orders += active
        last = np.where(active, day, last)
    value = 10.0 if one_price else rng.gamma(6, 5, n) * rng.gamma(4 * orders) / (4 * orders)
    return pd.DataFrame(
        {"recency_days": YEAR - np.floor(last), "frequency": orders, "monetary": np.round(orders * value, 2)}
    )


def plant_groups(groups: int, spread: float = PLANTED_SPREAD) -> Simulator:
    """Groups at random places of a lattice: levels of each feature differ by a factor of four."""

    def simulate(rng: np.random.Generator, n: int) -> pd.DataFrame:
        places = np.stack(np.meshgrid(range(3), range(3), range(3)), axis=-1).reshape(-1, 3)
        centers = np.log([8.0, 4.0, 60.0]) + np.log(4) * rng.choice(places, groups, replace=False)
        shares = rng.uniform(1, 2, groups)
        member = rng.choice(groups, n, p=shares / shares.sum())
        return from_logs(centers[member] + spread * rng.standard_normal((n, 3)))

    return simulate


def plant_one_axis(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """2, 12 and 60 orders and nothing between; recency and amounts are noise."""
    orders = np.log([2.0, 12.0, 60.0])[rng.integers(0, 3, n)]
    noise = rng.standard_normal((n, 2))
    return from_logs(
        np.column_stack([4 + 0.8 * noise[:, 0], orders + 0.2 * rng.standard_normal(n), 5 + 0.9 * noise[:, 1]])
    )


def plant_corners(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """2 x 2 corners of recency and orders; amounts are noise."""
    corner = rng.integers(0, 2, (n, 2))
    logs = np.log([8.0, 3.0]) + np.log(8) * corner + PLANTED_SPREAD * rng.standard_normal((n, 2))
    return from_logs(np.column_stack([logs, 5 + rng.standard_normal(n)]))


def plant_tiny_group(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """A normal cloud, and one customer in a hundred far away from it."""
    logs = np.array([4.0, 2.5, 6.0]) + rng.multivariate_normal(np.zeros(3), 0.3 * CORRELATION, n)
    few = max(n // 100, 1)
    logs[:few] = [1.5, 5.0, 10.0] + 0.2 * rng.standard_normal((few, 3))
    return from_logs(logs)


SMOOTH: dict[str, Simulator] = {
    "normal": simulate_normal,
    "t": simulate_t,
    "uniform": simulate_uniform,
    "curved": simulate_curved,
    "BG/NBD": simulate_bg_nbd,
    "Pareto/NBD": simulate_pareto_nbd,
}
SEPARATED: dict[str, Simulator] = {
    **{f"planted {groups}": plant_groups(groups) for groups in range(2, 9)},
    "one axis": plant_one_axis,
    "corners": plant_corners,
}
HARDER: dict[str, Simulator] = {
    "planted 5, spread 0.45": plant_groups(5, 0.45),
    "planted 5, spread 0.70": plant_groups(5, 0.7),
    "tiny group": plant_tiny_group,
}
