"""The tables campaigns, campaign_assignments and campaign_results, in DuckDB and Snowflake."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd
import pytest

from segmentation.campaigns import storage
from segmentation.campaigns.outcomes import SalesCoverage
from segmentation.campaigns.reading import CampaignReading, compute_result
from segmentation.campaigns.result_json import summarize_reading
from segmentation.publishing.campaign_tables import publish_campaigns
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


def test_publish_campaigns_to_snowflake(folder: Path, on_snowflake: Server) -> None:
    assert publish_campaigns(folder, f"snowflake:{DATABASE}.ML_RESULTS") == 2
    texts = [statement["text"] for statement in on_snowflake.statements()]
    assert any("CAMPAIGN_ASSIGNMENTS" in text and text.startswith("INSERT") for text in texts)
