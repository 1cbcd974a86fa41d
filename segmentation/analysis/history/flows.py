"""Flows of customers from one month-end to the next, counted where their segments are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from segmentation.sales.source import SalesSource
from segmentation.segments.migration import NOT_PRESENT

LABELED_COLUMNS = ("window", "as_of", "customer_id", "net", "last_day")
"""Of `segmentation.features.window_query.compute_features_by_window`: one row per window and customer."""
FLOW_KEYS = ["month_end", "segment_before", "segment_old_model", "segment_now", "bought_since"]
FLOW_COLUMNS = [*FLOW_KEYS, "customers", "money_before", "money_now"]
_LABELS = "segment_of_customer_by_window"


def label_in_memory(
    features: ibis.Table, fetched: pa.Table, **segments: np.ndarray[Any, Any]
) -> tuple[ibis.Table, Mapping[str, pa.Table]]:
    """Segments that were assigned in memory, as `count_flows` takes them.

    Args:
        features: the query that was fetched, for its types.
        fetched: its result.
        segments: segment_id and segment_old_model of each row.
    """
    labels, schema = fetched.select(list(LABELED_COLUMNS)), {name: features[name].type() for name in LABELED_COLUMNS}
    for name, ids in segments.items():
        labels = labels.append_column(name, pa.array(ids, pa.int64()))
    return ibis.table(schema | dict.fromkeys(segments, "int64"), name=_LABELS), {_LABELS: labels}


def count_flows(
    source: SalesSource, month_ends: Sequence[date], labels: ibis.Table, tables: Mapping[str, pa.Table]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Count customers and net sales by segment at each month-end, and the flows from one month-end to the next.

    One query; only sums leave the engine.

    Args:
        source: where the labels are.
        month_ends: of the windows, ascending.
        labels: LABELED_COLUMNS, segment_id, and segment_old_model: by the model of the previous month-end.
        tables: what the query on `labels` needs.

    Returns:
        sizes: month_end, segment_id, customers, net_sales (Decimal).
        flows: FLOW_COLUMNS. segment_before, segment_now: at the previous month-end and at this one, NOT_PRESENT
        without a purchase in that window; segment_old_model: by the model of the previous month-end on the sales of
        this one; bought_since: whether the customers bought after the previous month-end; money_before, money_now
        (Decimal).
    """
    over = ibis.window(group_by=labels.customer_id, order_by=labels.window)
    rows = labels.mutate(
        previous_window=labels.window.lag().over(over),
        previous_segment=labels.segment_id.lag().over(over),
        previous_net=labels.net.lag().over(over),
        previous_as_of=labels.as_of.lag().over(over),
        next_window=labels.window.lead().over(over),
    )
    is_known = ibis.coalesce(rows.previous_window == rows.window - 1, False)
    rows = rows.select(
        "window",
        "net",
        "segment_old_model",
        segment_now=rows.segment_id,
        segment_before=is_known.ifelse(rows.previous_segment, NOT_PRESENT).cast("int64"),
        previous_net=is_known.ifelse(rows.previous_net, ibis.null(rows.previous_net.type())),
        bought_since=(is_known & (rows.last_day >= rows.previous_as_of)).ifelse(1, 0),
        is_lost=ibis.coalesce(rows.next_window == rows.window + 1, False).ifelse(0, 1),
    )
    keys = ["window", "segment_before", "segment_old_model", "segment_now", "bought_since", "is_lost"]
    sums = rows.group_by(*keys).aggregate(
        customers=rows.count(), money_before=rows.previous_net.sum(), money_now=rows.net.sum()
    )
    frame: pd.DataFrame = source.fetch(sums, tables).to_pandas()
    return _split_flows(month_ends, frame.sort_values(keys, ignore_index=True))


def _split_flows(month_ends: Sequence[date], rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Sizes and flows from sums by month, segments, and whether customers are lost at the next month-end."""
    zero: Any = Decimal(0)
    rows["money_before"] = rows["money_before"].where(rows["money_before"].notna(), zero)
    rows["month_end"] = [month_ends[number] for number in rows["window"]]
    sizes = rows.groupby(["month_end", "segment_now"], as_index=False)[["customers", "money_now"]].sum()
    sizes = sizes.rename(columns={"segment_now": "segment_id", "money_now": "net_sales"})
    lost = rows[(rows["is_lost"] == 1) & (rows["window"] < len(month_ends) - 1)]
    lost = lost.assign(
        month_end=[month_ends[number + 1] for number in lost["window"]],
        segment_before=lost["segment_now"],
        segment_old_model=NOT_PRESENT,
        segment_now=NOT_PRESENT,
        money_before=lost["money_now"],
        money_now=zero,
        bought_since=0,
    )
    flows = pd.concat([rows[rows["window"] > 0], lost])
    money = ["customers", "money_before", "money_now"]
    return sizes, flows.astype({"bought_since": bool}).groupby(FLOW_KEYS, as_index=False)[money].sum()
