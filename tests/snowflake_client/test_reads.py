"""What a user does reads the sales table a known number of times: with a schema for temporary tables, and without."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from segmentation import pipeline
from segmentation.analysis import sales_queries, segment_detail
from segmentation.analysis.history.segment_history import compute_segment_history, to_previous_segments
from segmentation.charts import QUANTILES
from segmentation.results import CustomerTable, SweepResult
from segmentation.settings import ModelSettings, SalesSettings
from segmentation.snowflake_client import scratch
from segmentation.snowflake_client.session import get_session
from tests.snowflake_client.local import DATABASE, Server
from tests.snowflake_client.page_reads import NOT_DEFERRED
from tests.snowflake_client.reads import Reads, count_reads

SMALL = 100
"""Above this number, customers stay in the engine; the sample is still everybody."""
SCRATCH = f"{DATABASE}.SEGMENTS_SCRATCH"
# Reads by step, by whether there is a schema for temporary tables and whether customers stay in the engine. The first
# page is the Overview; the history is that of the page, and the pair two of its month-ends.
_READ_ONLY = {"details": 3, "history": 3, "pair": 2, "history of a run": 5, "another feature": 1}
_SCRATCH = {
    "load": 2,
    "train": 0,
    "first page": 0,
    "each k": 0,
    "save": 0,
    "details": 0,
    "history": 1,
    "pair": 0,
    "history of a run": 2,
    "another feature": 1,
}
EXPECTED = {
    ("read-only", "below"): {"load": 4, "train": 0, "first page": 3, "each k": 1, "save": 0, **_READ_ONLY},
    ("read-only", "above"): {
        "load": 6,
        "train": 1,
        "first page": 3,
        "each k": 2,
        "save": 1,
        **_READ_ONLY,
        "another feature": 2,
    },
    ("scratch", "below"): _SCRATCH,
    ("scratch", "above"): _SCRATCH,
}


@dataclass
class Walk:
    """Statements and results by step."""

    reads: dict[str, Reads]
    results: dict[str, Any]


def walk(server: Server, source: str, settings: dict[str, Any]) -> Walk:
    reads: dict[str, Reads] = {}
    results: dict[str, Any] = {}

    def step(name: str, work: Callable[[], Any]) -> Any:
        with count_reads(server) as reads[name]:
            return work()

    table: CustomerTable = step("load", lambda: pipeline.load_customers(SalesSettings(source, **settings)))
    training: SweepResult = step("train", lambda: pipeline.train_every_k(table, ModelSettings()))

    def show(k: int) -> Any:
        found = pipeline.build_segmentation(training, k, exact=False)
        table.store.compute_quantiles(found.model, "monetary", QUANTILES)
        results["top categories"] = pipeline.find_top_categories(found)
        return found

    results["sales"], results["categories"] = step(
        "first page",
        lambda: (sales_queries.compute_sales_over_time(table).periods, pipeline.list_categories(table)),
    )
    show(3)
    shown = step("each k", lambda: show(4))
    found = step("save", lambda: pipeline.complete_for_saving(shown))
    results["segments"] = found.segments.drop(columns=["segment_name"]).filter(regex=NOT_DEFERRED)
    columns = found.segments.filter(regex="^position_").columns
    positions = [segments[columns] for segments in (shown.segments, found.segments)]  # of approximate and exact medians
    assert (positions[0] - positions[1]).abs().max(axis=None) < 0.02
    results["trend"], results["discounts"] = step(
        "details",
        lambda: (segment_detail.compute_monthly_trend(found), segment_detail.compute_discount_breakdown(found)),
    )
    run = to_previous_segments(found)
    history = step(
        "history",
        lambda: compute_segment_history(run, table.settings, window_days=91, source=table.source, loaded=table),
    )
    results["flows"], results["chance"] = history.flows, history.chance.reset_index()
    pair = history.labeled.select_pair(history.window.month_ends[-3::2])
    results["pair"], results["listed"] = step("pair", lambda: (pair.count_flows()[1], pair.list_customers(1, 2)))
    of_run = step(
        "history of a run", lambda: compute_segment_history(run, table.settings, window_days=91, source=table.source)
    )
    results["flows of a run"] = of_run.flows
    more = ModelSettings((*ModelSettings().features, "momentum"))
    results["momentum"] = step("another feature", lambda: pipeline.train_every_k(table, more)).table.frame
    results["momentum"] = results["momentum"][["customer_id", "monetary", "momentum"]]
    results["customers"] = pd.concat(found.iter_customers(), ignore_index=True).drop(columns="prediction_timestamp")
    return Walk(reads, results)


@pytest.fixture(scope="module")
def from_file(shop: Path, snowflake_server: Server) -> dict[str, Any]:
    return walk(snowflake_server, str(shop), {}).results


@pytest.mark.parametrize("size", ["below", "above"])
@pytest.mark.parametrize("role", ["read-only", "scratch"])
def test_reads_of_the_sales(
    on_snowflake: Server,
    shop: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    from_file: dict[str, Any],
    role: str,
    size: str,
) -> None:
    on_snowflake.load(pd.read_parquet(shop), tmp_path)
    if role == "scratch":
        get_session().fetch_rows(f"CREATE SCHEMA IF NOT EXISTS {SCRATCH}")
        monkeypatch.setenv(scratch.SETTING, SCRATCH)
    walked = walk(on_snowflake, "snowflake:", {"sample_above": SMALL} if size == "above" else {})
    counted = {step: len(reads) for step, reads in walked.reads.items()}
    print(counted)
    assert counted == EXPECTED[role, size]
    for name, expected in from_file.items():
        found = walked.results[name]
        pd.testing.assert_frame_equal(
            found[list(expected)], expected, check_dtype=False, rtol=1e-9, atol=1e-6, obj=name
        )
