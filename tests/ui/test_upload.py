"""The upload page: mapping, format questions, segments, and removal."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from segmentation.pipeline import CustomerTable
from segmentation.sales import files
from tests.ui.conftest import Open, read_text
from ui.data import results, sources
from ui.state.app_state import YOUR_FILE
from ui.views import export
from ui.views.upload import NO_COLUMN

Write = Callable[[pd.DataFrame], bytes]
FOREIGN = {
    "customer_id": "Wer",
    "transaction_id": "Beleg",
    "transaction_date": "Wann",
    "product_category": "Warengruppe",
    "net_sales_amount": "Bezahlt",
    "gross_sales_amount": "Bruttopreis",
    "discount_amount": "Nachlass",
}


def german(lines: pd.DataFrame, form: str = "%d.%m.%Y") -> bytes:
    """Foreign names, semicolons, decimal commas, Windows-1252, ids with leading zeros."""
    frame = lines.assign(
        transaction_date=pd.to_datetime(lines["transaction_date"]).dt.strftime(form),
        customer_id="00" + lines["customer_id"].str[1:],
        product_category=lines["product_category"].replace("Pots", "Töpfe"),
    )
    return frame.rename(columns=FOREIGN).to_csv(index=False, sep=";", decimal=",").encode("cp1252")


def bom(lines: pd.DataFrame) -> bytes:
    return lines.to_csv(index=False).encode("utf-8-sig")


def tabs(lines: pd.DataFrame) -> bytes:
    return lines.to_csv(index=False, sep="\t").encode()


def parquet(lines: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    lines.rename(columns={"customer_id": "Client ID", "transaction_date": "Order Date"}).to_parquet(out, index=False)
    return out.getvalue()


def foreign(app: AppTest) -> AppTest:
    """Say what the foreign columns are."""
    for name in ("customer_id", "transaction_date", "net_sales_amount", "transaction_id"):
        app.selectbox(key=f"map_{name}").set_value(FOREIGN[name])
    return app.run()


@pytest.mark.parametrize("write", [bom, tabs, parquet])
def test_file_of_any_format_is_segmented(
    hand_over: Open, lines: pd.DataFrame, shop_customers: CustomerTable, write: Write
) -> None:
    app = hand_over(write(lines), "My shop.csv")
    assert f"My shop.csv · {len(lines):,} rows" in read_text(app).replace("**", "")
    assert not app.info
    assert not app.radio
    app.button(key="segment").click().run()
    assert not app.exception
    assert not app.error
    assert dict(app.query_params)["source"] == YOUR_FILE
    state = app.session_state["app"]
    assert state.source == "My shop.csv"
    customers = results.get_customers(state.sales, state.version)
    pd.testing.assert_frame_equal(customers.frame, shop_customers.frame)
    assert app.metric[0].value == "400"
    app.switch_page("app_pages/campaigns/export.py").run()
    assert "My shop.csv · 400 customers" in read_text(app)
    segments = results.get_segmentation(app.session_state["app"])
    assert "my-shop-csv" in export.build_file_name(segments, segments.segments["segment_name"].tolist(), "csv")


def test_unknown_columns_and_ambiguous_dates_are_asked(hand_over: Open, lines: pd.DataFrame, shop: Path) -> None:
    early = lines[pd.to_datetime(lines["transaction_date"]).dt.day <= 12]
    app = hand_over(german(early, "%d/%m/%Y"))
    assert "Still required: the column for customer, and the column for date of sale, and a column" in (
        app.info[0].value.replace("\\", "")
    )
    assert app.button(key="segment").disabled
    assert app.selectbox(key="map_customer_id").value == NO_COLUMN
    foreign(app)
    assert not app.info
    assert app.button(key="segment").disabled
    requested = app.radio(key="map_answer_dates")
    assert requested.value is None
    assert requested.options == ["Day first", "Month first"]
    first = sorted(pd.to_datetime(early["transaction_date"]).dt.strftime("%d/%m/%Y"))
    unclear = next(text for text in first if text[:2] != text[3:5])
    as_days, as_months = (pd.to_datetime(unclear, format=form) for form in ("%d/%m/%Y", "%m/%d/%Y"))
    assert [text.replace("\\", "") for text in requested.proto.captions] == [
        f"'{unclear}' is {day:%B} {day.day}, {day.year}" for day in (as_days, as_months)
    ]
    requested.set_value("day-first").run()
    app.button(key="segment").click().run()
    assert not app.error
    state = app.session_state["app"]
    table = results.get_customers(state.sales, state.version)
    net = early.assign(id="00" + early["customer_id"].str[1:]).groupby("id")["net_sales_amount"].sum().round(2)
    assert table.frame.set_index("customer_id")["monetary"].round(2).to_dict() == net.to_dict()
    assert table.window.last_sale == pd.to_datetime(early["transaction_date"]).max().date()


def test_german_columns_are_recognized_and_ambiguity_asked(hand_over: Open, lines: pd.DataFrame) -> None:
    names = {
        "customer_id": "Kundennummer",
        "transaction_date": "Bestelldatum",
        "net_sales_amount": "Umsatz netto",
        "product_category": "Warengruppe",
        "discount_amount": "Rabatt",
        "transaction_id": "Bestellnummer",
    }
    frame = lines.rename(columns=names)[list(names.values())]
    app = hand_over(frame.to_csv(index=False, sep=";", decimal=",").encode())
    assert {name: app.selectbox(key=f"map_{name}").value for name in names} == names
    assert not app.info
    app.button(key="remove_file").click().run()
    several = frame.assign(Rechnungsnummer=frame["Bestellnummer"] + "-1").to_csv(index=False, sep=";", decimal=",")
    app = hand_over(several.encode(), app=app)
    assert app.selectbox(key="map_transaction_id").value == NO_COLUMN
    assert [box.value for box in app.info] == ["Select: Bestellnummer or Rechnungsnummer?"]
    app.selectbox(key="map_transaction_id").set_value("Bestellnummer").run()
    assert not app.info
    app.button(key="segment").click().run()
    assert not app.error
    state = app.session_state["app"]
    orders = lines.groupby("customer_id")["transaction_id"].nunique()
    customers = results.get_customers(state.sales, state.version).frame.set_index("customer_id")["frequency"]
    assert customers.to_dict() == orders.to_dict()


def test_ambiguous_amounts_are_asked_after_dates(hand_over: Open) -> None:
    rows = [f"{1 + n % 9};0{1 + n % 7}/0{1 + n // 7 % 5}/2024;{1 + n % 3}.234" for n in range(90)]
    app = hand_over("\n".join(["customer;date;amount", *rows]).encode())
    assert [radio.key for radio in app.radio] == ["map_answer_dates"]
    app.radio(key="map_answer_dates").set_value("day-first").run()
    assert [radio.key for radio in app.radio] == ["map_answer_dates", "map_answer_decimal"]
    assert app.radio(key="map_answer_decimal").options == ["Decimal point", "Decimal comma"]
    assert app.button(key="segment").disabled
    app.radio(key="map_answer_decimal").set_value("comma").run()
    app.button(key="segment").click().run()
    sales = app.session_state["app"].sales
    assert (sales.dates, sales.decimal) == ("day-first", "comma")
    money = results.get_customers(sales, app.session_state["app"].version).reconciliation.money_accepted
    assert money == sum(1000 * (1 + n % 3) + 234 for n in range(90))


def test_single_unambiguous_date_is_enough(hand_over: Open, lines: pd.DataFrame) -> None:
    app = foreign(hand_over(german(lines, "%d/%m/%Y")))
    assert not app.radio
    assert "is read as" in read_text(app)
    assert not app.button(key="segment").disabled


def test_column_cannot_be_mapped_twice(hand_over: Open, lines: pd.DataFrame) -> None:
    app = hand_over(bom(lines))
    app.selectbox(key="map_transaction_id").set_value("customer_id").run()
    assert (
        app.info[0].value.replace("\\", "") == "'customer_id' is mapped twice, to Customer and Order: map it only once."
    )
    app.selectbox(key="map_transaction_id").set_value(NO_COLUMN).run()
    app.button(key="segment").click().run()
    state = app.session_state["app"]
    table = results.get_customers(state.sales, state.version)
    days = lines.drop_duplicates(["customer_id", "transaction_date"])
    assert table.store.totals.orders == len(days), "without an order, what a customer buys on one day is one"


INVALID_FILES = [
    (b"\x89PNG\r\n\x1a\n" + bytes(99), "x.csv", "'x.csv' is a picture, not a text table."),
    (b"", "x.csv", "The file 'x.csv' is empty."),
    (b"PK\x03\x04" + bytes(99), "x.xlsx", "'x.xlsx' is an Excel workbook or another zip, but it is damaged."),
    (b"customer,date,amount\n", "x.csv", "'x.csv' has no lines below its header."),
    (b"hello", "x.csv", "'x.csv' has only one column."),
    (bytes(range(256)) * 9, "x.csv", "'x.csv' is not a supported text file."),
    (b"a,b\n" + bytes(1 << 20), "x.csv", "The file is larger than 1 MB."),
]


def test_invalid_file_shows_error_and_can_be_replaced(
    hand_over: Open, lines: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    import streamlit as st

    real = st.get_option
    monkeypatch.setattr(st, "get_option", lambda key: 1 if key == "server.maxUploadSize" else real(key))
    app = None
    for data, name, title in INVALID_FILES:
        app = hand_over(data, name, app)
        assert [error.proto.title for error in app.error] == [title]
        assert app.error[0].value
    app = hand_over(bom(lines.head(500)), "good.csv", app)
    assert not app.error
    assert "good.csv" in read_text(app)


def test_two_hundred_columns_and_formula_name(hand_over: Open, lines: pd.DataFrame) -> None:
    extra = {'=HYPERLINK("http://x","y")': "1", "**b** :red[c] $x$": "2"} | {f"extra_{n}": str(n) for n in range(200)}
    wide = pd.concat([lines, pd.DataFrame(extra, index=lines.index)], axis=1)
    app = hand_over(bom(wide), "wide.csv")
    assert list(app.dataframe[0].value.columns) == list(wide.columns)
    app.selectbox(key="map_product_category").set_value("**b** :red[c] $x$").run()
    app.button(key="segment").click().run()
    assert not app.error
    assert app.metric[0].value == "400"


def test_upload_page_works_without_readable_source(
    hand_over: Open, lines: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SEGMENTS_SOURCE", f"Gone={tmp_path / 'gone.csv'}")
    app = hand_over(bom(lines))
    assert [error.proto.title for error in app.error] == ["File 'gone.csv' not found."]
    app.button(key="segment").click().run()
    assert not app.error
    assert app.metric[0].value == "400"


def test_configured_file_is_parsed_once(
    open_page: Open, lines: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "shop.csv"
    path.write_bytes(bom(lines))
    monkeypatch.setenv("SEGMENTS_SOURCE", f"Shop={path}")
    parsed = []
    real = files.load_csv
    monkeypatch.setattr(files, "load_csv", lambda *args: parsed.append(args) or real(*args))
    app = open_page("overview")
    assert app.metric[0].value == "400"
    sources.get_version._shared.clear()  # as after three seconds
    app.switch_page("app_pages/segments/profiles.py").run()
    assert len(parsed) == 1
    path.write_bytes(bom(lines[lines["customer_id"] < "C0300"]))
    sources.get_version._shared.clear()
    app.switch_page("app_pages/data/overview.py").run()
    assert app.metric[0].value == "300"
    assert len(parsed) == 2


def test_configured_file_with_ambiguous_dates_asks(
    open_page: Open, lines: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    early = lines[pd.to_datetime(lines["transaction_date"]).dt.day <= 12]
    early = early.assign(transaction_date=pd.to_datetime(early["transaction_date"]).dt.strftime("%m/%d/%Y"))
    early.to_csv(tmp_path / "unclear.csv", index=False)
    monkeypatch.setenv("SEGMENTS_SOURCE", f"Unclear={tmp_path / 'unclear.csv'};Other={tmp_path / 'unclear.csv'}")
    app = open_page("upload")
    assert not app.radio, "the page of one's own file does without the sales that are offered"
    app = open_page("overview")
    assert "is ambiguous" in app.radio(key="answer_dates").label
    assert app.button(key="apply_answer_dates").disabled
    app.radio(key="answer_dates").set_value("month-first").run()
    app.button(key="apply_answer_dates").click().run()
    assert not app.exception
    assert app.session_state["app"].sales.dates == "month-first"
    assert app.metric[0].value == f"{early['customer_id'].nunique():,}"
    copied = open_page("overview", dates="Month first")
    assert copied.session_state["app"].sales.dates == "month-first"
    copied.selectbox(key="source").select("Other").run()
    assert copied.radio(key="answer_dates").value is None, "what was answered for other sales does not count here"


def test_upload_of_several_files_is_one_table(
    open_page: Open, lines: pd.DataFrame, shop_customers: CustomerTable
) -> None:
    first, second = lines.iloc[:200].to_csv(index=False), lines.iloc[200:].to_csv(index=False, sep=";")
    files = [("2023.csv", first.encode(), "text/csv"), ("2024.csv", second.encode(), "text/csv")]
    app = open_page("upload")
    app.file_uploader[0].set_value(files).run()
    assert f"2023.csv and 1 more · {len(lines):,} rows" in read_text(app).replace("**", "")
    app.button(key="segment").click().run()
    assert not app.error
    state = app.session_state["app"]
    found = results.get_customers(state.sales, state.version)
    pd.testing.assert_frame_equal(found.frame, shop_customers.frame)
    app.switch_page("app_pages/data/upload.py").run()
    app.button(key="remove_file").click().run()
    other = [files[0], ("other.csv", b"customer,date,amount\n1,2024-01-01,5\n", "text/csv")]
    app.file_uploader[0].set_value(other).run()
    assert "'other.csv' has different columns from '2023.csv'" in app.error[0].proto.title.replace("\\", "")
