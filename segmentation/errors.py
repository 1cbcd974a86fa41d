"""Errors a user can cause: one plain sentence each, and a hint what to do next."""


class SegmentationError(Exception):
    """Root of every error a user can cause.

    >>> print(SegmentationError("The file is empty.", hint="Export it again."))
    The file is empty. Export it again.
    """

    def __init__(self, sentence: str, *, hint: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.sentence} {self.hint}".strip()


class SourceError(SegmentationError):
    """The sales table cannot be found, opened or read."""


class ColumnError(SegmentationError):
    """A column that is needed is missing, or is mapped to one that is not there."""


class DataError(SegmentationError):
    """The table could be read, but what it holds cannot be segmented."""


class SettingsError(SegmentationError):
    """A setting is unknown or out of range."""


class RunError(SegmentationError):
    """A saved run is missing, damaged or does not fit what is asked of it."""
