"""Fixtures of saved runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmentation.runs.manifest import RunRecord
from segmentation.runs.save import save_run


@pytest.fixture
def two(record: RunRecord, later: RunRecord, models: Path) -> Path:
    """Two runs; the later one is current."""
    save_run(record, models)
    save_run(later, models)
    return models
