"""Which of the saved runs is current: one link, models/current, that is replaced by one rename.

Where a file system has no links (Windows without developer mode, FAT), `current` is a small text file with the run id,
replaced the same way; the four names are then found in models/<run_id>/ only: copies of them in models/ could not
change together, and a model beside the segments of another run would be worse than none.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
from collections.abc import Sequence
from pathlib import Path

from segmentation.errors import RunError
from segmentation.runtime.atomic_files import fsync_dir, open_fsynced, open_regular_file

CURRENT = "current"
POINTER_PREFIX = ".current-"
"""Prefix of the new link until it takes the place of the old one."""
_RUN_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,63}")
GENERATED_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")
"""The form of the ids that this program gives to runs."""
_POINTER_BYTES = 1000
_NO_LINKS = {errno.EPERM, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}


def is_run_id(text: str) -> bool:
    """Whether this can be the name of a run: letters, digits, - and _ only, and not the name of the pointer itself."""
    return bool(_RUN_ID.fullmatch(text)) and text.lower() != CURRENT


def check_run_id(run_id: str) -> str:
    """The run id, if it is one, so that it can never lead out of its folder, nor make `current` point to itself."""
    if not is_run_id(run_id):
        raise RunError(
            f"{run_id[:80]!r} is not the name of a run.", hint="A run is called like 20260101T120000Z-ab12cd34."
        )
    return run_id


def get_current_run_id(folder: Path) -> str | None:
    """The id of the current run of a folder of runs; None where no run is current.

    Raises RunError where what is called `current` names no run, or cannot be read.
    """
    pointer = folder / CURRENT
    try:
        if pointer.is_symlink():
            return check_run_id(os.fspath(pointer.readlink()))
        if not os.path.lexists(pointer):
            return None
        with open_regular_file(pointer) as file:
            return check_run_id(file.read(_POINTER_BYTES).decode("utf-8", errors="replace").strip())
    except IsADirectoryError:
        return None
    except OSError as error:
        raise RunError(f"{folder} cannot be read.", hint="Check its permissions.") from error


def check_no_conflict(folder: Path, names: Sequence[str]) -> None:
    """Raise RunError where something that is not ours stands where `current` or one of the names has to be."""
    for name in names:
        link = folder / name
        if os.path.lexists(link) and not _points_to_current(link):
            _conflict_error(link)
    pointer = folder / CURRENT
    if pointer.is_dir() and not pointer.is_symlink():
        _conflict_error(pointer)
    if os.path.lexists(pointer):
        try:
            get_current_run_id(folder)
        except RunError:
            _conflict_error(pointer)


def set_current(folder: Path, run_id: str, names: Sequence[str]) -> None:
    """Make a saved run the current one. The last step, one rename, decides; until then nothing has changed."""
    pointer = folder / f"{POINTER_PREFIX}{secrets.token_hex(4)}"
    try:
        if _create_link(pointer, check_run_id(run_id)):
            for name in names:
                if not os.path.lexists(folder / name):
                    _create_link(folder / name, f"{CURRENT}/{name}")
        else:
            with open_fsynced(pointer) as handle:
                handle.write(f"{run_id}\n".encode())
        fsync_dir(folder)
        pointer.replace(folder / CURRENT)
    finally:
        pointer.unlink(missing_ok=True)
    fsync_dir(folder)


def _create_link(link: Path, target: str) -> bool:
    """Make a link; False where this file system or system cannot."""
    try:
        link.symlink_to(target)
    except FileExistsError:
        if not _points_to_current(link):  # else another process was quicker with the same one
            raise
    except OSError as error:
        if os.name == "nt" or error.errno in _NO_LINKS:
            return False
        raise
    return True


def _points_to_current(link: Path) -> bool:
    return link.is_symlink() and link.readlink() == Path(CURRENT, link.name)


def _conflict_error(path: Path) -> None:
    raise RunError(
        f"{path} is in the way of the saved runs and is not one of their links.",
        hint="Move it elsewhere, or save into another folder.",
    )
