"""Presets, weights, period and exclusions, set in the sidebar or by link and shown on every page."""

from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from segmentation import pipeline
from segmentation.runs.save import save_run
from segmentation.settings import ModelSettings, SalesSettings
from tests.ui.conftest import PAGES, Open, read_text

LINK = {
    "start": "2024-03-01",
    "as_of": "2024-12-01",
    "out_from_1": "2024-05-01",
    "out_to_1": "2024-05-10",
    "categories": ["Tea"],
    "weight_monetary": "2x",
    "scaling": "Only the order",
}
TOLD = (
    "compared by days since last order, orders, net sales (weight 2x), rank-based scaling · "
    "sales from March 1, 2024 and before December 1, 2024; without May 1 to 10, 2024; without the category Tea"
)


def get_sales(app: AppTest) -> SalesSettings:
    state: SalesSettings = app.session_state["app"].sales
    return state


def get_model(app: AppTest) -> ModelSettings:
    state: ModelSettings = app.session_state["app"].model
    return state


def test_link_restores_every_setting(open_page: Open, lines: pd.DataFrame) -> None:
    when = lines["transaction_date"]
    used = lines[
        (when >= "2024-03-01")
        & (when < "2024-12-01")
        & ~when.between("2024-05-01", "2024-05-10")
        & (lines["product_category"] != "Tea")
    ]
    app = open_page(**LINK)
    assert get_model(app).weights == (("monetary", 2.0),)
    assert get_model(app).scaling == "ranks"
    assert get_sales(app).excluded_periods == ((date(2024, 5, 1), date(2024, 5, 10)),)
    assert app.selectbox(key="preset").value == "Custom"
    for page in (name for name in PAGES if name not in ("runs", "upload")):  # which are about other results
        shown = app.switch_page(PAGES[page]).run()
        assert not shown.error
        if page == "overview":  # about the sales, before any comparison
            assert f"Selected in the sidebar: {TOLD.split(' · ')[1]}." in read_text(shown)
            continue
        assert f"{used['customer_id'].nunique()} customers in" in read_text(shown), page
        assert TOLD in read_text(shown), page
    balance = open_page("segments", **LINK).table[-1].value
    counted = dict(zip(balance.iloc[:, 0], balance["Rows"], strict=True))
    assert counted["Rows used"] == f"{len(used):,}"
    away = lines[when.between("2024-05-01", "2024-05-10")]
    assert counted["Excluded: in an excluded period"] == f"{len(away):,}"


def test_export_states_exclusions(open_page: Open) -> None:
    app = open_page("export", **LINK)
    app.multiselect(key="columns").set_value(["customer_id", "settings"]).run()
    assert "weights monetary=2; scaling ranks; k" in read_text(app)
    assert "left_out 2024-05-01:2024-05-10; categories_left_out Tea" in read_text(app).replace("\\_", "_")


@pytest.mark.parametrize(
    "address",
    [
        {"start": "yesterday"},
        {"start": "1850-01-01"},
        {"as_of": "2024-02-30"},
        {"out_from_1": "x", "out_to_1": "2024-05-10"},
        {"out_from_1": "2024-05-10", "out_to_1": "2024-05-01"},
        {"categories": ["<script>"]},
        {"weight_monetary": "9x"},
        {"scaling": "robust"},
        {"preset": "junk"},
        {"out_from_2": "2024"},
    ],
)
def test_invalid_query_parameters_are_ignored(open_page: Open, address: dict[str, str]) -> None:
    app = open_page(**address)
    assert not app.exception
    assert not app.error
    assert get_model(app) == ModelSettings()
    assert get_sales(app) == SalesSettings(get_sales(app).source)


def test_preset_sets_features_and_follows_them(open_page: Open) -> None:
    app = open_page(weight_monetary="2x")
    assert app.selectbox(key="preset").value == "Custom"
    app.selectbox(key="preset").set_value("RFM by lines").run()
    assert get_model(app) == ModelSettings(("recency_days", "monetary", "lines", "avg_line_value"), "standard")
    assert app.selectbox(key="scaling").value == "Standardized"
    assert "standardized" in read_text(app)
    app.checkbox(key="lines").uncheck().run()
    assert app.selectbox(key="preset").value == "Custom"
    app.checkbox(key="lines").check().run()
    assert app.selectbox(key="preset").value == "RFM by lines"
    assert app.selectbox(key="preset").options == ["RFM", "RFM + value", "Discount hunters", "RFM by lines"]


def test_former_preset_in_a_late_request_keeps_the_features(open_page: Open) -> None:
    """A browser that has not received the new label of the preset sends the former one with the next request."""
    app = open_page()
    assert app.selectbox(key="preset").value == "RFM"
    acknowledged = app.text_input(key="acknowledged_values").value
    app.checkbox(key="monetary").uncheck().run()
    assert app.selectbox(key="preset").value == "Custom"
    app.text_input(key="acknowledged_values").set_value(acknowledged)
    app.selectbox(key="preset").set_value("RFM").run()
    assert get_model(app).features == ("recency_days", "frequency")
    assert app.selectbox(key="preset").value == "Custom"
    app.selectbox(key="preset").set_value("RFM").run()
    assert get_model(app).features == ("recency_days", "frequency", "monetary")


