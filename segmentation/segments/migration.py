"""Who moved between two runs: from which segment to which, in customers and in money."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

NOT_PRESENT = 0
"""The segment_id of who is not in a run: it joined since, or left."""


def build_migration_matrix(previous: pd.DataFrame, current: pd.DataFrame) -> pd.DataFrame:
    """Count customers by their segment in an earlier and a later run.

    Args:
        previous: one row per customer of the earlier run: customer_id (text), segment_id (1 or more), money.
        current: the same of the later run.

    Returns:
        One row per pair that occurs, in ascending order: segment_before, segment_now (NOBODY: not in that run),
        customers, money_before, money_now (sums of each run's own money; 0 where they are not in it).

    >>> old = pd.DataFrame({"customer_id": ["a", "b", "c"], "segment_id": [1, 1, 2], "money": [5.0, 6.0, 7.0]})
    >>> new = pd.DataFrame({"customer_id": ["a", "b", "d"], "segment_id": [1, 2, 2], "money": [9.0, 8.0, 1.0]})
    >>> build_migration_matrix(old, new).values.tolist()
    [[0.0, 2.0, 1.0, 0.0, 1.0], [1.0, 1.0, 1.0, 5.0, 9.0], [1.0, 2.0, 1.0, 6.0, 8.0], [2.0, 0.0, 1.0, 7.0, 0.0]]
    """
    ids = [pa.array(people["customer_id"], pa.large_string()) for people in (current, previous)]
    place = pc.fill_null(pc.index_in(ids[0], value_set=ids[1]), -1).to_numpy(zero_copy_only=False)
    known = place >= 0
    old_ids, old_money = previous["segment_id"].to_numpy(np.int64), previous["money"].to_numpy(np.float64)
    gone = np.ones(len(previous), bool)
    gone[place[known]] = False
    both = pd.DataFrame(
        {
            "segment_before": np.where(known, old_ids[place] if len(previous) else NOT_PRESENT, NOT_PRESENT),
            "segment_now": current["segment_id"].to_numpy(np.int64),
            "money_before": np.where(known, old_money[place] if len(previous) else 0.0, 0.0),
            "money_now": current["money"].to_numpy(np.float64),
        }
    )
    left = pd.DataFrame(
        {
            "segment_before": old_ids[gone],
            "segment_now": NOT_PRESENT,
            "money_before": old_money[gone],
            "money_now": 0.0,
        }
    )
    every = pd.concat([both, left], ignore_index=True)
    grouped = every.groupby(["segment_before", "segment_now"])
    table = grouped.agg(
        customers=("money_now", "size"), money_before=("money_before", "sum"), money_now=("money_now", "sum")
    )
    return table.reset_index()


def count_migrations(flows: pd.DataFrame) -> dict[str, int]:
    """Customers in sum: stayed, moved, joined, left.

    >>> flows = {"segment_before": [0, 1, 1, 2], "segment_now": [2, 1, 2, 0], "customers": [1, 7, 2, 4]}
    >>> count_migrations(pd.DataFrame(flows))
    {'stayed': 7, 'moved': 2, 'joined': 1, 'left': 4}
    """
    before, now = flows["segment_before"], flows["segment_now"]
    counts = {
        "stayed": flows.loc[(before == now) & (before != NOT_PRESENT), "customers"].sum(),
        "moved": flows.loc[(before != now) & (before != NOT_PRESENT) & (now != NOT_PRESENT), "customers"].sum(),
        "joined": flows.loc[before == NOT_PRESENT, "customers"].sum(),
        "left": flows.loc[now == NOT_PRESENT, "customers"].sum(),
    }
    return {name: int(count) for name, count in counts.items()}
