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

from segmentation.errors import RunError
from segmentation.runs.current_pointer import POINTER_PREFIX, check_no_conflict, check_run_id, set_current
from segmentation.runs.customer_columns import CUSTOMER_COLUMNS
from segmentation.runs.load import (
    ARTIFACT_NAMES,
    CUSTOMERS,
    MANIFEST,
    METRICS,
    MODEL,
    SCALER,
    SavedRun,
    list_runs,
    open_run,
    read_manifest,
)
from segmentation.runs.manifest import CustomerBatches, RunRecord, build_manifest, build_metrics, dump_json
from segmentation.runtime.atomic_files import create_working_dir, fsync_dir, hash_file, open_fsynced, remove_stale_temp
from segmentation.runtime.disk_space import describe_write_error
from segmentation.runtime.tabular_files import write_csv

__all__ = ["ARTIFACT_NAMES", "RunRecord", "SavedRun", "list_runs", "open_run", "save_run"]

SAVING_PREFIX = ".saving-"
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
            check_no_conflict(folder, ARTIFACT_NAMES)
        remove_stale_temp(folder, (SAVING_PREFIX, POINTER_PREFIX))
        beside = folder / f"{SAVING_PREFIX}{record.run_id}-{secrets.token_hex(4)}"
        with create_working_dir(beside):
            values = _write_files(record, beside)
            try:
                beside.rename(target)
            except OSError:
                if not target.exists():
                    raise
                _check_identical(values, target)
            fsync_dir(folder)
        if make_current:
            set_current(folder, record.run_id, ARTIFACT_NAMES)
    except OSError as error:
        raise RunError(
            f"The run could not be saved: {describe_write_error(error)}.", hint="What was saved before is as it was."
        ) from error
    return target


def _write_files(record: RunRecord, folder: Path) -> dict[str, Any]:
    """Write all files of a run, each flushed to the disk; gives what the manifest says."""
    import joblib  # whoever only looks does without

    with open_fsynced(folder / MODEL) as handle:
        joblib.dump(record.model, handle)
    with open_fsynced(folder / SCALER) as handle:
        joblib.dump(record.scaler_model, handle)
    with open_fsynced(folder / CUSTOMERS) as handle:
        customers = record.customers
        frames = customers.frames() if isinstance(customers, CustomerBatches) else (customers,)
        write_csv((frame[list(CUSTOMER_COLUMNS)] for frame in frames), handle, for_people=False)
    with open_fsynced(folder / METRICS) as handle:
        handle.write(dump_json(build_metrics(record)))
    values = build_manifest(record, {name: hash_file(folder / name) for name in ARTIFACT_NAMES})
    with open_fsynced(folder / MANIFEST) as handle:
        handle.write(dump_json(values))
    fsync_dir(folder)
    return values


def _check_identical(values: Mapping[str, Any], target: Path) -> None:
    """Raise RunError unless the run at target is whole and is the one that values describe."""
    passing = ("created", "versions", "files", "checksum")
    there = read_manifest(target)
    open_run(target).check_files()
    if any(there.get(name) != value for name, value in values.items() if name not in passing):
        raise RunError(f"Another run is already saved as {target}.", hint="Train again: a new run gets a new id.")