def test_unavailable_preset_explains_why(
    open_page: Open, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = pd.read_parquet(shop)[["customer_id", "transaction_id", "transaction_date", "net_sales_amount"]]
    plain.to_parquet(tmp_path / "plain.parquet", index=False)
    monkeypatch.setenv("SEGMENTS_SOURCE", f"Plain={tmp_path / 'plain.parquet'}")
    app = open_page()
    assert app.selectbox(key="preset").options == ["RFM", "RFM + value", "RFM by lines"]
    captions = [caption.value for caption in app.sidebar.caption]
    assert (
        "**Discount hunters** is not available with this data. It needs share given as discount. "
        "The table has no gross sales and no discount." in captions
    )
    assert "Categories cannot be excluded: this data has none." in captions
    assert not app.error


def test_undo_and_reset_settings(open_page: Open) -> None:
    app = open_page()
    assert app.button(key="undo").disabled
    assert app.button(key="reset").disabled
    app.select_slider(key="k").set_value(6).run()
    app.checkbox(key="frequency").uncheck().run()
    app.date_input(key="start").set_value(date(2024, 3, 1)).run()
    assert get_sales(app).start == date(2024, 3, 1)
    app.button(key="undo").click().run()
    assert get_sales(app).start is None
    app.button(key="undo").click().run()
    assert get_model(app).features == ("recency_days", "frequency", "monetary")
    assert app.session_state["app"].k == 6
    app.checkbox(key="discount_share").check().run()
    app.multiselect(key="categories").set_value(["Tea", "Pots"]).run()
    assert get_sales(app).excluded_categories == ("Pots", "Tea")
    app.button(key="reset").click().run()
    state = app.session_state["app"]
    assert (state.k, state.model, get_sales(app)) == (None, ModelSettings(), SalesSettings(get_sales(app).source))
    assert app.button(key="reset").disabled
    app.button(key="undo").click().run()  # a reset can be taken back as well
    assert app.session_state["app"].k == 6
    assert get_sales(app).excluded_categories == ("Pots", "Tea")
    assert get_model(app).features == ("recency_days", "frequency", "monetary", "discount_share")


def test_second_exclusion_appears_after_first(open_page: Open) -> None:
    app = open_page()
    assert [widget.key for widget in app.date_input] == ["start", "as_of", "out_from_1", "out_to_1"]
    app.date_input(key="out_from_1").set_value(date(2024, 4, 1)).run()
    assert "Choose both dates." in [caption.value for caption in app.sidebar.caption]
    assert get_sales(app).excluded_periods == ()
    app.date_input(key="out_to_1").set_value(date(2024, 4, 30)).run()
    app.date_input(key="out_from_2").set_value(date(2024, 5, 1)).run()
    app.date_input(key="out_to_2").set_value(date(2024, 5, 10)).run()
    assert get_sales(app).excluded_periods == ((date(2024, 4, 1), date(2024, 5, 10)),)
    assert "without April 1 to May 10, 2024" in read_text(app)
    app.date_input(key="out_to_2").set_value(date(2024, 4, 10)).run()
    captions = [caption.value for caption in app.sidebar.caption]
    assert "The end date is before the start date: nothing is excluded." in captions
    assert get_sales(app).excluded_periods == ((date(2024, 4, 1), date(2024, 4, 30)),)
    for _ in range(5):
        app.button(key="undo").click().run()
    assert get_sales(app).excluded_periods == ()


def test_everything_excluded_offers_way_back(open_page: Open) -> None:
    app = open_page(categories=["Tea", "Cups", "Pots"])
    assert "None of the" in app.error[0].proto.title
    assert app.error[0].value == "Exclude fewer categories."
    app.button(key="reset").click().run()
    assert not app.error
    assert "400 customers in" in read_text(app)


def test_saved_run_is_shown_with_its_settings(open_page: Open, shop: Path, tmp_path: Path) -> None:
    selected = ModelSettings(("frequency", "monetary", "discount_share"), "robust", weights=(("frequency", 0.5),))
    saved = SalesSettings(
        str(shop),
        as_of=date(2025, 2, 1),
        excluded_categories=("Pots",),
        excluded_periods=((date(2000, 1, 1), date(2024, 3, 31)), (date(2024, 7, 1), date(2024, 7, 1))),
    )
    segmentation = pipeline.build_segmentation(pipeline.train_every_k(pipeline.load_customers(saved), selected), 5)
    save_run(segmentation.to_run_record(), tmp_path / "models")
    app = open_page(run=segmentation.run_id, weight_monetary="2x")
    assert (get_model(app), get_sales(app)) == (selected, saved)
    assert "orders (weight 0.5x)" in read_text(app)
    assert "without January 1, 2000 to March 31, 2024 and July 1, 2024; without the category Pots" in read_text(app)
    app.button(key="close_open_run").click().run()
    assert not app.error
    state = app.session_state["app"]
    assert (state.open_run_id, state.k, state.model) == (None, 5, selected)
    first = pd.read_parquet(shop)["transaction_date"].min().date()  # the calendar begins with the data
    assert get_sales(app) == dataclasses.replace(
        saved, excluded_periods=((first, date(2024, 3, 31)), (date(2024, 7, 1), date(2024, 7, 1)))
    )
