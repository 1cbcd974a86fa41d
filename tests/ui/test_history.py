"""The Segment history page against a separate computation."""

from __future__ import annotations

import pytest

from segmentation import pipeline
from segmentation.analysis.history.segment_history import SegmentHistory, compute_segment_history, to_previous_segments
from segmentation.presentation import formatting
from segmentation.results import SweepResult
from segmentation.segments.migration import count_migrations
from tests.ui.conftest import Open, read_text
from ui.views.flow_matrix import find_selected_flow
from ui.views.segment_history import tabulate_flows


@pytest.fixture(scope="module")
def history(shop_training: SweepResult) -> SegmentHistory:
    segmentation = pipeline.build_segmentation(shop_training, 4)
    return compute_segment_history(to_previous_segments(segmentation), shop_training.table.settings)


def test_history_page_shows_last_month(open_page: Open, history: SegmentHistory) -> None:
    app = open_page("history", k="4")
    assert not app.exception
    assert not app.error
    last = history.flows[history.flows["month_end"] == history.window.month_ends[-1]]
    counts = count_migrations(last)
    labels = {"stayed": "Stayed", "moved": "Moved", "joined": "Joined", "left": "Lost"}
    metrics = {metric.label: metric.value for metric in app.metric}
    assert metrics == {labels[name]: formatting.format_count(count) for name, count in counts.items()}
    text = read_text(app)
    assert "each covering the 91 days before it: fewer than six windows of" in text
    left = last[(last["segment_before"] != last["segment_now"]) & (last["segment_before"] != 0)]
    sums = left.groupby("segment_before")[["customers", "money_before"]].sum()
    first = sums["money_before"].astype(float).idxmax()
    name, customers = history.names[int(first)], int(sums.loc[first, "customers"])
    worth = formatting.format_currency(float(sums.loc[first, "money_before"]) * 365 / 91)
    noun = "customer" if customers == 1 else "customers"
    assert f"{customers} {noun} left **{name}**, worth {worth} in annual sales." in text
    table = app.table[0].value
    months = history.months[history.months["month_end"] == history.window.month_ends[-1]]
    shown = {str(column): table[column].iloc[-1] for column in table.columns[1:]}
    assert list(shown.values()) == [formatting.format_count(count) for count in months["customers"]]


def test_tabulate_flows_adds_up_to_both_month_ends(history: SegmentHistory) -> None:
    """Rows add up to the segments at the start and columns to those at the end, in customers and to the cent."""
    ends = history.window.month_ends[-2:]
    names = {**history.names, 0: "none"}
    flows = history.flows[history.flows["month_end"] == ends[1]]
    table = tabulate_flows(
        flows.assign(name_before=flows["segment_before"].map(names), name_now=flows["segment_now"].map(names))
    )
    for end, side in zip(ends, ("before", "now"), strict=True):
        sums = table.groupby(f"segment_{side}")[["customers", f"net_sales_{side}"]].sum().round(2)
        month = history.months[(history.months["month_end"] == end) & (history.months["customers"] > 0)]
        expected = {
            names[row.segment_id]: (row.customers, round(float(row.net_sales), 2)) for row in month.itertuples()
        }
        assert {name: tuple(row) for name, *row in sums.drop(index="none", errors="ignore").itertuples()} == expected


def test_history_page_compares_chosen_months(open_page: Open, history: SegmentHistory) -> None:
    app = open_page("history", k="4")
    app.selectbox(key="history_from").set_value("2024-06").run()
    assert not app.exception
    assert not app.error
    matrix = app.dataframe[0].value
    totals = matrix["total"].tolist()
    assert sum(totals[:-1]) == totals[-1]
    june = history.months[history.months["month_end"] == history.window.month_ends[-7]]
    present = dict(zip(matrix["from"], totals, strict=True))
    counts = june.set_index("segment_id")["customers"]
    assert {name: present[name] for i, name in history.names.items() if counts[i]} == {
        name: counts[i] for i, name in history.names.items() if counts[i]
    }


def test_find_selected_flow_leaves_out_totals_and_those_who_stayed() -> None:
    flows = {(0, "2"): "1-2", (1, "1"): "2-1"}
    assert find_selected_flow([(1, "1")], flows) == "2-1"
    assert find_selected_flow([(0, "1")], flows) is None
    assert find_selected_flow([(2, "total")], flows) is None
    assert find_selected_flow([], flows) is None
