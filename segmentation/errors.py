"""Errors that a user can cause: one plain sentence each, and a hint about what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal


class SegmentationError(Exception):
    """Base class of all errors that a user can cause.

    >>> print(SegmentationError("The file is empty.", hint="Export it again."))
    The file is empty. Export it again.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class SourceError(SegmentationError):
    """The sales table cannot be found, opened or read."""


class StatementTimeoutError(SourceError):
    """A warehouse statement exceeded its time limit; running it again costs the same again."""


class LoadConfirmationError(SourceError):
    """A warehouse table is so large that reading it must be confirmed."""

    def __init__(self, message: str, *, hint: str, table: str) -> None:
        super().__init__(message, hint=hint)
        self.table = table
        """Its full name, for `segmentation.sales.load_size.confirm_load`."""


class ColumnError(SegmentationError):
    """A required column is missing, or is mapped to a column that does not exist."""


class DataError(SegmentationError):
    """The table can be read, but its contents cannot be segmented."""


@dataclass(frozen=True)
class ValueTotal:
    """A value of a column, how many lines have it, and their money."""

    value: str
    lines: int
    money: Decimal | None = None
    """None: no amount can be read."""


class DataQuestionError(DataError):
    """The data can be read in several ways, with different results, and only their owner knows which is meant."""

    def __init__(
        self, message: str, *, hint: str, setting: str, options: Mapping[str, str], values: Sequence[ValueTotal] = ()
    ) -> None:
        super().__init__(message, hint=hint)
        self.setting = setting
        """The field of `SalesSettings` that answers the question; `columns.customer_id` for a column of `columns`."""
        self.options = dict(options)
        """Each possible answer, and what it does."""
        self.values = tuple(values)
        """The values in question, each to be answered by one of `options`; empty: one answer for all."""


class AmbiguousFormatError(DataQuestionError):
    """Dates or amounts can be parsed in several ways; `setting` is dates or decimal, `options` have an example each."""


class SettingsError(SegmentationError):
    """A setting is unknown or out of range."""


class RunError(SegmentationError):
    """A saved run is missing, damaged or unsuitable for the requested operation."""


class CampaignError(SegmentationError):
    """A campaign is missing, damaged, exists already, or is unsuitable for the requested operation."""
