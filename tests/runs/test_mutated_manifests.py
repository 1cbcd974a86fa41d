"""Mutated manifests: each opens or raises SegmentationError, and the catalog always works."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segmentation.analysis.saved_run_view import restore_saved_run
from segmentation.errors import SegmentationError
from segmentation.export.report_html import build_report
from segmentation.runs.catalog import list_entries, list_run_ids
from segmentation.runs.load import MANIFEST, open_run
from segmentation.runs.manifest import RunRecord
from segmentation.runs.save import save_run
from tests.runs.test_hostile_runs import write_manifest


@pytest.fixture
def two(record: RunRecord, later: RunRecord, models: Path) -> Path:
    save_run(record, models)
    save_run(later, models)
    return models


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def find_places(value: Any) -> list[tuple[Any, Any]]:
    """Every container of a manifest with each of its keys."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [position for key, item in items for position in [(value, key), *find_places(item)]]


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_open_run_mutated_manifest(two: Path, data: st.DataObject) -> None:
    run_id = min(list_run_ids(two))
    path = two / run_id / MANIFEST
    original = path.read_bytes()
    values = copy.deepcopy(json.loads(original))
    for _ in range(data.draw(st.integers(1, 2))):
        positions = [position for position in find_places(values) if position[1] != "checksum"]
        container, key = data.draw(st.sampled_from(positions))
        if data.draw(st.booleans()):
            container[key] = data.draw(VALUES)
        else:
            del container[key]
    try:
        write_manifest(two / run_id, values)
        try:
            run = open_run(two, run_id)
        except SegmentationError:
            run = None
        for use in (restore_saved_run, build_report):
            try:
                if run is not None:
                    use(run)
            except SegmentationError:
                continue
        assert {entry.run_id for entry in list_entries(two)} == set(list_run_ids(two))
        assert any(entry.run for entry in list_entries(two))
    finally:
        path.write_bytes(original)
