"""The whole walk with the roles of docs/snowflake_setup.sql: check, train, pages, score, SQL, publish, dbt, restore."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from segmentation.__main__ import main
from segmentation.errors import SourceError
from segmentation.export.reserved_keywords import RESERVED_KEYWORDS
from segmentation.runs.load import SavedRun, open_run
from segmentation.sales.demo.synthetic_shop import write_shop
from segmentation.snowflake_client.session import close_sessions, get_session
from tests.snowflake_client import dbt, normalize
from tests.snowflake_client.local import DATABASE, SCHEMA, Server, run_setup_script
from tests.snowflake_client.test_statements import FUNCTIONS, MAX_CHARACTERS
from tests.ui.conftest import ROOT, read_text

pytestmark = pytest.mark.slow

SALES = f"{DATABASE}.{SCHEMA}.FCT_SALES"
PAGES = sorted(str(file.relative_to(ROOT)) for file in (ROOT / "app_pages").glob("[a-z]*/*.py"))
RESULT_TABLES = ("CUSTOMER_SEGMENTS", "SEGMENTS", "CUSTOMER_SEGMENTS_HISTORY", "SEGMENTATION_RUNS", "SEGMENT_HISTORY")
MARTS = ("CUSTOMER_SEGMENTS", "FCT_CUSTOMER_SEGMENTS", "DIM_SEGMENTS", "FCT_SEGMENTS_BY_RUN")
BY_DBT = "create|select|insert|merge|show|describe|drop|use|begin|commit|alter"
Customer = tuple[str, int, str]
"""Id, number and name of the segment."""


@pytest.fixture
def sign_in(on_snowflake: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Runs the script as an administrator, then signs in as one of its users, or as an analyst."""
    run_setup_script()
    for statement in (
        "CREATE USER IF NOT EXISTS AN_ANALYST DEFAULT_ROLE = SEGMENTS_ANALYST DEFAULT_WAREHOUSE = MARKETING_WH",
        "GRANT ROLE SEGMENTS_ANALYST TO USER AN_ANALYST",
    ):
        get_session().fetch_rows(statement)

    def sign_in(user: str) -> None:
        close_sessions()
        monkeypatch.setenv("SNOWFLAKE_USER", user)

    yield sign_in
    close_sessions()


def command(*arguments: str) -> None:
    """Run a command of the command line; it must succeed."""
    assert main([*arguments, "--quiet"]) == 0, arguments


