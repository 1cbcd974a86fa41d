"""The privileges on Snowflake that each command needs, and the GRANT statements for those that are missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from segmentation.errors import SegmentationError
from segmentation.runtime.sql_identifiers import Name, parse_name, quote_name
from segmentation.sales.snowflake import SnowflakeSource
from segmentation.snowflake_client.grants import Privilege, fetch_privileges, find_missing_privileges
from segmentation.snowflake_client.session import Session

_STORED_RUN = ("CUSTOMER_SEGMENTS", "CUSTOMER_SEGMENTS_HISTORY", "SEGMENTATION_RUNS")
_OF_EVERY_RUN = (*_STORED_RUN, "SEGMENTS")
"""If one of these tables exists, all do."""
_RESULT_TABLES: Mapping[str, tuple[str, ...]] = {
    "publish": (
        *_OF_EVERY_RUN,
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
"""Command that needs privileges -> the step that reports on them. `train` covers scoring and the pages, too."""

_RESULT_ACTIONS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "publish": (("CREATE TABLE",), ("SELECT", "INSERT", "DELETE")),
    "view": (("CREATE VIEW",), ()),
    "dynamic-table": (("CREATE DYNAMIC TABLE",), ()),
    "restore": ((), ("SELECT",)),
}
"""Command -> privileges on the schema of the results, and on each result table that exists."""
_READS_SALES = {"train", "view", "dynamic-table"}
"""Publishing reads them if it may: above the limit of customers in memory, and for the segment history."""


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
    granted = fetch_privileges(session, role)
    needed = list_warehouse_privileges(session)
    if command in _READS_SALES:
        needed += _list_read_privileges(source)
    create = Privilege("CREATE SCHEMA", "DATABASE", results[:1])
    creates_schema = command == "publish" and not _is_schema_known(session, results, granted)
    if creates_schema and create in granted:  # the creator of the schema owns it
        needed.append(Privilege("USAGE", "DATABASE", results[:1]))
    elif command in _RESULT_ACTIONS:
        needed += _list_result_privileges(command, session, results, granted)
    grants = [one.to_grant(role) for one in find_missing_privileges(dict.fromkeys(needed), granted)]
    if creates_schema and create not in granted:
        grants.append(f"If the schema does not exist, instead of those on it: {create.to_grant(role)}")
    return grants


def list_warehouse_privileges(session: Session) -> list[Privilege]:
    """The privileges to use the configured warehouse; none if it is the user's default."""
    warehouse = session.credentials.values.get("warehouse")
    return [Privilege("USAGE", "WAREHOUSE", parse_name(warehouse, "snowflake", max_parts=1))] if warehouse else []


def _list_read_privileges(source: SnowflakeSource) -> list[Privilege]:
    address = source.address
    return [
        Privilege("USAGE", "DATABASE", (address.database,)),
        Privilege("USAGE", "SCHEMA", (address.database, address.schema)),
        Privilege("SELECT", "TABLE", (address.database, address.schema, address.table)),
    ]


def _list_result_privileges(command: str, session: Session, results: Name, granted: set[Privilege]) -> list[Privilege]:
    actions, on_tables = _RESULT_ACTIONS[command]
    known = _query_information(session, results, "tables", "table_name", "table_schema = ?")
    known |= {one.name[-1] for one in granted if one.kind == "TABLE" and one.name[:-1] == results}
    if known.intersection(_OF_EVERY_RUN):  # a role does not see a table on which it has no privilege
        known.update(_OF_EVERY_RUN)
    tables = [table for table in _RESULT_TABLES.get(command, ()) if table in known]
    return [
        Privilege("USAGE", "DATABASE", results[:1]),
        Privilege("USAGE", "SCHEMA", results),
        *(Privilege(action, "SCHEMA", results) for action in actions),
        *(Privilege(action, "TABLE", (*results, table)) for table in tables for action in on_tables),
    ]


def _is_schema_known(session: Session, results: Name, granted: set[Privilege]) -> bool:
    """Whether the schema is known to exist: a role sees only schemas on which it has a privilege."""
    is_granted = any(one.name[:2] == results for one in granted if one.kind in {"SCHEMA", "TABLE"})
    return is_granted or bool(_query_information(session, results, "schemata", "schema_name", "schema_name = ?"))


def _query_information(session: Session, results: Name, view: str, column: str, condition: str) -> set[str]:
    information = quote_name((results[0], "INFORMATION_SCHEMA", view.upper()))
    try:
        rows: Iterable[tuple[object, ...]] = session.fetch_rows(
            f"SELECT {column} FROM {information} WHERE {condition}", (results[1],)
        )
    except SegmentationError:  # without USAGE on the database, nothing in it can be seen
        return set()
    return {str(row[0]) for row in rows}
