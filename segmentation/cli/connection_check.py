"""Connection check: is the source reachable, authenticated and readable, and may results be written?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from segmentation.errors import SegmentationError, SettingsError
from segmentation.runtime.sql_identifiers import quote_name
from segmentation.sales.column_mapping import resolve_columns
from segmentation.sales.open_source import open_source
from segmentation.sales.snowflake import SnowflakeSource
from segmentation.sales.source import SalesSource
from segmentation.snowflake_client.error_messages import get_error_code
from segmentation.snowflake_client.session import Session, create_temp_table_name
from segmentation.snowflake_client.table_names import TableName

RESULTS_SCHEMA = "ML_RESULTS"
_FIRST_LOGIN_ERROR = 390_000  # error codes from here on answer a login request, so the account was reached


@dataclass(frozen=True)
class CheckStep:
    """Result of one step."""

    name: str
    succeeded: bool
    message: str
    is_required: bool = True
    """Whether segmentation needs this step."""


def run_check_steps(uri: str, mapping: Iterable[tuple[str, str]] = ()) -> Iterator[CheckStep]:
    """Run the steps in order; stop at the first required one that fails."""
    try:
        source = open_source(uri)
    except SegmentationError as error:
        yield CheckStep("Settings", False, str(error))
        return
    if isinstance(source, SnowflakeSource):
        for step in _check_snowflake(source.session):
            yield step
            if not step.succeeded:
                return
    for step in _check_sales(source, list(mapping)):
        yield step
        if not step.succeeded:
            return
    if isinstance(source, SnowflakeSource):
        yield _check_write_permission(source)


def _check_snowflake(session: Session) -> Iterator[CheckStep]:
    by_origin: dict[str, list[str]] = {}
    for name, origin in session.found.origins.items():
        by_origin.setdefault(origin, []).append(name)
    yield CheckStep(
        "Settings", True, "; ".join(f"{', '.join(names)} from {origin}" for origin, names in by_origin.items())
    )
    try:
        role, user = session.fetch_rows("SELECT CURRENT_ROLE(), CURRENT_USER()")[0]
    except SegmentationError as error:
        cause = error.__cause__
        if isinstance(cause, Exception) and get_error_code(cause) >= _FIRST_LOGIN_ERROR:
            yield CheckStep("Connection", True, "The account answers.")
            yield CheckStep("Authentication", False, str(error))
        else:
            yield CheckStep("Connection", False, str(error))
        return
    yield CheckStep("Connection", True, "The account answers.")
    yield CheckStep("Authentication", True, f"As {user}, by {session.way}.")
    configured_role = session.found.values.get("role", "").upper()
    if role is None:
        yield CheckStep(
            "Role", False, "The session has no role. Set SNOWFLAKE_ROLE to one that is granted to this user."
        )
    else:
        yield CheckStep("Role", True, f"{role}{'' if configured_role else ' (the default of this user)'}")
    yield from _check_warehouse(session)


def _check_warehouse(session: Session) -> Iterator[CheckStep]:
    try:
        warehouse = session.fetch_rows("SELECT CURRENT_WAREHOUSE()")[0][0]
    except SegmentationError as error:
        yield CheckStep("Warehouse", False, str(error))
        return
    if warehouse is None:
        yield CheckStep(
            "Warehouse", False, "No warehouse is set. Set SNOWFLAKE_WAREHOUSE to one this role may use (GRANT USAGE)."
        )
    else:
        yield CheckStep("Warehouse", True, str(warehouse))


def _check_sales(source: SalesSource, mapping: list[tuple[str, str]]) -> Iterator[CheckStep]:
    try:
        table = source.table()
    except SegmentationError as error:
        yield CheckStep("Table", False, str(error))
        return
    yield CheckStep("Table", True, f"{source.name}, {len(table.columns)} columns.")
    try:
        columns = resolve_columns(table.columns, mapping)
    except SegmentationError as error:
        yield CheckStep("Columns", False, str(error))
        return
    yield CheckStep("Columns", True, ", ".join(f"{name} = {column}" for name, column in columns.items()))
    try:
        rows = source.fetch(table.select(columns["customer_id"]).limit(1)).num_rows
    except SegmentationError as error:
        yield CheckStep("Read permission", False, str(error))
        return
    yield CheckStep("Read permission", True, "Yes." if rows else "Yes, but the table is empty.")


def _check_write_permission(source: SnowflakeSource) -> CheckStep:
    """Create and drop a table in ml_results of the database of the sales."""
    schema = quote_name((source.address.database, RESULTS_SCHEMA))
    name = TableName(source.address.database, RESULTS_SCHEMA, create_temp_table_name("SEGMENTS_CHECK")).to_sql
    try:
        source.session.fetch_rows(f"CREATE TABLE {name} (X INTEGER)")
        source.session.fetch_rows(f"DROP TABLE {name}")
    except SegmentationError as error:
        requirement = "Only publishing needs it: GRANT USAGE, CREATE TABLE ON SCHEMA"
        return CheckStep(
            "Write permission", False, f"Not to {schema}: {error.message} {requirement} {schema}.", is_required=False
        )
    return CheckStep("Write permission", True, f"To {schema}.")


def raise_if_failed(steps: Iterable[CheckStep]) -> None:
    """Raise for the first required step that failed.

    Raises:
        SettingsError: a required step failed.
    """
    for step in steps:
        if step.is_required and not step.succeeded:
            raise SettingsError(f"Check failed: {step.name.lower()}.", hint=step.message)
