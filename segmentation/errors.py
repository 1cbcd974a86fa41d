"""Errors that a user can cause: one plain sentence each, and a hint about what to do next."""

from __future__ import annotations

from collections.abc import Mapping


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


class ColumnError(SegmentationError):
    """A required column is missing, or is mapped to a column that does not exist."""


class DataError(SegmentationError):
    """The table can be read, but its contents cannot be segmented."""


class AmbiguousFormatError(DataError):
    """Dates or amounts can be parsed in several ways, and only the owner of the data knows which is right."""

    def __init__(self, message: str, *, hint: str, setting: str, options: Mapping[str, str]) -> None:
        super().__init__(message, hint=hint)
        self.setting = setting
        """The setting to choose: dates or decimal."""
        self.options = dict(options)
        """Option -> an example from the data: 02/03/2024 is 2 March 2024."""


class SettingsError(SegmentationError):
    """A setting is unknown or out of range."""


class RunError(SegmentationError):
    """A saved run is missing, damaged or unsuitable for the requested operation."""
