"""Step by step: can the sales be reached, signed in to, found and read, and may results be written?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from segmentation.errors import SegmentationError, SettingsError
from segmentation.sales.column_mapping import resolve_columns
from segmentation.sales.open_source import open_source
from segmentation.sales.snowflake import SnowflakeSource
from segmentation.sales.source import SalesSource
from segmentation.snowflake_client.error_messages import get_error_code
from segmentation.snowflake_client.session import Session, create_temp_table_name
from segmentation.snowflake_client.table_names import TableName, quote_identifier

RESULTS_SCHEMA = "ML_RESULTS"
_OF_SNOWFLAKE = 390_000  # numbers from here on are answers to a sign-in: the account was reached


@dataclass(frozen=True)
class CheckStep:
    """One thing that was tried."""

    name: str
    succeeded: bool
    message: str
    is_required: bool = True
    """Without it no segments can be made."""


def run_check_steps(uri: str, mapping: Iterable[tuple[str, str]] = ()) -> Iterator[CheckStep]:
    """Try one thing after the other, up to the first that is needed and fails."""
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
    by_place: dict[str, list[str]] = {}
    for name, place in session.found.origins.items():
        by_place.setdefault(place, []).append(name)
    yield CheckStep(
        "Settings", True, "; ".join(f"{', '.join(names)} from {place}" for place, names in by_place.items())
    )
    try:
        role, user = session.fetch_rows("SELECT CURRENT_ROLE(), CURRENT_USER()")[0]
    except SegmentationError as error:
        cause = error.__cause__
        if isinstance(cause, Exception) and get_error_code(cause) >= _OF_SNOWFLAKE:
            yield CheckStep("Reached", True, "The account answers.")
            yield CheckStep("Signed in", False, str(error))
        else:
            yield CheckStep("Reached", False, str(error))
        return
    yield CheckStep("Reached", True, "The account answers.")
    yield CheckStep("Signed in", True, f"As {user}, by {session.way}.")
    wanted = session.found.values.get("role", "").upper()
    if role is None:
        yield CheckStep(
            "Role", False, "The session has no role. Set SNOWFLAKE_ROLE to one that is granted to this user."
        )
    else:
        yield CheckStep("Role", True, f"{role}{'' if wanted else ' (the default of this user)'}")
    yield from _check_warehouse(session)


def _check_warehouse(session: Session) -> Iterator[CheckStep]:
    try:
        warehouse = session.fetch_rows("SELECT CURRENT_WAREHOUSE()")[0][0]
    except SegmentationError as error:
        yield CheckStep("Warehouse", False, str(error))
        return
    if warehouse is None:
        yield CheckStep(
            "Warehouse", False, "There is none. Set SNOWFLAKE_WAREHOUSE to one this role may use (GRANT USAGE)."
        )
    else:
        yield CheckStep("Warehouse", True, str(warehouse))


def _check_sales(source: SalesSource, chosen: list[tuple[str, str]]) -> Iterator[CheckStep]:
    try:
        table = source.table()
    except SegmentationError as error:
        yield CheckStep("Table found", False, str(error))
        return
    yield CheckStep("Table found", True, f"{source.name}, {len(table.columns)} columns.")
    try:
        found = resolve_columns(table.columns, chosen)
    except SegmentationError as error:
        yield CheckStep("Columns found", False, str(error))
        return
    yield CheckStep("Columns found", True, ", ".join(f"{name} = {column}" for name, column in found.items()))
    try:
        rows = source.fetch(table.select(found["customer_id"]).limit(1)).num_rows
    except SegmentationError as error:
        yield CheckStep("May read", False, str(error))
        return
    yield CheckStep("May read", True, "Yes." if rows else "Yes, but the table is empty.")


def _check_write_permission(source: SnowflakeSource) -> CheckStep:
    """Make a table in ml_results, beside the schema of the sales, and drop it again."""
    schema = f"{quote_identifier(source.address.database)}.{quote_identifier(RESULTS_SCHEMA)}"
    name = TableName(source.address.database, RESULTS_SCHEMA, create_temp_table_name("SEGMENTS_CHECK")).to_sql
    try:
        source.session.fetch_rows(f"CREATE TABLE {name} (X INTEGER)")
        source.session.fetch_rows(f"DROP TABLE {name}")
    except SegmentationError as error:
        needed = "Only publishing needs it: GRANT USAGE, CREATE TABLE ON SCHEMA"
        return CheckStep("May write", False, f"Not to {schema}: {error.message} {needed} {schema}.", is_required=False)
    return CheckStep("May write", True, f"To {schema}.")


def raise_if_failed(done: Iterable[CheckStep]) -> None:
    """Raise where a step that is needed did not work.

    Raises:
        SettingsError: one did not.
    """
    for step in done:
        if step.is_required and not step.succeeded:
            raise SettingsError(f"Not ready: {step.name.lower()}.", hint=step.message)
