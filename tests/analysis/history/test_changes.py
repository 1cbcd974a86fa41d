"""Identities of a history, the classes of change, refitting, chance, and the lists behind flows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation import pipeline
from segmentation.analysis.history.changes import CLASSES, classify_flows, count_classes, summarize_months
from segmentation.analysis.history.flows import FLOW_COLUMNS
from segmentation.analysis.history.months import choose_window
from segmentation.analysis.history.refit import label_in_engine
from segmentation.analysis.history.segment_history import SegmentHistory, compute_segment_history, to_previous_segments
from segmentation.errors import RunError, SettingsError
from segmentation.results import CustomerTable, Segmentation, SweepResult
from segmentation.runs.load import open_run
from segmentation.runs.previous_segments import PreviousSegments
from segmentation.settings import ModelSettings, SalesSettings
from tests.snowflake_client.local import Server
from tests.test_cli import run

MONTH_ENDS = (date(2024, 1, 31), date(2024, 2, 29))


@pytest.fixture(scope="module")
def previous(three_years_models: Path) -> PreviousSegments:
    return PreviousSegments.from_saved_run(open_run(three_years_models))


@pytest.fixture(scope="module")
def history(three_years: Path, previous: PreviousSegments) -> SegmentHistory:
    return compute_segment_history(previous, SalesSettings(str(three_years)))


@pytest.fixture(scope="module")
def refitted(three_years: Path, previous: PreviousSegments) -> SegmentHistory:
    return compute_segment_history(previous, SalesSettings(str(three_years)), refit=True)


@pytest.fixture(scope="module")
def shop_segmentation(shop_training: SweepResult) -> Segmentation:
    return pipeline.build_segmentation(shop_training, 4)


def test_classify_flows_by_hand() -> None:
    rows = [(1, 1, 1), (1, 2, 2), (1, 1, 2), (1, 2, 3), (1, 2, 1), (0, 2, 2), (1, 0, 0)]
    flows = pd.DataFrame(rows, columns=["segment_before", "segment_old_model", "segment_now"])
    expected = ["stayed", "customer", "model", "both", "both", "joined", "lost"]
    assert classify_flows(flows).tolist() == expected


def test_summarize_months_by_hand() -> None:
    sizes = pd.DataFrame(
        [
            (MONTH_ENDS[0], 1, 3, Decimal(30)),
            (MONTH_ENDS[1], 1, 2, Decimal(25)),
            (MONTH_ENDS[1], 2, 2, Decimal("7.50")),
        ],
        columns=["month_end", "segment_id", "customers", "net_sales"],
    )
    rows = [
        (1, 1, 1, True, 1, Decimal(10), Decimal(20)),
        (1, 1, 2, False, 1, Decimal(10), Decimal("2.50")),  # the model changed
        (1, 0, 0, False, 1, Decimal(10), Decimal(0)),
        (0, 1, 1, False, 1, Decimal(0), Decimal(5)),
        (0, 2, 2, False, 1, Decimal(0), Decimal(5)),
    ]
    flows = pd.DataFrame([(MONTH_ENDS[1], *row) for row in rows], columns=FLOW_COLUMNS)
    months = summarize_months(sizes, flows, is_refitted=True).set_index(["month_end", "segment_id"])
    one, two = months.loc[(MONTH_ENDS[1], 1)], months.loc[(MONTH_ENDS[1], 2)]
    names = ["customers", "joined", "lost", "moved_in", "moved_out", "by_customer", "by_model"]
    assert one[names].tolist() == [2, 1, 1, 0, 1, 0, -1]
    assert two[names].tolist() == [2, 1, 0, 1, 0, 1, 1]
    assert (one["net_sales_by_customer"], one["net_sales_by_model"]) == (Decimal("-2.50"), Decimal("-2.50"))
    assert months.loc[(MONTH_ENDS[0], 1), names[1:]].isna().all()


@given(st.lists(st.tuples(*[st.integers(0, 3)] * 3, st.booleans(), st.integers(1, 9)), min_size=1, max_size=30))
def test_summarize_months_identities_hold_for_any_flows(rows: list[tuple[int, int, int, bool, int]]) -> None:
    # The new model has a segment exactly for the customers for whom the old one has.
    valid = [(a, b, max(c, 1) if b else 0, bought, n) for a, b, c, bought, n in rows if a or b]
    flows = pd.DataFrame(
        [(MONTH_ENDS[1], *row, Decimal(row[4] if row[0] else 0), Decimal(row[4] if row[1] else 0)) for row in valid],
        columns=FLOW_COLUMNS,
    )
    sizes = []
    for month_end, column, money in zip(
        MONTH_ENDS, ("segment_before", "segment_now"), ("money_before", "money_now"), strict=True
    ):
        for segment, part in flows[flows[column] > 0].groupby(column):
            sizes.append((month_end, segment, part["customers"].sum(), part[money].sum()))
    if {row[0] for row in sizes} < set(MONTH_ENDS):
        return
    frame = pd.DataFrame(sizes, columns=["month_end", "segment_id", "customers", "net_sales"])
    months = summarize_months(frame, flows, is_refitted=True)  # raises where anything does not add up
    counts = count_classes(flows)
    assert counts[list(CLASSES)].to_numpy().sum() == flows["customers"].sum()
    assert (counts["bought_since"] + counts["stopped_buying"]).equals(counts["customer"])
    later = months[months["month_end"] == MONTH_ENDS[1]]
    assert later["moved_in"].sum() == later["moved_out"].sum() == counts["moved"].sum()


def test_history_movement_of_fixed_habits_is_chance(history: SegmentHistory) -> None:
    changes = history.changes
    assert len(changes) == 23
    assert changes["moved_share"].between(0.1, 0.6).all()
    assert abs(changes["above_chance"].mean()) < 0.03
    assert (changes["model"] + changes["both"]).sum() == 0
    assert history.months["by_model"].isna().all()


def test_history_chance_follows_tenure(three_years: Path) -> None:
    """The first purchase that stays in the window starts it, not its first day, which moves customers too often."""
    settings = SalesSettings(str(three_years), as_of=date(2024, 1, 1))
    features = ("recency_days", "frequency", "monetary", "tenure_days")
    training = pipeline.train_every_k(pipeline.load_customers(settings), ModelSettings(features))
    previous = to_previous_segments(pipeline.build_segmentation(training, 4))
    found = compute_segment_history(previous, replace(settings, as_of=date(2025, 1, 1)))
    assert abs(found.changes["above_chance"].mean()) < 0.01


def test_history_refit_splits_customers_and_model(history: SegmentHistory, refitted: SegmentHistory) -> None:
    changes = refitted.changes
    assert changes["customer"].sum() > 0
    assert changes["model"].sum() > 0
    assert changes["customer"].sum() > 5 * changes["model"].sum(), "habits and so models stay the same"
    later = refitted.months.dropna(subset=["joined"])
    net = later["joined"] - later["lost"] + later["moved_in"] - later["moved_out"]
    assert (later["by_customer"] + later["by_model"]).equals(net)
    totals = [frame.months.groupby("month_end")["customers"].sum() for frame in (history, refitted)]
    pd.testing.assert_series_equal(*totals)


def test_history_lists_customers_behind_flow(history: SegmentHistory) -> None:
    month_end = history.window.month_ends[-1]
    flows = history.flows[history.flows["month_end"] == month_end]
    pair = history.labeled.select_pair(history.window.month_ends[-2:])
    moved = flows[flows["segment_before"] != flows["segment_now"]].nlargest(5, "customers")
    assert (moved["customers"] > 0).all()
    for before, now in moved[["segment_before", "segment_now"]].itertuples(index=False):
        rows = flows[(flows["segment_before"] == before) & (flows["segment_now"] == now)]
        listed = pair.list_customers(before, now)
        assert len(listed) == rows["customers"].sum()
        value = listed["net_sales_now" if before == 0 else "net_sales_before"]
        assert value.is_monotonic_decreasing
        assert listed["net_sales_before"].sum() == pytest.approx(float(rows["money_before"].sum()))
        assert listed["net_sales_now"].sum() == pytest.approx(float(rows["money_now"].sum()))


def test_history_of_ranks_equals_assignment_in_memory(shop: Path, shop_customers: CustomerTable) -> None:
    segmentation = pipeline.build_segmentation(
        pipeline.train_every_k(shop_customers, ModelSettings(scaling="ranks")), 3
    )
    found = compute_segment_history(to_previous_segments(segmentation), shop_customers.settings, window_days=181)
    as_of = found.window.as_of_dates[-1]
    window = pipeline.load_customers(SalesSettings(str(shop), start=as_of - timedelta(days=181), as_of=as_of))
    model = replace(segmentation.model, labels=None)
    expected = pd.Series(model.assign(window.frame)).value_counts().sort_index()
    last = found.months[found.months["month_end"] == found.window.month_ends[-1]]
    assert dict(zip(last["segment_id"], last["customers"], strict=True)) == expected.to_dict()


def test_history_window_model_keeps_names_of_run(shop: Path, shop_segmentation: Segmentation) -> None:
    found = compute_segment_history(to_previous_segments(shop_segmentation), SalesSettings(str(shop)))
    assert (found.window.days, found.window.has_window_model) == (91, True)
    names = dict(shop_segmentation.segments[["segment_id", "segment_name"]].itertuples(index=False))
    kept = set(names) & set(found.names)
    assert kept
    assert all(found.names[i] == names[i] for i in kept)


def test_history_on_snowflake_equals_duckdb(
    on_snowflake: Server, shop: Path, shop_segmentation: Segmentation, tmp_path: Path
) -> None:
    on_snowflake.load(pd.read_parquet(shop), tmp_path)
    previous = to_previous_segments(shop_segmentation)
    here, there = (
        compute_segment_history(previous, SalesSettings(source), window_days=181)
        for source in (str(shop), "snowflake:")
    )
    pd.testing.assert_frame_equal(here.months, there.months, check_dtype=False)
    np.testing.assert_allclose(here.chance, there.chance)


def test_history_above_limit_fetches_no_customer(
    shop: Path, shop_segmentation: Segmentation, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = SalesSettings(str(shop), sample_above=100)
    monkeypatch.setattr("segmentation.analysis.history.chance.MAX_CUSTOMERS", 50)
    previous = to_previous_segments(shop_segmentation)
    small = compute_segment_history(previous, settings, window_days=181)
    pd.testing.assert_frame_equal(
        small.months, compute_segment_history(previous, SalesSettings(str(shop)), window_days=181).months
    )
    refitted = compute_segment_history(
        previous, settings, window_days=181, refit=True
    )  # asserts that everything adds up
    assert refitted.changes["model"].sum() > 0
    totals = [found.months.groupby("month_end")["customers"].sum() for found in (small, refitted)]
    pd.testing.assert_series_equal(*totals)


def test_refit_in_engine_assigns_like_memory(shop: Path, shop_segmentation: Segmentation) -> None:
    """Every customer of a month by the model of the month before and by that of the month."""
    previous = to_previous_segments(shop_segmentation)
    labeled = compute_segment_history(previous, SalesSettings(str(shop)), window_days=181).labeled
    features, tables = labeled.build_feature_query(), labeled.windows.tables
    models = [replace(labeled.model, centers=labeled.model.centers + 0.3 * number) for number in range(7)]
    models = models[: len(labeled.month_ends) + 1]
    labels, parameters = label_in_engine(features, models)
    found = labeled.sales.source.fetch(labels, {**tables, **parameters}).to_pandas()
    found = found.set_index(["window", "customer_id"]).sort_index()
    frame = labeled.sales.source.fetch(features, tables).to_pandas()
    for number, (old, new) in enumerate(pairwise(models)):
        customers = frame[frame["window"] == number].sort_values("customer_id", ignore_index=True)
        labels = found.loc[number].loc[customers["customer_id"]]
        assert labels["segment_old_model"].tolist() == old.assign(customers).tolist()
        assert labels["segment_id"].tolist() == new.assign(customers).tolist()


def test_refit_of_ranks_above_limit_raises(shop: Path, shop_customers: CustomerTable) -> None:
    segmentation = pipeline.build_segmentation(
        pipeline.train_every_k(shop_customers, ModelSettings(scaling="ranks")), 3
    )
    settings = SalesSettings(str(shop), sample_above=100)
    with pytest.raises(SettingsError, match="'ranks' cannot be computed where the sales are"):
        compute_segment_history(to_previous_segments(segmentation), settings, window_days=181, refit=True)


@pytest.mark.parametrize(
    ("first", "as_of", "run_days", "expected"),
    [
        (date(2019, 1, 1), date(2020, 1, 1), 365, (91, 9, True)),
        (date(2019, 1, 1), date(2020, 1, 1), 91, (91, 9, False)),
        (date(2018, 1, 1), date(2020, 1, 1), 365, (365, 13, False)),
        (date(2018, 1, 1), date(2020, 1, 1), 730, (365, 13, True)),
        (date(2018, 10, 1), date(2020, 1, 1), 456, (181, 10, True)),
    ],
)
def test_choose_window_leaves_six_months(
    first: date, as_of: date, run_days: int, expected: tuple[int, int, bool]
) -> None:
    window = choose_window(first, as_of, run_days)
    assert (window.days, len(window.month_ends), window.has_window_model) == expected


def test_choose_window_without_month_raises() -> None:
    with pytest.raises(SettingsError, match="No month-end has 400 days of sales"):
        choose_window(date(2019, 1, 1), date(2020, 1, 1), 365, 400)
    with pytest.raises(SettingsError, match="No month-end has 91 days of sales"):
        choose_window(date(2019, 1, 1), date(2019, 3, 1), 120)
    assert choose_window(date(2019, 1, 1), date(2019, 3, 1), 59).month_ends == (date(2019, 2, 28),)


def test_history_run_with_missing_feature_raises(shop: Path, shop_customers: CustomerTable, tmp_path: Path) -> None:
    model = ModelSettings(("frequency", "category_count"))
    segmentation = pipeline.build_segmentation(pipeline.train_every_k(shop_customers, model), 3)
    pd.read_parquet(shop).drop(columns="product_category").to_parquet(tmp_path / "narrow.parquet", index=False)
    with pytest.raises(RunError, match="uses category_count, which cannot be computed here"):
        compute_segment_history(to_previous_segments(segmentation), SalesSettings(str(tmp_path / "narrow.parquet")))


@pytest.mark.parametrize(
    "options",
    [["--run", "missing"], ["--window", "all"], ["--window", "3000d"], ["--start", "2024-01-01"]],
)
def test_history_bad_input_is_one_sentence(three_years_models: Path, options: list[str]) -> None:
    outcome = run("history", *([] if "--run" in options else ["--run", three_years_models]), *options)
    assert outcome.code == 2
    assert outcome.out == ""
    assert "Traceback" not in outcome.err
