"""Frames that tests compare with."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd


def select_customers(customers: pd.DataFrame, names: Sequence[str] | None = None) -> pd.DataFrame:
    """Customers of these segments (None: all), in the order of an exported list."""
    selected = customers if names is None else customers[customers["segment_name"].isin(names)]
    return selected.sort_values(["segment_id", "customer_id"], ignore_index=True)
