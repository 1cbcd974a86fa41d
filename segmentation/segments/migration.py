"""Segment migration between two runs, in customers and in money."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

NOT_PRESENT = 0
"""The segment_id of a customer who is not in a run: joined since, or lost."""


def build_migration_matrix(previous: pd.DataFrame, current: pd.DataFrame) -> pd.DataFrame:
    """Count customers by their segments in two runs.

    Args:
        previous: one row per customer of the previous run: customer_id (text), segment_id (1 or more), money.
        current: the same for the current run.

    Returns:
        One row per pair that occurs, in ascending order: segment_before, segment_now (NOT_PRESENT: not in that run),
        customers, money_before, money_now (sums of the money of each run; 0 if the customers are not in it).

    >>> old = pd.DataFrame({"customer_id": ["a", "b", "c"], "segment_id": [1, 1, 2], "money": [5.0, 6.0, 7.0]})
    >>> new = pd.DataFrame({"customer_id": ["a", "b", "d"], "segment_id": [1, 2, 2], "money": [9.0, 8.0, 1.0]})
    >>> build_migration_matrix(old, new).values.tolist()
    [[0.0, 2.0, 1.0, 0.0, 1.0], [1.0, 1.0, 1.0, 5.0, 9.0], [1.0, 2.0, 1.0, 6.0, 8.0], [2.0, 0.0, 1.0, 7.0, 0.0]]
    """
    # Only positions are needed: a hash lookup in Arrow, without a merged copy of both runs.
    ids = [pa.array(run["customer_id"], pa.large_string()) for run in (current, previous)]
    positions = pc.fill_null(pc.index_in(ids[0], value_set=ids[1]), -1).to_numpy(zero_copy_only=False)
    is_in_both = positions >= 0
    old_ids, old_money = previous["segment_id"].to_numpy(np.int64), previous["money"].to_numpy(np.float64)
    # Customers of the previous run that the lookup did not hit: they left.
    is_absent = np.ones(len(previous), bool)
    is_absent[positions[is_in_both]] = False
    joined_rows = pd.DataFrame(
        {
            # Position -1 reads the last element, which `where` discards; an empty run has no last element.
            "segment_before": np.where(is_in_both, old_ids[positions] if len(previous) else NOT_PRESENT, NOT_PRESENT),
            "segment_now": current["segment_id"].to_numpy(np.int64),
            "money_before": np.where(is_in_both, old_money[positions] if len(previous) else 0.0, 0.0),
            "money_now": current["money"].to_numpy(np.float64),
        }
    )
    absent_rows = pd.DataFrame(
        {
            "segment_before": old_ids[is_absent],
            "segment_now": NOT_PRESENT,
            "money_before": old_money[is_absent],
            "money_now": 0.0,
        }
    )
    rows = pd.concat([joined_rows, absent_rows], ignore_index=True)
    grouped = rows.groupby(["segment_before", "segment_now"])
    table = grouped.agg(
        customers=("money_now", "size"), money_before=("money_before", "sum"), money_now=("money_now", "sum")
    )
    return table.reset_index()


def count_migrations(flows: pd.DataFrame) -> dict[str, int]:
    """Total customers who stayed in their segment, moved to another, joined, and left.

    Args:
        flows: segment_before, segment_now, customers, as from `build_migration_matrix`.

    >>> flows = {"segment_before": [0, 1, 1, 2], "segment_now": [2, 1, 2, 0], "customers": [1, 7, 2, 4]}
    >>> count_migrations(pd.DataFrame(flows))
    {'stayed': 7, 'moved': 2, 'joined': 1, 'left': 4}
    """
    previous_ids, current_ids = flows["segment_before"], flows["segment_now"]
    counts = {
        "stayed": flows.loc[(previous_ids == current_ids) & (previous_ids != NOT_PRESENT), "customers"].sum(),
        "moved": flows.loc[
            (previous_ids != current_ids) & (previous_ids != NOT_PRESENT) & (current_ids != NOT_PRESENT), "customers"
        ].sum(),
        "joined": flows.loc[previous_ids == NOT_PRESENT, "customers"].sum(),
        "left": flows.loc[current_ids == NOT_PRESENT, "customers"].sum(),
    }
    return {name: int(count) for name, count in counts.items()}
