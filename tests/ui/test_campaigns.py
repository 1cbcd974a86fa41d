"""The Campaigns page: plan, draw, lists, status, the list sent, and the result."""

from __future__ import annotations

import io
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from segmentation.campaigns.assignment import assign_arms
from segmentation.campaigns.storage import open_campaign, read_results
from segmentation.export.campaign_lists import render_campaign_list
from tests.ui.conftest import PAGES, Open, read_text
from ui.data import campaigns

PAGE = "campaigns"


def read_boxes(app: AppTest) -> str:
    boxes = [*app.success, *app.error, *app.warning, *app.info]
    return "\n".join(f"{box.proto.title} {box.value}" for box in boxes).replace("\\", "")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models" / "campaigns"


def draw(app: AppTest, campaign_id: str, hold_out: float = 0.3, days: int = 45) -> AppTest:
    app.number_input(key="campaign_days").set_value(days).run()
    app.selectbox(key="campaign_hold_out").set_value(hold_out).run()
    app.text_input(key="campaign_id").set_value(campaign_id).run()
    return app.button(key="draw_campaign").click().run()


def test_campaigns_page_plans_draws_and_waits(open_page: Open, folder: Path) -> None:
    app = open_page(PAGE, k="4", as_of="2024-11-01")
    assert not app.exception
    assert "Held back 10\xa0% (" in read_text(app)
    assert "No campaign has been drawn yet." in read_boxes(app)
    assert app.button(key="draw_campaign").disabled
    app = draw(app, "november")
    assert not app.exception
    assert "The groups of november have been drawn." in read_boxes(app)
    assert "Starts on November 1, 2024; reading on December 16, 2024; groups as drawn." in read_boxes(app)
    campaign = open_campaign(folder, "november")
    drawn = assign_arms("november", campaign.assignments, 300)
    assert drawn["arm"].tolist() == campaign.assignments["arm"].tolist()
    assert campaign.assignments["net_before"].sum() > 0
    again = draw(app, "november", days=9)
    assert "already been drawn" in read_boxes(again)
    assert open_campaign(folder, "november").design.days == 45


def test_campaigns_page_reads_the_result_at_a_later_date(open_page: Open, folder: Path, lines: pd.DataFrame) -> None:
    draw(open_page(PAGE, k="4", as_of="2024-11-01"), "november")
    app = open_page(PAGE, k="4", as_of="2024-12-01")
    assert "Day 30 of 45; reading on December 16, 2024; groups as drawn." in read_boxes(app)
    assert "15 more days of sales are needed" in read_boxes(app)
    assert "campaign_report" not in [button.key for button in app.get("download_button")]
    assert read_results(folder, "november") is None
    app = open_page(PAGE, k="4")
    assert not app.exception
    reading = campaigns.read_campaign(*_get_sales(app), open_campaign(folder, "november"))
    assert reading.result is not None
    groups = open_campaign(folder, "november").assignments
    contacted = groups.loc[groups["arm"] == "contacted", "customer_id"]
    period = lines[lines["transaction_date"].between("2024-11-01", "2024-12-15")]
    net = period[period["customer_id"].isin(contacted)]["net_sales_amount"].sum()
    tables = [table.value for table in app.table]
    arms = next(table for table in tables if "Net sales" in table.columns)
    assert arms["Net sales"].tolist()[0] == f"{net:,.2f}"
    assert "per contacted customer (" in read_text(app)
    app.number_input(key="campaign_cost").set_value(0.5).run()
    assert "for messages: " in read_text(app)
    assert read_results(folder, "november") is None  # looking at a result saves nothing
    app.button(key="save_campaign_result").click().run()
    saved = read_results(folder, "november")
    assert saved is not None
    assert saved["cost_per_message"] == 0.5


def _get_sales(app: AppTest) -> tuple[object, str]:
    state = app.session_state["app"]
    return state.sales, state.version


def test_campaigns_page_checks_the_list_sent(open_page: Open, folder: Path) -> None:
    app = draw(open_page(PAGE, k="4", as_of="2024-11-01"), "november")
    data = render_campaign_list(open_campaign(folder, "november"), "contacted")
    app.file_uploader(key="campaign_sent").upload("sent.csv", data).run()
    assert "The list matches the groups as drawn." in read_text(app)
    ids = pd.read_csv(io.BytesIO(data), dtype=str)["customer_id"].str.lower()
    app.file_uploader(key="campaign_sent").upload("sent.csv", ids.to_frame("id").assign(n=1).to_csv().encode()).run()
    assert "IDs were altered" in read_boxes(app)
    assert not app.exception


