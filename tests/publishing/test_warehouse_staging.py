"""Publishing where the sales are: no customer is sent; and what later runs leave of earlier ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from segmentation import pipeline
from segmentation.campaigns.campaign import CampaignDesign
from segmentation.campaigns.drawing import DrawContext, Exclusions
from segmentation.campaigns.engine_draw import draw_in_engine
from segmentation.campaigns.storage import open_campaign, save_campaign
from segmentation.errors import SettingsError
from segmentation.publishing.campaign_tables import publish_campaigns
from segmentation.publishing.publish import fetch_published_run, publish_run
from segmentation.publishing.run_tables import RunTable
from segmentation.publishing.stored_campaigns import open_stored_campaign
from segmentation.runs.load import SavedRun, open_run
from segmentation.runs.manifest import RunRecord
from segmentation.runs.save import save_run
from segmentation.settings import ModelSettings, SalesSettings
from segmentation.snowflake_client.session import close_sessions, get_session
from tests.publishing.test_publish import contents, uri
from tests.snowflake_client.faults import Proxy
from tests.snowflake_client.local import DATABASE, Server

SCHEMA = f"{DATABASE}.STAGED_THERE"
COLUMNS = ["customer_id", "segment_id", "segment_name", "rfm_recency", "rfm_frequency", "rfm_monetary"]


def segment_on_snowflake(server: Server, sales: pd.DataFrame, folder: Path, models: Path) -> SavedRun:
    """A run of more customers than the limit for memory."""
    server.load(sales, folder)
    table = pipeline.load_customers(SalesSettings("snowflake:", sample_above=100))
    found = pipeline.build_segmentation(pipeline.train_every_k(table, ModelSettings()), 4)
    return open_run(save_run(found.to_run_record(), models))


def read_published() -> pd.DataFrame:
    rows = get_session().fetch_rows(f"SELECT {', '.join(COLUMNS)} FROM {SCHEMA}.CUSTOMER_SEGMENTS")
    return pd.DataFrame(rows, columns=COLUMNS).sort_values("customer_id", ignore_index=True)


def test_publish_run_within_the_warehouse(on_snowflake: Server, shop: Path, tmp_path: Path, models: Path) -> None:
    sales = pd.read_parquet(shop)
    run = segment_on_snowflake(on_snowflake, sales, tmp_path, models)
    on_snowflake.statements()
    publish_run(run, f"snowflake:{SCHEMA}")
    statements = [one["text"] for one in on_snowflake.statements()]
    assert not [text for text in statements if text.startswith(("PUT", "COPY"))]
    expected = run.read_customers()[COLUMNS].sort_values("customer_id", ignore_index=True)
    pd.testing.assert_frame_equal(read_published(), expected, check_dtype=False, rtol=1e-12)

    check_campaign_is_drawn_there(on_snowflake, run, models / "campaigns")

    # Sales that came later would put other customers into the segments: the saved list is loaded.
    more = sales.head(3).assign(customer_id="LATE")
    on_snowflake.load(pd.concat([sales, more]), tmp_path)
    publish_run(run, f"snowflake:{SCHEMA}")
    assert [one for one in on_snowflake.statements() if one["text"].startswith("COPY")]
    pd.testing.assert_frame_equal(read_published(), expected, check_dtype=False, rtol=1e-12)


def check_campaign_is_drawn_there(server: Server, run: SavedRun, folder: Path) -> None:
    """A campaign of more customers than the limit is drawn by a query; one with exclusions is loaded."""
    assert publish_campaigns(folder, f"snowflake:{SCHEMA}") == 0
    context = DrawContext(run.run_id, run.source_name, run.settings.sales)
    numbers = run.segments["segment_id"].tolist()[1:]
    designs = (("all-of-them", Exclusions(), 1), ("some", Exclusions(global_hold_out=0.2), 2))
    for campaign_id, exclusions, loads in designs:
        design = CampaignDesign(campaign_id, date(2025, 1, 1), 30, 137)
        with draw_in_engine(design, run.iter_customers(numbers), [], context, exclusions) as drawn:
            save_campaign(drawn, folder)
        server.statements()
        assert publish_campaigns(folder, f"snowflake:{SCHEMA}") >= 1
        texts = [one["text"] for one in server.statements()]
        assert len([text for text in texts if text.startswith("COPY")]) == loads  # the first one: table campaigns
        expected = open_campaign(folder, campaign_id)
        published = open_stored_campaign(f"snowflake:{SCHEMA}", campaign_id)
        pd.testing.assert_frame_equal(published.assignments, expected.assignments, check_dtype=False)
        assert published.design == design


def measure_publication(run: SavedRun, server: Server, monkeypatch: pytest.MonkeyPatch, schema: str) -> int:
    """Bytes between publishing to a new schema and the server, in both directions."""
    get_session().fetch_rows(f"DROP SCHEMA IF EXISTS {DATABASE}.{schema} CASCADE")
    close_sessions()
    proxy = Proxy(server.port)
    with monkeypatch.context() as patch:
        patch.setenv("SNOWFLAKE_PORT", str(proxy.port))
        publish_run(run, f"snowflake:{DATABASE}.{schema}")
    close_sessions()
    count = get_session().fetch_rows(f"SELECT COUNT(*) FROM {DATABASE}.{schema}.CUSTOMER_SEGMENTS")
    assert count == [(int(run.segments["customers"].sum()),)]
    return proxy.bytes_sent


def test_publish_sends_nothing_per_customer(
    on_snowflake: Server, shop: Path, tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight times the customers, as many bytes."""
    sales = pd.read_parquet(shop)
    several = pd.concat(sales.assign(customer_id=sales["customer_id"].astype(str) + f"-{copy}") for copy in range(8))
    within = []
    for name, lines in (("FEW", sales), ("MANY", several)):
        run = segment_on_snowflake(on_snowflake, lines, tmp_path, models)
        within.append(measure_publication(run, on_snowflake, monkeypatch, name))
    few, many = within
    assert abs(many - few) < 0.1 * few


