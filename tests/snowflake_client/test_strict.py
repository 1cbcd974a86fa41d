"""The local server refuses what an account would refuse, and the product needs no more than the documented grants."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from segmentation.errors import SourceError
from segmentation.pipeline import load_customers
from segmentation.publishing.publish import fetch_published_run, publish_run
from segmentation.runs.load import open_run
from segmentation.runs.save import save_run
from segmentation.settings import SalesSettings
from segmentation.snowflake_client.session import Session, close_sessions, get_session
from tests.conftest import SIX_CUSTOMERS
from tests.run_records import *  # noqa: F403
from tests.snowflake_client.local import DATABASE, SCHEMA, Server
from tests.snowflake_client.page_reads import read_everything, segment

SALES = f"{DATABASE}.{SCHEMA}.FCT_SALES"
RESULTS = f"{DATABASE}.STRICT_RESULTS"
GRANTS = f"""
CREATE ROLE IF NOT EXISTS STRICT_READER;
GRANT USAGE ON WAREHOUSE MARKETING_WH TO ROLE STRICT_READER;
GRANT USAGE ON DATABASE {DATABASE} TO ROLE STRICT_READER;
GRANT USAGE ON SCHEMA {DATABASE}.{SCHEMA} TO ROLE STRICT_READER;
GRANT SELECT ON TABLE {SALES} TO ROLE STRICT_READER;
CREATE ROLE IF NOT EXISTS STRICT_WRITER;
GRANT ROLE STRICT_READER TO ROLE STRICT_WRITER;
CREATE SCHEMA IF NOT EXISTS {RESULTS};
GRANT USAGE, CREATE TABLE, CREATE STAGE, CREATE FILE FORMAT ON SCHEMA {RESULTS} TO ROLE STRICT_WRITER;
CREATE ROLE IF NOT EXISTS STRICT_NOBODY;
CREATE USER IF NOT EXISTS STRICT_USER TYPE = SERVICE DEFAULT_ROLE = STRICT_READER;
GRANT ROLE STRICT_READER TO USER STRICT_USER;
"""


@pytest.fixture
def take_role(on_snowflake: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Session]]:
    """Makes the roles, then opens sessions of one of them."""
    for statement in GRANTS.split(";"):
        if statement.strip():
            get_session().fetch_rows(statement)

    def take(role: str, **settings: str) -> Session:
        close_sessions()
        for name, value in {"ROLE": role, **settings}.items():
            monkeypatch.setenv(f"SNOWFLAKE_{name}", value)
        return get_session()

    yield take
    close_sessions()


def test_reader_needs_no_more_than_select(
    on_snowflake: Server, take_role: Callable[..., Session], shop: Path, tmp_path: Path
) -> None:
    on_snowflake.load(pd.read_parquet(shop), tmp_path)
    session = take_role("STRICT_READER")
    assert len(read_everything(segment("snowflake:"))["categories"]) > 0
    for statement in (
        f"CREATE TABLE {DATABASE}.{SCHEMA}.X (A INTEGER)",
        f"CREATE TEMPORARY FILE FORMAT {DATABASE}.{SCHEMA}.X TYPE = PARQUET",
        f"CREATE VIEW {DATABASE}.{SCHEMA}.X AS SELECT * FROM {SALES}",
        f"DELETE FROM {SALES}",
        f"DROP TABLE {SALES}",
        f"CREATE SCHEMA {DATABASE}.X",
        f"GRANT SELECT ON TABLE {SALES} TO ROLE STRICT_READER",
    ):
        with pytest.raises(SourceError, match="may not do that"):
            session.fetch_rows(statement)
    assert session.fetch_rows(f"CREATE TEMPORARY TABLE {DATABASE}.{SCHEMA}.X (A INTEGER)"), "exempt"


def test_role_without_grants(on_snowflake: Server, take_role: Callable[..., Session], tmp_path: Path) -> None:
    on_snowflake.load(SIX_CUSTOMERS, tmp_path)
    with pytest.raises(SourceError, match="table does not exist, or this role is not allowed to see it"):
        load_customers(SalesSettings(f"snowflake:{SALES}_OF_OTHERS"))
    take_role("STRICT_NOBODY")
    with pytest.raises(SourceError, match="does not exist, or this role is not allowed to see it"):
        load_customers(SalesSettings("snowflake:"))
    take_role("STRICT_READER", WAREHOUSE="OTHER_WH")
    with pytest.raises(SourceError, match="No warehouse is running"):
        load_customers(SalesSettings("snowflake:"))


def test_sign_in_with_a_role_of_others(take_role: Callable[..., Session]) -> None:
    assert take_role("STRICT_READER", USER="STRICT_USER").fetch_rows("SELECT 1") == [(1,)]
    for role in ("STRICT_WRITER", "NEVER_MADE"):
        with pytest.raises(SourceError, match="no such role, or it is not granted"):
            take_role(role, USER="STRICT_USER").fetch_rows("SELECT 1")


def test_writer_publishes(
    on_snowflake: Server,
    take_role: Callable[..., Session],
    models: Path,
    record: RunRecord,  # noqa: F405
) -> None:
    run = open_run(save_run(record, models))
    take_role("STRICT_READER")
    with pytest.raises(SourceError, match=r"may not do that|does not exist, or this role"):
        publish_run(run, f"snowflake:{RESULTS}")
    take_role("STRICT_WRITER")
    publish_run(run, f"snowflake:{RESULTS}")
    published = fetch_published_run(f"snowflake:{RESULTS}")
    assert published is not None
    assert published.run_id == run.run_id


def test_imported_database_is_only_read(
    on_snowflake: Server, take_role: Callable[..., Session], tmp_path: Path
) -> None:
    on_snowflake.load(SIX_CUSTOMERS, tmp_path, "SHARED_DB.SALES.FCT_SALES")
    get_session().fetch_rows("GRANT IMPORTED PRIVILEGES ON DATABASE SHARED_DB TO ROLE STRICT_READER")
    on_snowflake.call("share", database="SHARED_DB")
    session = take_role("STRICT_READER")
    table = load_customers(SalesSettings("snowflake:SHARED_DB.SALES.FCT_SALES"))
    assert table.reconciliation.lines_read == 14
    for kind in ("TEMPORARY TABLE", "TEMPORARY STAGE"):
        with pytest.raises(SourceError, match="may not do that"):
            session.fetch_rows(f"CREATE {kind} SHARED_DB.SALES.X (A INTEGER)")


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        (f"SELECT '{'x' * 200_000}'", "too long"),
        ("SELECT f.order FROM x AS f", "unexpected 'ORDER'"),
        ("SELECT 1 AS increment", "unexpected 'INCREMENT'"),
        ("SELECT 1 FROM group", "unexpected 'GROUP'"),
    ],
)
def test_statement_that_no_account_takes(on_snowflake: Server, statement: str, sentence: str) -> None:
    with pytest.raises(SourceError) as caught:
        get_session().fetch_rows(statement)
    assert sentence in caught.value.hint
    assert get_session().fetch_rows("""SELECT '.order', "order" FROM (SELECT 1 AS "order")""") == [(".order", 1)]


def test_ddl_commits_the_open_transaction(on_snowflake: Server) -> None:
    session, table = get_session(), f"{DATABASE}.{SCHEMA}.KEPT"
    session.fetch_rows(f"CREATE OR REPLACE TABLE {table} (A INTEGER)")
    for statement, rows in (("SELECT 1", 0), (f"CREATE OR REPLACE TABLE {table}_2 (A INTEGER)", 1)):
        for step in ("BEGIN", f"INSERT INTO {table} VALUES (1)", statement, "ROLLBACK"):
            session.fetch_rows(step)
        assert session.fetch_rows(f"SELECT COUNT(*) FROM {table}") == [(rows,)]


def test_session_time_zone(on_snowflake: Server) -> None:
    """Los Angeles, unless the session says otherwise, as the product's does."""
    evening = "SELECT CAST(CAST('2024-03-31 23:30:00+00:00' AS TIMESTAMP_LTZ) AS DATE)::VARCHAR"
    session = get_session()
    assert session.fetch_rows(evening) == [("2024-03-31",)]
    session.fetch_rows("ALTER SESSION SET TIMEZONE = 'Europe/Rome'")
    assert session.fetch_rows(evening) == [("2024-04-01",)]
    close_sessions()
