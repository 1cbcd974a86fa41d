"""Publishing to Snowflake through the real connector."""

from __future__ import annotations

import json
from typing import Any

import pytest
from snowflake.connector.cursor import SnowflakeCursor

from segmentation.errors import SourceError
from segmentation.publishing.publish import TABLES, fetch_published_run, publish_run
from segmentation.publishing.snowflake_target import SnowflakeConnection
from segmentation.runs.load import open_run
from segmentation.runs.manifest import RunRecord
from segmentation.runs.save import save_run
from segmentation.snowflake_client.session import get_session
from tests.snowflake_client.faults import Proxy
from tests.snowflake_client.local import DATABASE, Server

WHERE = f"snowflake:{DATABASE}.PUBLISHED"


def contents() -> dict[str, list[tuple[Any, ...]]]:
    return {
        name: sorted(get_session().fetch_rows(f"SELECT * FROM {DATABASE}.PUBLISHED.{name}"), key=str) for name in TABLES
    }


def test_publish_run_on_snowflake(
    on_snowflake: Server, models: Any, record: RunRecord, later: RunRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (open_run(save_run(one, models)) for one in (record, later))
    assert publish_run(first, WHERE) == f"Snowflake {DATABASE}.PUBLISHED"
    once = contents()
    expected = first.read_customers().sort_values("customer_id", key=lambda ids: ids.map(lambda text: str((text,))))
    assert [row[:6] for row in once["customer_segments"]] == list(
        expected.iloc[:, :6].itertuples(index=False, name=None)
    )
    assert {(str(row[6]), row[7]) for row in once["customer_segments"]} == {("2026-01-01 12:00:00", first.run_id)}
    publish_run(first, WHERE)
    assert contents() == once
    published = fetch_published_run(WHERE)
    assert published is not None
    assert (published.run_id, published.created, published.customers) == (first.run_id, "2026-01-01 12:00", 200)

    real = SnowflakeConnection.execute
    for word in ("DELETE FROM", "INSERT INTO", "COMMIT"):

        def run(self: SnowflakeConnection, sql: str, values: Any = (), word: str = word) -> Any:
            if sql.startswith(word) and "RUNS" in sql + "RUNS" * (word != "INSERT INTO"):
                raise SourceError("The connection was cut.")
            return real(self, sql, values)

        with monkeypatch.context() as patch:
            patch.setattr(SnowflakeConnection, "execute", run)
            with pytest.raises(SourceError):
                publish_run(second, WHERE)
        assert contents() == once, word
    on_snowflake.statements()
    publish_run(second, WHERE)
    requested = on_snowflake.statements()
    assert {json.loads(statement["tag"])["user"] for statement in requested} == {"marketer"}
    after = contents()
    assert {row[7] for row in after["customer_segments"]} == {second.run_id}
    assert len(after["customer_segments_history"]) == 400


@pytest.mark.parametrize("word", ["PUT", "COPY INTO", "DELETE FROM", "INSERT INTO", "COMMIT"])
def test_publish_run_connection_lost(
    on_snowflake: Server, models: Any, record: RunRecord, later: RunRecord, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    """The network is gone from one statement on; what others read, by another way, is what it was."""
    first, second = (open_run(save_run(one, models)) for one in (record, later))
    publish_run(first, WHERE)
    before = contents()
    proxy = Proxy(on_snowflake.port)
    real_execute, interrupted = SnowflakeCursor.execute, []

    def execute(self: SnowflakeCursor, *arguments: Any, **options: Any) -> Any:
        command = str(arguments[0] if arguments else options["operation"]).lstrip()
        if command.startswith(word) and not interrupted:
            interrupted.append(command)
            proxy.refuse()
        return real_execute(self, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setenv("SNOWFLAKE_PORT", str(proxy.port))
        for name in ("LOGIN", "STATEMENT", "NETWORK"):
            patch.setenv(f"SNOWFLAKE_{name}_TIMEOUT", "3")
        patch.setattr(SnowflakeCursor, "execute", execute)
        with pytest.raises(SourceError):
            publish_run(second, WHERE)
    assert len(interrupted) == 1
    on_snowflake.call("expire")  # as Snowflake does in time with a session whose owner is gone
    assert contents() == before
    publish_run(second, WHERE)
    assert {row[7] for row in contents()["customer_segments"]} == {second.run_id}


def test_publish_run_session_expired_in_transaction(
    on_snowflake: Server, models: Any, record: RunRecord, later: RunRecord
) -> None:
    """The statement is not said again in a new session, where it would be a deletion of its own."""
    first, second = (open_run(save_run(one, models)) for one in (record, later))
    publish_run(first, WHERE)
    before = contents()
    on_snowflake.fail("390114", "Authentication token has expired.", "DELETE FROM")
    with pytest.raises(SourceError, match="ended while publishing"):
        publish_run(second, WHERE)
    assert contents() == before
