"""The privileges on Snowflake that each command needs, and the GRANT statements for those that are missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from segmentation.errors import SegmentationError
from segmentation.runtime.sql_identifiers import Name, parse_name
from segmentation.sales.snowflake import SnowflakeSource
from segmentation.snowflake_client.grants import Privilege, fetch_privileges, find_missing_privileges
from segmentation.snowflake_client.session import Session

RESULT_TABLES = ("CUSTOMER_SEGMENTS", "CUSTOMER_SEGMENTS_HISTORY", "SEGMENTS", "SEGMENTATION_RUNS")
COMMANDS = {
    "train": "Read permission",
    "publish": "Write permission",
    "view": "Views",
    "dynamic-table": "Dynamic tables",
    "restore": "Restore",
}
"""Command that needs privileges -> the step that reports on them. Whoever may train may also score and open pages."""

_RESULT_ACTIONS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # A temporary file format, as of write_pandas, needs its privilege; temporary tables and stages do not.
    "publish": (("CREATE TABLE", "CREATE FILE FORMAT"), ("SELECT", "INSERT", "DELETE")),
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
    existing = _find_tables(session, results)
    actions, on_tables = _RESULT_ACTIONS[command]
    needed += [Privilege(action, "SCHEMA", results) for action in actions]
    return needed + [Privilege(action, "TABLE", (*results, table)) for table in existing for action in on_tables]


def _schema_exists(session: Session, results: Name) -> bool:
    return bool(_query_information(session, results, "schemata", "schema_name", "schema_name = ?"))


def _find_tables(session: Session, results: Name) -> list[str]:
    """The result tables that exist, as far as the role may know of them."""
    found = _query_information(session, results, "tables", "table_name", "table_schema = ?")
    return [name for name in RESULT_TABLES if name in found]


def _query_information(session: Session, results: Name, view: str, column: str, condition: str) -> set[str]:
    database = '"' + results[0].replace('"', '""') + '"'
    try:
        rows: Iterable[tuple[object, ...]] = session.fetch_rows(
            f"SELECT {column} FROM {database}.INFORMATION_SCHEMA.{view.upper()} WHERE {condition}", (results[1],)
        )
    except SegmentationError:  # without USAGE on the database, nothing in it can be seen
        return set()
    return {str(row[0]) for row in rows}
