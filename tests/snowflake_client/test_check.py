"""The command `check`: reported steps, first failure, and no secret in the output."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

from segmentation.__main__ import main
from segmentation.snowflake_client.credentials import resolve_credentials
from segmentation.snowflake_client.session import Session, get_session
from tests.conftest import SIX_CUSTOMERS
from tests.snowflake_client.faults import refusing_sign_in
from tests.snowflake_client.local import DATABASE, SCHEMA, Server, drop_results, settings_for


def check(*arguments: str) -> tuple[int, dict[str, tuple[str, str]], str]:
    """Exit code, step -> (OK or FAILED, message), and what went to stderr."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(["check", *arguments])
    assert "not-a-secret" not in out.getvalue() + err.getvalue()
    steps = {line[8:24].strip(): (line[:6].strip(), line[26:]) for line in out.getvalue().splitlines()}
    return code, steps, err.getvalue()


def test_check_all_steps_succeed(on_snowflake: Server, tmp_path: Path) -> None:
    drop_results()
    on_snowflake.load(SIX_CUSTOMERS, tmp_path)
    on_snowflake.load(SIX_CUSTOMERS, tmp_path, f"{DATABASE}.ML_RESULTS.SOMETHING")
    on_snowflake.statements()
    code, steps, err = check("--source", "snowflake:")
    assert (code, err) == (0, "")
    in_order = (
        "Settings, Connection, Authentication, Role, Warehouse, Table, Columns, Read permission, Sales, "
        "Write permission"
    )
    assert {name: works for name, (works, _) in steps.items()} == dict.fromkeys(in_order.split(", "), "OK")
    assert "password" in steps["Settings"][1]
    assert "from the environment" in steps["Settings"][1]
    assert "by password (legacy)" in steps["Authentication"][1]
    assert steps["Warehouse"][1] == "MARKETING_WH"
    assert "customer_id = CUSTOMER_ID" in steps["Columns"][1]
    requested = [statement["text"] for statement in on_snowflake.statements()]
    assert {text.split()[0] for text in requested} <= {"SELECT", "WITH", "SHOW"}, "nothing is created"


ROLES = f"""
CREATE ROLE IF NOT EXISTS CHECKED;
CREATE ROLE IF NOT EXISTS CHECKED_BELOW;
GRANT ROLE CHECKED_BELOW TO ROLE CHECKED;
GRANT USAGE ON WAREHOUSE MARKETING_WH TO ROLE CHECKED_BELOW;
GRANT USAGE ON DATABASE {DATABASE} TO ROLE CHECKED_BELOW;
GRANT USAGE ON SCHEMA {DATABASE}.{SCHEMA} TO ROLE CHECKED_BELOW;
CREATE SCHEMA IF NOT EXISTS {DATABASE}.CHECKED_RESULTS"""
RESULTS = f'"{DATABASE}"."CHECKED_RESULTS"'


