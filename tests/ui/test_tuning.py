"""The settings search runs on request only, and a row is applied by a click."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from streamlit.testing.v1 import AppTest

from segmentation import pipeline
from segmentation.features.presets import PRESETS
from segmentation.runs.save import save_run
from segmentation.settings import ModelSettings, SalesSettings
from tests.ui.conftest import Open, read_text

# The same sales in every test, so that their settings are searched once.
NO_TEA = {"categories": ["Tea"]}


def wait_for_ranking(app: AppTest) -> AppTest:
    return app.button(key="compare_settings").click().run()


def test_search_starts_on_click_and_applies_row(open_page: Open) -> None:
    app = open_page("tuning", **NO_TEA)
    assert not app.error
    assert not app.dataframe
    app = wait_for_ranking(app)
    assert "compare_settings" not in [button.key for button in app.button]
    shown = app.dataframe[0].value
    assert shown["Rank"].tolist() == list(range(1, 113))
    position = next(
        position for position, row in shown.iterrows() if row["Feature set"] == "RFM + value" and row["Segments"] == 5
    )
    row = shown.loc[position]
    app.selectbox(key="tuning_row").set_value(position)
    app.button(key="apply_row").click().run()  # before the page has followed the selection
    assert not app.error
    state = app.session_state["app"]
    assert set(state.model.features) == set(PRESETS["rfm-value"].features)
    assert state.k == 5
    assert app.selectbox(key="scaling").value == row["Scaling"]
    assert "in 5 segments (chosen)" in read_text(app)
    assert len(app.dataframe[0].value) == 112  # what was tried is still there
    assert app.button(key="apply_row").disabled
    assert app.button(key="apply_row").label == "In use"


def test_best_row_per_feature_set_by_default(open_page: Open) -> None:
    app = wait_for_ranking(open_page("tuning", numbers="1.234,50", **NO_TEA))
    shown = app.dataframe[0].value
    firsts = shown.drop_duplicates("Feature set")
    message = [str(text.value) for text in app.main.markdown if str(text.value).startswith("### ")]
    assert message == [f"### {position}. {label}" for position, label in enumerate(firsts["Feature set"], start=1)]
    assert f"silhouette in the common space: {firsts['Silhouette (common space)'].iloc[0]:.2f}".replace(
        ".", ","
    ) in read_text(app)
    app.button(key="apply_2").click().run()
    assert app.session_state["app"].k == firsts["Segments"].iloc[1]
    applied = next(preset for preset in PRESETS.values() if preset.label == firsts["Feature set"].iloc[1])
    assert set(app.session_state["app"].model.features) == set(applied.features)
    assert app.button(key="apply_2").disabled


def test_applying_row_closes_run_and_keeps_sales(open_page: Open, shop: Path, tmp_path: Path) -> None:
    settings = SalesSettings(str(shop), excluded_categories=("Tea",))
    model = ModelSettings(weights=(("monetary", 2.0),))
    run = pipeline.build_segmentation(pipeline.train_every_k(pipeline.load_customers(settings), model), 4)
    save_run(run.to_run_record(), tmp_path / "models")
    app = wait_for_ranking(open_page("tuning", run=run.run_id))
    assert app.session_state["app"].open_run_id == run.run_id
    app.button(key="apply_1").click().run()
    assert not app.error
    state = app.session_state["app"]
    assert state.open_run_id is None
    assert state.sales == settings
    assert state.model.weights == ()
    assert app.selectbox(key="run").value == "none"
    assert len(app.dataframe[0].value) == 112


def test_closing_run_restores_its_settings(open_page: Open, shop: Path, tmp_path: Path) -> None:
    settings = SalesSettings(
        str(shop),
        start=date(2024, 3, 1),
        as_of=date(2024, 12, 1),
        excluded_periods=((date(2024, 5, 1), date(2024, 5, 10)),),
        excluded_categories=("Tea",),
    )
    model = ModelSettings(("frequency", "monetary"), "ranks", weights=(("monetary", 2.0),))
    run = pipeline.build_segmentation(pipeline.train_every_k(pipeline.load_customers(settings), model), 4)
    save_run(run.to_run_record(), tmp_path / "models")
    app = open_page("segments", run=run.run_id)
    app.button(key="close_open_run").click().run()
    state = app.session_state["app"]
    assert (state.open_run_id, state.k, state.sales, state.model) == (None, 4, settings, model)
