"""An independent computation of a segment history: a loop over month-ends in pandas and NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd


def label_month(lines: pd.DataFrame, month_end: date, days: int, model: Mapping[str, Any]) -> pd.DataFrame:
    """customer_id -> segment_id, net of the customers with a purchase in the window that ends with `month_end`.

    lines: customer_id, transaction_id, day (datetime), net (Decimal). model: features, scaler, centers and
    cluster_to_segment as the command prints them.
    """
    as_of = pd.Timestamp(month_end) + pd.Timedelta(days=1)
    inside = lines[(lines["day"] < as_of) & (lines["day"] >= as_of - pd.Timedelta(days=days))]
    grouped = inside.groupby("customer_id")
    frame = pd.DataFrame(
        {
            "recency_days": (as_of - grouped["day"].max()).dt.days,
            "frequency": grouped["transaction_id"].nunique(),
            "net": grouped["net"].agg(lambda amounts: sum(amounts, Decimal(0))),
        }
    )
    frame["monetary"] = frame["net"].astype("float64")
    scaler = model["scaler"]
    assert scaler["scaling"] == "log"
    columns = []
    for name, logged, mean, scale in zip(
        model["features"], scaler["logged"], scaler["mean"], scaler["scale"], strict=True
    ):
        values = np.maximum(frame[name].to_numpy(np.float64), 0)
        columns.append(((np.log1p(values) if logged else values) - mean) / scale)
    distances = ((np.column_stack(columns)[:, None, :] - np.array(model["centers"])[None]) ** 2).sum(axis=2)
    frame["segment_id"] = np.array(model["cluster_to_segment"])[distances.argmin(axis=1)]
    return frame[["segment_id", "net"]]


def build_oracle(
    lines: pd.DataFrame, month_ends: list[date], days: int, model: Mapping[str, Any], segment_ids: list[int]
) -> list[dict[str, Any]]:
    """One row per month-end and segment: customers, net_sales, joined, lost, moved_in, moved_out."""
    rows: list[dict[str, Any]] = []
    previous: pd.DataFrame | None = None
    for month_end in month_ends:
        now = label_month(lines, month_end, days, model)
        for segment in segment_ids:
            inside = now[now["segment_id"] == segment]
            row: dict[str, Any] = {
                "month_end": month_end.isoformat(),
                "segment_id": segment,
                "customers": len(inside),
                "net_sales": float(sum(inside["net"], Decimal(0))),
            }
            row |= dict.fromkeys(("joined", "lost", "moved_in", "moved_out"))
            if previous is not None:
                was = previous.index[previous["segment_id"] == segment]
                row["joined"] = len(inside.index.difference(previous.index))
                row["lost"] = len(was.difference(now.index))
                row["moved_in"] = len(inside.index.intersection(previous.index).difference(was))
                row["moved_out"] = len(was.intersection(now.index).difference(inside.index))
            rows.append(row)
        previous = now
    return rows


def prepare_lines(frame: pd.DataFrame) -> pd.DataFrame:
    """Sales lines without returns, with exact money."""
    amounts = frame["net_sales_amount"].astype("float64")
    exact = {amount: Decimal(repr(amount)) for amount in amounts.unique().tolist()}  # many lines have the same amount
    return pd.DataFrame(
        {
            "customer_id": frame["customer_id"].astype(str),
            "transaction_id": frame["transaction_id"].astype(str),
            "day": pd.to_datetime(frame["transaction_date"]).dt.normalize(),
            "net": [exact[amount] for amount in amounts.tolist()],
        }
    )


def list_month_ends(first: date, last: date) -> list[date]:
    """Last days of the months from that of `first` to that of `last`."""
    days = (first + timedelta(days=offset) for offset in range((last - first).days + 1))
    return [day for day in days if (day + timedelta(days=1)).day == 1]
