"""Catalog of saved runs: list them, including damaged ones; label, make current, delete.

A label is a separate file in the run's folder (`label.txt`): the saved files and their checksums never change.
"""

from __future__ import annotations

import secrets
import shutil
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from segmentation.errors import RunError, SettingsError
from segmentation.runs.cleanup import DELETING_PREFIX, remove_unfinished
from segmentation.runs.current_pointer import (
    GENERATED_ID,
    check_no_conflict,
    check_run_id,
    get_current_run_id,
    set_current,
)
from segmentation.runs.load import ARTIFACT_NAMES, MANIFEST, SavedRun, find_run_ids, open_run
from segmentation.runs.load_errors import UnreadableRunError
from segmentation.runtime.atomic_files import atomic_write, fsync_dir, hold_directory_lock, open_regular_file
from segmentation.segments.overrides import clean_text

LABEL = "label.txt"
LABEL_LIMIT = 60


@dataclass(frozen=True, eq=False)
class RunEntry:
    """One run in the catalog."""

    run_id: str
    label: str
    """Assigned by a user; empty if there is none."""
    is_current: bool
    run: SavedRun | None
    """None: the run is damaged or was saved by a newer version."""
    problem: str
    """Why the run cannot be opened, without its path; empty if it can."""

    @property
    def created(self) -> str:
        """ISO 8601, UTC; for a damaged run, taken from its id or empty."""
        if self.run is not None:
            return self.run.created
        text = self.run_id
        if not GENERATED_ID.fullmatch(text):
            return ""
        day, time = f"{text[:4]}-{text[4:6]}-{text[6:8]}", f"{text[9:11]}:{text[11:13]}:{text[13:15]}"
        return f"{day}T{time}Z"

    @property
    def name(self) -> str:
        """The label, or else the creation time, or else the run id."""
        return self.label or (self.created.replace("T", " ").removesuffix(":00Z").removesuffix("Z") or self.run_id)


def list_entries(folder: Path) -> list[RunEntry]:
    """Every run in a folder of runs, newest first; [] if there is no such folder. Other files are ignored.

    Raises:
        RunError: the folder cannot be read.
    """
    try:
        next(folder.iterdir(), None)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise RunError("The saved runs cannot be read.", hint="Check the permissions of their folder.") from error
    current = _read_current(folder)
    entries = [_read_entry(folder / run_id, run_id == current) for run_id in find_run_ids(folder)]
    return sorted(entries, key=lambda entry: (entry.created, entry.run_id), reverse=True)


def list_run_ids(folder: Path) -> list[str]:
    """The ids of the runs, newest first, without opening any: fast enough for every page view."""
    return sorted(find_run_ids(folder), reverse=True)


def read_labels(folder: Path) -> dict[str, str]:
    """run_id -> label ("" without one), newest first, without opening any run."""
    return {run_id: _read_label(folder / run_id) for run_id in list_run_ids(folder)}


def compute_fingerprint(folder: Path) -> str:
    """A token that changes when a run, a label or the current run changes; a cache key."""
    state = [str(_read_current(folder))]
    # Modification times are enough: the files of a run never change, and its label is replaced as a whole.
    for run_id in list_run_ids(folder):
        state.extend(f"{run_id} {name} {_get_mtime(folder / run_id / name)}" for name in (MANIFEST, LABEL))
    return sha256("\n".join(state).encode()).hexdigest()


def _get_mtime(path: Path) -> int | None:
    try:
        return path.lstat().st_mtime_ns
    except OSError:
        return None


def label_run(folder: Path, run_id: str, label: str) -> str:
    """Set the label of a run; an empty text removes it. Returns the label as stored.

    Raises:
        SettingsError: the label is too long.
        RunError: it cannot be written.
    """
    label = clean_text(label)
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
        raise RunError("The label could not be saved.", hint="The previous one is unchanged.") from error
    return label


def set_current_run(folder: Path, run_id: str) -> None:
    """Make a saved run the current one, after verifying all its files.

    Raises:
        RunError: the run is damaged, or a foreign file is in the way; the current run is unchanged.
    """
    open_run(folder, run_id).check_files()
    try:
        check_no_conflict(folder, ARTIFACT_NAMES)
        with hold_directory_lock(folder / run_id):  # not while another process deletes it
            set_current(folder, run_id, ARTIFACT_NAMES)
    except OSError as error:
        raise RunError("The run could not be made current.", hint="The current run is unchanged.") from error


def delete_run(folder: Path, run_id: str) -> None:
    """Delete a run. It disappears by one rename; then its files are deleted.

    The run's folder stays locked throughout: `remove_unfinished` of another process must not delete files of a run
    that may still be put back.

    Raises:
        RunError: the run is current, or cannot be deleted; it is unchanged.
    """
    path = _get_run_folder(folder, run_id)
    if _read_current(folder) == run_id:
        _raise_is_current()
    renamed = folder / f"{DELETING_PREFIX}{run_id}-{secrets.token_hex(4)}"
    try:
        with hold_directory_lock(path):
            path.rename(renamed)  # one rename: no reader sees a run with some of its files
            if _read_current(folder) == run_id:  # made current in the meantime
                renamed.rename(path)
                _raise_is_current()
            fsync_dir(folder)
            shutil.rmtree(renamed, ignore_errors=True)
    except OSError as error:
        raise RunError("The run could not be deleted.", hint="Check the permissions of its folder.") from error
    remove_unfinished(folder)


def _raise_is_current() -> None:
    raise RunError("This is the current run.", hint="Make another run current first, then delete this one.")


def _read_current(folder: Path) -> str | None:
    try:
        return get_current_run_id(folder)
    except RunError:  # a foreign file called `current`: no run is current
        return None


def _read_entry(path: Path, is_current: bool) -> RunEntry:
    run, problem = None, ""
    try:
        run = open_run(path.parent, path.name)
        if run.run_id != path.name:
            run, problem = None, "its folder was renamed"
    except RunError as error:
        problem = error.reason if isinstance(error, UnreadableRunError) else "it cannot be opened"
    return RunEntry(path.name, _read_label(path), is_current, run, problem)


def _read_label(path: Path) -> str:
    try:
        with open_regular_file(path / LABEL) as file:
            return clean_text(file.read(1000).decode("utf-8", errors="replace"))[:LABEL_LIMIT]
    except OSError:
        return ""


def _get_run_folder(folder: Path, run_id: str) -> Path:
    path = folder / check_run_id(run_id)
    if run_id not in find_run_ids(folder):
        raise RunError("This run no longer exists.", hint="It may have been deleted. Reload the page.")
    return path
