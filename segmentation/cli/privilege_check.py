"""The privileges on Snowflake that each command needs, and the GRANT statements for those that are missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from segmentation.errors import SegmentationError
from segmentation.runtime.sql_identifiers import Name, parse_name, quote_name
from segmentation.sales.snowflake import SnowflakeSource
from segmentation.snowflake_client.grants import Privilege, fetch_privileges, find_missing_privileges
from segmentation.snowflake_client.session import Session

_STORED_RUN = ("CUSTOMER_SEGMENTS", "CUSTOMER_SEGMENTS_HISTORY", "SEGMENTATION_RUNS")
_RESULT_TABLES: Mapping[str, tuple[str, ...]] = {
    "publish": (
        *_STORED_RUN,
        "SEGMENTS",
        "RUN_COMPARISONS",
        "SEGMENT_HISTORY",
        "CUSTOMER_FORECASTS",
        "SEGMENT_FORECASTS",
        "CAMPAIGNS",
        "CAMPAIGN_ASSIGNMENTS",
        "CAMPAIGN_RESULTS",
    ),
    "restore": _STORED_RUN,
}
"""Command -> the tables that it writes or reads."""
COMMANDS = {
    "train": "Read permission",
    "publish": "Write permission",
    "view": "Views",
    "dynamic-table": "Dynamic tables",
    "restore": "Restore",
}
"""Command that needs privileges -> the step that reports on them. Whoever may train may also score and open pages."""

_RESULT_ACTIONS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "publish": (("CREATE TABLE",), ("SELECT", "INSERT", "DELETE")),
    "view": (("CREATE VIEW",), ()),
    "dynamic-table": (("CREATE DYNAMIC TABLE",), ()),
    "restore": ((), ("SELECT",)),
}
"""Command -> privileges on the schema of the results, and on each result table that exists."""


def describe_missing_grants(command: str, source: SnowflakeSource, results: Name) -> list[str]:
    """GRANT statements for the privileges that the role lacks for a command; nothing is created to find out.

    Args:
        command: one of COMMANDS.
        source: the sales.
        results: database and schema of the results.

    Raises:
        SourceError: the grants of the role cannot be listed.
    """
    session = source.session
    role = str(session.fetch_rows("SELECT CURRENT_ROLE()")[0][0])
    held = fetch_privileges(session, role)
    needed = _list_read_privileges(source) if command == "train" else _list_result_privileges(command, session, results)
    return [one.to_grant(role) for one in find_missing_privileges(needed, held)]


def _list_read_privileges(source: SnowflakeSource) -> list[Privilege]:
    address = source.address
    warehouse = source.session.found.values.get("warehouse")
    return [
        *([Privilege("USAGE", "WAREHOUSE", parse_name(warehouse, "snowflake", max_parts=1))] if warehouse else []),
        Privilege("USAGE", "DATABASE", (address.database,)),
        Privilege("USAGE", "SCHEMA", (address.database, address.schema)),
        Privilege("SELECT", "TABLE", (address.database, address.schema, address.table)),
    ]


def _list_result_privileges(command: str, session: Session, results: Name) -> list[Privilege]:
    database = results[:1]
    needed = [Privilege("USAGE", "DATABASE", database)]
    if command == "publish" and not _schema_exists(session, results):
        return [*needed, Privilege("CREATE SCHEMA", "DATABASE", database)]  # its creator owns it
    needed.append(Privilege("USAGE", "SCHEMA", results))
    existing = _find_tables(session, results, _RESULT_TABLES.get(command, ()))
    actions, on_tables = _RESULT_ACTIONS[command]
    needed += [Privilege(action, "SCHEMA", results) for action in actions]
    return needed + [Privilege(action, "TABLE", (*results, table)) for table in existing for action in on_tables]


def _schema_exists(session: Session, results: Name) -> bool:
    return bool(_query_information(session, results, "schemata", "schema_name", "schema_name = ?"))


def _find_tables(session: Session, results: Name, tables: Iterable[str]) -> list[str]:
    """Those of the tables that exist, as far as the role may know of them."""
    found = _query_information(session, results, "tables", "table_name", "table_schema = ?")
    return [name for name in tables if name in found]


def _query_information(session: Session, results: Name, view: str, column: str, condition: str) -> set[str]:
    information = quote_name((results[0], "INFORMATION_SCHEMA", view.upper()))
    try:
        rows: Iterable[tuple[object, ...]] = session.fetch_rows(
            f"SELECT {column} FROM {information} WHERE {condition}", (results[1],)
        )
    except SegmentationError:  # without USAGE on the database, nothing in it can be seen
        return set()
    return {str(row[0]) for row in rows}
