"""Before a large table in a warehouse is read: its size from metadata, and a confirmation."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmentation.__main__ import main
from segmentation.errors import LoadConfirmationError, SettingsError
from segmentation.pipeline import load_customers
from segmentation.publishing.publish import publish_run
from segmentation.runs.load import open_run
from segmentation.sales import load_size
from segmentation.sales.load_size import LoadSize, get_confirmation_limit
from segmentation.sales.open_source import open_source
from segmentation.settings import SalesSettings
from segmentation.snowflake_client.session import get_session
from tests.conftest import SIX_CUSTOMERS
from tests.snowflake_client.local import DATABASE, SCHEMA, Server
from tests.snowflake_client.reads import count_reads

VIEW = f"{DATABASE}.{SCHEMA}.SALES_VIEW"


@pytest.fixture
def six_on_snowflake(on_snowflake: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    """Fourteen lines in a table, a view of it, and nothing confirmed."""
    monkeypatch.setattr(load_size, "_confirmed", set())
    on_snowflake.load(SIX_CUSTOMERS, tmp_path)
    get_session().fetch_rows(f"CREATE OR REPLACE VIEW {VIEW} AS SELECT * FROM {DATABASE}.{SCHEMA}.FCT_SALES")
    return on_snowflake


@pytest.mark.parametrize("limit", ["14", "", "none"])
def test_load_size_below_the_limit_asks_nothing(
    six_on_snowflake: Server, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setenv(load_size.SETTING, limit)
    steps: list[str] = []
    table = load_customers(SalesSettings("snowflake:"), lambda share, step: steps.append(step))
    assert table.reconciliation.lines_read == 14
    assert any("14 rows" in step for step in steps)


def test_load_size_above_the_limit_is_confirmed_once(six_on_snowflake: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(load_size.SETTING, "13")
    with count_reads(six_on_snowflake) as reads, pytest.raises(LoadConfirmationError, match="14 rows") as caught:
        load_customers(SalesSettings("snowflake:"))
    assert len(reads) == 0
    load_size.confirm_load(caught.value.table)
    assert load_customers(SalesSettings("snowflake:")).reconciliation.lines_read == 14


def test_load_size_of_a_view_is_unknown(six_on_snowflake: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    assert open_source(f"snowflake:{VIEW}").measure_load().rows is None  # type: ignore[attr-defined]
    monkeypatch.setenv(load_size.SETTING, "1")
    steps: list[str] = []
    table = load_customers(SalesSettings(f"snowflake:{VIEW}"), lambda share, step: steps.append(step))
    assert (
        table.reconciliation.lines_read == 14
    )  # no limit applies: a scheduled job on a view must not end with a question
    assert any("unknown number of rows" in step for step in steps)


def test_commands_refuse_a_large_table_without_yes(
    six_on_snowflake: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(load_size.SETTING, "1")
    train = ["train", "--source", "snowflake:", "--out", str(tmp_path / "models"), "--quick", "--k", "2"]
    assert main(train) == 2
    message = capsys.readouterr().err
    assert "14 rows" in message
    assert "--yes" in message
    assert load_size.SETTING in message
    assert not (tmp_path / "models").exists()
    assert main([*train, "--sample-above", "2", "--yes"]) == 0
    monkeypatch.setattr(load_size, "_confirmed", set())
    run = open_run(tmp_path / "models")
    with count_reads(six_on_snowflake) as reads:
        with pytest.raises(LoadConfirmationError, match=r"14 rows .* 2 scans"):  # not published as a list instead
            publish_run(run, "snowflake:")
        plan = ["campaign", "plan", "--segment", str(run.segments["segment_name"].iloc[0]), "--days", "30"]
        for words in (["publish", "--to", "snowflake:"], plan):
            capsys.readouterr()
            assert main([*words, "--run", str(tmp_path / "models")]) == 2
            assert "14 rows" in capsys.readouterr().err, words
    assert len(reads) == 0


def test_load_size_describes_rows_bytes_and_time() -> None:
    """1.2 billion rows, read twice at a million a second: 40 minutes."""
    assert LoadSize(1_200_000_000, 48_300_000_000, 2).describe() == (
        "1,200,000,000 rows (48.3 GB) in 2 scans, about 40 minutes on an X-Small warehouse"
    )
    assert "(unknown bytes)" in LoadSize(14, None, 2).describe()


def test_confirmation_limit_refuses_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(load_size.SETTING, "many")
    with pytest.raises(SettingsError, match="must be a number of rows"):
        get_confirmation_limit()
    monkeypatch.setenv(load_size.SETTING, "1_000,000")
    assert get_confirmation_limit() == 1_000_000
