"""Errors a user can cause: one plain sentence each, and a hint what to do next."""

from __future__ import annotations

from collections.abc import Mapping


class SegmentationError(Exception):
    """Root of every error a user can cause.

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
    """A column that is needed is missing, or is mapped to one that is not there."""


class DataError(SegmentationError):
    """The table could be read, but what it holds cannot be segmented."""


class AmbiguousFormatError(DataError):
    """Dates or amounts can be read in several ways, and only who owns the data knows which is meant."""

    def __init__(self, message: str, *, hint: str, setting: str, options: Mapping[str, str]) -> None:
        super().__init__(message, hint=hint)
        self.setting = setting
        """The setting that answers the question: dates or decimal."""
        self.options = dict(options)
        """Each possible way, with an example from the data: 02/03/2024 is 2 March 2024."""


class SettingsError(SegmentationError):
    """A setting is unknown or out of range."""


class RunError(SegmentationError):
    """A saved run is missing, damaged or does not fit what is asked of it."""
