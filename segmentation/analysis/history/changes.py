"""What changed from one month-end to the next: joined, lost and moved customers, and whether they or the model changed.

A flow has three segments (labels): l00, by the old model on the old sales; l01, by the old model on the new sales; l11,
by the new model on the new sales. Customers without l00 joined, those without l01 are lost. The classes of the others:
stayed, if all three are equal; customer, if l00 differs from l01 = l11; model, if l00 = l01 differs from l11; both, for
the rest.

`summarize_months` raises AssertionError where customers or money do not add up exactly: that would be a defect of the
code, not of the input.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pandas as pd

from segmentation.segments.migration import NOT_PRESENT

CLASSES = ("stayed", "customer", "model", "both", "joined", "lost")
MONTH_COLUMNS = ["joined", "lost", "moved_in", "moved_out", "by_customer", "by_model"]
_MONEY_COLUMNS = ["net_sales_by_customer", "net_sales_by_model"]


def classify_flows(flows: pd.DataFrame) -> pd.Series:
    """One of CLASSES for each row of flows: segment_before (l00), segment_old_model (l01), segment_now (l11)."""
    before, old_model, now = (flows[f"segment_{name}"] for name in ("before", "old_model", "now"))
    classes = pd.Series("both", index=flows.index)
    classes[(before != old_model) & (old_model == now)] = "customer"
    classes[(before == old_model) & (old_model != now)] = "model"
    classes[(before == old_model) & (old_model == now)] = "stayed"
    classes[before == NOT_PRESENT] = "joined"
    classes[old_model == NOT_PRESENT] = "lost"
    return classes


def count_classes(flows: pd.DataFrame) -> pd.DataFrame:
    """Customers by class at each month-end.

    Returns:
        month_end, CLASSES; bought_since and stopped_buying, the two parts of `customer`; and moved, the customers in
        another segment than before (l00 differs from l11). These are customer, model and both, except those of both
        whom the new model puts back into the segment that they left by the old one.
    """
    classified = flows.assign(change=classify_flows(flows))
    counts = classified.pivot_table(index="month_end", columns="change", values="customers", aggfunc="sum")
    counts = counts.reindex(columns=list(CLASSES)).fillna(0).astype("int64")
    moved = classified[classified["change"] == "customer"]
    bought = moved[moved["bought_since"]].groupby("month_end")["customers"].sum()
    counts["bought_since"] = bought.reindex(counts.index, fill_value=0)
    counts["stopped_buying"] = counts["customer"] - counts["bought_since"]
    is_move = classified["change"].isin(["customer", "model", "both"])
    moves = classified[is_move & (classified["segment_before"] != classified["segment_now"])]
    counts["moved"] = moves.groupby("month_end")["customers"].sum().reindex(counts.index, fill_value=0)
    return counts.rename_axis(columns=None).reset_index()


def summarize_months(sizes: pd.DataFrame, flows: pd.DataFrame, *, is_refitted: bool) -> pd.DataFrame:
    """One row per month-end and segment.

    Args:
        sizes: month_end, segment_id, customers, net_sales (Decimal).
        flows: FLOW_COLUMNS of `segmentation.analysis.history.flows`.
        is_refitted: whether there is a second model; otherwise what changed by the model is unknown (NA).

    Returns:
        month_end, segment_id, customers, net_sales, and since the previous month-end MONTH_COLUMNS (customers) and
        net_sales_by_customer, net_sales_by_model (Decimal); NA at the first month-end. by_customer: n01 - n00,
        by_model: n11 - n01, where nij counts the customers of the segment by lij.
    """
    month_ends, segment_ids = sorted(set(sizes["month_end"])), sorted(set(sizes["segment_id"]))
    index = pd.MultiIndex.from_product([month_ends, segment_ids], names=["month_end", "segment_id"])
    months = sizes.set_index(["month_end", "segment_id"]).reindex(index)
    months["customers"] = months["customers"].fillna(0).astype("int64")
    months["net_sales"] = months["net_sales"].map(_to_decimal, na_action=None)
    before, old_model, now = (f"segment_{name}" for name in ("before", "old_model", "now"))
    is_in_both = (flows[before] != NOT_PRESENT) & (flows[now] != NOT_PRESENT)
    moved = flows[is_in_both & (flows[before] != flows[now])]

    def count(rows: pd.DataFrame, column: str, value: str = "customers") -> pd.Series[Any]:
        sums: pd.Series[Any] = rows.groupby(["month_end", column])[value].sum().rename_axis(index.names)
        nothing: Any = 0 if value == "customers" else Decimal(0)
        return sums.reindex(index, fill_value=nothing)

    n00, n01, n11 = count(flows, before), count(flows, old_model), count(flows, now)
    money = (count(flows, before, "money_before"), *(count(flows, name, "money_now") for name in (old_model, now)))
    months["joined"] = count(flows[flows[before] == NOT_PRESENT], now)
    months["lost"] = count(flows[flows[now] == NOT_PRESENT], before)
    months["moved_in"], months["moved_out"] = count(moved, now), count(moved, before)
    months["by_customer"], months["by_model"] = n01 - n00, n11 - n01
    for name, values in zip(_MONEY_COLUMNS, (money[1] - money[0], money[2] - money[1]), strict=True):
        months[name] = values
    _check_identities(months, month_ends, n00, n11, money)
    is_first = months.index.get_level_values("month_end") == month_ends[0]
    months[MONTH_COLUMNS] = months[MONTH_COLUMNS].astype("Int64")
    months.loc[is_first, MONTH_COLUMNS] = pd.NA
    months.loc[is_first, _MONEY_COLUMNS] = None
    if not is_refitted:
        months["by_model"], months["net_sales_by_model"] = pd.Series(pd.NA, months.index, dtype="Int64"), None
    return months.reset_index()


def _check_identities(
    months: pd.DataFrame, month_ends: list[Any], n00: pd.Series, n11: pd.Series, money: tuple[pd.Series, ...]
) -> None:
    """Assert that flows out of and into each segment add up to its customers and money at both month-ends, and changes
    to the difference."""
    for earlier, later in pairwise(month_ends):
        start, end = months.loc[earlier], months.loc[later]
        assert (n00[later] == start["customers"]).all(), "flows out of segments do not add up to their customers"
        assert (n11[later] == end["customers"]).all(), "flows into segments do not add up to their customers"
        assert (money[0][later] == start["net_sales"]).all(), "flows out of segments do not add up to their net sales"
        assert (money[2][later] == end["net_sales"]).all(), "flows into segments do not add up to their net sales"
        change = end["joined"] - end["lost"] + end["moved_in"] - end["moved_out"]
        assert (start["customers"] + change == end["customers"]).all(), "customers do not add up"
        assert (end["by_customer"] + end["by_model"] == change).all(), "changes do not add up"
        both = end["net_sales_by_customer"] + end["net_sales_by_model"]
        assert (start["net_sales"] + both == end["net_sales"]).all(), "net sales do not add up"


def _to_decimal(value: object) -> Decimal:
    """The money of a segment; 0 where it has no customers."""
    return value if isinstance(value, Decimal) and not value.is_nan() else Decimal(0)
