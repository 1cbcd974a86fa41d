"""One segment seen closely: its months, its discounts, who its customers are, and some of them by name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from segmentation.analysis import segment_queries
from segmentation.analysis.members import find_typical_and_borderline
from segmentation.results import Segmentation
from segmentation.sales.demographics import MAX_VALUES, get_demographics, get_range_sort_key

_SEGMENT_TABLE = "segment_of_customer"


def compute_monthly_trend(segmentation: Segmentation) -> pd.DataFrame:
    """Sales, orders and buying customers of each segment in each month of the data.

    Returns:
        segment_id, month (its first day, as a time stamp), net_sales, orders, customers, is_whole (the data cover
        every day of the month); every segment has every month from the first sale to the last.
    """
    sales = _fetch_by_segment(segmentation, segment_queries.sum_monthly_sales).set_index(["cell", "month"])
    orders = _fetch_by_segment(segmentation, segment_queries.count_monthly_orders).set_index(["cell", "month"])
    window = segmentation.training.table.window
    months = range(_month_number(window.first_sale), _month_number(window.last_sale) + 1)
    ids = segmentation.segments["segment_id"].astype(int)
    every = pd.MultiIndex.from_product([ids, months], names=["cell", "month"])
    found = sales.join(orders, how="outer").reindex(every).fillna(0).reset_index()
    first = [date(month // 12, month % 12 + 1, 1) for month in found["month"]]
    after = [date((month + 1) // 12, (month + 1) % 12 + 1, 1) for month in found["month"]]
    whole = [
        window.first_sale <= begin and end <= window.last_sale + timedelta(days=1)
        for begin, end in zip(first, after, strict=True)
    ]
    return pd.DataFrame(
        {
            "segment_id": found["cell"].astype("int64"),
            "month": pd.to_datetime(pd.Series(first)),
            "net_sales": found["net_sales"].astype("float64"),
            "orders": found["orders"].astype("int64"),
            "customers": found["customers"].astype("int64"),
            "is_whole": whole,
        }
    )


def compute_month_index(months: pd.DataFrame) -> pd.DataFrame:
    """How far sales in each calendar month stand above or below an average month, per day.

    100 x net sales per day in that calendar month / mean of this over the twelve. Months of unlike length, and years
    that are covered unevenly, count alike. A segment of customers who left some time ago is low in late months by its
    making: read it beside that of all customers.

    Args:
        months: from `compute_monthly_trend`.

    Returns:
        segment_id (0: all), month (1 to 12), index (NaN where nothing was sold); no rows unless the data cover each
        calendar month whole at least once.
    """
    whole = months[months["is_whole"]]
    sums = whole.assign(number=whole["month"].dt.month, days=whole["month"].dt.days_in_month)
    everybody = sums.groupby("month", as_index=False).agg(
        net_sales=("net_sales", "sum"), number=("number", "first"), days=("days", "first")
    )
    sums = pd.concat([everybody.assign(segment_id=0), sums])
    if sums["number"].nunique() < 12:
        return pd.DataFrame(columns=["segment_id", "month", "index"])
    by_month = sums.groupby(["segment_id", "number"])[["net_sales", "days"]].sum()
    rates = by_month["net_sales"] / by_month["days"]
    average = rates.groupby("segment_id").transform("mean")
    index = (100 * rates / average.where(average > 0)).rename("index")
    return index.rename_axis(["segment_id", "month"]).reset_index()


def compute_discount_breakdown(segmentation: Segmentation) -> pd.DataFrame | None:
    """How much each segment, and everybody, buys with and without a discount; None where discounts are not known.

    Returns:
        One row per segment by segment_id, then one for all with segment_id 0: segment_id, full_price (share of what
        was bought, before discounts, that had none), sales_discounted (share of net sales from lines with a
        discount), average_discount (on those lines, of their price), discount_of_all (of everything bought).
        NaN where nothing was bought.
    """
    if "full_price_share" in segmentation.training.table.unavailable_features:
        return None
    sums = _fetch_by_segment(segmentation, segment_queries.sum_discounts).set_index("cell").sort_index()
    sums = sums.reindex(segmentation.segments["segment_id"].astype(int), fill_value=0.0)
    sums.loc[0] = sums.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = pd.DataFrame(
            {
                "full_price": sums["full"] / sums["gross"],
                "sales_discounted": sums["net_discounted"] / sums["net"],
                "average_discount": sums["discount"] / sums["gross_discounted"],
                "discount_of_all": sums["discount"] / sums["gross"],
            }
        )
    return shares.replace([np.inf, -np.inf], np.nan).rename_axis("segment_id").reset_index()


def compute_demographics(segmentation: Segmentation) -> pd.DataFrame | None:
    """What is known of the customers of each segment, and of all; None where the source has nothing of the kind.

    Returns:
        One row per segment_id (0: all), attribute and value: customers (number), known (customers of the segment for
        whom the attribute is known), share (of those known).
    """
    source = segmentation.training.table.source
    offered = get_demographics(source)
    if offered is None:
        return None
    table, key, attributes = offered
    counts = source.fetch(segment_queries.count_distinct_values(table, attributes)).to_pylist()[0]
    telling = [name for name in attributes if 2 <= int(counts[name]) <= MAX_VALUES]
    if not telling:
        return None
    query = segment_queries.count_by_attribute(table, key, telling, _unbound_segment_table())
    found = (
        source.fetch(query, {_SEGMENT_TABLE: _build_segment_table(segmentation)})
        .to_pandas()
        .rename(columns={"cell": "segment_id"})
    )
    if found.empty:
        return None
    everybody = found.groupby(["attribute", "value"], as_index=False)["customers"].sum().assign(segment_id=0)
    found = pd.concat([found, everybody], ignore_index=True)[["segment_id", "attribute", "value", "customers"]]
    # every segment has every value, also those that nobody in it has
    values = found[["attribute", "value"]].drop_duplicates()
    ids = pd.DataFrame({"segment_id": [0, *segmentation.segments["segment_id"].astype(int)]})
    found = ids.merge(values, how="cross").merge(found, how="left", on=["segment_id", "attribute", "value"])
    found["customers"] = found["customers"].fillna(0).astype("int64")
    found["known"] = found.groupby(["segment_id", "attribute"])["customers"].transform("sum")
    found["share"] = found["customers"] / found["known"].where(found["known"] > 0)
    pairs = [(str(attribute), str(value)) for attribute, value in values.itertuples(index=False)]
    pairs.sort(key=lambda pair: (telling.index(pair[0]), get_range_sort_key(pair[1])))
    place = pd.MultiIndex.from_tuples(pairs).get_indexer(pd.MultiIndex.from_frame(found[["attribute", "value"]]))
    found = found.assign(place=place).sort_values(["segment_id", "place"], kind="stable").drop(columns="place")
    return found.reset_index(drop=True)


def find_typical_and_borderline_customers(
    segmentation: Segmentation, segment_id: int, n: int = 10
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The customers nearest the middle of a segment, and those nearest the border to another one.

    Returns:
        Two frames: customer_id, the features that segments are made from, distance, to_border, next_segment (id of
        the segment behind the border; 0: there is none).
    """
    training = segmentation.training
    rows = np.flatnonzero(segmentation.segment_ids == segment_id)
    frame = training.table.frame.iloc[rows]
    space = training.scaler.transform(frame)
    to_segment = segmentation.cluster_to_segment
    cluster = to_segment.index(segment_id)
    found = find_typical_and_borderline(space, training.fits[segmentation.k].centers, cluster, rows, n)
    features = [name for name in training.features if name in frame]
    told = []
    for part in found:
        people = training.table.frame.iloc[part["row"].to_numpy()][["customer_id", *features]].reset_index(drop=True)
        people["distance"], people["to_border"] = part["distance"], part["to_border"]
        people["next_segment"] = [to_segment[c] if c >= 0 else 0 for c in part["next_cluster"]]
        told.append(people)
    return told[0], told[1]


def _fetch_by_segment(
    segmentation: Segmentation, query: Callable[[ibis.Table, ibis.Table], ibis.Table]
) -> pd.DataFrame:
    table = segmentation.training.table
    asked = query(table.lines, _unbound_segment_table())
    answer: pd.DataFrame = table.source.fetch(asked, {_SEGMENT_TABLE: _build_segment_table(segmentation)}).to_pandas()
    return answer


def _build_segment_table(segmentation: Segmentation) -> pa.Table:
    frame = segmentation.training.table.frame
    return pa.table({"customer_id": frame["customer_id"], "cell": segmentation.segment_ids})


def _unbound_segment_table() -> ibis.Table:
    return ibis.table({"customer_id": "string", "cell": "int64"}, name=_SEGMENT_TABLE)


def _month_number(day: date) -> int:
    return day.year * 12 + day.month - 1
