"""The number format and the currency, applied on every page."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from tests.ui.conftest import Open, read_text


def read_figures(app: object) -> str:
    return "\n".join(str(metric.value) for metric in app.metric)  # type: ignore[attr-defined]


def test_link_carries_number_format(open_page: Open) -> None:
    app = open_page("segments", k="4", numbers="1.234,50", currency="€", symbol="After the amount")
    assert not app.exception
    assert "\N{NO-BREAK SPACE}€" in read_text(app)
    tables = "\n".join("\n".join(map(str, table.value.to_numpy().ravel())) for table in app.table)
    assert "\N{NO-BREAK SPACE}€" in tables
    specs = [chart.proto.spec for chart in app.get("plotly_chart")]
    assert all('"separators":",."' in spec for spec in specs)


@pytest.mark.parametrize("symbol", ["1", "<b>", "€€€€€€€"])
def test_invalid_symbol_shows_error(open_page: Open, symbol: str) -> None:
    app = open_page("segments", k="4", currency=symbol)
    assert not app.exception
    assert symbol not in read_text(app) or symbol == "1"
    assert len(app.metric) >= 8


def test_number_format_is_kept_between_pages(open_page: Open) -> None:
    app = open_page("choose_k", k="4", currency="CHF")
    app.switch_page("app_pages/segments/profiles.py").run()
    assert "CHF\N{NO-BREAK SPACE}" in read_text(app)
    assert app.text_input(key="currency").value == "CHF"


def test_table_follows_number_format_and_sorts_by_value(open_page: Open) -> None:
    app = open_page("export", k="4", numbers="1.234,50")
    app.multiselect(key="columns").set_value(["customer_id", "rfm_monetary", "rfm_frequency"]).run()
    table = app.dataframe[0]
    money = table.value.iloc[:, 1]
    assert money.dtype.kind == "f"
    written = pa.ipc.open_stream(table.proto.arrow_data.styler.display_values).read_all().to_pandas().iloc[:, 1]
    expected = [f"{amount:,.2f}".translate(str.maketrans(",.", ".,")) for amount in money]
    assert written.tolist() == expected


def test_upload_page_follows_number_format(open_page: Open, hand_over: Open) -> None:
    app = open_page("upload", numbers="1.234,50")
    assert "10.000.000 rows" in read_text(app)
    rows = "".join(f"{n % 50:05};{n % 27 + 1:02}.11.2025;1.101,13\n" for n in range(1200))
    app = hand_over(f"Kundennummer;Bestelldatum;Umsatz\n{rows}".encode(), "kasse.csv", app)
    assert "1.200 rows" in read_text(app)
    assert "'1.101,13' is read as 1.101,13." in read_text(app)


def test_index_follows_number_format(open_page: Open, real_sales: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGMENTS_SOURCE", str(real_sales))
    app = open_page("one", k="4", numbers="1.234,50")
    table = next(table.value for table in app.table if "Index (100 = average)" in table.value)
    assert table["Index (100 = average)"].str.fullmatch(r"\d+").all()
