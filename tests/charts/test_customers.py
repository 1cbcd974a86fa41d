"""Charts of customers: counts, correlations, one customer among all."""

from __future__ import annotations

import json
from datetime import date

import pandas as pd

from segmentation import charts


def test_plot_histogram_holds_counts_only() -> None:
    bars = pd.DataFrame(
        {
            "low": [0.5, 1.5],
            "high": [1.5, 2.5],
            "first": [1.0, 2.0],
            "last": [1.0, 2.0],
            "customers": [70, 30],
            "is_open": [False, True],
        }
    )
    figure = charts.plot_histogram(bars, "Orders", "orders", "light")
    assert charts.get_alt_text(figure) == "Orders before scaling: the highest bar, 70 of 100 customers, is at 1 order."
    trace = json.loads(figure.to_json())["data"][0]
    assert (trace["y"], trace["customdata"]) == ([70, 30], ["1 order", "from 2 orders on"])


def test_plot_correlations_has_no_negative_zero() -> None:
    together = pd.DataFrame([[1.0, -0.04], [-0.04, 1.0]], index=["a", "b"], columns=["a", "b"])
    figure = charts.plot_correlations(together, {"a": "Orders", "b": "Net sales"}, "dark")
    assert json.loads(figure.to_json())["data"][1]["text"] == ["1.0", "0.0", "0.0", "1.0"]
    assert charts.get_alt_text(figure) == "Strongest correlation: Orders and net sales, -0.04."


def test_plot_customer_percentiles_and_purchase_days() -> None:
    features = pd.DataFrame(
        {
            "feature": ["frequency", "monetary"],
            "value": [9.0, 50.0],
            "median": [3.0, 60.0],
            "below": [0.9, 0.45],
            "in_use": [True, False],
        }
    )
    labels, units = {"frequency": "Orders", "monetary": "Net sales"}, {"frequency": "orders", "monetary": "money"}
    figure = charts.plot_customer_percentiles(features, labels, units, "light")
    assert (
        charts.get_alt_text(figure)
        == "Orders stands out most: 9 orders, higher than for 90\N{NO-BREAK SPACE}% of customers."
    )
    assert [note.text for note in figure.layout.annotations] == [
        "Orders: 9 orders (median 3 orders)",
        "Net sales: 50.00 (median 60.00)",
    ]
    days = pd.DataFrame(
        {"day": pd.to_datetime(["2025-01-05", "2025-03-01"]), "bought": [5.0, 20.0], "returned": [0.0, -5]}
    )
    figure = charts.plot_purchase_days(days, date(2025, 1, 1), date(2025, 4, 1), "light")
    assert charts.get_alt_text(figure) == "Bought on 2 days; most on March 1, 2025, 20.00."
    assert len(figure.data) == 2
