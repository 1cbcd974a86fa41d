"""The tables campaigns, campaign_assignments and campaign_results, in DuckDB and Snowflake."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from segmentation.__main__ import main
from segmentation.campaigns import storage
from segmentation.campaigns.campaign import Campaign
from segmentation.campaigns.outcomes import SalesCoverage, fetch_outcomes
from segmentation.campaigns.reading import CampaignReading, compute_result
from segmentation.campaigns.result_json import summarize_reading
from segmentation.errors import CampaignError
from segmentation.publishing.campaign_tables import publish_campaign_result, publish_campaigns
from segmentation.publishing.stored_campaigns import find_published_members, open_stored_campaign
from segmentation.sales.open_source import open_source
from segmentation.sales.prepare_lines import prepare_lines
from segmentation.settings import SalesSettings
from tests.campaigns.frames import make_campaign, make_outcomes
from tests.snowflake_client.local import DATABASE, Server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two campaigns, of which `spring` was read."""
    path = tmp_path / "campaigns"
    spring = make_campaign(600)
    for campaign in (spring, make_campaign(60, "autumn")):
        storage.save_campaign(campaign, path)
    coverage = SalesCoverage(spring.design.launch, spring.design.reading_day, True, False)
    reading = CampaignReading(spring, coverage, compute_result(spring, make_outcomes(spring, 0.5)))
    storage.save_results(path, "spring", summarize_reading(reading))
    return path


def read_tables(path: Path) -> dict[str, pd.DataFrame]:
    names = ("campaigns", "campaign_assignments", "campaign_results")
    with duckdb.connect(str(path), read_only=True) as connection:
        return {name: connection.sql(f"select * from ml_results.{name}").df() for name in names}


def test_publish_campaigns_writes_and_replaces_three_tables(folder: Path, tmp_path: Path) -> None:
    database = tmp_path / "shop.duckdb"
    assert publish_campaigns(folder, f"duckdb://{database}") == 2
    tables = read_tables(database)
    assert sorted(tables["campaigns"]["campaign_id"]) == ["autumn", "spring"]
    assignments = tables["campaign_assignments"]
    expected = make_campaign(600).assignments
    spring = assignments[assignments["campaign_id"] == "spring"].sort_values("assignment_key", ignore_index=True)
    pd.testing.assert_frame_equal(
        spring[list(expected.columns)],
        expected.sort_values("assignment_key", ignore_index=True),
        check_dtype=False,
    )
    results = tables["campaign_results"]
    assert results["verdict"].tolist() == ["brought more"] * 3
    total = results[results["segment_id"].isna()].iloc[0]
    parts = results[results["segment_id"].notna()]
    assert round(100 * parts["net_total"].sum()) == round(100 * total["net_total"])
    assert total["net_per_contacted_low"] < total["net_per_contacted"] < total["net_per_contacted_high"]

    storage.forget_customer(folder, "00007")
    publish_campaigns(folder, f"duckdb://{database}")
    again = read_tables(database)
    assert len(again["campaign_assignments"]) == len(assignments) - 2
    assert "00007" not in again["campaign_assignments"]["customer_id"].tolist()
    pd.testing.assert_frame_equal(again["campaign_results"], results)


def test_publish_campaigns_without_any_writes_nothing(tmp_path: Path) -> None:
    assert publish_campaigns(tmp_path / "none", f"duckdb://{tmp_path / 'shop.duckdb'}") == 0
    assert not (tmp_path / "shop.duckdb").exists()


def assert_same_campaign(ours: Campaign, theirs: Campaign) -> None:
    assert (ours.design, ours.run_id, ours.created, ours.excluded, ours.forgotten, ours.sales) == (
        theirs.design,
        theirs.run_id,
        theirs.created,
        theirs.excluded,
        theirs.forgotten,
        theirs.sales,
    )
    pd.testing.assert_frame_equal(ours.assignments, theirs.assignments, check_dtype=False)


