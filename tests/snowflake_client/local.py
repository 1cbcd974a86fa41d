"""Fixtures: the local Snowflake server, and settings that point to it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from segmentation.sales import snowflake
from segmentation.snowflake_client import session

HERE = Path(__file__).parent
PYTHON = Path(sys.prefix) / "snowflake" / "bin" / "python"
SETUP_SCRIPT = HERE.parents[1] / "docs/snowflake_setup.sql"
DATABASE, SCHEMA = "MARKETING_INSIGHTS_DB", "DBT_SKAMRA_ANALYTICS"


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int

    def call(self, path: str, method: str = "POST", **options: object) -> Any:
        url = f"http://127.0.0.1:{self.port}/tests/{path}?{urllib.parse.urlencode(options)}"
        with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=60) as answer:
            return json.loads(answer.read())

    def load(self, frame: pd.DataFrame, folder: Path, table: str = "FCT_SALES", *, upper: bool = True) -> int:
        """Make a table of `frame`, its columns in Snowflake's case, in place of one of that name; its rows."""
        path = folder / "to_load.parquet"
        (frame.rename(columns=str.upper) if upper else frame).to_parquet(path, index=False)
        full = table if "." in table else f"{DATABASE}.{SCHEMA}.{table}"
        return int(self.call("load", table=full, file=path)["rows"])

    def fail(self, code: str, message: str, match: str = "", times: int = 1) -> None:
        """Let the next statements that hold `match` be refused."""
        self.call("fail", code=code, message=message, match=match, times=times)

    def statements(self) -> list[dict[str, str]]:
        """What was asked since this was last called: tag and text."""
        asked: list[dict[str, str]] = self.call("statements", "GET")
        return asked


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


@pytest.fixture(scope="session")
def snowflake_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The local server, one for all tests; what a test loads replaces what was there under that name."""
    if not PYTHON.exists():
        pytest.skip("the local Snowflake server is not installed (make test installs it)")
    with run_server(tmp_path_factory.mktemp("snowflake") / "server.log") as server:
        yield server


@contextmanager
def run_server(log: Path) -> Iterator[Server]:
    """Start a local server, which writes to `log`, and stop it at the end."""
    port = free_port()
    with log.open("wb") as out:
        process = subprocess.Popen([PYTHON, HERE / "server.py", str(port)], stdout=out, stderr=subprocess.STDOUT)
        try:
            server = Server(port)
            end = time.monotonic() + 120
            while not _answers(server):
                if process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(f"The local Snowflake server did not start: {log.read_text()[-2000:]}")
                time.sleep(0.1)
            yield server
        finally:
            process.terminate()
            process.wait(timeout=20)


def _answers(server: Server) -> bool:
    try:
        server.statements()
    except (urllib.error.URLError, ConnectionError):
        return False
    return True


@pytest.fixture
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Nothing set anywhere: no variable, no file of this machine or project; the folder where files may be put."""
    import os

    for name in [name for name in os.environ if name.startswith("SNOWFLAKE_")]:
        monkeypatch.delenv(name)
    desk = tmp_path / "desk"
    (desk / "home").mkdir(parents=True)
    monkeypatch.chdir(desk)
    monkeypatch.setenv("SNOWFLAKE_HOME", str(desk / "home"))
    yield desk
    session.close_sessions()


def settings_for(port: int) -> dict[str, str]:
    return {
        "SNOWFLAKE_ACCOUNT": "local",
        "SNOWFLAKE_USER": "marketer",
        "SNOWFLAKE_PASSWORD": "not-a-secret",
        "SNOWFLAKE_HOST": "127.0.0.1",
        "SNOWFLAKE_PORT": str(port),
        "SNOWFLAKE_PROTOCOL": "http",
        "SNOWFLAKE_WAREHOUSE": "MARKETING_WH",
        "SNOWFLAKE_DATABASE": DATABASE,
        "SNOWFLAKE_SCHEMA": SCHEMA,
        "SEGMENTS_SCRATCH_SCHEMA": "none",
    }


def drop_results() -> None:
    """Drop the results that another test on this server may have left, whichever role owns them."""
    for schema in ("ML_RESULTS", "SEGMENTS_ANALYTICS"):
        session.get_session().fetch_rows(f"DROP SCHEMA IF EXISTS {DATABASE}.{schema} CASCADE")


def read_setup_statements() -> list[str]:
    """The statements of docs/snowflake_setup.sql as written, without comments."""
    lines = [line for line in SETUP_SCRIPT.read_text().splitlines() if not line.startswith("--")]
    return [text.strip() for text in "\n".join(lines).split(";") if text.strip()]


def run_setup_script() -> None:
    """Run docs/snowflake_setup.sql as an administrator in an account without results of another test."""
    drop_results()
    for statement in read_setup_statements():
        session.get_session().fetch_rows(statement)


@pytest.fixture
def on_snowflake(snowflake_server: Server, no_settings: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The environment points to the local server, and every version is asked for anew."""
    for name, value in settings_for(snowflake_server.port).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(snowflake, "VERSION_SECONDS", 0)
    monkeypatch.setattr(snowflake, "SUMMARY_SECONDS", 0)
    return snowflake_server
