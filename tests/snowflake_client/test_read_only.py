"""Reading needs USAGE and SELECT only: no statement of a page writes, and the figures equal those from a file."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from segmentation import pipeline
from segmentation.analysis import sales_queries, segment_detail
from segmentation.analysis.history.segment_history import compute_segment_history, to_previous_segments
from segmentation.charts import QUANTILES
from segmentation.features.query import ON_DEMAND_FEATURES
from segmentation.results import Segmentation
from segmentation.settings import ModelSettings, SalesSettings
from tests.snowflake_client.local import Server

READS = re.compile(r"\s*(SELECT|WITH|SHOW|DESCRIBE)\b")
SMALL = 100
"""Above this number, customers stay in the engine; the sample is still everybody."""

NOT_DEFERRED = "^(?!.*(" + "|".join(ON_DEMAND_FEATURES) + ")$)"
"""Matches the columns of features that a warehouse computes unasked."""


def read_everything(found: Segmentation) -> dict[str, Any]:
    """What the pages show of a segmentation beside the profile."""
    table = found.training.table
    days = sales_queries.fetch_purchase_days(table, str(table.frame["customer_id"].iloc[0]))
    history = compute_segment_history(to_previous_segments(found), table.settings, window_days=181)
    return {
        "categories": pipeline.find_top_categories(found),
        "trend": segment_detail.compute_monthly_trend(found),
        "discounts": segment_detail.compute_discount_breakdown(found),
        "days": days,
        "sales": sales_queries.compute_sales_over_time(table).periods,
        "quantiles": table.store.compute_quantiles(found.model, "monetary", QUANTILES),
        "segments": found.segments.drop(columns=["segment_name"]).filter(regex=NOT_DEFERRED),
        "history": history.months,
        "flows": history.flows,
    }


def segment(source: str, **settings: Any) -> Segmentation:
    scaling = settings.pop("scaling", "log")
    table = pipeline.load_customers(SalesSettings(source, **settings))
    return pipeline.build_segmentation(pipeline.train_every_k(table, ModelSettings(scaling=scaling)), 4)


@pytest.fixture(scope="module")
def from_file(shop: Path) -> Callable[[str], dict[str, Any]]:
    read: dict[str, dict[str, Any]] = {}

    def get(scaling: str) -> dict[str, Any]:
        if scaling not in read:
            read[scaling] = read_everything(segment(str(shop), scaling=scaling))
        return read[scaling]

    return get


@pytest.mark.parametrize(
    ("scaling", "settings"), [("log", {}), ("ranks", {}), ("log", {"sample_above": SMALL})], ids=["log", "ranks", "big"]
)
def test_pages_only_read(
    on_snowflake: Server,
    shop: Path,
    tmp_path: Path,
    from_file: Callable[[str], dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    scaling: str,
    settings: dict[str, Any],
) -> None:
    monkeypatch.setattr("segmentation.sales.inline_tables.MAX_INLINE_ROWS", SMALL)  # the map of customers is larger
    on_snowflake.load(pd.read_parquet(shop), tmp_path)
    on_snowflake.statements()
    found = read_everything(segment("snowflake:", scaling=scaling, **settings))
    statements = [statement["text"] for statement in on_snowflake.statements()]
    assert [text for text in statements if not READS.match(text)] == []
    for name, expected in from_file(scaling).items():
        if expected is not None:
            columns = [column for column in expected if column in found[name]]
            pd.testing.assert_frame_equal(
                found[name][columns], expected[columns], check_dtype=False, rtol=1e-9, atol=1e-6, obj=name
            )
