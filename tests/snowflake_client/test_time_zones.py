"""A day is a day in UTC: in the app, and in SQL that runs in a session of any time zone."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from segmentation import pipeline
from segmentation.export.model_sql import render_model_sql
from segmentation.export.sql_rendering import SqlOutput
from segmentation.features.query import ON_DEMAND_FEATURES
from segmentation.runs.load import open_run
from segmentation.runs.save import save_run
from segmentation.settings import ModelSettings, SalesSettings
from segmentation.snowflake_client.session import get_session
from tests.conftest import SIX_CUSTOMERS
from tests.snowflake_client.local import DATABASE, SCHEMA, Server

ZONES = ("UTC", "America/Los_Angeles", "Pacific/Auckland")
RFM = ("CUSTOMER_ID", "RFM_RECENCY", "RFM_FREQUENCY", "RFM_MONETARY")


def to_instants(shop: Path) -> pd.DataFrame:
    """The sales of a shop, each at half past eleven in the evening in UTC: another day to the east."""
    lines = pd.read_parquet(shop)
    instants = lines["transaction_date"].dt.tz_localize("UTC") + pd.Timedelta(hours=23, minutes=30, seconds=59.9)
    return lines.assign(transaction_date=instants)


@pytest.mark.parametrize("zone", ZONES)
def test_features_do_not_depend_on_the_time_zone(on_snowflake: Server, tmp_path: Path, zone: str) -> None:
    days = pd.to_datetime(SIX_CUSTOMERS["transaction_date"])
    instants = days.dt.tz_localize("UTC") + pd.Timedelta(hours=23, minutes=59, seconds=59.9)
    SIX_CUSTOMERS.assign(transaction_date=days).to_parquet(tmp_path / "days.parquet")
    on_snowflake.load(SIX_CUSTOMERS.assign(transaction_date=instants), tmp_path)
    get_session().fetch_rows(f"ALTER SESSION SET TIMEZONE = '{zone}'")
    table = pipeline.load_customers(SalesSettings("snowflake:"), features=ON_DEMAND_FEATURES)
    expected = pipeline.load_customers(SalesSettings(str(tmp_path / "days.parquet")))
    assert table.window == expected.window
    pd.testing.assert_frame_equal(table.frame, expected.frame, rtol=1e-12)
    get_session().fetch_rows("ALTER SESSION SET TIMEZONE = 'UTC'")


def test_exported_sql_does_not_depend_on_the_time_zone(on_snowflake: Server, shop: Path, tmp_path: Path) -> None:
    """As a query and as a view, which is read in the session of whoever reads it."""
    on_snowflake.load(to_instants(shop), tmp_path)
    table = pipeline.load_customers(SalesSettings("snowflake:"))
    found = pipeline.build_segmentation(pipeline.train_every_k(table, ModelSettings()), 4)
    run = open_run(save_run(found.to_run_record(), tmp_path / "models"))
    view = (DATABASE, SCHEMA, "ZONED_SEGMENTS")
    session = get_session()
    session.fetch_rows(render_model_sql(run, "snowflake", output=SqlOutput("view", view)).rstrip().rstrip(";"))
    texts = [render_model_sql(run, "snowflake", live=live).rstrip().rstrip(";") for live in (False, True)]
    assert not any(word in text.upper() for text in texts for word in ("CURRENT_DATE", "TO_DATE"))
    read: list[pd.DataFrame] = []
    for zone in ZONES:
        session.fetch_rows(f"ALTER SESSION SET TIMEZONE = '{zone}'")
        for text in (*texts, f"SELECT * FROM {'.'.join(view)}"):
            rows = pd.DataFrame(session.fetch_rows(text)).iloc[:, [0, 3, 4, 5]].set_axis(RFM, axis=1)
            read.append(rows.sort_values("CUSTOMER_ID", ignore_index=True))
    expected = table.frame[["customer_id", "recency_days", "frequency", "monetary"]].set_axis(RFM, axis=1)
    for rows in read:
        pd.testing.assert_frame_equal(rows, expected, check_dtype=False, rtol=1e-12)
    session.fetch_rows("ALTER SESSION SET TIMEZONE = 'UTC'")
