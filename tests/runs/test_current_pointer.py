"""The pointer to the current run: foreign, damaged and hostile targets are refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from segmentation.errors import RunError
from segmentation.runs.catalog import list_entries, list_run_ids, set_current_run
from segmentation.runs.current_pointer import get_current_run_id
from segmentation.runs.load import open_run


def test_set_current_run_rejects_reserved_name(two: Path) -> None:
    before = get_current_run_id(two)
    for name in ("current", "Current"):
        with pytest.raises(RunError, match="not a run ID"):
            set_current_run(two, name)
    assert get_current_run_id(two) == before
    open_run(two).check_files()


@pytest.mark.parametrize("target", ["current", "../elsewhere", "/etc", "a/b", ".current"])
def test_get_current_run_id_rejects_foreign_links(two: Path, target: str) -> None:
    (two / "current").unlink()
    (two / "current").symlink_to(target)
    with pytest.raises(RunError):
        open_run(two)
    with pytest.raises(RunError):
        set_current_run(two, list_run_ids(two)[0])
    assert [entry.is_current for entry in list_entries(two)] == [False, False]


@pytest.mark.parametrize("content", [b"current", b"\xff", b"", b"x" * 5000, b"../x"])
def test_get_current_run_id_rejects_invalid_text(two: Path, content: bytes) -> None:
    (two / "current").unlink()
    (two / "current").write_bytes(content)
    with pytest.raises(RunError, match="not a run ID"):
        open_run(two)
    assert [entry.is_current for entry in list_entries(two)] == [False, False]


def test_get_current_run_id_rejects_pipes(two: Path) -> None:
    (two / "current").unlink()
    os.mkfifo(two / "current")
    with pytest.raises(RunError):
        open_run(two)
    assert len(list_entries(two)) == 2
