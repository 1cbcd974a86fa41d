"""The sales of the first-visit test, and expected results computed with pandas and scikit-learn alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from sklearn.cluster import KMeans

GERMAN = {
    "customer_id": "Käuferin",
    "transaction_id": "Bestellnummer",
    "transaction_date": "Gekauft am",
    "net_sales_amount": "Umsatz netto",
    "gross_sales_amount": "Listenpreis",
    "discount_amount": "Rabatt",
    "quantity": "Menge",
    "product_category": "Warengruppe",
}
FIGURES = ["recency_days", "frequency", "monetary", "discount_share"]


def read_lines(shop: Path) -> pd.DataFrame:
    """A year of sales as text, with returns, lines without customer, and localized dates."""
    frame = pd.read_parquet(shop).drop(columns="coupon_status")
    returned = frame.iloc[100:700:50].copy()
    money = ["quantity", "gross_sales_amount", "discount_amount", "net_sales_amount"]
    returned[money] = -returned[money]
    only = returned.head(1).assign(customer_id="C9999", transaction_id="9999-0")
    frame = pd.concat([frame, returned, only], ignore_index=True)
    days = pd.to_datetime(frame["transaction_date"])
    american = days.index[days.dt.day > 12][::150]
    written = days.dt.strftime("%d/%m/%Y")
    written[american] = days[american].dt.strftime("%m/%d/%Y")
    without_id = frame.index[7::311]
    return frame.assign(
        transaction_date=written,
        customer_id=("00" + frame["customer_id"].str[1:]).where(~frame.index.isin(without_id), ""),
        product_category=frame["product_category"].replace("Pots", "Töpfe"),
    )


def write_german_file(lines: pd.DataFrame) -> bytes:
    """The same as a spreadsheet in Germany writes it."""
    frame = lines.rename(columns=GERMAN)[list(GERMAN.values())]
    return frame.to_csv(index=False, sep=";", decimal=",").encode("cp1252")


def select_accepted(lines: pd.DataFrame) -> pd.DataFrame:
    """The lines that can be a sale when the day comes first."""
    day = pd.to_datetime(lines["transaction_date"], format="%d/%m/%Y", errors="coerce")
    return lines.assign(day=day)[day.notna() & (lines["customer_id"] != "")]


def compute_expected_customers(used: pd.DataFrame) -> pd.DataFrame:
    """The features of all buyers by ID, as defined in docs/method.md."""
    bought = used[(used["net_sales_amount"] >= 0) & (used["quantity"] >= 0)].groupby("customer_id")
    as_of = used["day"].max() + pd.Timedelta(days=1)
    result = pd.DataFrame(
        {
            "recency_days": (as_of - bought["day"].max()).dt.days.astype(float),
            "frequency": bought["transaction_id"].nunique().astype(float),
            "discount_share": (bought["discount_amount"].sum() / bought["gross_sales_amount"].sum()).clip(0, 1),
        }
    )
    net = used.groupby("customer_id")["net_sales_amount"].sum().round(2)
    return result.assign(monetary=net.reindex(result.index))[FIGURES]


def predict_segments(folder: Path, customers: pd.DataFrame) -> pd.Series[Any]:
    """The segment of every customer, predicted by the saved scikit-learn model after the documented scaling."""
    manifest = json.loads((folder / "manifest.json").read_text())
    values = customers[manifest["features"]].copy()
    for name in ("recency_days", "frequency", "monetary"):
        values[name] = np.log1p(values[name].clip(lower=0))
    space = ((values - values.mean()) / values.std(ddof=0)).to_numpy()
    scaler = joblib.load(folder / "feature_scaler.pkl")
    np.testing.assert_allclose(scaler.transform(customers[manifest["features"]].to_numpy()), space, atol=1e-9)
    model = joblib.load(folder / "customer_segmentation_model.pkl")
    by_ten_starts = KMeans(len(manifest["centres"]), n_init=10, random_state=0).fit(space).inertia_
    assert model.inertia_ <= by_ten_starts * 1.001
    numbers = np.array(manifest["cluster_to_segment"])[model.predict(space)]
    names = {row["segment_id"]: row["segment_name"] for row in manifest["segments"]}
    return pd.Series(numbers, customers.index).map(names)


def get_segment_numbers(folder: Path, segment_of: pd.Series[Any]) -> pd.Series[Any]:
    """The same by the segments' numbers, which stay when a name changes."""
    manifest = json.loads((folder / "manifest.json").read_text())["segments"]
    return segment_of.map({row["segment_name"]: row["segment_id"] for row in manifest})