def print_sql(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The statement that `sql` prints, without its comments."""
    capsys.readouterr()
    assert main(["sql", "--dialect", "snowflake", "--table", SALES, *arguments]) == 0
    lines = capsys.readouterr().out.splitlines()
    return "\n".join(line for line in lines if not line.startswith("--")).strip().rstrip(";")


def fetch_customers(query: str) -> list[Customer]:
    return sorted(get_session().fetch_rows(f"SELECT customer_id, segment_id, segment_name FROM {query}"))


def open_pages(monkeypatch: pytest.MonkeyPatch, models: Path, pages: list[str], publish_to: str = "") -> dict[str, str]:
    """Open pages of the app, none of which may show an error; the text of each."""
    st.cache_data.clear()
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("SEGMENTS_SOURCE", "snowflake:")
    monkeypatch.setenv("SEGMENTS_MODELS", str(models))
    monkeypatch.setenv("SEGMENTS_PUBLISH", publish_to)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.query_params["k"] = "4"
    app.run()
    texts = {}
    for page in pages:
        app.switch_page(page).run()
        assert [str(one.value) for one in (*app.exception, *app.error)] == [], page
        texts[page] = read_text(app)
    return texts


def walk_as_reader(
    models: Path, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> list[Customer]:
    """Everything that needs the sales only; the customers with their segments."""
    command("check", "--source", "snowflake:", "--for", "train")
    command("train", "--source", "snowflake:", "--out", str(models), "--quick", "--k", "4")
    command("score", "--run", str(models), "--out", str(folder / "scores.csv"))
    scored = pd.read_csv(folder / "scores.csv", dtype={"customer_id": str})
    expected = sorted(scored[["customer_id", "segment_id", "segment_name"]].itertuples(index=False, name=None))
    assert fetch_customers(f"({print_sql(capsys, '--run', str(models))})") == expected
    texts = open_pages(monkeypatch, models, PAGES)
    assert "700 customers" in texts["app_pages/segments/profiles.py"]
    capsys.readouterr()
    assert main(["check", "--source", "snowflake:", "--for", "train,publish", "--quiet"]) == 2
    assert f'GRANT USAGE ON SCHEMA "{DATABASE}"."ML_RESULTS" TO ROLE "SEGMENTS_READER";' in capsys.readouterr().err
    assert main(["publish", "--run", str(models), "--to", "snowflake:"]) == 2
    assert "may not" in capsys.readouterr().err
    return expected


def walk_as_writer(
    server: Server,
    models: Path,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> SavedRun:
    """Publishing, what is created from `sql`, dbt, and the run from the warehouse alone."""
    command("check", "--source", "snowflake:", "--for", "train,publish,view,dynamic-table,restore")
    command("publish", "--run", str(models), "--to", "snowflake:")
    for kind, name in (("--view", "LIVE_VIEW"), ("--dynamic-table", "LIVE_TABLE")):
        to = ("--warehouse", "MARKETING_WH") if kind == "--dynamic-table" else ()
        get_session().fetch_rows(
            print_sql(capsys, "--run", str(models), kind, f"{DATABASE}.ML_RESULTS.{name}", *to),
        )
    page = "app_pages/campaigns/publish.py"
    assert "Already published" in open_pages(monkeypatch, models, [page], "snowflake:")[page]
    build_twice(server, folder)
    command("publish", "--run", str(models), "--to", "snowflake:")  # the names of the run again
    original, restored = open_run(models), folder / "restored"
    command("restore", "--from", "snowflake:", "--run", original.run_id, "--out", str(restored))
    for words in (("score",), ("export", "--segment", str(original.segments["segment_name"].iloc[0]))):
        for number, run in enumerate((models, restored)):
            command(*words, "--run", str(run), "--out", str(folder / f"{words[0]}_{number}.csv"))
        ours, theirs = (pd.read_csv(folder / f"{words[0]}_{number}.csv") for number in range(2))
        timed = ["prediction_timestamp"] if words[0] == "score" else []  # when it was scored
        pd.testing.assert_frame_equal(theirs.drop(columns=timed), ours.drop(columns=timed))
    with pytest.raises(SourceError, match="may not"):
        get_session().fetch_rows(f"CREATE TABLE {DATABASE}.{SCHEMA}.X AS SELECT 1 AS Y")
    return open_run(restored)


def build_twice(server: Server, folder: Path) -> None:
    """Build with dbt, rename a segment, and build again: the snapshots close the rows of the former name."""
    results, session = f"{DATABASE}.ML_RESULTS", get_session()
    number, customers = session.fetch_rows(f"SELECT segment_id, customers FROM {results}.SEGMENTS LIMIT 1")[0]
    for rename in (False, True):
        for table in ("SEGMENTS", "CUSTOMER_SEGMENTS") if rename else ():
            session.fetch_rows(f"UPDATE {results}.{table} SET segment_name = 'Renamed' WHERE segment_id = {number}")
        arguments = ("build", "--vars", f"{{sales_schema: {SCHEMA}}}")
        text = dbt.on_snowflake(server.port, folder, *arguments, SNOWFLAKE_USER="SEGMENTS_WRITER")
        assert "ERROR=0" in text, text
    for snapshot, rows in (("CUSTOMER_SEGMENTS_SNAPSHOT", customers), ("SEGMENTS_SNAPSHOT", 1)):
        counted = session.fetch_rows(
            "SELECT segment_name = 'Renamed', dbt_valid_to IS NULL, COUNT(*) "
            f"FROM {DATABASE}.SEGMENTS_ANALYTICS.{snapshot} WHERE segment_id = {number} GROUP BY 1, 2 ORDER BY 1"
        )
        assert counted == [(False, False, rows), (True, True, rows)], snapshot


def read_as_analyst(expected: list[Customer]) -> None:
    """Results and marts can be read, also those created after the grants; the sales cannot, and nothing is changed."""
    session = get_session()
    for schema, tables in (("ML_RESULTS", RESULT_TABLES), ("SEGMENTS_ANALYTICS", MARTS)):
        for table in tables:
            assert session.fetch_rows(f"SELECT COUNT(*) FROM {DATABASE}.{schema}.{table}")[0][0] > 0, table
    for name in (
        "ML_RESULTS.CUSTOMER_SEGMENTS",
        "ML_RESULTS.LIVE_VIEW",
        "ML_RESULTS.LIVE_TABLE",
        "SEGMENTS_ANALYTICS.CUSTOMER_SEGMENTS",
    ):
        assert fetch_customers(f"{DATABASE}.{name}") == expected, name
    for statement in (
        f"SELECT * FROM {SALES}",
        f"DELETE FROM {DATABASE}.ML_RESULTS.SEGMENTS",
        f"CREATE TABLE {DATABASE}.ML_RESULTS.X AS SELECT 1 AS Y",
        f"DROP VIEW {DATABASE}.ML_RESULTS.LIVE_VIEW",
    ):
        with pytest.raises(SourceError, match=r"may not|not allowed to"):
            session.fetch_rows(statement)


def test_walk_with_roles_of_setup_script(
    on_snowflake: Server,
    sign_in: Callable[[str], None],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with (tmp_path / "sales.parquet").open("wb") as out:
        write_shop(out, 700, 5)  # enough sales for a forecast
    on_snowflake.load(pd.read_parquet(tmp_path / "sales.parquet"), tmp_path)
    models = tmp_path / "models"
    on_snowflake.statements()
    sign_in("SEGMENTS_READER")
    expected = walk_as_reader(models, tmp_path, capsys, monkeypatch)
    sign_in("SEGMENTS_WRITER")
    restored = walk_as_writer(on_snowflake, models, tmp_path, capsys, monkeypatch)
    sign_in("AN_ANALYST")
    read_as_analyst(expected)
    assert restored.run_id == open_run(models).run_id
    pd.testing.assert_frame_equal(restored.read_customers(), open_run(models).read_customers())
    statements = on_snowflake.statements()
    assert {statement["role"] for statement in statements} == {"SEGMENTS_READER", "SEGMENTS_WRITER", "SEGMENTS_ANALYST"}
    known = set(FUNCTIONS.read_text().split())
    for text in {statement["text"] for statement in statements if '"app": "dbt"' not in statement["text"]}:
        assert len(text) < MAX_CHARACTERS
        assert normalize.find_functions(text) <= known, text[:2_000]
        assert not RESERVED_KEYWORDS & set(normalize.find_unquoted_names(text)), text[:2_000]
    by_dbt = [statement["text"] for statement in statements if '"app": "dbt"' in statement["text"]]
    assert len(by_dbt) > 100
    assert all(re.search(BY_DBT, text, re.IGNORECASE) for text in by_dbt)