@pytest.fixture
def runs(models: Path, record: RunRecord) -> list[SavedRun]:
    """Four runs, the last of which equals the one before but for its time."""
    ids = ["20260101T120000Z-aaaaaaaa", "20260102T120000Z-bbbbbbbb", "20260103T120000Z-cccccccc"]
    made: list[Any] = []
    for day, run_id in enumerate([*ids, "20260104T120000Z-cccccccc"], start=1):
        created = record.created.replace(day=day)
        made.append(open_run(save_run(replace(record, run_id=run_id, created=created), models)))
    return made


def test_publish_run_keeps_the_latest_runs(runs: list[SavedRun], tmp_path: Path) -> None:
    path = tmp_path / "shop.duckdb"
    for run in runs[:3]:
        publish_run(run, uri(path), keep_runs=2)
    kept = contents(path)
    assert [row[0] for row in kept["segmentation_runs"]] == [runs[1].run_id, runs[2].run_id]
    assert len(kept["customer_segments_history"]) == 400
    publish_run(runs[0], uri(path), keep_runs=1)
    assert [row[0] for row in contents(path)["segmentation_runs"]] == [runs[0].run_id]
    with pytest.raises(SettingsError, match="At least one"):
        publish_run(runs[0], uri(path), keep_runs=0)


@pytest.mark.parametrize("to_snowflake", [False, True])
def test_publish_run_prunes_every_table_of_old_runs(
    request: pytest.FixtureRequest, runs: list[SavedRun], tmp_path: Path, to_snowflake: bool
) -> None:
    """Campaigns refer to runs, too, but stay; a table that was never published is no error."""
    schema, to = "ml_results", uri(tmp_path / "shop.duckdb")
    if to_snowflake:
        request.getfixturevalue("on_snowflake")
        schema, to = f"{DATABASE}.PRUNED", f"snowflake:{DATABASE}.PRUNED"
        get_session().fetch_rows(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
    pruned = ("segment_history", "customer_forecasts", "segment_forecasts")
    for run in runs[:3]:
        frame = pd.DataFrame({"run_id": [run.run_id] * 2, "segment_id": [1, 2]})
        columns = {"run_id": "text", "segment_id": "integer"}
        names = (*pruned[: 2 if run is runs[0] else 3], "campaigns")
        publish_run(run, to, keep_runs=2, tables=[RunTable(name, columns, frame) for name in names])

    def read_ids(name: str) -> list[str]:
        query = f"SELECT DISTINCT run_id FROM {schema}.{name} ORDER BY run_id"
        if to_snowflake:
            return [row[0] for row in get_session().fetch_rows(query)]
        with duckdb.connect(str(tmp_path / "shop.duckdb"), read_only=True) as connection:
            return [row[0] for row in connection.execute(query).fetchall()]

    latest = [run.run_id for run in runs[1:3]]
    for name in (*pruned, "customer_segments_history", "segmentation_runs"):
        assert read_ids(name) == latest, name
    assert read_ids("campaigns") == [run.run_id for run in runs[:3]]


def test_publish_run_of_equal_content_adds_nothing(runs: list[SavedRun], tmp_path: Path) -> None:
    """Whether its equal is the published run or an earlier one, which then becomes the published one again."""
    path = tmp_path / "shop.duckdb"
    for run in runs[1:3]:
        publish_run(run, uri(path))
    before = contents(path)
    publish_run(runs[3], uri(path))
    assert contents(path) == before
    publish_run(runs[1], uri(path))
    assert contents(path)["customer_segments"] != before["customer_segments"]
    publish_run(runs[3], uri(path))
    after = contents(path)
    for name in ("customer_segments", "customer_segments_history", "segments"):
        assert after[name] == before[name], name
    assert [row[0] for row in after["segmentation_runs"]] == [runs[1].run_id, runs[2].run_id]
    published = fetch_published_run(uri(path))
    assert published is not None
    assert published.run_id == runs[2].run_id
    publish_run(runs[3], uri(path), keep_runs=1)
    assert [row[0] for row in contents(path)["segmentation_runs"]] == [runs[2].run_id]
