"""Saved runs: models/<run_id>/, and the current one under four names in models/ itself.

    models/
      20260101T120000Z-ab12cd34/
        customer_segmentation_model.pkl  feature_scaler.pkl  customer_segments.csv  evaluation_metrics.json
        manifest.json
      current -> 20260101T120000Z-ab12cd34
      customer_segments.csv -> current/customer_segments.csv     (and the other three)

A run is written into a folder beside, flushed to the disk, and appears by one rename; it becomes current by one more.
Killed or out of space at any moment, the run before it stays whole and current.

The pickles are for others. A run is opened from the numbers in manifest.json; nothing is ever unpickled.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from segmentation.runs.current_pointer import POINTING, check_free, check_run_id, point_at
from segmentation.export.customer_list import CUSTOMER_COLUMNS
from segmentation.runtime.atomic_files import remove_leftovers, sha256, sync_folder, synced, working_folder
from segmentation.runs.manifest import Parts, RunRecord, manifest, metrics, strict_json
from segmentation.runs.load import (
    CUSTOMERS,
    MANIFEST,
    METRICS,
    MODEL,
    NAMES,
    SCALER,
    SavedRun,
    list_runs,
    open_run,
    read_manifest,
)
from segmentation.runtime.tabular_files import write_csv
from segmentation.errors import RunError

__all__ = ["NAMES", "RunRecord", "SavedRun", "list_runs", "open_run", "save_run"]

SAVING = ".saving-"
"""Prefix of a run's folder until it is complete."""


def save_run(record: RunRecord, folder: Path, make_current: bool = True) -> Path:
    """Save a run as folder/<run_id> and make it the current one; gives that path.

    The folder is made where it does not exist. Saving the same run again changes nothing, and makes it current.
    Raises RunError, with everything saved before as it was: no space, no permission, another run of that id, or a
    file of somebody else's under one of the four names.
    """
    target = folder / check_run_id(record.run_id)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if make_current:
            check_free(folder, NAMES)
        remove_leftovers(folder, (SAVING, POINTING))
        beside = folder / f"{SAVING}{record.run_id}-{secrets.token_hex(4)}"
        with working_folder(beside):
            values = _write(record, beside)
            try:
                beside.rename(target)
            except OSError:
                if not target.exists():
                    raise
                _check_same(values, target)
            sync_folder(folder)
        if make_current:
            point_at(folder, record.run_id, NAMES)
    except OSError as error:
        why = error.strerror or str(error)
        raise RunError(
            f"The run could not be saved in {folder}: {why}.", hint="What was saved before is as it was."
        ) from error
    return target


def _write(record: RunRecord, folder: Path) -> dict[str, Any]:
    """Write all files of a run, each flushed to the disk; gives what the manifest says."""
    import joblib  # whoever only looks does without

    with synced(folder / MODEL) as handle:
        joblib.dump(record.model, handle)
    with synced(folder / SCALER) as handle:
        joblib.dump(record.scaler_model, handle)
    with synced(folder / CUSTOMERS) as handle:
        customers = record.customers
        frames = customers.frames() if isinstance(customers, Parts) else (customers,)
        write_csv((frame[list(CUSTOMER_COLUMNS)] for frame in frames), handle, people=False)
    with synced(folder / METRICS) as handle:
        handle.write(strict_json(metrics(record)))
    values = manifest(record, {name: sha256(folder / name) for name in NAMES})
    with synced(folder / MANIFEST) as handle:
        handle.write(strict_json(values))
    sync_folder(folder)
    return values


def _check_same(values: Mapping[str, Any], target: Path) -> None:
    """Raise RunError unless the run at target is whole and is the one that values describe."""
    passing = ("created", "versions", "files", "checksum")
    there = read_manifest(target)
    open_run(target).check_files()
    if any(there.get(name) != value for name, value in values.items() if name not in passing):
        raise RunError(f"Another run is already saved as {target}.", hint="Train again: a new run gets a new id.")
