"""docs/snowflake_setup.sql runs from top to bottom, and its roles can do what they are for and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
import sqlglot

from segmentation.__main__ import main
from segmentation.errors import SourceError
from segmentation.runs.save import open_run
from segmentation.snowflake_client.session import close_sessions, get_session
from tests.snowflake_client.local import DATABASE, SCHEMA, Server, drop_results

SCRIPT = Path(__file__).resolve().parents[2] / "docs/snowflake_setup.sql"


@pytest.fixture
def take_role(on_snowflake: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Runs the script as an administrator, then signs in as one of its users."""
    drop_results()
    for statement in read_statements():
        if not statement.startswith("SHOW"):
            get_session().fetch_rows(statement)

    def take(user: str) -> None:
        close_sessions()
        monkeypatch.setenv("SNOWFLAKE_USER", user)

    yield take
    close_sessions()


def read_statements() -> list[str]:
    """The statements as written, without comments."""
    lines = [line for line in SCRIPT.read_text().splitlines() if not line.startswith("--")]
    return [text.strip() for text in "\n".join(lines).split(";") if text.strip()]


def test_setup_script_creates_before_it_uses() -> None:
    """Every role, user, schema, rule and policy is created above the first statement that names it."""
    statements = read_statements()
    assert len(sqlglot.parse(";".join(statements), read="snowflake")) == len(statements) > 30
    created: set[str] = set()
    for statement in statements:
        words = statement.replace("(", " ").replace(")", " ").replace("'", " ").split()
        if words[0] == "CREATE":
            at = next(number for number, word in enumerate(words) if word == "EXISTS") + 1
            created.add(words[at].rpartition(".")[2])
        named = {word.rstrip(",").rpartition(".")[2] for word in words}
        assert {name for name in named if name.startswith("SEGMENTS_")} <= created, statement
    assert "SEGMENTS_POLICY" in created


def test_setup_roles_walk(
    on_snowflake: Server,
    take_role: Callable[[str], None],
    shop: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Check, train, score and SQL as the reader; publish and restore as the writer."""
    on_snowflake.load(pd.read_parquet(shop), tmp_path)
    models = str(tmp_path / "models")
    take_role("SEGMENTS_READER")
    assert main(["check", "--source", "snowflake:", "--for", "train", "--quiet"]) == 0
    assert main(["train", "--source", "snowflake:", "--out", models, "--quick", "--k", "4", "--quiet"]) == 0
    assert main(["score", "--run", models, "--out", str(tmp_path / "scores.csv"), "--quiet"]) == 0
    assert main(["check", "--source", "snowflake:", "--for", "train,publish", "--quiet"]) == 2
    capsys.readouterr()
    assert main(["publish", "--run", models, "--to", "snowflake:"]) == 2
    assert "Error" in capsys.readouterr().err
    take_role("SEGMENTS_WRITER")
    assert main(["check", "--source", "snowflake:", "--for", "train,publish,view,dynamic-table", "--quiet"]) == 0
    assert main(["publish", "--run", models, "--to", "snowflake:", "--quiet"]) == 0
    assert main(["restore", "--from", "snowflake:", "--out", str(tmp_path / "restored"), "--quiet"]) == 0
    assert open_run(tmp_path / "restored").run_id == open_run(models).run_id
    with pytest.raises(SourceError):
        get_session().fetch_rows(f"CREATE TABLE {DATABASE}.{SCHEMA}.X (Y INTEGER)")
