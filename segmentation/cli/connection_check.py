"""Step by step: can the sales be reached, signed in to, found and read, and may results be written?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from segmentation.errors import SegmentationError, SettingsError
from segmentation.sales.column_mapping import recognise
from segmentation.sales.snowflake import SnowflakeSource
from segmentation.sales.source import SalesSource, open_source
from segmentation.snowflake_client.table_names import TableName, quoted
from segmentation.snowflake_client.error_messages import code_of
from segmentation.snowflake_client.session import Session, passing_name

RESULTS = "ML_RESULTS"
_OF_SNOWFLAKE = 390_000  # numbers from here on are answers to a sign-in: the account was reached


@dataclass(frozen=True)
class Step:
    """One thing that was tried."""

    name: str
    works: bool
    told: str
    needed: bool = True
    """Without it no segments can be made."""


def steps(uri: str, chosen: Iterable[tuple[str, str]] = ()) -> Iterator[Step]:
    """Try one thing after the other, up to the first that is needed and fails."""
    try:
        source = open_source(uri)
    except SegmentationError as error:
        yield Step("Settings", False, str(error))
        return
    if isinstance(source, SnowflakeSource):
        for step in _on_snowflake(source.session):
            yield step
            if not step.works:
                return
    for step in _sales(source, list(chosen)):
        yield step
        if not step.works:
            return
    if isinstance(source, SnowflakeSource):
        yield _may_write(source)


def _on_snowflake(session: Session) -> Iterator[Step]:
    by_place: dict[str, list[str]] = {}
    for name, place in session.found.places.items():
        by_place.setdefault(place, []).append(name)
    yield Step("Settings", True, "; ".join(f"{', '.join(names)} from {place}" for place, names in by_place.items()))
    try:
        role, user = session.rows("SELECT CURRENT_ROLE(), CURRENT_USER()")[0]
    except SegmentationError as error:
        cause = error.__cause__
        if isinstance(cause, Exception) and code_of(cause) >= _OF_SNOWFLAKE:
            yield Step("Reached", True, "The account answers.")
            yield Step("Signed in", False, str(error))
        else:
            yield Step("Reached", False, str(error))
        return
    yield Step("Reached", True, "The account answers.")
    yield Step("Signed in", True, f"As {user}, by {session.way}.")
    wanted = session.found.values.get("role", "").upper()
    if role is None:
        yield Step("Role", False, "The session has no role. Set SNOWFLAKE_ROLE to one that is granted to this user.")
    else:
        yield Step("Role", True, f"{role}{'' if wanted else ' (the default of this user)'}")
    yield from _warehouse(session)


def _warehouse(session: Session) -> Iterator[Step]:
    try:
        warehouse = session.rows("SELECT CURRENT_WAREHOUSE()")[0][0]
    except SegmentationError as error:
        yield Step("Warehouse", False, str(error))
        return
    if warehouse is None:
        yield Step("Warehouse", False, "There is none. Set SNOWFLAKE_WAREHOUSE to one this role may use (GRANT USAGE).")
    else:
        yield Step("Warehouse", True, str(warehouse))


def _sales(source: SalesSource, chosen: list[tuple[str, str]]) -> Iterator[Step]:
    try:
        table = source.table()
    except SegmentationError as error:
        yield Step("Table found", False, str(error))
        return
    yield Step("Table found", True, f"{source.name}, {len(table.columns)} columns.")
    try:
        found = recognise(table.columns, chosen)
    except SegmentationError as error:
        yield Step("Columns found", False, str(error))
        return
    yield Step("Columns found", True, ", ".join(f"{name} = {column}" for name, column in found.items()))
    try:
        rows = source.fetch(table.select(found["customer_id"]).limit(1)).num_rows
    except SegmentationError as error:
        yield Step("May read", False, str(error))
        return
    yield Step("May read", True, "Yes." if rows else "Yes, but the table is empty.")


def _may_write(source: SnowflakeSource) -> Step:
    """Make a table in ml_results, beside the schema of the sales, and drop it again."""
    schema = f"{quoted(source.address.database)}.{quoted(RESULTS)}"
    name = TableName(source.address.database, RESULTS, passing_name("SEGMENTS_CHECK")).sql
    try:
        source.session.rows(f"CREATE TABLE {name} (X INTEGER)")
        source.session.rows(f"DROP TABLE {name}")
    except SegmentationError as error:
        needed = "Only publishing needs it: GRANT USAGE, CREATE TABLE ON SCHEMA"
        return Step("May write", False, f"Not to {schema}: {error.sentence} {needed} {schema}.", needed=False)
    return Step("May write", True, f"To {schema}.")


def failed(done: Iterable[Step]) -> None:
    """Raise where a step that is needed did not work.

    Raises:
        SettingsError: one did not.
    """
    for step in done:
        if step.needed and not step.works:
            raise SettingsError(f"Not ready: {step.name.lower()}.", hint=step.told)
