"""Removes what killed processes left behind in a folder of runs."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from segmentation.runs.current_pointer import POINTER_PREFIX
from segmentation.runs.load import find_run_ids
from segmentation.runtime.atomic_files import WRITING_PREFIX, remove_stale_temp

SAVING_PREFIX = ".saving-"
"""Prefix of a run's folder until it is complete."""
DELETING_PREFIX = ".deleting-"
"""Prefix of a run's folder from its deletion until its files are gone."""


def remove_unfinished(folder: Path) -> None:
    """Remove unfinished saves, deletions, labels and pointers of processes that have ended.

    Called at the start of a server, before a save and after a deletion. What cannot be removed is left.
    """
    with suppress(OSError):
        remove_stale_temp(folder, (SAVING_PREFIX, DELETING_PREFIX, POINTER_PREFIX, WRITING_PREFIX))
    for run_id in find_run_ids(folder):
        with suppress(OSError):
            remove_stale_temp(folder / run_id, (WRITING_PREFIX,))
