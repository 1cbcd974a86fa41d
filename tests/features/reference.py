"""An independent computation of all features in plain pandas, from their definitions in the registry."""

from __future__ import annotations

import numpy as np
import pandas as pd


def reference_features(lines: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """One row per customer who bought, from used lines.

    lines: customer_id (text), transaction_id (None: an order of its own), day (Timestamp), net, gross, discount
    (floats; below 0 for returns), coupon_used, category (None: unknown), is_purchase.
    """
    lines = lines.reset_index(drop=True)
    order = lines["transaction_id"].where(lines["transaction_id"].notna(), "line " + lines.index.astype(str))
    lines = lines.assign(order=order)
    bought = lines[lines["is_purchase"]]
    by_customer = bought.groupby("customer_id")
    orders = (
        bought.groupby(["customer_id", "order"]).agg(day=("day", "min"), coupon=("coupon_used", "any")).reset_index()
    )
    per_order = orders.groupby("customer_id")
    result = pd.DataFrame(index=pd.Index(sorted(bought["customer_id"].unique()), name="customer_id"))
    result["recency_days"] = (as_of - by_customer["day"].max()).dt.days
    result["frequency"] = per_order.size()
    result["monetary"] = lines.groupby("customer_id")["net"].sum()
    result["avg_order_value"] = result["monetary"] / result["frequency"]
    result["tenure_days"] = (as_of - by_customer["day"].min()).dt.days
    gaps = orders.sort_values("day").groupby("customer_id")["day"].apply(lambda day: day.diff().dt.days.median())
    result["typical_gap_days"] = gaps.fillna(result["recency_days"])
    result["lines"] = by_customer.size()
    result["lines_per_order"] = result["lines"] / result["frequency"]
    result["category_count"] = by_customer["category"].nunique()
    result["avg_line_value"] = result["monetary"] / result["lines"]
    gross = by_customer["gross"].sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        result["discount_share"] = (by_customer["discount"].sum() / gross).where(gross > 0, 0.0).clip(0, 1)
        full = bought[bought["discount"] <= 0].groupby("customer_id")["gross"].sum().reindex(result.index).fillna(0.0)
        result["full_price_share"] = (full / gross).where(gross > 0, 0.0).clip(0, 1)
    result["coupon_share"] = per_order["coupon"].mean()
    spent = by_customer["net"].sum()

    def share(part: pd.Series, complete: pd.Series) -> pd.Series:
        part, complete = part.reindex(result.index).fillna(0.0), complete.reindex(result.index).fillna(0.0)
        return (part / complete.where(complete > 0)).fillna(0.0).clip(0, 1)

    in_category = bought.dropna(subset="category").groupby(["customer_id", "category"])["net"].sum()
    result["favourite_share"] = share(
        in_category.groupby("customer_id").max(), in_category.groupby("customer_id").sum()
    )
    monthly = bought.groupby(bought["day"].dt.month)["net"].sum().reset_index()
    peak = monthly.round(6).sort_values(["net", "day"], ascending=[False, True])["day"].head(3)
    result["peak_share"] = share(bought[bought["day"].dt.month.isin(peak)].groupby("customer_id")["net"].sum(), spent)
    result["weekend_share"] = share(
        bought[bought["day"].dt.day_of_week >= 5].groupby("customer_id")["net"].sum(), spent
    )
    ago = (as_of - bought["day"]).dt.days
    recent = bought[ago <= 90].groupby("customer_id")["net"].sum().reindex(result.index).fillna(0.0)
    half_year = bought[ago <= 180].groupby("customer_id")["net"].sum().reindex(result.index).fillna(0.0)
    result["momentum"] = (recent / half_year.where(half_year > 0)).fillna(0.5)
    return result.astype("float64")


def assert_features_equal(frame: pd.DataFrame, expected: pd.DataFrame) -> None:
    """The frame of a CustomerTable has these customers and figures, money to the cent and finer."""
    actual = frame.set_index("customer_id")
    assert actual.index.tolist() == expected.index.tolist()
    for name in expected:
        if name in actual:
            np.testing.assert_allclose(actual[name], expected[name], rtol=1e-9, atol=1e-6, err_msg=name)
