"""The number format and the currency: chosen in the sidebar, followed on every page."""

from __future__ import annotations

import pytest

from tests.app.conftest import Open, said


def figures(app: object) -> str:
    return "\n".join(str(metric.value) for metric in app.metric)  # type: ignore[attr-defined]


def test_a_link_carries_the_format(open_page: Open) -> None:
    app = open_page("segments", k="4", numbers="1.234,50", currency="€", symbol="After the amount")
    assert not app.exception
    assert "\N{NO-BREAK SPACE}€" in said(app)
    tables = "\n".join("\n".join(map(str, table.value.to_numpy().ravel())) for table in app.table)
    assert "\N{NO-BREAK SPACE}€" in tables
    specs = [chart.proto.spec for chart in app.get("plotly_chart")]
    assert all('"separators":",."' in spec for spec in specs)


@pytest.mark.parametrize("symbol", ["1", "<b>", "€€€€€€€"])
def test_a_symbol_that_is_none_is_told_and_nothing_else_changes(open_page: Open, symbol: str) -> None:
    app = open_page("segments", k="4", currency=symbol)
    assert not app.exception
    assert symbol not in said(app) or symbol == "1"
    assert len(app.metric) >= 8


def test_the_format_is_kept_on_the_way_through_the_pages(open_page: Open) -> None:
    app = open_page("choose_k", k="4", currency="CHF")
    app.switch_page("pages/segments/profiles.py").run()
    assert "CHF\N{NO-BREAK SPACE}" in said(app)
    assert app.text_input(key="currency").value == "CHF"
