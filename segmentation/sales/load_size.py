"""The size of a table in a warehouse, known before it is read, and whether reading a large one was confirmed."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from segmentation.errors import LoadConfirmationError, SettingsError
from segmentation.messages import Message
from segmentation.sales.source import SalesSource

SETTING = "SEGMENTS_CONFIRM_ROWS"
"""Environment variable that replaces DEFAULT_LIMIT."""
DEFAULT_LIMIT = 100_000_000
"""Rows above which a load has to be confirmed."""
NEVER = "none"
ROWS_PER_SECOND = 1_000_000
"""Rows that an X-Small warehouse is assumed to read in a second: twice what DuckDB does on two cores."""


@dataclass(frozen=True)
class LoadSize:
    """The size of a table according to the metadata of its warehouse."""

    rows: int | None
    """None: unknown, as for a view."""
    bytes: int | None
    """None: unknown."""
    reads: int
    """How often a load reads the table."""

    def describe(self) -> Message:
        """Rows, bytes and an estimate of the time, in one sentence."""
        size = Message("{gigabytes:,.1f} GB", {"gigabytes": (self.bytes or 0) / 1e9}) if self.bytes else "unknown bytes"
        if self.rows is None:
            return Message("an unknown number of rows ({size}) in {reads} scans", {"size": size, "reads": self.reads})
        seconds = self.rows * self.reads / ROWS_PER_SECOND
        unit, number = ("minutes", seconds / 60) if seconds >= 120 else ("seconds", max(1.0, seconds))
        unit = unit.removesuffix("s") if number < 1.5 else unit
        return Message(
            "{rows:,} rows ({size}) in {reads} scans, about {number:,.0f} {unit} on an X-Small warehouse",
            {"rows": self.rows, "size": size, "reads": self.reads, "number": number, "unit": unit},
        )


@runtime_checkable
class SupportsLoadSize(Protocol):
    """A source in a warehouse, which charges for reading."""

    def measure_load(self) -> LoadSize:
        """What a load reads, from metadata alone."""
        ...


def describe_load(source: SalesSource) -> str:
    """What a load reads, for progress messages; empty where reading is free."""
    return source.measure_load().describe() if isinstance(source, SupportsLoadSize) else ""


def get_confirmation_limit() -> int | None:
    """Rows above which a load has to be confirmed; None: never.

    Raises:
        SettingsError: the setting is neither a number nor `none`.
    """
    text = os.environ.get(SETTING, "").strip().replace(",", "").replace("_", "")
    if text.lower() == NEVER:
        return None
    if text and not (text.isascii() and text.isdigit()):
        raise SettingsError(
            f"{SETTING} must be a number of rows.", hint=f"For example {SETTING}={DEFAULT_LIMIT}, or {NEVER}."
        )
    return int(text) if text else DEFAULT_LIMIT


def confirm_load(table: str) -> None:
    """Allow this process to read a table whatever its size; "": every table."""
    with _lock:
        _confirmed.add(table)


def check_confirmed(table: str, name: str, size: LoadSize) -> None:
    """Raise LoadConfirmationError if a table is larger than the limit and reading it was not confirmed.

    Args:
        table: its full name, as for `confirm_load`.
        name: its display name.
        size: what a load reads.
    """
    limit = get_confirmation_limit()
    with _lock:
        is_confirmed = not {table, ""}.isdisjoint(_confirmed)
    if limit is None or is_confirmed or size.rows is None or size.rows <= limit:
        return
    raise LoadConfirmationError(
        Message("{name} has {size}.", {"name": name, "size": size.describe()}),
        hint=f"Confirm it with --yes, or set {SETTING} (now {limit:,} rows; {NEVER}: never ask).",
        table=table,
    )


_confirmed: set[str] = set()
_lock = threading.Lock()
