"""Segments as of past days equal those of customers loaded as of these days."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pandas as pd

from segmentation.forecast.segment_labels import BATCH_DAYS, make_segment_labeler
from segmentation.pipeline import CustomerTable, build_segmentation, load_customers, train_every_k
from segmentation.runtime.epoch_days import count_epoch_days
from segmentation.settings import ModelSettings, SalesSettings

FEATURES = ("recency_days", "frequency", "monetary", "discount_share", "typical_gap_days", "favourite_share")
WINDOW_DAYS = 120


def test_labels_equal_those_of_customers_loaded_as_of_each_day(shop: Path, shop_customers: CustomerTable) -> None:
    """In more than one batch, with features that cannot be added up from periods."""
    sales = SalesSettings(str(shop), window_days=WINDOW_DAYS)
    table = load_customers(sales)
    segmentation = build_segmentation(train_every_k(table, ModelSettings(FEATURES)), 4)
    label_customers = make_segment_labeler(
        table.source,
        shop_customers.prepared,
        table.reconciliation.lines_without_transaction > 0,
        segmentation.model,
        WINDOW_DAYS,
    )
    dates = [table.window.as_of - timedelta(days=11 * step) for step in range(BATCH_DAYS + 2)][::-1]
    labels = label_customers([count_epoch_days(day) for day in dates], 1.0)
    model = replace(segmentation.model, labels=None)
    for day in dates:
        frame = load_customers(SalesSettings(str(shop), as_of=day, window_days=WINDOW_DAYS)).frame
        expected = pd.Series(model.assign(frame), index=frame["customer_id"])
        found = labels[count_epoch_days(day)]
        pd.testing.assert_series_equal(
            found.sort_index(), expected.sort_index(), check_names=False, check_index_type=False
        )
    assert sum(map(len, labels.values())) > 1000
