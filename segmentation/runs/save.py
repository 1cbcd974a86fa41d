"""Saves runs: models/<run_id>/, and links to the current run's files in models/ itself.

    models/
      20260101T120000Z-ab12cd34/
        customer_segmentation_model.pkl  feature_scaler.pkl  customer_segments.csv  evaluation_metrics.json
        manifest.json
      current -> 20260101T120000Z-ab12cd34
      customer_segments.csv -> current/customer_segments.csv     (and the other three)

A run is written into a temporary folder, flushed to disk, and published by one rename; a second rename makes it
current. If it is killed or runs out of space at any moment, the previous run stays complete and current.

The pickles are for other tools. This program opens a run from the numbers in manifest.json and never unpickles.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from segmentation.errors import RunError
from segmentation.runs.cleanup import SAVING_PREFIX, remove_unfinished
from segmentation.runs.current_pointer import check_no_conflict, check_run_id, set_current
from segmentation.runs.customer_columns import CERTAINTY_COLUMN, CUSTOMER_COLUMNS
from segmentation.runs.load import (
    ARTIFACT_NAMES,
    CUSTOMERS,
    MANIFEST,
    METRICS,
    MODEL,
    SCALER,
    open_run,
    read_manifest,
)
from segmentation.runs.manifest import RunRecord, build_manifest, build_metrics, dump_json
from segmentation.runtime.atomic_files import (
    create_working_dir,
    fsync_dir,
    hash_file,
    hold_directory_lock,
    open_fsynced,
)
from segmentation.runtime.disk_space import describe_write_error
from segmentation.runtime.tabular_files import iter_batches, write_csv


def save_run(record: RunRecord, folder: Path, *, make_current: bool = True) -> Path:
    """Save a run as folder/<run_id>, make it the current one unless told otherwise, and return that path.

    Creates the folder if needed. Saving the same run again only makes it current.

    Raises:
        RunError: no space, no permission, another run with that id, or a foreign file under one of the artifact
            names; everything saved before is unchanged.
    """
    target = folder / check_run_id(record.run_id)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        check_no_conflict(folder, ARTIFACT_NAMES)
        remove_unfinished(folder)
        with create_working_dir(folder / f"{SAVING_PREFIX}{record.run_id}-{secrets.token_hex(4)}") as working_dir:
            values = _write_files(record, working_dir)
            try:
                working_dir.rename(target)
            except OSError:  # the target exists, or the rename itself failed; which one depends on the system
                if not target.exists():
                    raise
                _check_identical(values, target)
            fsync_dir(folder)
        if make_current:
            with hold_directory_lock(target):  # not while another process deletes it
                set_current(folder, record.run_id, ARTIFACT_NAMES)
    except OSError as error:
        raise RunError(
            f"The run could not be saved: {describe_write_error(error)}.", hint="What was saved before is unchanged."
        ) from error
    return target


def _write_files(record: RunRecord, folder: Path) -> dict[str, Any]:
    """Write all files of a run, each flushed to disk; returns the values of the manifest."""
    import joblib  # not needed to open runs

    with open_fsynced(folder / MODEL) as handle:
        joblib.dump(record.model, handle)
    with open_fsynced(folder / SCALER) as handle:
        joblib.dump(record.scaler_model, handle)
    with open_fsynced(folder / CUSTOMERS) as handle:
        columns = (*CUSTOMER_COLUMNS, CERTAINTY_COLUMN)
        rows = (batch[[name for name in columns if name in batch]] for batch in iter_batches(record.customers))
        write_csv(rows, handle, escape_formulas=False)
    with open_fsynced(folder / METRICS) as handle:
        handle.write(dump_json(build_metrics(record)))
    values = build_manifest(record, {name: hash_file(folder / name) for name in ARTIFACT_NAMES})
    with open_fsynced(folder / MANIFEST) as handle:
        handle.write(dump_json(values))
    fsync_dir(folder)
    return values


def _check_identical(values: Mapping[str, Any], target: Path) -> None:
    """Raise RunError unless the run at target is undamaged and is the one that `values` describe."""
    # These differ between two saves of one result: pickles and timestamps are not reproducible bit for bit, and a run
    # that is saved again after it was opened is not compared with another.
    ignored = ("created", "versions", "files", "checksum", "monitoring")
    saved = read_manifest(target)
    open_run(target).check_files()
    if any(saved.get(name) != value for name, value in values.items() if name not in ignored):
        raise RunError(f"Another run is already saved as {target}.", hint="Train again: a new run gets a new ID.")
