"""Findings of the data checks: values only; `segmentation.presentation.findings` writes the sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

from segmentation.settings import SalesSettings

INFO, WARNING, ERROR = "info", "warning", "error"
"""Severities: worth knowing; likely to distort the segments; makes the result nearly useless."""
Figure: TypeAlias = str | int | float | Decimal | date | None


@dataclass(frozen=True)
class Finding:
    """One finding on the data."""

    id: str
    severity: str
    figures: Mapping[str, Figure]
    """The numbers and names of the sentence; shares are 0 to 1."""
    fix: Mapping[str, Any] = field(default_factory=dict)
    """Fields of SalesSettings that fix it; empty: only the owner of the data can."""


def apply_fix(settings: SalesSettings, finding: Finding) -> SalesSettings:
    """The settings with the fix of a finding; columns and answers are added to the existing ones.

    >>> copies = Finding("exact_copies", WARNING, {}, {"drop_duplicates": True})
    >>> apply_fix(SalesSettings(), copies).drop_duplicates
    True
    """
    return merge_settings(settings, finding.fix)


def merge_settings(settings: SalesSettings, values: Mapping[str, Any]) -> SalesSettings:
    """The settings with other values for some fields; pairs are added to the existing ones.

    >>> merge_settings(SalesSettings(statuses=(("draft", "exclude"),)), {"statuses": (("held", "count"),)}).statuses
    (('draft', 'exclude'), ('held', 'count'))
    """
    merged: dict[str, Any] = {
        name: tuple({**dict(getattr(settings, name)), **dict(value)}.items()) if isinstance(value, tuple) else value
        for name, value in values.items()
    }
    return replace(settings, **merged)
