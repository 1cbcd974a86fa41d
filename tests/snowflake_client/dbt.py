"""Runs real dbt on the project in dbt/, in its own virtual environment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.snowflake_client.local import settings_for

PROJECT = Path(__file__).resolve().parents[2] / "dbt"
DBT = Path(sys.prefix) / "dbt" / "bin" / "dbt"
LOCAL = """
      host: 127.0.0.1
      port: {port}
      protocol: http
      password: not-a-secret
"""


def dbt(folder: Path, *arguments: str, profiles: Path = PROJECT, project: Path = PROJECT, **settings: str) -> str:
    """What dbt says; it must succeed. What it makes on the way goes to `folder`."""
    if not DBT.exists():
        pytest.skip("dbt is not installed (make test installs it)")
    command = [
        DBT,
        *arguments,
        "--project-dir",
        project,
        "--profiles-dir",
        profiles,
        "--target-path",
        folder / "target",
        "--log-path",
        folder / "logs",
    ]
    environment = os.environ | {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false"} | settings
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return done.stdout


def on_duckdb(database: Path, *arguments: str, project: Path = PROJECT) -> str:
    """With the default profile."""
    return dbt(database.parent, *arguments, project=project, DBT_DUCKDB=str(database))


def on_snowflake(port: int, folder: Path, *arguments: str, **settings: str) -> str:
    """With the profile for Snowflake; all that is added is the way to the local server."""
    (folder / "profiles.yml").write_text((PROJECT / "profiles.yml").read_text().rstrip() + LOCAL.format(port=port))
    return dbt(folder, *arguments, "--target", "snowflake", profiles=folder, **settings_for(port) | settings)