def test_campaigns_page_joins_contacts(open_page: Open, folder: Path) -> None:
    app = draw(open_page(PAGE, k="4", as_of="2024-11-01"), "november")
    ids = open_campaign(folder, "november").assignments["customer_id"]
    table = pd.DataFrame({"customer_id": ids, "email": ids + "@example.com", "opt_in": "no"})
    table.loc[table.index[::2], "opt_in"] = "yes"
    app.file_uploader(key="campaign_contacts").upload("contacts.csv", table.to_csv(index=False).encode()).run()
    app.selectbox(key="campaign_contact_format").set_value("google").run()
    contacted = render_campaign_list(open_campaign(folder, "november"), "contacted").count(b"\r\n") - 1
    assert f"The list has {contacted} customers." in read_text(app)
    app.selectbox(key="campaign_consent").set_value("opt_in").run()
    assert " without consent." in read_text(app)
    assert not app.exception


def test_campaigns_page_leaves_customers_out(open_page: Open, folder: Path) -> None:
    app = draw(open_page(PAGE, k="4", as_of="2024-11-01"), "first")
    app.number_input(key="campaign_at_most").set_value(50).run()
    app = draw(app, "second")
    assert len(open_campaign(folder, "second").assignments) == 50
    app.checkbox(key="campaign_running").check().run()
    app = draw(app, "third")
    assert "customers of these segments are left out before the draw." in read_boxes(app)
    first = app.multiselect(key="campaign_segments").options[0]
    app.multiselect(key="campaign_segments").set_value([]).run()
    assert "Choose at least one segment." in read_boxes(app)
    app.multiselect(key="campaign_segments").set_value([first]).run()
    assert not app.exception


def test_campaigns_page_adopts_the_segments_chosen_on_export(open_page: Open) -> None:
    app = open_page("export", k="4")
    assert "Plan a campaign with these segments" in [link.proto.label for link in app.get("page_link")]
    first, chosen = (option.rpartition(" (")[0] for option in app.multiselect(key="segments").options[:2])
    app.multiselect(key="segments").set_value([chosen]).run()
    app.switch_page(PAGES[PAGE]).run()
    assert app.multiselect(key="campaign_segments").value == [chosen]
    app.multiselect(key="campaign_segments").set_value([first]).run()
    app.switch_page(PAGES["export"]).run().switch_page(PAGES[PAGE]).run()
    assert app.multiselect(key="campaign_segments").value == [first]
    assert not app.exception


def test_export_page_joins_an_uploaded_contact_file(open_page: Open, lines: pd.DataFrame) -> None:
    app = open_page("export", k="4")
    ids = lines["customer_id"].drop_duplicates()
    table = pd.DataFrame({"customer_id": ids, "email": ids + "@example.com", "opt_in": "no"})
    table.loc[table.index[:40], "opt_in"] = "yes"
    table.loc[table.index[0], "email"] = "nobody"
    app.file_uploader(key="export_contacts").upload("contacts.csv", table.to_csv(index=False).encode()).run()
    assert f"The list has {len(ids):,} customers." in read_text(app)
    assert "1 invalid value of email." in read_text(app)
    app.selectbox(key="export_consent").set_value("opt_in").run()
    assert "The list has 40 customers; left out: " in read_text(app)
    app.selectbox(key="export_contact_format").set_value("google").run()
    assert "1 without a valid address" in read_text(app)
    assert not app.exception


def test_export_page_joins_a_configured_contact_table(
    open_page: Open, lines: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = lines["customer_id"].drop_duplicates().to_frame()
    with duckdb.connect(str(tmp_path / "crm.duckdb")) as connection:
        connection.execute("create table contacts as select *, customer_id || '@example.com' as email from ids limit 9")
    monkeypatch.setenv("SEGMENTS_CONTACTS", f"CRM=duckdb://{tmp_path / 'crm.duckdb'}?table=contacts")
    app = open_page("export", k="4")
    assert app.selectbox(key="export_contact_table").options[:2] == ["CRM", "Uploaded file"]
    assert f"The list has 9 customers; left out: {len(ids) - 9:,} not in the contact table." in read_text(app)
    assert not app.exception
