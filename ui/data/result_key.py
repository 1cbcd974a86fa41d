"""The cache key of a segmentation and of everything computed from it."""

from __future__ import annotations

from dataclasses import dataclass

from segmentation.settings import ModelSettings, SalesSettings


@dataclass(frozen=True)
class ResultKey:
    """All that determines the segments on a page, except unsaved overrides. Display settings are never part of it."""

    sales: SalesSettings
    version: str
    """Version of the source's data."""
    model: ModelSettings
    k: int
    current_run: str | None
    """Id of the current saved run, whose segment IDs, names and colors are carried over."""
    opened_run: str | None
    """Id of the saved run that is shown instead of a new result."""
