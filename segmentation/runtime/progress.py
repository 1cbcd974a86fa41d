"""Progress callbacks of long work."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[float], None]
"""Called with the completed share, 0 to 1."""
StepProgress = Callable[[float, str], None]
"""Called with the completed share, 0 to 1, and the current step."""


def no_progress(share: float, step: str) -> None:
    """Discard progress."""
