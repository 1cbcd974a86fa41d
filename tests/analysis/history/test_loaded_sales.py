"""A history of customers that are loaded uses what they know of the lines, and equals one that reads them itself."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from segmentation.analysis.history.segment_history import compute_segment_history, to_previous_segments
from segmentation.errors import SourceError
from segmentation.pipeline import build_segmentation, load_customers, train_every_k
from segmentation.results import Segmentation
from segmentation.settings import ModelSettings, SalesSettings


@pytest.fixture
def segmentation(shop: Path, tmp_path: Path) -> Segmentation:
    path = shutil.copy(shop, tmp_path / "sales.parquet")
    return build_segmentation(train_every_k(load_customers(SalesSettings(str(path))), ModelSettings()), 4)


def test_history_of_loaded_sales_equals_that_of_read_ones(segmentation: Segmentation) -> None:
    """With a model of its own window, which loads customers, too."""
    table, previous = segmentation.training.table, to_previous_segments(segmentation)
    loaded = compute_segment_history(previous, table.settings, source=table.source, loaded=table)
    read = compute_segment_history(previous, table.settings)
    assert loaded.window.has_window_model
    pd.testing.assert_frame_equal(loaded.months, read.months)
    pd.testing.assert_frame_equal(loaded.flows, read.flows)
    pd.testing.assert_series_equal(loaded.chance, read.chance)


def test_history_of_loaded_sales_rejects_a_changed_source(segmentation: Segmentation) -> None:
    table, previous = segmentation.training.table, to_previous_segments(segmentation)
    path = Path(table.settings.source)
    pd.read_parquet(path).head(500).to_parquet(path, index=False)
    with pytest.raises(SourceError, match="have changed since"):
        compute_segment_history(previous, table.settings, source=table.source, loaded=table)
