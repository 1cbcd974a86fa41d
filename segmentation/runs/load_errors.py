"""Errors of opening saved runs."""

from __future__ import annotations

from pathlib import Path

from segmentation.errors import RunError


class UnreadableRunError(RunError):
    """A run that is damaged or of another format version; `reason` says why without naming a path."""

    def __init__(self, message: str, *, hint: str, reason: str) -> None:
        super().__init__(message, hint=hint)
        self.reason = reason


def build_damaged_error(folder: Path, reason: str) -> UnreadableRunError:
    """The error of a damaged run; `reason` is a clause without a path."""
    return UnreadableRunError(
        f"The run at {folder} is damaged: {reason}.", hint="Choose another run, or train again.", reason=reason
    )
