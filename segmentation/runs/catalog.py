"""The folder of saved runs as a shelf: what stands on it, damaged runs too; label, make current, delete.

A label is a file beside the run's own (`label.txt`): the run, its id and its checksums stay as they were saved.
"""

from __future__ import annotations

import secrets
import shutil
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from segmentation.errors import RunError, SettingsError
from segmentation.runs.current_pointer import (
    GENERATED_ID,
    POINTER_PREFIX,
    check_no_conflict,
    check_run_id,
    get_current_run_id,
    set_current,
)
from segmentation.runs.load import ARTIFACT_NAMES, MANIFEST, SavedRun, find_run_ids, open_run
from segmentation.runtime.atomic_files import atomic_write, fsync_dir, open_regular_file, remove_stale_temp

LABEL = "label.txt"
LABEL_LIMIT = 60
DELETING = ".deleting-"
"""Prefix of a run's folder from the moment it is deleted until its files are gone."""


@dataclass(frozen=True, eq=False)
class RunEntry:
    """One run on the shelf."""

    run_id: str
    label: str
    """What a user calls it; empty: nothing yet."""
    is_current: bool
    run: SavedRun | None
    """None: it is damaged or of a newer version."""
    problem: str
    """Why it cannot be opened, without its path; empty where it can."""

    @property
    def created(self) -> str:
        """ISO 8601, UTC; of a damaged run what its id says."""
        if self.run is not None:
            return self.run.created
        digits = self.run_id
        if not GENERATED_ID.fullmatch(digits):
            return ""
        day, hour = f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}", f"{digits[9:11]}:{digits[11:13]}:{digits[13:15]}"
        return f"{day}T{hour}Z"

    @property
    def name(self) -> str:
        """Its label, else when it was made."""
        return self.label or (self.created.replace("T", " ").removesuffix(":00Z").removesuffix("Z") or self.run_id)


def list_entries(folder: Path) -> list[RunEntry]:
    """Every run in a folder of runs, the latest first; [] where there is no such folder.

    What is neither a run nor the remains of one is somebody else's and is left out. Raises RunError where the folder
    cannot be read.
    """
    try:
        next(folder.iterdir(), None)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise RunError("The saved runs cannot be read.", hint="Check the permissions of their folder.") from error
    current = _read_current(folder)
    kept = [_read_entry(folder / run_id, run_id == current) for run_id in find_run_ids(folder)]
    return sorted(kept, key=lambda entry: (entry.created, entry.run_id), reverse=True)


def list_run_ids(folder: Path) -> list[str]:
    """The ids of what stands on the shelf, the latest first, without opening any: quick enough for every page view."""
    return sorted(find_run_ids(folder), reverse=True)


def read_labels(folder: Path) -> dict[str, str]:
    """What the runs are called, the latest first and none opened: run_id -> label, "" where it has none."""
    return {run_id: _read_label(folder / run_id) for run_id in list_run_ids(folder)}


def compute_fingerprint(folder: Path) -> str:
    """A token that changes when a run, a label or the current one does."""
    told = [str(_read_current(folder))]
    for run_id in list_run_ids(folder):
        told.extend(f"{run_id} {name} {_changed_at(folder / run_id / name)}" for name in (MANIFEST, LABEL))
    return sha256("\n".join(told).encode()).hexdigest()


def _changed_at(path: Path) -> int | None:
    try:
        return path.lstat().st_mtime_ns
    except OSError:
        return None


def label_run(folder: Path, run_id: str, label: str) -> str:
    """Call a run something; an empty text takes the label away. Gives the label as it is kept.

    Raises SettingsError for a label that is too long, RunError where it cannot be written.
    """
    label = _clean_label(label)
    if len(label) > LABEL_LIMIT:
        raise SettingsError(f"The label is too long: {len(label)} characters.", hint=f"Use at most {LABEL_LIMIT}.")
    path = _get_run_folder(folder, run_id) / LABEL
    try:
        if label:
            with atomic_write(path) as handle:
                handle.write(f"{label}\n".encode())
        else:
            path.unlink(missing_ok=True)
    except (OSError, SettingsError) as error:
        raise RunError("The label could not be saved.", hint="The one before is still there.") from error
    return label


def set_current_run(folder: Path, run_id: str) -> None:
    """Make a saved run the current one, once every file of it is known to be whole.

    Raises RunError, with the current one as it was: the run is damaged, or something is in the way.
    """
    open_run(folder, run_id).check_files()
    try:
        check_no_conflict(folder, ARTIFACT_NAMES)
        set_current(folder, run_id, ARTIFACT_NAMES)
    except OSError as error:
        raise RunError("The run could not be made current.", hint="The one before still is.") from error


def delete_run(folder: Path, run_id: str) -> None:
    """Delete a run. It disappears by one rename; its files follow.

    Raises RunError where it is the current one, or cannot be deleted; it is then still there.
    """
    path = _get_run_folder(folder, run_id)
    if _read_current(folder) == run_id:
        _still_current_error()
    away = folder / f"{DELETING}{run_id}-{secrets.token_hex(4)}"
    try:
        path.rename(away)
        if _read_current(folder) == run_id:  # it was made current in between
            away.rename(path)
            _still_current_error()
        fsync_dir(folder)
    except OSError as error:
        raise RunError("The run could not be deleted.", hint="Check the permissions of its folder.") from error
    shutil.rmtree(away, ignore_errors=True)
    remove_unfinished(folder)


def remove_unfinished(folder: Path) -> None:
    """Remove what killed processes left of runs that they were saving or deleting."""
    with suppress(OSError):
        remove_stale_temp(folder, (".saving-", POINTER_PREFIX, DELETING))


def _still_current_error() -> None:
    raise RunError("This is the current run.", hint="Make another run current first, then delete this one.")


def _read_current(folder: Path) -> str | None:
    try:
        return get_current_run_id(folder)
    except RunError:  # something that is no pointer of ours: no run is current
        return None


def _read_entry(path: Path, is_current: bool) -> RunEntry:
    run, problem = None, ""
    try:
        run = open_run(path.parent, path.name)
        if run.run_id != path.name:
            run, problem = None, "its folder was renamed"
    except RunError as error:
        problem = _describe_problem(error)
    return RunEntry(path.name, _read_label(path), is_current, run, problem)


def _describe_problem(error: RunError) -> str:
    """The reason without the path, which is nobody's business on a page.

    >>> _describe_problem(RunError("The run at /a/b is damaged: manifest.json cannot be read."))
    'manifest.json cannot be read'
    """
    if "saved in format" in error.message:
        return "another version saved it"
    if "There is no saved run" in error.message:
        return f"{MANIFEST} is missing"
    return error.message.rpartition(": ")[2].rstrip(".")


def _read_label(path: Path) -> str:
    try:
        with open_regular_file(path / LABEL) as file:
            return _clean_label(file.read(1000).decode("utf-8", errors="replace"))[:LABEL_LIMIT]
    except OSError:
        return ""


def _clean_label(text: str) -> str:
    """One line of signs that can be seen."""
    kinds = ((sign, unicodedata.category(sign)) for sign in unicodedata.normalize("NFC", text))
    return " ".join("".join(" " if k in ("Cc", "Zl", "Zp") else s for s, k in kinds if k not in ("Cf", "Cs")).split())


def _get_run_folder(folder: Path, run_id: str) -> Path:
    path = folder / check_run_id(run_id)
    if run_id not in find_run_ids(folder):
        raise RunError("This run is not there any more.", hint="Somebody may have deleted it. Load the page again.")
    return path