def test_check_prints_missing_grants(on_snowflake: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each printed statement is run, until everything is granted; nothing has been created by then."""
    on_snowflake.load(SIX_CUSTOMERS, tmp_path)
    for statement in ROLES.split(";"):
        get_session().fetch_rows(statement)
    administrator = Session(resolve_credentials())
    monkeypatch.setenv("SNOWFLAKE_ROLE", "CHECKED")
    table = f'"{DATABASE}"."{SCHEMA}"."FCT_SALES"'
    code, steps, err = check("--source", "snowflake:")
    assert (code, list(steps)[-1]) == (2, "Table")
    assert f'GRANT SELECT ON TABLE {table} TO ROLE "CHECKED";' in err
    assert "GRANT USAGE" not in err.replace("GRANT USAGE on its", ""), "held by a role below"
    administrator.fetch_rows(f"GRANT SELECT ON TABLE {table} TO ROLE CHECKED")

    to = ("--to", f"snowflake:{DATABASE}.CHECKED_RESULTS")
    code, steps, _ = check("--source", "snowflake:", *to)
    assert (code, steps["Sales"][0], steps["Write permission"][0]) == (0, "OK", "FAILED")
    commands = ("--for", "train,publish,view,dynamic-table,restore")
    code, steps, err = check("--source", "snowflake:", *commands, *to)
    assert code == 2
    assert "Check failed: write permission, views, dynamic tables, restore." in err
    grants = set(re.findall(r"GRANT [^;]+;", err))
    actions = ("USAGE", "CREATE TABLE", "CREATE VIEW", "CREATE DYNAMIC TABLE")
    on_schema = {f'GRANT {action} ON SCHEMA {RESULTS} TO ROLE "CHECKED";' for action in actions}
    instead = f'GRANT CREATE SCHEMA ON DATABASE "{DATABASE}" TO ROLE "CHECKED";'
    assert grants == {*on_schema, instead}
    assert f"If the schema does not exist, instead of those on it: {instead}" in err
    for statement in on_schema:
        administrator.fetch_rows(statement.rstrip(";"))
    on_snowflake.statements()
    code, steps, err = check("--source", "snowflake:", *commands, *to)
    assert (code, err, {succeeded for succeeded, _ in steps.values()}) == (0, "", {"OK"})
    assert {text["text"].split()[0] for text in on_snowflake.statements()} <= {"SELECT", "WITH", "SHOW"}
    missing = ("--to", f"snowflake:{DATABASE}.NOT_THERE")
    code, steps, err = check("--source", "snowflake:", "--for", "publish", *missing)
    closing = administrator.close()
    assert closing is not None
    closing.join()
    assert (code, "Sales" in steps) == (2, False)
    assert f'GRANT CREATE SCHEMA ON DATABASE "{DATABASE}" TO ROLE "CHECKED";' in err


def test_check_unknown_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--source", "snowflake:", "--for", "train,fly"]) == 2
    assert "'fly' is not a command to check for." in capsys.readouterr().err


def test_check_stops_at_first_failure(on_snowflake: Server, tmp_path: Path) -> None:
    code, steps, err = check("--source", "snowflake:no_such_table")
    assert (code, list(steps)[-1], steps["Table"][0]) == (2, "Table", "FAILED")
    assert "Check failed: table." in err
    assert "The table does not exist, or this role is not allowed to see it." in err
    on_snowflake.load(SIX_CUSTOMERS.drop(columns="customer_id"), tmp_path)
    code, steps, err = check("--source", "snowflake:")
    assert (code, list(steps)[-1], steps["Columns"][0]) == (2, "Columns", "FAILED")
    assert "--map customer_id=NAME" in err
    on_snowflake.load(SIX_CUSTOMERS, tmp_path)
    on_snowflake.fail("000606", "No active warehouse selected in the current session.", match="limit 1")
    code, steps, err = check("--source", "snowflake:")
    assert (code, list(steps)[-1], steps["Read permission"][0]) == (2, "Read permission", "FAILED")
    assert "GRANT USAGE" in err


def test_check_refused_sign_in(no_settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with refusing_sign_in() as port:
        for name, value in settings_for(port).items():
            monkeypatch.setenv(name, value)
        code, steps, err = check("--source", "snowflake:")
    assert code == 2
    assert {name: works for name, (works, _) in steps.items()} == {
        "Settings": "OK",
        "Connection": "OK",
        "Authentication": "FAILED",
    }
    assert "Incorrect Snowflake username or password" in err


def test_check_unreachable_host(no_settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in settings_for(9).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SNOWFLAKE_LOGIN_TIMEOUT", "3")
    code, steps, _ = check("--source", "snowflake:")
    assert (code, steps["Connection"][0], list(steps)[-1]) == (2, "FAILED", "Connection")


def test_check_without_settings(no_settings: Path) -> None:
    code, steps, err = check("--source", "snowflake:")
    assert (code, list(steps)) == (2, ["Settings"])
    assert "The Snowflake account is not set." in err


def test_check_other_sources(six_customers: Path) -> None:
    code, steps, _ = check("--source", str(six_customers))
    assert (code, list(steps)) == (0, ["Table", "Columns", "Read permission", "Sales"])
