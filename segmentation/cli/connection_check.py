"""Connection check: is the source reachable, authenticated and readable, and may results be written?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from segmentation import pipeline
from segmentation.cli.privilege_check import COMMANDS, describe_missing_grants, list_warehouse_privileges
from segmentation.errors import SegmentationError, SettingsError
from segmentation.presentation.findings import describe_layout
from segmentation.publishing.snowflake_target import DEFAULT_SCHEMA, resolve_snowflake_target
from segmentation.results import CustomerTable
from segmentation.runtime.sql_identifiers import Name, quote_name
from segmentation.sales.column_mapping import resolve_columns
from segmentation.sales.known_layouts import complete_settings
from segmentation.sales.open_source import open_source
from segmentation.sales.snowflake import SnowflakeSource
from segmentation.sales.source import SalesSource
from segmentation.settings import ModelSettings, SalesSettings
from segmentation.snowflake_client.error_messages import get_error_code
from segmentation.snowflake_client.session import Session

_FIRST_LOGIN_ERROR = 390_000  # error codes from here on answer a login request, so the account was reached


@dataclass(frozen=True)
class CheckStep:
    """Result of one step."""

    name: str
    succeeded: bool
    message: str
    is_required: bool = True
    """Whether segmentation needs this step."""
    customers: CustomerTable | None = None
    """The customers, of the step that read all lines."""


def run_check_steps(settings: SalesSettings, commands: Sequence[str] = (), to: str = "") -> Iterator[CheckStep]:
    """Run the steps in order; stop at the first required one that fails. Nothing is created.

    Args:
        settings: the source and which of its lines count.
        commands: what the role must be able to do on Snowflake, of `segmentation.cli.privilege_check.COMMANDS`; if none
            is named, reading the sales is required and publishing is reported on.
        to: publish target on Snowflake; "": ML_RESULTS of the database of the sales.
    """
    try:
        source = open_source(settings.source)
        results = resolve_snowflake_target(to).schema if to else None
    except SegmentationError as error:
        yield CheckStep("Settings", False, str(error))
        return
    if not isinstance(source, SnowflakeSource):
        yield from _check_sales(source, settings)
        return
    for step in _check_snowflake(source.session):
        yield step
        if not step.succeeded:
            return
    results = results or (source.address.database, DEFAULT_SCHEMA)
    if not commands or "train" in commands:
        for step in _check_sales(source, settings):
            if step.succeeded or step.name not in {"Table", COMMANDS["train"]}:
                yield step
            else:
                yield replace(step, message=" ".join([step.message, *_list_read_grants(source, results)]))
            if not step.succeeded:
                return
    for command in commands or ("publish",):
        if command != "train":
            yield _check_privileges(command, source, results, is_required=bool(commands))


def _check_snowflake(session: Session) -> Iterator[CheckStep]:
    by_origin: dict[str, list[str]] = {}
    for name, origin in session.credentials.origins.items():
        by_origin.setdefault(origin, []).append(name)
    yield CheckStep(
        "Settings", True, "; ".join(f"{', '.join(names)} from {origin}" for origin, names in by_origin.items())
    )
    try:
        role, user = session.fetch_rows("SELECT CURRENT_ROLE(), CURRENT_USER()")[0]
    except SegmentationError as error:
        cause = error.__cause__
        if isinstance(cause, Exception) and get_error_code(cause) >= _FIRST_LOGIN_ERROR:
            yield CheckStep("Connection", True, "The account is reachable.")
            yield CheckStep("Authentication", False, str(error))
        else:
            yield CheckStep("Connection", False, str(error))
        return
    yield CheckStep("Connection", True, "The account is reachable.")
    yield CheckStep("Authentication", True, f"As {user}, by {session.auth_label}.")
    configured_role = session.credentials.values.get("role", "").upper()
    if role is None:
        yield CheckStep(
            "Role", False, "The session has no role. Set SNOWFLAKE_ROLE to one that is granted to this user."
        )
    else:
        yield CheckStep("Role", True, f"{role}{'' if configured_role else ' (the default of this user)'}")
    yield _check_warehouse(session, role)


def _check_warehouse(session: Session, role: str | None) -> CheckStep:
    try:
        warehouse = session.fetch_rows("SELECT CURRENT_WAREHOUSE()")[0][0]
    except SegmentationError as error:
        return CheckStep("Warehouse", False, str(error))
    if warehouse is not None:
        return CheckStep("Warehouse", True, str(warehouse))
    grants = [one.to_grant(str(role)) for one in list_warehouse_privileges(session)]
    if not grants:
        return CheckStep("Warehouse", False, "No warehouse is set. Set SNOWFLAKE_WAREHOUSE to one this role may use.")
    return CheckStep(
        "Warehouse", False, f"The warehouse does not exist, or this role may not use it. {' '.join(grants)}"
    )


def _check_sales(source: SalesSource, settings: SalesSettings) -> Iterator[CheckStep]:
    try:
        table = source.table()
    except SegmentationError as error:
        yield CheckStep("Table", False, str(error))
        return
    yield CheckStep("Table", True, f"{source.name}, {len(table.columns)} columns.")
    try:
        layout, completed = complete_settings(table.columns, settings)
        columns = resolve_columns(table.columns, completed.columns)
    except SegmentationError as error:
        yield CheckStep("Columns", False, str(error))
        return
    if layout is not None:
        yield CheckStep("Layout", True, describe_layout(layout))
    yield CheckStep("Columns", True, ", ".join(f"{name} = {column}" for name, column in columns.items()))
    try:
        rows = source.fetch(table.select(columns["customer_id"]).limit(1)).num_rows
    except SegmentationError as error:
        yield CheckStep("Read permission", False, str(error))
        return
    yield CheckStep("Read permission", True, "Yes." if rows else "Yes, but the table is empty.")
    try:
        customers = pipeline.load_customers(settings, source=source)
        pipeline.scale_features(customers, ModelSettings())
    except SegmentationError as error:
        yield CheckStep("Sales", False, str(error))
        return
    balance, window, totals = customers.reconciliation, customers.window, customers.store.totals
    yield CheckStep(
        "Sales",
        True,
        f"{balance.lines_accepted:,} of {balance.lines_read:,} lines can be used: {totals.customers:,} customers, "
        f"{totals.orders:,} orders, {balance.money_accepted:,.2f} net sales, {window.first_sale} to "
        f"{window.last_sale}.",
        customers=customers,
    )


def _list_read_grants(source: SnowflakeSource, results: Name) -> list[str]:
    """GRANT statements for reading that are missing; none if the grants cannot be listed."""
    try:
        return describe_missing_grants("train", source, results)
    except SegmentationError:
        return []


def _check_privileges(command: str, source: SnowflakeSource, results: Name, *, is_required: bool) -> CheckStep:
    """Whether the role has the privileges of a command on the schema of the results."""
    name, schema = COMMANDS[command], quote_name(results)
    try:
        grants = describe_missing_grants(command, source, results)
    except SegmentationError as error:
        return CheckStep(name, False, f"Unknown for {schema}: {error}", is_required)
    if not grants:
        return CheckStep(name, True, f"To {schema}." if command == "publish" else f"In {schema}.")
    return CheckStep(name, False, f"Missing for {command}: {' '.join(grants)}", is_required)


def raise_if_failed(steps: Iterable[CheckStep]) -> None:
    """Raise for the required steps that failed.

    Raises:
        SettingsError: a required step failed.
    """
    failed = [step for step in steps if step.is_required and not step.succeeded]
    if failed:
        names = ", ".join(step.name.lower() for step in failed)
        raise SettingsError(f"Check failed: {names}.", hint="\n".join(step.message for step in failed))
