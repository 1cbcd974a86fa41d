"""The upload page before segmentation: the layout, questions on the data, fixes of findings, and totals."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from segmentation.presentation import formatting
from tests.sales.invented_shop import make_shop
from tests.sales.store_exports import STORE_EXPORTS
from tests.ui.conftest import Open


def write_csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False).encode()


def get_totals(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.main.metric}


def get_totals_of(lines: pd.DataFrame) -> dict[str, str]:
    """The totals by pandas alone."""
    return {
        "Customers": formatting.format_count(lines["customer_id"].nunique()),
        "Orders": formatting.format_count(lines["transaction_id"].nunique()),
        "Net sales": formatting.format_currency(float(lines["net_sales_amount"].sum())),
    }


def test_upload_of_a_known_export_needs_one_click(hand_over: Open) -> None:
    export = STORE_EXPORTS["shopify_orders"](*make_shop())
    app = hand_over(write_csv(export.frame), "orders_export.csv")
    assert "This looks like a Shopify order export" in app.info[0].value
    totals = get_totals(app)
    assert totals["Customers"] == formatting.format_count(export.customers)
    assert totals["Orders"] == formatting.format_count(export.orders)
    assert totals["Net sales"] == formatting.format_currency(export.money)
    assert not app.radio
    assert not app.button(key="segment").disabled
    app.button(key="segment").click().run()
    assert not app.exception
    assert not app.error


def test_upload_asks_what_an_unknown_status_means(hand_over: Open, lines: pd.DataFrame) -> None:
    held = lines["transaction_id"].str.endswith("-0")
    app = hand_over(write_csv(lines.assign(order_status=held.map({True: "parked", False: "completed"}))))
    assert app.button(key="segment").disabled
    assert not get_totals(app)
    (question,) = app.radio  # the message is its label: it names the only value, with its lines and money
    assert re.sub(r"\\(?=\W)", "", question.label).count("parked") == 1
    assert "parked" not in "\n".join(text.value for text in app.main.markdown)
    app.radio[0].set_value("exclude").run()
    assert get_totals_of(lines[~held]).items() <= get_totals(app).items()
    app.radio[0].set_value("count").run()
    assert get_totals_of(lines).items() <= get_totals(app).items()
    assert not app.button(key="segment").disabled


def test_upload_asks_for_the_currency_of_two(hand_over: Open, lines: pd.DataFrame) -> None:
    pounds = lines["transaction_id"].str.endswith("-0")
    app = hand_over(write_csv(lines.assign(currency=pounds.map({True: "GBP", False: "EUR"}))))
    assert not app.exception
    assert app.selectbox(key="map_currency").value == "currency"
    app.radio(key="map_answer_currency").set_value("EUR").run()
    assert get_totals(app)["Orders"] == get_totals_of(lines[~pounds])["Orders"]


def test_upload_counts_copies_once_on_request(hand_over: Open, lines: pd.DataFrame) -> None:
    twice = pd.concat([lines.drop_duplicates(), lines.drop_duplicates().iloc[: len(lines) // 2]])
    app = hand_over(write_csv(twice))
    assert any("are exact copies" in warning.value for warning in app.warning)
    assert get_totals_of(twice).items() <= get_totals(app).items()
    fix = next(toggle for toggle in app.toggle if toggle.label == "Count copies once")
    fix.set_value(True).run()
    assert get_totals_of(lines.drop_duplicates()).items() <= get_totals(app).items()
    app.button(key="segment").click().run()
    assert app.session_state["app"].sales.drop_duplicates


def test_page_asks_what_an_unknown_status_of_a_configured_source_means(
    open_page: Open, lines: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = lines["transaction_id"].str.endswith("-0")
    path = tmp_path / "held.parquet"
    lines.assign(order_status=held.map({True: "parked", False: "completed"})).to_parquet(path, index=False)
    monkeypatch.setenv("SEGMENTS_SOURCE", str(path))
    app = open_page("overview")
    assert not app.exception
    assert app.button(key="apply_statuses").disabled
    app.radio(key="map_answer_statuses_parked").set_value("exclude").run()
    app.button(key="apply_statuses").click().run()
    assert get_totals_of(lines[~held]).items() <= get_totals(app).items()
    assert app.query_params["answers"] == "--status parked=exclude"

    linked = open_page("overview", answers="--status parked=count")
    assert get_totals_of(lines).items() <= get_totals(linked).items()

    app.button(key="change_answers").click().run()
    assert app.button(key="apply_statuses")
    assert "answers" not in app.query_params


@pytest.mark.parametrize("answers", ["--rates /etc/passwd", "parked", "--status 'parked", "--currency EUR GBP"])
def test_link_with_unreadable_answers_is_explained(open_page: Open, answers: str) -> None:
    app = open_page("overview", answers=answers)
    assert not app.exception
    assert app.error[0].proto.title == "The link contains answers about the data that cannot be read."
    app.button(key="change_answers").click().run()
    assert not app.error


def test_upload_asks_about_order_and_payment_status(hand_over: Open, lines: pd.DataFrame) -> None:
    held, owed = lines["transaction_id"].str.endswith("-0"), lines["transaction_id"].str.endswith("-1")
    app = hand_over(
        write_csv(
            lines.assign(
                order_status=held.map({True: "parked", False: "completed"}),
                payment_status=owed.map({True: "promised", False: "paid"}),
            )
        )
    )
    app.radio(key="map_answer_statuses_parked").set_value("exclude").run()
    assert not app.error
    app.radio(key="map_answer_statuses_promised").set_value("exclude").run()
    assert get_totals_of(lines[~held & ~owed]).items() <= get_totals(app).items()
