"""Without one of the grants that a command needs, `check` names it and the command fails; with all, both succeed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from segmentation.errors import SegmentationError
from segmentation.pipeline import load_customers
from segmentation.publishing.publish import publish_run
from segmentation.publishing.stored_runs import open_stored_run
from segmentation.runs.load import SavedRun, open_run
from segmentation.runs.save import save_run
from segmentation.settings import SalesSettings
from segmentation.snowflake_client.credentials import resolve_credentials
from segmentation.snowflake_client.session import Session, close_sessions, get_session
from tests.conftest import SIX_CUSTOMERS
from tests.run_records import *  # noqa: F403
from tests.snowflake_client import local
from tests.snowflake_client.local import DATABASE, SCHEMA, Server
from tests.snowflake_client.test_check import check

SALES = f'"{DATABASE}"."{SCHEMA}"."FCT_SALES"'
RESULTS = f'"{DATABASE}"."CHECKED_EACH"'
READS = (
    'USAGE ON WAREHOUSE "MARKETING_WH"',
    f'USAGE ON DATABASE "{DATABASE}"',
    f'USAGE ON SCHEMA "{DATABASE}"."{SCHEMA}"',
    f"SELECT ON TABLE {SALES}",
)
IN_RESULTS = (READS[0], READS[1], f"USAGE ON SCHEMA {RESULTS}")
STORED_RUN = ("CUSTOMER_SEGMENTS", "CUSTOMER_SEGMENTS_HISTORY", "SEGMENTATION_RUNS")
NEEDED = {
    "train": READS,
    "publish": (
        *IN_RESULTS,
        f"CREATE TABLE ON SCHEMA {RESULTS}",
        *(
            f'{action} ON TABLE {RESULTS}."{table}"'
            for table in (*STORED_RUN, "SEGMENTS")
            for action in ("SELECT", "INSERT", "DELETE")
        ),
    ),
    "view": (*READS, IN_RESULTS[2], f"CREATE VIEW ON SCHEMA {RESULTS}"),
    "dynamic-table": (*READS, IN_RESULTS[2], f"CREATE DYNAMIC TABLE ON SCHEMA {RESULTS}"),
    "restore": (*IN_RESULTS, *(f'SELECT ON TABLE {RESULTS}."{table}"' for table in STORED_RUN)),
}
"""Command -> the grants that it needs, where tables of the results exist that another role owns."""
IN_HISTORY = f'SELECT ON TABLE {RESULTS}."CUSTOMER_SEGMENTS_HISTORY"'
NOT_READ = {("publish", IN_HISTORY), ("restore", IN_HISTORY)}
"""`check` asks for it: the WHERE of a deletion may need it, and an older run is restored from there."""
LIVE = f"SELECT COUNT(*) AS LINES FROM {SALES}"


@dataclass(frozen=True)
class Prepared:
    """An account in which a run is published, and an administrator of it."""

    server: Server
    administrator: Session
    run: SavedRun
    """Another one, to be published."""

    def run_as_administrator(self, statement: str) -> None:
        self.administrator.fetch_rows(statement)


@pytest.fixture(scope="module")
def prepared(
    snowflake_server: Server,
    record: RunRecord,  # noqa: F405
    later: RunRecord,  # noqa: F405
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Prepared]:
    folder = tmp_path_factory.mktemp("checked")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in local.settings_for(snowflake_server.port).items():
            patch.setenv(name, value)
        patch.setenv("SNOWFLAKE_HOME", str(folder))
        patch.chdir(folder)
        administrator = Session(resolve_credentials())
        snowflake_server.load(SIX_CUSTOMERS, folder)
        published, run = (open_run(save_run(one, folder / "models")) for one in (record, later))
        publish_run(published, f"snowflake:{DATABASE}.CHECKED_EACH")
        close_sessions()
        yield Prepared(snowflake_server, administrator, run)
        closing = administrator.close()
        if closing is not None:
            closing.join()


def carry_out(command: str, run: SavedRun) -> None:
    """What the command does in Snowflake."""
    to = f"snowflake:{DATABASE}.CHECKED_EACH"
    if command == "train":
        load_customers(SalesSettings("snowflake:"))
    elif command == "publish":
        publish_run(run, to, keep_runs=5)
    elif command == "restore":
        with open_stored_run(to) as stored:
            assert sum(map(len, stored.iter_customers())) == 200
    else:
        kind = "VIEW" if command == "view" else "DYNAMIC TABLE"
        options = "" if command == "view" else "TARGET_LAG = '1 day' WAREHOUSE = MARKETING_WH "
        get_session().fetch_rows(f"CREATE {kind} {RESULTS}.LIVE_{command[0].upper()} {options}AS {LIVE}")


@pytest.mark.parametrize("command", NEEDED)
def test_check_names_the_one_missing_grant(
    on_snowflake: Server, prepared: Prepared, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    role = f"EACH_{command.replace('-', '_').upper()}"
    prepared.run_as_administrator(f"CREATE ROLE IF NOT EXISTS {role}")
    for grant in NEEDED[command]:
        prepared.run_as_administrator(f"GRANT {grant} TO ROLE {role}")
    monkeypatch.setenv("SNOWFLAKE_ROLE", role)
    arguments = ("--source", "snowflake:", "--for", command, "--to", f"snowflake:{DATABASE}.CHECKED_EACH")
    for grant in NEEDED[command]:
        prepared.run_as_administrator(f"REVOKE {grant} FROM ROLE {role}")
        close_sessions()
        code, _, err = check(*arguments)
        named = re.findall(r"GRANT [A-Z ]+ ON [^;]+;", err)
        assert (code, named) == (2, [f'GRANT {grant} TO ROLE "{role}";'])
        if (command, grant) not in NOT_READ:
            with pytest.raises(SegmentationError):
                carry_out(command, prepared.run)
        prepared.run_as_administrator(named[0].rstrip(";"))
    close_sessions()
    assert check(*arguments)[0] == 0
    carry_out(command, prepared.run)
    close_sessions()
