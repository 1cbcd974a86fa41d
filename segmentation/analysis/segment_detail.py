"""Details of each segment: monthly trend, seasonality, discounts, demographics, and representative customers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from segmentation.analysis import segment_queries
from segmentation.analysis.members import find_representative_and_borderline
from segmentation.analysis.time_series import get_first_day
from segmentation.results import Segmentation
from segmentation.sales.demographics import MAX_VALUES, get_demographics, get_range_sort_key


def compute_monthly_trend(segmentation: Segmentation) -> pd.DataFrame:
    """Compute net sales, orders and customers who bought, by segment and month.

    Returns:
        segment_id, month (timestamp of its first day), net_sales, orders, customers, is_complete (the data cover every
        day of the month). Every segment has every month from the first sale to the last.
    """
    keys = ["segment_id", "month"]
    sales = _fetch_by_segment(segmentation, "customer_months", segment_queries.sum_monthly_sales).set_index(keys)
    orders = _fetch_by_segment(segmentation, "customer_orders", segment_queries.sum_monthly_orders).set_index(keys)
    window = segmentation.training.table.window
    months = range(_get_month_number(window.first_sale), _get_month_number(window.last_sale) + 1)
    ids = segmentation.segments["segment_id"].astype(int)
    all_months = pd.MultiIndex.from_product([ids, months], names=keys)
    trend = sales.join(orders, how="outer").reindex(all_months).fillna(0).reset_index()
    starts = [get_first_day(month, "month") for month in trend["month"]]
    ends = [get_first_day(month + 1, "month") for month in trend["month"]]
    is_complete = [
        window.first_sale <= start and end <= window.last_sale + timedelta(days=1)
        for start, end in zip(starts, ends, strict=True)
    ]
    return pd.DataFrame(
        {
            "segment_id": trend["segment_id"].astype("int64"),
            "month": pd.to_datetime(pd.Series(starts)),
            "net_sales": trend["net_sales"].astype("float64"),
            "orders": trend["orders"].astype("int64"),
            "customers": trend["customers"].astype("int64"),
            "is_complete": is_complete,
        }
    )


def compute_month_index(months: pd.DataFrame) -> pd.DataFrame:
    """Compute the seasonal index of each calendar month, 100 being the average month.

    100 x net sales per day in that calendar month / mean of this over the twelve months. Per day, so that the length of
    months and partly covered years do not matter. A segment of lapsed customers is low in late months by construction:
    compare it with the index of all customers.

    Args:
        months: from `compute_monthly_trend`.

    Returns:
        segment_id (0: all), month (1 to 12), index (NaN without sales); no rows unless the data cover each calendar
        month completely at least once.
    """
    complete = months[months["is_complete"]]
    sums = complete.assign(number=complete["month"].dt.month, days=complete["month"].dt.days_in_month)
    all_segments = sums.groupby("month", as_index=False).agg(
        net_sales=("net_sales", "sum"), number=("number", "first"), days=("days", "first")
    )
    sums = pd.concat([all_segments.assign(segment_id=0), sums])
    if sums["number"].nunique() < 12:
        return pd.DataFrame(columns=["segment_id", "month", "index"])
    by_month = sums.groupby(["segment_id", "number"])[["net_sales", "days"]].sum()
    rates = by_month["net_sales"] / by_month["days"]
    average = rates.groupby("segment_id").transform("mean")
    index = (100 * rates / average.where(average > 0)).rename("index")
    return index.rename_axis(["segment_id", "month"]).reset_index()


def compute_discount_breakdown(segmentation: Segmentation) -> pd.DataFrame | None:
    """Compute full-price and discounted sales of each segment; None if the source has no discounts.

    Returns:
        One row per segment by segment_id, then one for all customers with segment_id 0: segment_id, full_price (share
        of gross sales without discount), sales_discounted (share of net sales from discounted lines), average_discount
        (discount / gross sales of the discounted lines), discount_of_all (discount / all gross sales). NaN without
        purchases.
    """
    if "full_price_share" in segmentation.training.table.unavailable_features:
        return None
    sums = _fetch_by_segment(segmentation, "customer_discounts", segment_queries.sum_discounts)
    sums = sums.set_index("segment_id").sort_index()
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
    """Count customers by demographic attribute in each segment; None if the source has no demographics.

    Returns:
        One row per segment_id (0: all), attribute and value: customers (number), known (customers of the segment with
        a value of the attribute), share (customers / known).
    """
    source = segmentation.training.table.source
    offered = get_demographics(source)
    if offered is None:
        return None
    table, key, attributes = offered
    counts = source.fetch(segment_queries.count_distinct_values(table, attributes)).to_pylist()[0]
    usable = [name for name in attributes if 2 <= int(counts[name]) <= MAX_VALUES]
    if not usable:
        return None
    labels, tables = _label_customers(segmentation)
    query = segment_queries.count_by_attribute(table, key, usable, labels)
    frame: pd.DataFrame = source.fetch(query, tables).to_pandas()
    if frame.empty:
        return None
    overall = frame.groupby(["attribute", "value"], as_index=False)["customers"].sum().assign(segment_id=0)
    frame = pd.concat([frame, overall], ignore_index=True)[["segment_id", "attribute", "value", "customers"]]
    # Every segment gets every value, with 0 where none of its customers has it, so that charts can be compared.
    values = frame[["attribute", "value"]].drop_duplicates()
    ids = pd.DataFrame({"segment_id": [0, *segmentation.segments["segment_id"].astype(int)]})
    frame = ids.merge(values, how="cross").merge(frame, how="left", on=["segment_id", "attribute", "value"])
    frame["customers"] = frame["customers"].fillna(0).astype("int64")
    frame["known"] = frame.groupby(["segment_id", "attribute"])["customers"].transform("sum")
    frame["share"] = frame["customers"] / frame["known"].where(frame["known"] > 0)
    pairs = [(str(attribute), str(value)) for attribute, value in values.itertuples(index=False)]
    pairs.sort(key=lambda pair: (usable.index(pair[0]), get_range_sort_key(pair[1])))
    order = pd.MultiIndex.from_tuples(pairs).get_indexer(pd.MultiIndex.from_frame(frame[["attribute", "value"]]))
    frame = frame.assign(order=order).sort_values(["segment_id", "order"], kind="stable").drop(columns="order")
    return frame.reset_index(drop=True)


def find_representative_and_borderline_customers(
    segmentation: Segmentation, segment_id: int, n: int = 10
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Find the customers nearest the center of a segment, and those nearest the border to another segment.

    Returns:
        Two frames: customer_id, the features in the model, distance, to_border, next_segment (ID of the segment beyond
        the border; 0: there is none).
    """
    training = segmentation.training
    rows = np.flatnonzero(segmentation.segment_ids == segment_id)
    frame = training.table.frame.iloc[rows]
    X = training.scaler.transform(frame)
    to_segment = segmentation.cluster_to_segment
    cluster = to_segment.index(segment_id)
    selections = find_representative_and_borderline(X, training.fits[segmentation.k].centers, cluster, rows, n)
    features = [name for name in training.features if name in frame]
    frames = []
    for selected in selections:
        customers = training.table.frame.iloc[selected["row"].to_numpy()][["customer_id", *features]]
        frames.append(
            customers.reset_index(drop=True).assign(
                distance=selected["distance"],
                to_border=selected["to_border"],
                next_segment=[to_segment[c] if c >= 0 else 0 for c in selected["next_cluster"]],
            )
        )
    return frames[0], frames[1]


def _fetch_by_segment(
    segmentation: Segmentation, aggregate: str, build_query: Callable[[ibis.Table, ibis.Table], ibis.Table]
) -> pd.DataFrame:
    table = segmentation.training.table
    labels, tables = _label_customers(segmentation)
    frame: pd.DataFrame = table.source.fetch(build_query(table.get_aggregate(aggregate), labels), tables).to_pandas()
    return frame


def _label_customers(segmentation: Segmentation) -> tuple[ibis.Table, Mapping[str, pa.Table]]:
    return segmentation.training.table.store.label_customers(segmentation.model)


def _get_month_number(day: date) -> int:
    return day.year * 12 + day.month - 1
