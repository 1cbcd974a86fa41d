"""Validation results on the pages, after the background job has finished."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from segmentation import pipeline
from segmentation.analysis import explain
from segmentation.analysis.customer_lookup import look_up_customer
from segmentation.presentation import formatting
from segmentation.results import SweepResult
from segmentation.runs.load import open_run
from tests.ui.conftest import Open, read_text, save_button
from ui.data import validation as background

pytestmark = pytest.mark.usefixtures("with_validation")


def until(app: AppTest, text: str) -> str:
    """Look again until the page says these words."""
    for _ in range(600):
        if text in read_text(app):
            return read_text(app)
        time.sleep(0.1)
        app.run()
    raise AssertionError(read_text(app))


def test_validation_shows_summary_first(open_page: Open, shop_training: SweepResult) -> None:
    app = open_page(k="4")
    text = until(app, "in 100 bootstrap resamples")
    evidence, _ = explain.validate_sweep(shop_training)
    row = evidence.tabulate_by_k().set_index("k").loc[4]
    assert ("Customers form a continuum" in text) == (evidence.separate_groups == 1)
    assert ("Segments are reproducible" in text) == (row["least_low"] > 0.75)
    borders = next(table.value for table in app.table if "Border" in table.value)
    assert (len(borders), (borders["Border"] == "Gap").sum()) == (row["borders"], row["gaps"])
    figures = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    curve = next(figure for figure in figures if "In bootstrap resamples" in figure["layout"]["meta"]["alt"])
    assert curve["data"][1]["y"] == pytest.approx(evidence.tabulate_by_k()["least_jaccard"].tolist())
    numbers = next(table.value for table in app.table if "Min. Jaccard" in table.value)
    assert numbers["Min. Jaccard"].tolist() == [f"{x:.2f}" for x in evidence.tabulate_by_k()["least_jaccard"]]
    assert numbers["Gaps"].tolist()[2] == f"{row['gaps']:.0f} of {row['borders']:.0f}"


def test_stability_by_segment(open_page: Open) -> None:
    app = open_page("segments", k="6")
    text = until(app, ": in bootstrap resamples, ")
    names = next(table.value for table in app.table if "Of sales" in table.value)["Segment"].tolist()[:-1]
    for name in names:
        assert f"of {name} reappear (mean Jaccard similarity" in text
    doubted = [line for line in text.splitlines() if "not reproducible" in line]
    weak = [line for line in text.splitlines() if ": in bootstrap resamples, " in line]
    weak = [line for line in weak if float(line.partition("interval ")[2].partition(" to ")[2].split(",")[0]) < 0.75]
    assert weak
    assert len(doubted) == len(weak)


def test_alternative_segmentation_is_profiled_once_for_all_sessions(
    open_page: Open, shop_training: SweepResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    evidence, _ = explain.validate_sweep(shop_training)
    k, alternative = next((k, found) for k, found in evidence.alternatives.items() if found is not None)
    expected = explain.profile_alternative(shop_training, alternative)
    until(open_page("segments", k=str(k)), ": in bootstrap resamples, ")

    def get_tables(app: AppTest) -> list[list[str]]:
        assert not app.exception
        return [t.value["Customers"].tolist() for t in app.table if [*t.value][:2] == ["Segment", "Customers"]]

    first = get_tables(open_page("segments", k=str(k)))
    assert first[-1] == expected["customers"].map(formatting.format_count).tolist()
    monkeypatch.setattr(explain, "profile_alternative", None)
    assert get_tables(open_page("segments", k=str(k))) == first


def test_tiny_segment_shows_warning(open_page: Open) -> None:
    app = open_page(
        "segments", k="12", recency_days="false", frequency="false", avg_order_value="false", discount_share="false"
    )
    sizes = next(table.value for table in app.table if "Of sales" in table.value)["Customers"].tolist()[:-1]
    small = [int(size) for size in sizes if int(size) < 8]
    assert small
    for size in small:
        assert f"**Only {size} customer{'s' * (size != 1)}**" in read_text(app)


def test_validation_can_be_cancelled_and_restarted(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(training, progress):  # type: ignore[no-untyped-def]
        while True:
            progress(0.5, "Bootstrap resampling")
            time.sleep(0.02)

    background.get_validation_job.clear()  # other tests may have had these settings checked
    monkeypatch.setattr(explain, "validate_sweep", slow)
    app = open_page(k="4", frequency="false")
    app.button(key="stop_evidence").click().run()
    until(app, "was stopped")
    monkeypatch.undo()
    app.button(key="run_validation").click().run()
    until(app, "in 100 bootstrap resamples")


def test_recommendation_considers_validation(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    gathered = explain.validate_sweep

    def another(training, progress):  # type: ignore[no-untyped-def]
        evidence, advice = gathered(training, progress)
        return evidence, replace(advice, k=6, summary="Take 6 segments rather than others.")

    background.get_validation_job.clear()
    monkeypatch.setattr(explain, "validate_sweep", another)
    app = open_page()
    text = until(app, "Take 6 segments rather than others.")
    assert "We recommend 6 segments" in text
    assert "from a quick check; they are still in use" in text
    assert "the complete validation recommends 6. Your view has not changed." in text
    app.button(key="use_recommended").click().run()
    assert app.select_slider(key="k").value == 6
    background.get_validation_job.clear()


def test_segment_rules_and_sql(open_page: Open, shop_training: SweepResult) -> None:
    app = open_page("segments", k="4")
    table = next(table.value for table in app.table if "Rule" in table.value)
    customers = shop_training.table
    segmentation = pipeline.build_segmentation(shop_training, 4)
    created = explain.derive_rules(segmentation)
    assert f"These rules assign **{formatting.format_percent(created.fidelity)}** of customers correctly" in read_text(
        app
    )
    names = segmentation.segments.set_index("segment_id")["segment_name"]
    assert table["Segment"].tolist() == [names[rule.segment_id] for rule in created.rules]
    others = [rule.false_positives for rule in created.rules]
    assert table["False positives"].tolist() == [f"{n} customer{'s' * (n != 1)}" for n in others]
    assert app.code[0].value == created.to_sql(names.to_dict())
    by_sql = duckdb.query_df(customers.frame, "customers", f"select {app.code[0].value} from customers").df()
    right = (by_sql["segment_name"] == names[segmentation.segment_ids].to_numpy()).mean()
    assert right == pytest.approx(created.fidelity, abs=0.08)


def test_customer_explanation(open_page: Open, shop_training: SweepResult) -> None:
    app = open_page("customers", k="4")
    app.text_input(key="customer").set_value("C0004").run()
    assert not app.error
    segmentation = pipeline.build_segmentation(shop_training, 4)
    lookup = look_up_customer(segmentation, "C0004")
    counterfactuals = explain.find_counterfactuals(segmentation, lookup)
    next_name = segmentation.segment_names[lookup.next_segment_id]
    assert "Matching rule (" in read_text(app) or "No segment rule matches this customer." in read_text(app)
    if counterfactuals:
        assert f"Single changes that would move this customer to {next_name}:" in read_text(app)
        labels = {"recency_days": "days since last order", "frequency": "orders", "monetary": "net sales"}
        for change in counterfactuals:
            money = change.feature == "monetary"
            target = (formatting.format_currency if money else formatting.format_compact)(change.target)
            assert f"{labels[change.feature]} {target} instead of " in read_text(app)
    else:
        assert f"No change of a single feature would move this customer to the next segment, {next_name}." in read_text(
            app
        )


def test_saved_run_states_stability(open_page: Open, tmp_path: Path) -> None:
    app = open_page(k="4")
    until(app, "in 100 bootstrap resamples")
    app.switch_page("app_pages/campaigns/export.py").run()
    save_button(app).click().run()
    assert app.success
    saved = open_run(tmp_path / "models")
    assert any("in 100 bootstrap resamples" in reason for reason in saved.recommendation["reasons"])
    assert [row["resamples"] for row in saved.validation["stability"]] == [100] * 4
