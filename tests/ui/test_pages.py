"""Values on every page against pandas on the same file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.conftest import Open, read_text, save_button


def get_chart(app: AppTest, number: int) -> dict[str, Any]:
    figure: dict[str, Any] = json.loads(app.get("plotly_chart")[number].proto.spec)
    return figure


def test_recommended_k_is_default(open_page: Open) -> None:
    app = open_page()
    assert not app.exception
    assert not app.error
    advised = int(app.header[0].value.split()[2])
    assert app.header[0].value == f"We recommend {advised} segments"
    assert f"Take {advised} segments" in read_text(app)
    assert f"is set to 'auto', so these {advised} are in use" in read_text(app)
    assert f"Our shop · 400 customers in {advised} segments (recommended)" in read_text(app)
    assert "use_recommended" not in [button.key for button in app.button]


def test_other_k_is_labeled_and_can_be_reset(open_page: Open) -> None:
    app = open_page(k="7")
    assert "You chose 7 segments; they are in use." in read_text(app)
    assert "400 customers in 7 segments (chosen)" in read_text(app)
    assert "Silhouette by segment (k = 7)" in read_text(app)
    assert len(get_chart(app, 2)["data"][0]["x"]) == 7
    advised = int(app.header[0].value.split()[2])
    app.button(key="use_recommended").click().run()
    assert f"400 customers in {advised} segments (chosen)" in read_text(app)
    assert "use_recommended" not in [button.key for button in app.button]


def test_score_table_has_every_k(open_page: Open) -> None:
    app = open_page(k="5")
    main, others = (table.value for table in app.table[-2:])
    assert main["Segments"].tolist() == ["2", "3", "4", "**5 in use**", *(str(k) for k in range(6, 13))]
    assert others["Segments"].tolist() == main["Segments"].tolist()
    inertia = [float(text.replace(",", "")) for text in main["Inertia"]]
    assert inertia == sorted(inertia, reverse=True)
    assert get_chart(app, 0)["data"][0]["y"] == pytest.approx(inertia, abs=0.06)
    assert get_chart(app, 1)["data"][0]["y"] == pytest.approx([float(text) for text in main["Silhouette"]], abs=0.0006)
    for name in [*main.columns[1:], *others.columns[1:]]:
        assert f"**{name}**:" in read_text(app), f"{name} is not explained"


def test_cards_sum_to_exported_file(open_page: Open, lines: pd.DataFrame) -> None:
    app = open_page("segments", k="4")
    sizes = next(table.value for table in app.table if "Of sales" in table.value)
    customers = [int(text.replace(",", "")) for text in sizes["Customers"]]
    money = [float(text.replace(",", "")) for text in sizes["Net sales"]]
    assert customers[-1] == sum(customers[:-1]) == lines["customer_id"].nunique()
    assert money[-1] == pytest.approx(sum(money[:-1]), abs=0.005)
    assert money[-1] == pytest.approx(lines["net_sales_amount"].sum(), abs=0.005)
    metrics = [(metric.label, metric.value) for metric in app.metric]
    assert [value for label, value in metrics if label == "Customers"] == sizes["Customers"].tolist()[:-1]
    assert [value for label, value in metrics if label == "Share of sales"] == sizes["Of sales"].tolist()[:-1]
    for name in sizes["Segment"][:-1]:
        assert name in read_text(app)
    assert all(metric.help for metric in app.metric), "a figure without an explanation"


def test_demo_is_default_source(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGMENTS_SOURCE", "")
    app = open_page("segments")
    assert "Complete Journey (demo) · 2,469 customers" in read_text(app)
    assert "simulated from real shopping patterns" in read_text(app)
    assert app.table[-1].value.iloc[-1].tolist() == ["Rows used", "1,460,438", "4,596,027.06"]
    assert app.table[0].value.iloc[-1].tolist() == ["All segments", "2,469", "100\xa0%", "4,596,027.06", "100\xa0%"]


def test_medians_and_index_equal_pandas(open_page: Open, lines: pd.DataFrame) -> None:
    """Customers of each segment come from the list; their figures from the lines."""
    app = open_page("segments", k="3")
    result = app.session_state["app"]
    assert result.k == 3
    by_customer = lines.groupby("customer_id").agg(
        frequency=("transaction_id", "nunique"), monetary=("net_sales_amount", "sum")
    )
    by_customer["segment"] = _get_segment(app)
    grouped = by_customer.groupby("segment")["frequency"]
    index = next(table.value for table in app.table if list(table.value)[1:2] == ["Days since last order"])
    expected = 100 * grouped.mean() / by_customer["frequency"].mean()
    shown = dict(zip(index["Segment"], (float(text.replace(",", "")) for text in index["Orders"]), strict=True))
    assert shown == pytest.approx(expected.to_dict(), abs=0.51)
    app.selectbox(key="across").set_value("frequency").run()
    medians = app.table[3].value
    assert list(medians) == ["Segment", "Orders", "Net sales"]
    expected_medians = {name: f"{value:.0f} order{'s' * (value != 1)}" for name, value in grouped.median().items()}
    assert dict(zip(medians["Segment"], medians["Orders"], strict=True)) == expected_medians


def test_data_quality_reconciles_to_the_cent(open_page: Open, lines: pd.DataFrame) -> None:
    app = open_page("segments")
    last = lines["transaction_date"].max()
    as_of = last + pd.Timedelta(days=1)
    assert f"{last:%B} {last.day}, {last.year}" in read_text(app)
    assert f"**{as_of:%B} {as_of.day}, {as_of.year}** (the as-of date)" in read_text(app)
    balance = app.table[-1].value
    assert balance["Rows"].tolist() == [f"{len(lines):,}"] * 2
    assert balance["Net sales"].tolist() == [f"{lines['net_sales_amount'].sum():,.2f}"] * 2


def test_rejected_rows_and_returns_only_customers_are_shown(
    six_customers: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = pd.read_parquet(six_customers)
    frame.loc[len(frame)] = {**frame.iloc[0].to_dict(), "customer_id": None, "net_sales_amount": 5.5}
    frame.to_parquet(six_customers, index=False)
    monkeypatch.setenv("SEGMENTS_SOURCE", str(six_customers))
    app = open_page("segments", k="3")
    assert not app.error
    balance = app.table[-1].value
    assert balance["Rows"].tolist() == ["15", "1", "14"]
    assert balance["Net sales"].tolist() == ["168.84", "5.50", "163.34"]
    assert balance.iloc[1, 0].startswith("Excluded: ")
    assert "**14 of 15 rows used**; 1 excluded" in read_text(app)
    assert "1 customer has returns only (-20.00 in net sales)" in read_text(app)


def test_export_counts_selected_customers(open_page: Open) -> None:
    app = open_page("export", k="4")
    choice = app.multiselect(key="segments")
    assert len(choice.options) == 4
    assert app.metric[0].value == "400"
    assert app.header[0].value == "First 10 of 400 rows"
    assert len(app.dataframe[0].value) == 10, "more rows of single customers than are shown reach the browser"
    name, _, size = choice.options[0].rpartition(" (")
    choice.set_value([name]).run()
    assert app.metric[0].value == size.rstrip(")")
    assert set(app.dataframe[0].value["Segment"]) == {name}


def test_saved_result_becomes_current_run(open_page: Open, tmp_path: Path) -> None:
    app = open_page("export", k="4")
    run = next(text.split(": ")[1] for text in read_text(app).splitlines() if text.startswith("**Run**"))
    save_button(app).click().run()
    assert f"Saved as {run}: 400 customers of Our shop in 4 segments" in app.success[0].value.replace("\\", "")
    assert (tmp_path / "models" / "current" / "manifest.json").is_file()
    again = open_page("export", k="4")
    assert f"Saved as {run}" in again.success[0].value
    other = open_page("export", k="5")
    assert not other.success


def test_export_resets_segments_of_other_data(open_page: Open) -> None:
    app = open_page("export", k="4")
    app.session_state["segments"] = ["Segment of another shop"]
    app.run()
    assert app.metric[0].value == "400"


def test_save_run_saves_what_is_shown(open_page: Open, tmp_path: Path) -> None:
    app = open_page("export", k="4")
    app.session_state["k"] = 5  # the settings change under the hand of who clicks
    save_button(app).click().run()
    assert "5 segments (chosen)" in read_text(app)
    assert not (tmp_path / "models").exists()
    save_button(app).click().run()
    assert "in 5 segments" in app.success[0].value


def _get_segment(app: AppTest) -> pd.Series:
    from ui.data import results

    result = results.get_segmentation(app.session_state["app"])
    listed = result.list_customers()
    return listed.set_index("customer_id")["segment_name"]
