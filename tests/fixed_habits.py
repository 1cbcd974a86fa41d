"""A generated shop whose customers never change their habits: each has one purchase rate and one basket size."""

from __future__ import annotations

import numpy as np
import pandas as pd


def build_fixed_habits(customers: int = 1_500, years: int = 2, seed: int = 11) -> pd.DataFrame:
    """Sales lines of `years` from 2023-01-01 on, in columns of fct_sales; all customers exist from the first day.

    Purchases of a customer are a Poisson process, so that every window of one length is a draw from one distribution.
    """
    rng = np.random.default_rng(seed)
    days = 365 * years
    rates = np.exp(rng.normal(np.log(8), 0.9, customers)) / 365
    baskets = np.exp(rng.normal(np.log(40), 0.6, customers))
    orders = rng.poisson(rates * days)
    customer = np.repeat(np.arange(customers), orders)
    day = rng.integers(0, days, len(customer))
    amount = np.round(baskets[customer] * np.exp(rng.normal(0, 0.3, len(customer))), 2)
    frame = pd.DataFrame(
        {
            "customer_id": [f"C{number:05d}" for number in customer],
            "transaction_id": [f"T{number}" for number in range(len(customer))],
            "transaction_date": pd.Timestamp("2023-01-01") + pd.to_timedelta(day, "D"),
            "net_sales_amount": amount,
        }
    )
    return frame.sort_values(["transaction_date", "transaction_id"], ignore_index=True)
