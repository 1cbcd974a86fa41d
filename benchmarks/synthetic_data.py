"""Synthetic customers: a mixture of five behaviors, described by five features."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

KS = range(2, 13)


def generate_customers(number: int, seed: int = 0) -> pd.DataFrame:
    """One row per customer: customer_id and five features in their own units."""
    rng = np.random.default_rng(seed)
    behavior = rng.choice(5, number, p=[0.35, 0.25, 0.2, 0.15, 0.05])
    orders = 1 + rng.poisson(np.array([0.6, 2.5, 7, 1.2, 25.0])[behavior] * rng.gamma(2, 0.5, number))
    value = rng.lognormal(np.array([3.2, 3.6, 3.9, 4.9, 4.1])[behavior], 0.5)
    tenure = 1 + rng.integers(0, 720, number)
    recency = np.minimum(tenure, 1 + rng.exponential(np.array([250, 120, 40, 180, 12.0])[behavior])).round()
    gap = np.where(orders > 1, (tenure - recency) / np.maximum(orders - 1, 1), recency)
    features = {
        "recency_days": recency,
        "frequency": orders.astype(np.float64),
        "monetary": value * orders,
        "avg_order_value": value * rng.lognormal(0, 0.1, number),
        "typical_gap_days": gap,
    }
    ids = pd.Series(pa.array(np.arange(10**9, 10**9 + number)).cast(pa.large_string()).to_pandas(), dtype="str")
    return pd.DataFrame({"customer_id": ids, **features})


def generate_scaled_customers(number: int, seed: int = 0) -> np.ndarray:
    """(number, 5) the features of `generate_customers`, log-transformed and standardized."""
    logs = np.log1p(generate_customers(number, seed).drop(columns="customer_id").to_numpy())
    return (logs - logs.mean(axis=0)) / logs.std(axis=0)