def test_open_stored_campaign_is_the_one_that_was_published(folder: Path, tmp_path: Path) -> None:
    database = tmp_path / "shop.duckdb"
    at = f"duckdb://{database}"
    with pytest.raises(CampaignError, match="not published"):
        open_stored_campaign(at, "spring")
    publish_campaigns(folder, at)
    assert_same_campaign(open_stored_campaign(at, "spring"), storage.open_campaign(folder, "spring"))
    with pytest.raises(CampaignError, match="not published"):
        open_stored_campaign(at, "winter")
    for change in (
        "update ml_results.campaign_assignments set arm = 'contacted' where arm = 'held_back'",
        "update ml_results.campaigns set manifest = replace(manifest, '2024-06-01', '2024-06-02')",
    ):
        with duckdb.connect(str(database)) as connection:
            connection.execute(change)
        with pytest.raises(CampaignError, match="has been changed"):
            open_stored_campaign(at, "spring")
        publish_campaigns(folder, at)
    with duckdb.connect(str(database)) as connection:
        connection.execute("alter table ml_results.campaigns drop manifest")
    with pytest.raises(CampaignError, match="did not store how its sales are read"):
        open_stored_campaign(at, "spring")


def test_publish_campaign_result_replaces_that_of_one_campaign(folder: Path, tmp_path: Path) -> None:
    at = f"duckdb://{tmp_path / 'shop.duckdb'}"
    publish_campaigns(folder, at)
    before = read_tables(tmp_path / "shop.duckdb")["campaign_results"]
    values = storage.read_results(folder, "spring")
    assert values is not None
    publish_campaign_result(values | {"verdict": "cannot be told"}, at)
    after = read_tables(tmp_path / "shop.duckdb")["campaign_results"]
    assert after["verdict"].tolist() == ["brought more"] * 2 + ["cannot be told"]
    pd.testing.assert_frame_equal(after.drop(columns="verdict"), before.drop(columns="verdict"))


def test_read_campaign_in_snowflake_joins_its_published_customers(
    folder: Path, on_snowflake: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spring = storage.open_campaign(folder, "spring")
    ids = [*spring.assignments["customer_id"], "another"]
    days = pd.to_datetime(["2024-05-20", "2024-06-10", "2024-07-02"])
    sales = pd.DataFrame(
        [(who, day, 10.0 + number % 7) for number, who in enumerate(ids) for day in days],
        columns=["customer_id", "transaction_date", "net_sales_amount"],
    )
    on_snowflake.load(sales, tmp_path)
    campaign = replace(spring, sales=SalesSettings("snowflake:"))
    storage.save_campaign(campaign, tmp_path / "published")
    source = open_source("snowflake:")
    assert find_published_members(campaign, source) is None
    assert publish_campaigns(tmp_path / "published", f"snowflake:{DATABASE}.ML_RESULTS") == 1

    stored = open_stored_campaign("snowflake:", "spring")
    assert_same_campaign(replace(stored, sales=campaign.sales), campaign)
    assert find_published_members(spring, source) is None  # drawn from other sales
    members = find_published_members(campaign, source)
    assert members is not None
    prepared = prepare_lines(source, campaign.sales)
    on_snowflake.statements()
    outcomes = fetch_outcomes(source, prepared, spring.design.launch, spring.design.days, members=members)
    statements = [one["text"] for one in on_snowflake.statements() if "CAMPAIGN_ASSIGNMENTS" in one["text"]]
    assert len(statements) == 1
    assert "00007" not in statements[0]
    assert outcomes["customer_id"].tolist() == sorted(ids[:-1])
    expected = fetch_outcomes(source, prepared, spring.design.launch, spring.design.days, members=pd.Series(ids[:-1]))
    pd.testing.assert_frame_equal(outcomes, expected)

    read = ["campaign", "read", "--id", "spring", "--source", "snowflake:", "--run", str(tmp_path / "elsewhere")]
    assert main([*read, "--json", "--to", "snowflake:"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert values["arms"]["contacted"]["net"] == pytest.approx(expected_net(sales, campaign), abs=0.005)
    results = f"SELECT COUNT(*), MAX(SALES_UNTIL) FROM {DATABASE}.ML_RESULTS.CAMPAIGN_RESULTS"
    assert source.session.fetch_rows(results) == [(3, date(2024, 7, 2))]
    assert main(["campaign", "read", "--id", "winter", *read[4:]]) == 2
    assert "not published" in capsys.readouterr().err


def expected_net(sales: pd.DataFrame, campaign: Campaign) -> float:
    contacted = campaign.assignments.loc[campaign.assignments["arm"] == "contacted", "customer_id"]
    is_counted = sales["customer_id"].isin(contacted) & (sales["transaction_date"] == "2024-06-10")
    return float(sales.loc[is_counted, "net_sales_amount"].sum())
